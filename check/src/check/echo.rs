//! Echo: does every request come back with what it said?

use serde_json::{Value, json};

use super::wording::shown;
use super::{Finding, Report};
use crate::history::{History, Kind};

/// Judges echo: what comes back must be what was sent. As in Maelstrom, a request that gets no answer
/// is passed over.
///
/// The value of a completion that is `ok` is the payload that came back.
pub fn echo(history: &History) -> Report {
    let mut errors = Vec::new();
    let mut findings = Vec::new();
    for (invoked, completed) in history.pairs() {
        let Some(answer) = completed.filter(|op| op.kind == Kind::Ok) else { continue };
        if invoked.f != "echo" || answer.value == invoked.value {
            continue;
        }
        errors.push(json!(["Expected", invoked.value, "But received", answer.value]));
        let what = format!("{} came back as {}", shown(&invoked.value), shown(&answer.value));
        findings.push(Finding::new("wrong-echo", what, [invoked.index, answer.index]));
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
    fn another_answer_is_wrong() {
        let wrong = Script::default().invoke(0, "echo", json!("a")).ok(0, "echo", json!("b"));
        let report = echo(&wrong.history());
        assert_eq!(report.valid, Valid::No);
        assert_eq!(
            (&*report.findings[0].anomaly, &*report.findings[0].ops),
            ("wrong-echo", &[0, 1][..])
        );
    }

    #[test]
    fn a_huge_answer_is_not_told_whole() {
        let huge = json!("x".repeat(1 << 20));
        let wrong =
            Script::default().invoke(0, "echo", json!("a")).ok(0, "echo", huge.clone()).history();
        let report = echo(&wrong);
        let text = &report.findings[0].text;
        assert!(text.starts_with("\"a\" came back as \"xxx") && text.len() < 200, "{text}");
        assert_eq!(report.figures["errors"][0][3], huge);
    }

    #[test]
    fn what_is_not_answered_is_passed_over() {
        for kind in [Kind::Info, Kind::Fail] {
            let lost = Script::default().call(0, kind, "echo", json!("a"));
            assert_eq!(echo(&lost.history()).valid, Valid::Yes);
        }
        let open = Script::default().invoke(0, "echo", json!("a"));
        assert_eq!(echo(&open.history()).valid, Valid::Yes);
    }
}
