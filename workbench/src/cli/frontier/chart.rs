//! The frontier as a picture.

use std::fmt::Write;

/// The chart's size, and the margins for its axes.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 50.0;
const TOP: f64 = 30.0;
const RIGHT: f64 = 20.0;

/// Some points that belong together.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) color: &'static str,
    /// Lengths of strokes and gaps; nothing for a line without gaps.
    pub(super) dashes: &'static str,
    /// Whether each point has a mark with its value.
    pub(super) is_marked: bool,
    /// Targets in milliseconds, and messages an operation. One that is not positive has no place on a
    /// logarithmic scale, and is left out.
    pub(super) points: Vec<(f64, f64)>,
}

/// Both axes, logarithmic.
struct Axes {
    x: (f64, f64),
    y: (f64, f64),
}

impl Axes {
    fn around(points: &[(f64, f64)]) -> Self {
        let range = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
                (low.min(value), high.max(value))
            });
            if low.is_finite() { ((low * 0.8).ln(), (high * 1.25).ln()) } else { (0.0, 1.0) }
        };
        let x = range(&mut points.iter().map(|(x, _)| *x));
        Self { x, y: range(&mut points.iter().map(|(_, y)| *y)) }
    }

    fn at(&self, (ms, messages): (f64, f64)) -> (f64, f64) {
        let share = |value: f64, (low, high): (f64, f64)| (value.ln() - low) / (high - low);
        let x = LEFT + share(ms, self.x) * (WIDTH - LEFT - RIGHT);
        (x, HEIGHT - BOTTOM - share(messages, self.y) * (HEIGHT - BOTTOM - TOP))
    }
}

/// Messages over the target, on logarithmic scales; the last line on top.
pub(super) fn draw(lines: &[Line]) -> String {
    let shown = |line: &Line| -> Vec<_> {
        line.points.iter().copied().filter(|(x, y)| *x > 0.0 && *y > 0.0).collect()
    };
    let axes = Axes::around(&lines.iter().flat_map(shown).collect::<Vec<_>>());
    let bottom = HEIGHT - BOTTOM;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\" font-size=\"14\">Messages an operation over the latency \
         target</text>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">latency target [ms]</text>\n\
         <path d=\"M{LEFT} {TOP}V{bottom}H{}\" fill=\"none\" stroke=\"black\"/>\n",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 10.0,
        WIDTH - RIGHT,
    );
    let mut legend = TOP - 2.0;
    for line in lines.iter().rev().filter(|line| !shown(line).is_empty()) {
        legend += 16.0;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{legend:.1}\" text-anchor=\"end\" fill=\"{}\">{}</text>",
            WIDTH - RIGHT,
            line.color,
            line.name,
        );
    }
    for line in lines {
        let points: Vec<_> = shown(line);
        let corners = points.iter().map(|point| {
            let (x, y) = axes.at(*point);
            format!("{x:.1},{y:.1}")
        });
        let corners = corners.collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            svg,
            "<polyline points=\"{corners}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" \
             stroke-dasharray=\"{}\"/>",
            line.color, line.dashes,
        );
        for (target, messages) in points.iter().filter(|_| line.is_marked) {
            let (x, y) = axes.at((*target, *messages));
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{}\"/>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\">{messages:.2}</text>\n\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{target}</text>",
                line.color,
                x + 7.0,
                y - 7.0,
                line.color,
                bottom + 16.0,
            );
        }
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(is_marked: bool, points: &[(f64, f64)]) -> Line {
        Line { name: "x", color: "#000", dashes: "", is_marked, points: points.to_vec() }
    }

    #[test]
    fn the_chart_holds_every_point_that_has_a_place_on_it() {
        let points = [(100.0, 12.0), (600.0, 1.03), (900.0, 0.0)];
        let svg = draw(&[line(false, &points), line(true, &points)]);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains(">12.00<") && svg.contains(">1.03<") && !svg.contains("NaN"));
    }

    #[test]
    fn without_points_there_are_axes() {
        let svg = draw(&[line(true, &[(600.0, 0.0)])]);
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("<circle"), "{svg}");
    }
}
