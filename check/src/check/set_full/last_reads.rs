//! What nodes hold in the end: the reads after the faults and a time in which nobody asked for anything.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::check::Finding;
use crate::check::elements::Elements;
use crate::check::wording::shown;
use crate::history::{History, Kind, Op};
use crate::value::View;

/// A silence of so many nanoseconds is the quiet time at the end, in which all is to spread: Maelstrom's
/// lasts ten seconds, and an event may be a little late.
const QUIET: u64 = 8_000_000_000;

/// An element that was acknowledged before the quiet time, and that the last read of a node lacks.
pub(super) struct Unconverged {
    pub(super) element: usize,
    added: usize,
    read: usize,
    /// Who does not have it, and how many they are.
    node: String,
    others: usize,
    /// How long there was quiet, in nanoseconds; nothing, if the history has no times.
    quiet: u64,
}

impl Unconverged {
    pub(super) fn finding(&self, element: View<'_>) -> Finding {
        let quiet = match Duration::from_nanos(self.quiet).as_secs_f64() {
            0.0 => "before the last reads began".to_owned(),
            seconds => format!("and all was quiet for {seconds:.1} s"),
        };
        let who = match self.others {
            0 => format!("the last read of {} lacks it", self.node),
            1 => format!("the last reads of {} and of another node lack it", self.node),
            more => format!("the last reads of {} and of {more} other nodes lack it", self.node),
        };
        let text = format!("{} was acknowledged {quiet}, and yet {who}", shown(element));
        Finding::new("unconverged", text, [self.added, self.read]).about(&element.to_json())
    }
}

/// All of them, in the order of their acknowledgements.
pub(super) fn unconverged(
    history: &History,
    add_f: &str,
    elements: &mut Elements,
) -> Vec<Unconverged> {
    let Some(start) = end_of_quiet(history) else { return Vec::new() };
    let ops = history.ops();
    let mut added: Vec<(usize, &Op)> = Vec::new();
    let mut seen = Vec::new();
    for op in ops[..start].iter().filter(|op| op.f == add_f && op.kind == Kind::Ok) {
        let id = elements.id(op.value.view());
        if seen.len() <= id {
            seen.resize(id + 1, false);
        }
        if op.is_client() && !std::mem::replace(&mut seen[id], true) {
            added.push((id, op));
        }
    }
    let last = ops[..start].iter().rev().find(|op| op.is_client());
    let quiet = last.map_or(0, |last| ops[start].time.saturating_sub(last.time));

    // By the place in `added`, the reads that lack it.
    let mut lacking: Vec<Vec<&Op>> = vec![Vec::new(); added.len()];
    for read in last_reads(&ops[start..]).into_values() {
        let mut shown = vec![false; elements.len()];
        for value in read.value.view().items() {
            let id = elements.id(value);
            shown.resize(shown.len().max(id + 1), false);
            shown[id] = true;
        }
        for (place, &(id, _)) in added.iter().enumerate() {
            if !shown[id] {
                lacking[place].push(read);
            }
        }
    }
    let told = added.into_iter().zip(lacking).filter_map(|((element, added), reads)| {
        let read = *reads.first()?;
        Some(Unconverged {
            element,
            added: added.index,
            read: read.index,
            node: name(read),
            others: reads.len() - 1,
            quiet,
        })
    });
    told.collect()
}

/// Whose read it is: the node that was asked, or else the process that asked.
fn name(read: &Op) -> String {
    match (&read.node, read.process) {
        (Some(node), _) => node.to_string(),
        (None, crate::history::Process::Client(process)) => {
            format!("the node that process {process} asks")
        }
        (None, crate::history::Process::Nemesis(_)) => "a node".to_owned(),
    }
}

/// The last read of each node that tells what it showed.
fn last_reads(ops: &[Op]) -> BTreeMap<String, &Op> {
    let reads = ops.iter().filter(|op| {
        op.is_client() && op.f == "read" && op.kind == Kind::Ok && !op.is_unanswered()
    });
    reads.map(|read| (name(read), read)).collect()
}

/// The index of the first operation after the quiet time at the end.
///
/// What is still under way when it begins may end later; so all that is asked for afterwards is reads,
/// and no fault begins.
fn end_of_quiet(history: &History) -> Option<usize> {
    let ops = history.ops();
    let marked = ops.iter().position(|op| op.is_final() && op.kind == Kind::Invoke);
    marked.or_else(|| {
        for index in (1..ops.len()).rev() {
            let op = &ops[index];
            if !op.is_client() || (op.kind == Kind::Invoke && op.f != "read") {
                return None;
            }
            let silence = op.time.saturating_sub(ops[index - 1].time);
            if op.kind == Kind::Invoke && silence >= QUIET {
                return Some(index);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::set_full;
    use crate::check::testing::Script;
    use crate::check::{Report, Valid};
    use crate::history::Kind;

    fn add(script: Script, value: u64) -> Script {
        script.call(0, Kind::Ok, "add", json!(value))
    }

    fn judge(script: Script) -> Report {
        set_full(&script.history(), "add")
    }

    /// Both nodes are asked after so many milliseconds, and the second lacks 5.
    fn asked_at(millis: u64) -> Script {
        let script = add(add(Script::default(), 5), 6).at(millis);
        script.read(1, json!([6])).read(0, json!([5, 6]))
    }

    fn unconverged(report: &Report) -> bool {
        report.findings.iter().any(|finding| finding.anomaly == "unconverged")
    }

    #[test]
    fn who_lacks_something_after_the_quiet_has_not_converged() {
        let report = judge(asked_at(10_000));
        assert_eq!((report.valid, report.maelstrom_says().valid), (Valid::No, Valid::Yes));
        assert_eq!(report.figures["unconverged"], json!([5]));
        let finding = &report.findings[0];
        assert_eq!((&*finding.anomaly, &*finding.ops), ("unconverged", &[1, 5][..]));
        assert_eq!(
            finding.text,
            "5 was acknowledged and all was quiet for 10.0 s, and yet the last read of n1 lacks it"
        );
    }

    #[test]
    fn without_quiet_nothing_is_promised() {
        assert_eq!(judge(asked_at(7000)).valid, Valid::Yes);
        // Somebody adds something after it, or a fault is on.
        assert!(!unconverged(&judge(add(asked_at(10_000), 7).read(1, json!([5, 6, 7])))));
        let script = add(add(Script::default(), 5), 6).at(10_000).read(1, json!([6]));
        let script = script.nemesis(11_000, "start-partition", json!({}));
        assert!(!unconverged(&judge(script.at(12_000).read(0, json!([5, 6])))));
    }

    #[test]
    fn reads_that_are_marked_need_no_clock() {
        let script = add(Script::default(), 5).with("final?");
        let report = judge(script.read(1, json!([])).read(0, json!([5])));
        assert!(unconverged(&report), "{report:#?}");
        // The last of a node's counts.
        let script = add(Script::default(), 5).with("final?");
        let report = judge(script.read(1, json!([])).read(0, json!([5])).read(1, json!([5])));
        assert_eq!(report.valid, Valid::Yes);
    }

    #[test]
    fn what_was_not_acknowledged_in_time_may_lack() {
        let script = add(Script::default(), 5).invoke(2, "add", json!(6)).with("final?");
        let script = script.read(1, json!([5])).plain().ok(2, "add", json!(6)).with("final?");
        assert_eq!(judge(script.read(0, json!([5, 6]))).valid, Valid::Yes);
    }

    #[test]
    fn what_is_lost_is_told_once() {
        let script = add(Script::default(), 5).with("final?");
        let report = judge(script.read(1, json!([])).read(0, json!([])));
        let names: Vec<_> = report.findings.iter().map(|it| it.anomaly.as_str()).collect();
        assert_eq!((names, report.maelstrom_says().valid), (vec!["lost"], Valid::No));
    }

    #[test]
    fn a_read_whose_answer_is_not_on_record_proves_nothing() {
        // As Jepsen wrote it down: with a further key, and without the answer.
        let script = add(Script::default(), 5).read(1, json!([])).with("final?");
        let report = judge(script.read(1, json!(null)).read(0, json!(null)));
        assert_eq!((report.valid, report.findings.len()), (Valid::Unknown, 0), "{report:#?}");
        // Null without a further key is a list of nothing.
        let report = judge(add(Script::default(), 5).read(1, json!(null)));
        assert_eq!(report.valid, Valid::No);
    }
}
