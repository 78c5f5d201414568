//! What it takes to judge a history: memory and CPU time of `glomers check`.

mod files;
mod histories;
mod judge;
mod random;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::TempDir;

use self::histories::{Kafka, Lists, Register, System};
use self::judge::{Judge, Toll};
use super::programs;
use crate::measure::{Effort, each};
use crate::table::{Case, Table, Unit};

/// Operations where memory and time go by their number.
const OPERATIONS: usize = 250_000;

const CLIENTS: usize = 20;

/// Operations on one register, and how many at a time.
const REGISTER: (usize, usize) = (100_000, 100);

/// What these may take.
const REGISTER_SECONDS: f64 = 20.0;
const REGISTER_BYTES: f64 = 1024.0 * MIB;

const MIB: f64 = (1 << 20) as f64;

/// Of what `glomers check` took when operations held trees of values, it may take so much.
const MEMORY: f64 = 0.3;
const CPU: f64 = 0.5;

/// EDN may take so much of the time of JSON.
const EDN: f64 = 1.2;

const ROUNDS: Effort = Effort::Rounds(3);

/// What the history of a workload took when operations held trees: the program of commit d16ba87.
struct Before {
    /// The most memory, in MiB.
    mib: f64,
    /// The time, as a multiple of what it takes to make trees of the lines, and nothing else.
    trees: f64,
}

/// A history in files.
struct History {
    workload: &'static str,
    json: PathBuf,
    edn: PathBuf,
    before: Before,
}

pub(super) fn measure(table: &mut Table, baseline: Option<&Path>) -> anyhow::Result<()> {
    table.note("building the programs");
    let programs = Programs { judge: Judge::new()?, ours: programs::glomers()?, baseline };
    table.note("writing the histories");
    let folder = tempfile::tempdir().context("no folder for the histories")?;
    let kafka = Before { mib: 1168.0, trees: 4.27 };
    let lists = Before { mib: 857.0, trees: 3.70 };
    // In the end there is nothing but polls.
    let sends = OPERATIONS as u64 - 1000;
    for history in [
        written(&folder, "kafka", &mut Kafka::new(sends), kafka)?,
        written(&folder, "txn-list-append", &mut Lists::new(), lists)?,
    ] {
        programs.memory(table, &history)?;
        programs.time(table, &history)?;
        programs.edn(table, &history)?;
    }
    programs.register(table, folder.path())
}

/// Writes the history of a system.
fn written(
    folder: &TempDir,
    workload: &'static str,
    system: &mut impl System,
    before: Before,
) -> anyhow::Result<History> {
    let file = |ending| folder.path().join(format!("{workload}.{ending}"));
    let (json, edn) = (file("jsonl"), file("edn"));
    files::write(&json, &edn, system, OPERATIONS, CLIENTS)?;
    Ok(History { workload, json, edn, before })
}

/// Who judges.
struct Programs<'a> {
    judge: Judge,
    ours: PathBuf,
    /// An older program of ours.
    baseline: Option<&'a Path>,
}

impl Programs<'_> {
    fn memory(&self, table: &mut Table, history: &History) -> anyhow::Result<()> {
        let name = format!("{}: memory vs {}", history.name(), self.peer("what was recorded"));
        let case = Case::new(name, Unit::MIB).bar(MEMORY).effort(Effort::Once);
        table.compare(
            case,
            || Ok(self.judged(&self.ours, history)?.bytes),
            || match self.baseline {
                Some(baseline) => Ok(self.judged(baseline, history)?.bytes),
                None => Ok(history.before.mib * MIB),
            },
        )
    }

    fn time(&self, table: &mut Table, history: &History) -> anyhow::Result<()> {
        let name = format!("{} vs {}", history.name(), self.peer("trees of its lines"));
        let bar = if self.baseline.is_some() { CPU } else { CPU * history.before.trees };
        table.compare(
            Case::new(name, Unit::CPU_S).bar(bar).effort(ROUNDS),
            || Ok(self.judged(&self.ours, history)?.cpu),
            || match self.baseline {
                Some(baseline) => Ok(self.judged(baseline, history)?.cpu),
                None => trees(&history.json),
            },
        )
    }

    fn edn(&self, table: &mut Table, history: &History) -> anyhow::Result<()> {
        let of = |file: &Path| Ok(self.judge.judge(&self.ours, history.workload, file)?.cpu);
        let name = format!("{}, as EDN vs as JSON", history.name());
        let case = Case::new(name, Unit::CPU_S).bar(EDN).effort(ROUNDS);
        table.compare(case, || of(&history.edn), || of(&history.json))
    }

    /// Many clients at one register.
    fn register(&self, table: &mut Table, folder: &Path) -> anyhow::Result<()> {
        let (operations, clients) = REGISTER;
        let (json, edn) = (folder.join("register.jsonl"), folder.join("register.edn"));
        files::write(&json, &edn, &mut Register::default(), operations, clients)?;
        let judged = || self.judge.judge(&self.ours, "lin-kv", &json);
        let name = format!("lin-kv, {operations} operations on a key, {clients} at a time");
        let case =
            |what, unit| Case::new(format!("{name}{what} vs the most it may take"), unit).bar(1.0);
        table.compare(
            case("", Unit::CPU_S).effort(ROUNDS),
            || Ok(judged()?.cpu),
            || Ok(REGISTER_SECONDS),
        )?;
        table.compare(
            case(": memory", Unit::MIB).effort(Effort::Once),
            || Ok(judged()?.bytes),
            || Ok(REGISTER_BYTES),
        )
    }

    fn judged(&self, program: &Path, history: &History) -> anyhow::Result<Toll> {
        self.judge.judge(program, history.workload, &history.json)
    }

    /// What ours is compared to: the baseline, or else something else.
    fn peer<'b>(&self, other: &'b str) -> &'b str {
        if self.baseline.is_some() { "the baseline" } else { other }
    }
}

impl History {
    fn name(&self) -> String {
        format!("{}, {OPERATIONS} operations", self.workload)
    }
}

/// Seconds that it takes to make a tree of each line, and to drop it.
fn trees(json: &Path) -> anyhow::Result<f64> {
    let text = fs::read_to_string(json)?;
    let mut lines = 0;
    let cost = each([()], |()| {
        let trees = text.lines().map(serde_json::from_str::<Value>);
        lines = trees.filter(|tree| black_box(tree).is_ok()).count();
    })?;
    ensure!(lines == text.lines().count(), "not all lines are JSON");
    Ok(cost)
}
