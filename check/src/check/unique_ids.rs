//! Unique ids: is one ever given out twice?

use std::cmp::Reverse;

use serde_json::{Map, Value, json};

use super::elements::Elements;
use super::wording::shown;
use super::{Finding, Report};
use crate::history::{History, Kind};

/// How many of the duplicates are listed.
const LISTED: usize = 48;

/// Judges unique-ids: no two acknowledged `generate` have the same value, whatever kind of JSON it
/// is. `range` is the least and the greatest id.
pub fn unique_ids(history: &History) -> Report {
    let mut ids = Elements::default();
    // Who got each id.
    let mut receivers: Vec<Vec<usize>> = Vec::new();
    let (mut attempted, mut acknowledged) = (0_usize, 0_usize);
    for op in history.ops().iter().filter(|op| op.is_client() && op.f == "generate") {
        match op.kind {
            Kind::Invoke => attempted += 1,
            Kind::Ok => {
                acknowledged += 1;
                let id = ids.id(op.value.view());
                receivers.resize_with(ids.len(), Vec::new);
                receivers[id].push(op.index);
            }
            Kind::Fail | Kind::Info => {}
        }
    }
    let mut duplicated: Vec<usize> = (0..ids.len()).filter(|&id| receivers[id].len() > 1).collect();
    duplicated.sort_by_key(|&id| Reverse(receivers[id].len()));

    let all = || (0..ids.len()).map(|id| ids.value(id));
    let range = [all().min_by(|a, b| a.compare(*b)), all().max_by(|a, b| a.compare(*b))];
    let listed = duplicated.iter().take(LISTED);
    let listed: Map<String, Value> =
        listed.map(|&id| (ids.value(id).name().into_owned(), receivers[id].len().into())).collect();
    let findings = duplicated.iter().map(|&id| {
        let what = format!("{} was given out {} times", shown(ids.value(id)), receivers[id].len());
        Finding::new("duplicated", what, receivers[id].clone()).about(&ids.value(id).to_json())
    });
    Report::new(duplicated.is_empty())
        .figure("attempted-count", attempted)
        .figure("acknowledged-count", acknowledged)
        .figure("duplicated-count", duplicated.len())
        .figure("duplicated", listed)
        .figure("range", json!(range))
        .findings(findings)
}

#[cfg(test)]
mod tests {
    use super::super::Valid;
    use super::super::testing::Script;
    use super::*;

    fn generated(ids: &[Value]) -> Report {
        let script = ids.iter().fold(Script::default(), |script, id| {
            script.invoke(0, "generate", Value::Null).ok(0, "generate", id.clone())
        });
        unique_ids(&script.call(0, Kind::Info, "generate", Value::Null).history())
    }

    #[test]
    fn distinct_ids_of_any_kind_are_valid() {
        let report = generated(&[json!(1), json!("1"), json!(-5), json!([1]), json!(1.0)]);
        assert_eq!(report.valid, Valid::Yes);
        assert_eq!(report.figures["attempted-count"], 6);
        assert_eq!(report.figures["acknowledged-count"], 5);
        assert_eq!(report.figures["range"], json!([-5, [1]]));
    }

    #[test]
    fn an_id_given_out_twice_is_found() {
        let report = generated(&[json!("a"), json!("b"), json!("a")]);
        assert_eq!(report.valid, Valid::No);
        assert_eq!(report.figures["duplicated-count"], 1);
        assert_eq!(report.figures["duplicated"], json!({"a": 2}));
        assert_eq!(
            (&*report.findings[0].anomaly, &*report.findings[0].ops),
            ("duplicated", &[1, 5][..])
        );
    }
}
