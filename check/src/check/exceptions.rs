//! Replies that break the protocol.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::wording::beginning;
use super::{Finding, Report, Valid};
use crate::history::{History, Op};

/// The first item of the `error` of an operation whose reply was no answer to its request: the
/// error is the list `["malformed-reply", text]`.
pub const MALFORMED_REPLY: &str = "malformed-reply";

/// Finds operations whose reply did not have the form that its workload prescribes.
///
/// Stricter than Maelstrom, whose client throws and whose checker notes the exception but calls the
/// run valid: a node that answers in the wrong form is wrong.
pub fn exceptions(history: &History) -> Report {
    let mut by_f: BTreeMap<&str, Vec<&Op>> = BTreeMap::new();
    for op in history.ops().iter().filter(|op| op.is_client()) {
        if explanation(op).is_some() {
            by_f.entry(&op.f).or_default().push(op);
        }
    }
    let exceptions = by_f.iter().map(
        |(f, ops)| json!({"class": MALFORMED_REPLY, "f": f, "count": ops.len(), "example": ops[0]}),
    );
    let report = Report::new(by_f.is_empty())
        .maelstrom(Valid::Yes, [])
        .figure("exceptions", exceptions.collect::<Value>());
    report.findings(by_f.values().map(|ops| {
        let explanation = explanation(ops[0]).unwrap_or_default();
        let indices: Vec<_> = ops.iter().map(|op| op.index).take(super::report::SHOWN).collect();
        Finding::new(MALFORMED_REPLY, beginning(explanation, EXPLANATION), indices)
    }))
}

/// As many characters of an explanation are shown: it may have the whole reply in it.
const EXPLANATION: usize = 1000;

fn explanation(op: &Op) -> Option<&str> {
    let mut items = op.error.as_ref()?.view().items();
    let (class, text) = (items.next()?, items.next()?);
    (class.text() == Some(MALFORMED_REPLY)).then(|| text.text().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Script;
    use super::*;
    use crate::history::Kind;

    fn judge(error: Value) -> Report {
        let mut ops =
            Script::default().call(0, Kind::Info, "read", Value::Null).history().ops().to_vec();
        ops[1].error = Some(error.into());
        exceptions(&ops.into_iter().collect())
    }

    #[test]
    fn a_malformed_reply_is_invalid() {
        let report = judge(json!([MALFORMED_REPLY, "no such key"]));
        assert_eq!((report.valid, report.maelstrom_says().valid), (Valid::No, Valid::Yes));
        assert_eq!(report.findings, [Finding::new(MALFORMED_REPLY, "no such key", [1])]);
        assert_eq!(report.figures["exceptions"][0]["count"], 1);
        let long = judge(json!([MALFORMED_REPLY, "ä".repeat(50_000)]));
        let told = format!("{}… (100000 bytes)", "ä".repeat(EXPLANATION));
        assert_eq!(long.findings[0].text, told);
    }

    #[test]
    fn other_errors_are_not() {
        for error in [json!("net-timeout"), json!(["abort", "text"]), Value::Null] {
            assert_eq!(judge(error).valid, Valid::Yes);
        }
    }
}
