use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::measure::{Effort, Medians, in_turn};
use crate::progress::Progress;

/// The unit of a side's figures.
#[derive(Clone, Copy)]
pub(crate) struct Unit {
    name: &'static str,
    /// How many of it make one of what the sides return: a second, or the thing itself.
    per_base: f64,
}

impl Unit {
    pub(crate) const CPU_S: Self = Self { name: "CPU s", per_base: 1.0 };
    pub(crate) const CPU_MS: Self = Self { name: "CPU ms", per_base: 1e3 };
    pub(crate) const CPU_US: Self = Self { name: "CPU µs", per_base: 1e6 };
    pub(crate) const CPU_NS: Self = Self { name: "CPU ns", per_base: 1e9 };
    pub(crate) const WALL_US: Self = Self { name: "wall µs", per_base: 1e6 };
    pub(crate) const WALL_NS: Self = Self { name: "wall ns", per_base: 1e9 };
    pub(crate) const VIRTUAL_MS: Self = Self { name: "virtual ms", per_base: 1e3 };
    pub(crate) const BYTES: Self = Self { name: "bytes", per_base: 1.0 };
    pub(crate) const MIB: Self = Self { name: "MiB", per_base: 1.0 / (1 << 20) as f64 };
    pub(crate) const RECORDS: Self = Self { name: "records", per_base: 1.0 };
    pub(crate) const MESSAGES: Self = Self { name: "messages", per_base: 1.0 };
}

/// What is compared, and how.
pub(crate) struct Case {
    name: String,
    unit: Unit,
    bar: Option<f64>,
    effort: Effort,
}

impl Case {
    /// A case without a bar, measured for a second.
    pub(crate) fn new(name: impl Into<String>, unit: Unit) -> Self {
        let effort = Effort::For(Duration::from_secs(1));
        Self { name: name.into(), unit, bar: None, effort }
    }

    /// The ratio that should not be exceeded.
    pub(crate) fn bar(self, bar: f64) -> Self {
        Self { bar: Some(bar), ..self }
    }

    pub(crate) fn effort(self, effort: Effort) -> Self {
        Self { effort, ..self }
    }
}

/// A case's figures.
#[derive(Debug, Serialize)]
struct Row {
    /// What was compared, and the unit of the two figures.
    case: String,
    ours: f64,
    peer: f64,
    ratio: f64,
    bar: Option<f64>,
}

impl Row {
    fn meets_bar(&self) -> bool {
        self.bar.is_none_or(|bar| self.ratio <= bar)
    }
}

/// The figures of a room, gathered case by case.
pub(crate) struct Table {
    progress: Progress,
    /// What the names of the cases that are measured have in them.
    only: String,
    rows: Vec<Row>,
}

impl Table {
    /// A table of the cases that have `only` in their names.
    pub(crate) fn new(only: String) -> Self {
        Self { progress: Progress::new(), only, rows: Vec::new() }
    }

    /// Says what is done before or between the cases.
    pub(crate) fn note(&self, doing: &str) {
        self.progress.step(doing);
    }

    /// Measures a case and adds its figures. A side returns what it has cost: seconds, or a count.
    pub(crate) fn compare(
        &mut self,
        case: Case,
        ours: impl FnMut() -> anyhow::Result<f64>,
        peer: impl FnMut() -> anyhow::Result<f64>,
    ) -> anyhow::Result<()> {
        let Case { name, unit, bar, effort } = case;
        if !name.contains(&self.only) {
            return Ok(());
        }
        self.progress.step(&name);
        let Medians { ours, peer, ratio } = in_turn(effort, ours, peer)?;
        self.rows.push(Row {
            case: format!("{name} [{}]", unit.name),
            ours: ours * unit.per_base,
            peer: peer * unit.per_base,
            ratio,
            bar,
        });
        Ok(())
    }

    /// Whether no ratio is over its bar.
    pub(crate) fn meets_bars(&self) -> bool {
        self.rows.iter().all(Row::meets_bar)
    }

    /// Writes the figures as a JSON list.
    pub(crate) fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, &self.rows)?;
        writeln!(out)
    }

    /// Writes the figures for people.
    pub(crate) fn write_text(&self, mut out: impl Write) -> io::Result<()> {
        let mut lines = vec![["case", "ours", "peer", "ratio", "bar"].map(str::to_owned)];
        lines.extend(self.rows.iter().map(|row| {
            let bar = match row.bar {
                None => "-".to_owned(),
                Some(bar) if row.meets_bar() => short(bar),
                Some(bar) => format!("{} missed", short(bar)),
            };
            [row.case.clone(), short(row.ours), short(row.peer), short(row.ratio), bar]
        }));
        let width = |column: usize| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
        };
        let [w0, w1, w2, w3, _] = [0, 1, 2, 3, 4].map(width);
        for [case, ours, peer, ratio, bar] in &lines {
            writeln!(out, "{case:<w0$}  {ours:>w1$}  {peer:>w2$}  {ratio:>w3$}  {bar}")?;
        }
        Ok(())
    }
}

/// A figure to three digits.
fn short(figure: f64) -> String {
    let decimals = match figure.abs() {
        x if x >= 100.0 => 0,
        x if x >= 10.0 => 1,
        x if x >= 1.0 => 2,
        x if x >= 0.1 => 3,
        x if x >= 0.01 => 4,
        x if x >= 0.001 => 5,
        _ => return format!("{figure:.2e}"),
    };
    format!("{figure:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(cost: f64) -> Table {
        let mut table = Table::new(String::new());
        let barred = Case::new("barred", Unit::CPU_MS).bar(0.5).effort(Effort::Once);
        let free = Case::new("free", Unit::MESSAGES).effort(Effort::Once);
        table.compare(barred, || Ok(cost), || Ok(2.0)).unwrap();
        table.compare(free, || Ok(1000.0), || Ok(1.0)).unwrap();
        table
    }

    #[test]
    fn a_ratio_may_equal_its_bar_and_a_case_without_one_never_fails() {
        assert!(table(1.0).meets_bars());
        assert!(!table(1.01).meets_bars());
    }

    #[test]
    fn json_has_the_five_keys() {
        let mut json = Vec::new();
        table(1.0).write_json(&mut json).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let expected = serde_json::json!([
            {"case": "barred [CPU ms]", "ours": 1000.0, "peer": 2000.0, "ratio": 0.5, "bar": 0.5},
            {"case": "free [messages]", "ours": 1000.0, "peer": 1.0, "ratio": 1000.0, "bar": null},
        ]);
        assert_eq!(json, expected);
    }

    #[test]
    fn text_marks_what_is_missed() {
        let mut text = Vec::new();
        table(1.5).write_text(&mut text).unwrap();
        let expected = "\
case             ours  peer  ratio  bar
barred [CPU ms]  1500  2000  0.750  0.500 missed
free [messages]  1000  1.00   1000  -
";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn figures_have_three_digits() {
        let shown = [1234.5, 12.345, 0.5, 0.012_345, 0.001_234, 0.000_123_4].map(short);
        assert_eq!(shown, ["1234", "12.3", "0.500", "0.0123", "0.00123", "1.23e-4"]);
    }
}
