//! Echo: does every request come back with what it said?

use serde_json::{Value, json};

use super::{Finding, Report};
use crate::history::{History, Kind};

/// Judges echo: every `echo` must complete, with the value it was invoked with. As in Maelstrom, a
/// request without an answer is an error too.
///
/// The value of a completion that is `ok` is the payload that came back.
pub fn echo(history: &History) -> Report {
    let mut errors = Vec::new();
    let mut findings = Vec::new();
    for (invoked, completed) in history.pairs() {
        let answer = completed.filter(|op| op.kind == Kind::Ok).map(|op| &op.value);
        if invoked.f != "echo" || answer == Some(&invoked.value) {
            continue;
        }
        errors.push(json!(["Expected", invoked.value, "But received", answer]));
        let what = match answer {
            Some(answer) => format!("{} came back as {answer}", invoked.value),
            None => format!("{} did not come back", invoked.value),
        };
        let ops = [Some(invoked), completed].into_iter().flatten().map(|op| op.index);
        findings.push(Finding::new("wrong-echo", what, ops.collect::<Vec<_>>()));
    }
    Report::new(errors.is_empty()).figure("errors", Value::Array(errors)).findings(findings)
}

#[cfg(test)]
mod tests {
    use super::super::Valid;
    use super::super::testing::Script;
    use super::*;

    #[test]
    fn what_comes_back_unchanged_is_right() {
        let script = Script::default().call(0, Kind::Ok, "echo", json!("a"));
        assert_eq!(echo(&script.history()).valid, Valid::Yes);
    }

    #[test]
    fn another_answer_or_none_is_wrong() {
        let wrong = Script::default().invoke(0, "echo", json!("a")).ok(0, "echo", json!("b"));
        let lost = Script::default().call(0, Kind::Info, "echo", json!("a"));
        let open = Script::default().invoke(0, "echo", json!("a"));
        for (script, ops) in [(wrong, &[0, 1][..]), (lost, &[0, 1]), (open, &[0])] {
            let report = echo(&script.history());
            assert_eq!(report.valid, Valid::No);
            assert_eq!(
                (&*report.findings[0].anomaly, &*report.findings[0].ops),
                ("wrong-echo", ops)
            );
        }
    }
}
