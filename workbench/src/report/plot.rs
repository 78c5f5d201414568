//! Figures over time: panels one below the other on a common axis, with the faults shaded.

use std::fmt::Write;

use super::faults::Fault;

pub(super) const WIDTH: f64 = 960.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 18.0;
/// The gap above a panel, which holds its name.
const GAP: f64 = 26.0;
/// The height of a row that names the faults of one kind.
const STRIP: f64 = 15.0;
/// About how wide a character is.
const CHARACTER: f64 = 6.7;
/// How many colours there are for kinds of things.
pub(super) const COLOURS: usize = 8;

/// Colours for a light and for a dark surrounding. Marks differ in shape as well.
pub(super) const STYLE: &str = include_str!("plot.css");

/// A figure that is being drawn, from top to bottom.
pub(super) struct Figure<'a> {
    title: &'a str,
    body: String,
    /// From when until when, in seconds.
    span: (f64, f64),
    faults: &'a [Fault],
    top: f64,
}

/// How a panel's values become heights.
#[derive(Clone, Copy)]
pub(super) enum Scale {
    /// From 0 to this.
    Linear(f64),
    /// Between these powers of ten; what is less lies at the bottom.
    Decades(i32, i32),
}

/// A place for marks.
pub(super) struct Panel {
    span: (f64, f64),
    top: f64,
    height: f64,
    scale: Scale,
}

impl<'a> Figure<'a> {
    /// One with a legend: the class of a mark, the mark's shape, what it stands for.
    pub(super) fn new(
        title: &'a str,
        span: (f64, f64),
        faults: &'a [Fault],
        legend: &[(&str, Mark, &str)],
    ) -> Self {
        let mut body = String::new();
        let mut x = WIDTH - RIGHT;
        for (class, mark, name) in legend.iter().rev() {
            x -= width(name);
            let _ = write!(
                body,
                "<text x=\"{x:.0}\" y=\"22\">{}</text><path class=\"{class}\" d=\"{}\"/>",
                escape(name),
                mark.legend(x - 12.0, 18.0)
            );
            x -= 34.0;
        }
        let span = (span.0, if span.1 > span.0 { span.1 } else { span.0 + 1.0 });
        let mut figure = Self { title, body, span, faults, top: 36.0 };
        figure.strips();
        figure
    }

    /// A row for each kind of fault.
    fn strips(&mut self) {
        for (number, kind) in Fault::kinds(self.faults).into_iter().enumerate() {
            let class = number % COLOURS;
            let _ = write!(
                self.body,
                "<text class=\"dim\" x=\"{}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                self.top + 11.0,
                escape(&shortened(kind, 9))
            );
            for fault in self.faults.iter().filter(|fault| fault.kind == kind) {
                let (from, until) = self.extent(fault);
                let _ = write!(
                    self.body,
                    "<rect class=\"fault f{class}\" x=\"{from:.1}\" y=\"{:.0}\" width=\"{:.1}\" \
                     height=\"12\"><title>{}: {}</title></rect>",
                    self.top + 1.0,
                    (until - from).max(2.0),
                    escape(kind),
                    escape(&fault.text)
                );
                let room = (until - from) / CHARACTER;
                if let Some(label) = fault.text.split(';').next()
                    && width(label) / CHARACTER + 1.0 < room
                {
                    let _ = write!(
                        self.body,
                        "<text class=\"small\" x=\"{:.1}\" y=\"{:.0}\">{}</text>",
                        from + 4.0,
                        self.top + 11.0,
                        escape(label)
                    );
                }
            }
            self.top += STRIP;
        }
    }

    fn extent(&self, fault: &Fault) -> (f64, f64) {
        let x = |nanos| x(self.span, seconds(nanos).clamp(self.span.0, self.span.1));
        (x(fault.from), x(fault.until))
    }

    /// A new panel beneath the others.
    pub(super) fn panel(&mut self, name: &str, unit: &str, height: f64, scale: Scale) -> Panel {
        let top = self.top + GAP;
        self.top = top + height;
        let panel = Panel { span: self.span, top, height, scale };
        let (right, bottom) = (WIDTH - RIGHT, top + height);
        for (number, kind) in Fault::kinds(self.faults).into_iter().enumerate() {
            for fault in self.faults.iter().filter(|fault| fault.kind == kind) {
                let (from, until) = self.extent(fault);
                let _ = write!(
                    self.body,
                    "<rect class=\"shade f{}\" x=\"{from:.1}\" y=\"{top:.0}\" width=\"{:.1}\" \
                     height=\"{height:.0}\"/>",
                    number % COLOURS,
                    (until - from).max(1.0),
                );
            }
        }
        for (value, label) in panel.ticks() {
            let y = panel.y(value);
            let _ = write!(
                self.body,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/><text class=\"dim\" x=\"{}\" \
                 y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
        for tick in ticks(self.span) {
            let x = x(self.span, tick);
            let _ = write!(self.body, "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>");
        }
        let _ = writeln!(
            self.body,
            "<path class=\"axis\" d=\"M{LEFT} {top}V{bottom}H{right}\"/><text class=\"name\" \
             x=\"{LEFT}\" y=\"{:.0}\">{}<tspan class=\"dim unit\" dx=\"5\">{unit}</tspan></text>",
            top - 8.0,
            escape(name),
        );
        panel
    }

    pub(super) fn draw(&mut self, class: &str, path: &str) {
        if !path.is_empty() {
            let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }

    /// Says something where there is nothing to show.
    pub(super) fn say(&mut self, text: &str) {
        self.top += GAP;
        let _ = writeln!(
            self.body,
            "<text class=\"dim\" x=\"{LEFT}\" y=\"{:.0}\">{}</text>",
            self.top,
            escape(text)
        );
    }

    /// The finished figure.
    pub(super) fn finish(mut self) -> String {
        for tick in ticks(self.span) {
            let _ = write!(
                self.body,
                "<text class=\"dim\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                x(self.span, tick),
                self.top + 17.0,
                number(tick)
            );
        }
        let _ = write!(
            self.body,
            "<text class=\"dim\" x=\"{}\" y=\"{:.0}\" text-anchor=\"end\">seconds since the load \
             began</text>",
            WIDTH - RIGHT,
            self.top + 34.0
        );
        document(self.title, WIDTH, self.top + 44.0, &self.body)
    }
}

/// An SVG file of that size.
pub(super) fn document(title: &str, width: f64, height: f64, body: &str) -> String {
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" aria-label=\"{title}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
         <style>{STYLE}</style>\n<rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"title\" x=\"18\" y=\"22\">{title}</text>\n{body}</svg>\n"
    )
}

impl Panel {
    pub(super) fn x(&self, seconds: f64) -> f64 {
        x(self.span, seconds)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear(top) => value / top,
            Scale::Decades(low, high) if value > 0.0 => {
                (value.log10() - f64::from(low)) / f64::from(high - low)
            }
            Scale::Decades(..) => 0.0,
        };
        self.top + self.height * (1.0 - share.clamp(0.0, 1.0))
    }

    /// Where lines go, and what they are called.
    fn ticks(&self) -> Vec<(f64, String)> {
        match self.scale {
            Scale::Linear(top) => {
                let step = step(top, 4.0);
                let count = (top / step).floor();
                let mut ticks = Vec::new();
                let mut at = 0.0;
                while at <= count {
                    ticks.push((at * step, number(at * step)));
                    at += 1.0;
                }
                ticks
            }
            Scale::Decades(low, high) => (low..=high)
                .map(|power| {
                    let value = 10_f64.powi(power);
                    let less = if power == low { "≤ " } else { "" };
                    (value, format!("{less}{}", number(value)))
                })
                .collect(),
        }
    }
}

/// What marks one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Dot,
    Cross,
    Triangle,
    Line,
}

impl Mark {
    /// The path that draws it.
    pub(super) fn at(self, x: f64, y: f64) -> String {
        match self {
            Self::Dot => format!("M{x:.1} {y:.1}h0"),
            Self::Cross => format!("M{:.1} {:.1}l5 5m0-5l-5 5", x - 2.5, y - 2.5),
            Self::Triangle => format!("M{:.1} {:.1}h6l-3-5.4z", x - 3.0, y + 2.2),
            Self::Line => format!("M{:.1} {y:.1}h12", x - 6.0),
        }
    }

    fn legend(self, x: f64, y: f64) -> String {
        self.at(x, y)
    }
}

/// The time axis: where a time lies.
fn x((from, until): (f64, f64), seconds: f64) -> f64 {
    LEFT + (seconds - from) / (until - from) * (WIDTH - LEFT - RIGHT)
}

/// Times to be named on the axis.
fn ticks((from, until): (f64, f64)) -> Vec<f64> {
    let step = step(until - from, 10.0);
    let mut at = (from / step).ceil();
    let mut ticks = Vec::new();
    while at * step <= until {
        ticks.push(at * step);
        at += 1.0;
    }
    ticks
}

/// The least of 1, 2, 5, 10 … and their like that divides a range into no more than so many parts.
fn step(range: f64, parts: f64) -> f64 {
    let least = (range / parts).max(1e-9);
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|it| it * power).find(|it| *it >= least).unwrap_or(10.0 * power)
}

/// A number without what arithmetic has added to it.
pub(super) fn number(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded >= 1e6 { format!("{rounded:.0e}") } else { format!("{rounded}") }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}

/// A text's beginning.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text as HTML and XML have it, in elements and in attributes. What XML does not allow at all
/// becomes a replacement character.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A time for people.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn moment(nanos: i64) -> String {
    format!("{:.3} s", nanos as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        assert_eq!(ticks((0.0, 30.0)), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        assert_eq!(ticks((-0.05, 0.41)).first(), Some(&-0.05));
        for range in [1e-4, 0.07, 1.0, 99.0, 86_400.0] {
            let count = ticks((0.0, range)).len();
            assert!((4..=12).contains(&count), "{range}: {count}");
        }
    }

    #[test]
    fn nothing_hostile_is_left_in_a_text() {
        let hostile = "<script>&\"'\u{0}\u{1b}\n";
        assert_eq!(escape(hostile), "&lt;script&gt;&amp;&quot;&#39;\u{fffd}\u{fffd}\n");
    }
}
