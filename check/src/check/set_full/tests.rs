use proptest::prelude::*;
use serde_json::json;

use super::super::testing::Script;
use super::*;

fn judge(script: Script) -> Report {
    set_full(&script.history(), "add")
}

fn anomalies(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.anomaly.as_str()).collect()
}

fn add(script: Script, element: u64) -> Script {
    script.call(0, Kind::Ok, "add", json!(element))
}

#[test]
fn elements_that_appear_and_stay_are_stable() {
    let script = add(Script::default(), 7)
        .read(1, json!([]))
        .at(100)
        .invoke(1, "read", Value::Null)
        .at(250)
        .ok(1, "read", json!([]))
        .read(1, json!([7]));
    let report = judge(script);
    assert_eq!(report.valid, Valid::Yes);
    // Known at 1 ms; the last read lacking it began at 100 ms.
    assert_eq!(
        Value::Object(report.figures),
        json!({
            "attempt-count": 1, "stable-count": 1, "lost-count": 0, "lost": [],
            "never-read-count": 0, "never-read": [], "stale-count": 1, "stale": [7],
            "worst-stale": [{
                "element": 7, "outcome": "stable", "stable-latency": 99,
                "known": 1, "last-absent": 4
            }],
            "duplicated-count": 0, "duplicated": {}, "unexpected-count": 0, "unexpected": [],
            "unconverged-count": 0, "unconverged": [],
            "stable-latencies": {"0": 99, "0.5": 99, "0.95": 99, "0.99": 99, "1": 99},
        })
    );
}

#[test]
fn an_acknowledged_element_that_later_reads_lack_is_lost() {
    let report = judge(add(add(Script::default(), 1), 2).read(1, json!([1])));
    assert_eq!(report.valid, Valid::No);
    assert_eq!(report.figures["lost"], json!([2]));
    assert_eq!(report.findings[0].ops, [3, 5]);
    assert_eq!(anomalies(&report), ["lost"]);
}

#[test]
fn an_element_that_reads_showed_and_then_lack_is_lost() {
    let script = Script::default()
        .call(0, Kind::Info, "add", json!(1))
        .read(1, json!([1]))
        .at(53)
        .read(1, json!([]));
    let report = judge(script);
    assert_eq!(report.valid, Valid::No);
    // Known by the end of the read at 3 ms; the last read showing it began before that.
    assert_eq!(report.figures["lost-latencies"]["1"], 0);
    assert_eq!(report.figures["lost-count"], 1);
}

#[test]
fn absence_during_the_add_or_of_an_unknown_element_means_nothing() {
    let concurrent = Script::default()
        .invoke(1, "read", Value::Null)
        .call(0, Kind::Ok, "add", json!(1))
        .ok(1, "read", json!([]));
    let unknown = Script::default().call(0, Kind::Info, "add", json!(1)).read(1, json!([]));
    for script in [concurrent, unknown] {
        let report = judge(script);
        assert_eq!(report.valid, Valid::Unknown);
        assert_eq!(report.figures["never-read"], json!([1]));
    }
    assert_eq!(judge(Script::default()).valid, Valid::Unknown);
}

#[test]
fn an_element_listed_twice_is_a_duplicate() {
    let report = judge(add(Script::default(), 1).read(1, json!([1, 1, 1])).read(1, json!([1, 1])));
    assert_eq!(report.valid, Valid::Yes, "as in Jepsen");
    assert_eq!(report.figures["duplicated"], json!({"1": 3}));
    assert_eq!(anomalies(&report), ["duplicated"]);
    assert_eq!(report.findings[0].ops, [3]);
}

#[test]
fn an_element_that_nobody_added_or_not_yet_is_unexpected() {
    let invented = add(Script::default(), 1).read(1, json!([1, "x"]));
    let early = Script::default().read(1, json!([1]));
    let early = add(early, 1).read(1, json!([1]));
    for (script, element) in [(invented, json!(["x"])), (early, json!([1]))] {
        let report = judge(script);
        assert_eq!(report.valid, Valid::No);
        assert_eq!(report.figures["unexpected"], element);
        assert_eq!(anomalies(&report), ["unexpected"]);
    }
}

#[test]
fn reads_that_failed_and_other_functions_are_ignored() {
    let script = add(Script::default(), 1)
        .read(1, json!([1]))
        .call(1, Kind::Fail, "read", Value::Null)
        .call(1, Kind::Ok, "other", json!([]));
    assert_eq!(judge(script).valid, Valid::Yes);
}

/// The outcome of each element straight from the definitions: every element against every read.
fn oracle(history: &History) -> Vec<(u64, &'static str, u64)> {
    let pairs = history.pairs();
    let reads: Vec<_> = pairs
        .iter()
        .filter_map(|&(invoked, completed)| Some((invoked, completed?)))
        .filter(|(invoked, completed)| invoked.f == "read" && completed.kind == Kind::Ok)
        .collect();
    let adds = pairs.iter().filter(|(invoked, _)| invoked.f == "add");
    let mut outcomes: Vec<_> = adds
        .map(|&(invoked, completed)| {
            let shows = |read: &Op| read.value.view().items().any(|it| it == invoked.value.view());
            let relevant = || reads.iter().filter(|(_, read)| read.index > invoked.index);
            let known = relevant()
                .filter(|(_, read)| shows(read))
                .map(|&(_, read)| read)
                .chain(completed.filter(|op| op.kind == Kind::Ok))
                .min_by_key(|op| op.index);
            let last = |present: bool| {
                relevant()
                    .filter(|(_, read)| shows(read) == present)
                    .map(|&(start, _)| start)
                    .max_by_key(|start| start.index)
            };
            let (present, absent) = (last(true), last(false));
            let index = |op: Option<&Op>| op.map_or(-1, |op| i64::try_from(op.index).unwrap());
            let since = |op: Option<&Op>| {
                let then = op.map_or(0, |op| op.time + 1);
                then.saturating_sub(known.map_or(0, |op| op.time)) / 1_000_000
            };
            let element = u64::try_from(invoked.value.view().integer().unwrap()).unwrap();
            if present.is_some() && index(absent) < index(present) {
                (element, "stable", since(absent))
            } else if known.is_some()
                && index(absent) > index(present)
                && index(absent) > index(known)
            {
                (element, "lost", since(present))
            } else {
                (element, "never-read", 0)
            }
        })
        .collect();
    outcomes.sort_unstable();
    outcomes
}

/// Steps of four processes: what each begins, or how it ends what it began.
fn steps() -> impl Strategy<Value = Vec<(u64, bool, u8, u16)>> {
    proptest::collection::vec((0..4_u64, any::<bool>(), 0..6_u8, any::<u16>()), 0..80)
}

fn history(steps: Vec<(u64, bool, u8, u16)>) -> History {
    let mut script = Script::default();
    let mut open: BTreeMap<u64, Option<u64>> = BTreeMap::new();
    let mut next = 0;
    for (process, adds, end, shown) in steps {
        script = match open.remove(&process) {
            None if adds => {
                open.insert(process, Some(next));
                next += 1;
                script.invoke(process, "add", json!(next - 1))
            }
            None => {
                open.insert(process, None);
                script.invoke(process, "read", Value::Null)
            }
            Some(Some(element)) => {
                let kind = [Kind::Ok, Kind::Ok, Kind::Ok, Kind::Ok, Kind::Info, Kind::Fail];
                script.event(process, kind[usize::from(end)], "add", json!(element))
            }
            Some(None) if end == 0 => script.event(process, Kind::Fail, "read", Value::Null),
            Some(None) => {
                let shown = (0..next).filter(|n| shown >> (n % 16) & 1 == 1);
                script.ok(process, "read", shown.collect())
            }
        };
    }
    script.history()
}

proptest! {
    #[test]
    fn agrees_with_the_definitions(steps in steps()) {
        let history = history(steps);
        let outcomes = oracle(&history);
        let report = set_full(&history, "add");
        let of = |outcome: &str| outcomes.iter().filter(|(_, it, _)| *it == outcome).collect::<Vec<_>>();
        let elements = |outcome: &str| of(outcome).iter().map(|it| json!(it.0)).collect::<Value>();
        let latencies = |outcome: &str| quantiles(&LATENCY, of(outcome).iter().map(|it| it.2).collect());

        prop_assert_eq!(&report.figures["attempt-count"], &json!(outcomes.len()));
        prop_assert_eq!(&report.figures["stable-count"], &json!(of("stable").len()));
        prop_assert_eq!(&report.figures["lost"], &elements("lost"));
        prop_assert_eq!(&report.figures["never-read"], &elements("never-read"));
        for outcome in ["stable", "lost"] {
            let reported = report.figures.get(&format!("{outcome}-latencies"));
            prop_assert_eq!(reported.and_then(Value::as_object).cloned().unwrap_or_default(), latencies(outcome));
        }
        let valid = match (of("lost").is_empty(), of("stable").is_empty()) {
            (false, _) => Valid::No,
            (true, true) => Valid::Unknown,
            (true, false) => Valid::Yes,
        };
        prop_assert_eq!(report.valid, valid);
    }
}

#[test]
fn thousands_of_reads_of_thousands_of_elements_take_no_time() {
    let mut script = Script::default();
    for n in 0..2000_u64 {
        script =
            script.call(n % 25, Kind::Ok, "add", json!(n)).read(25 + n % 25, (0..=n).collect());
    }
    let history = script.history();
    let started = std::time::Instant::now();
    let report = set_full(&history, "add");
    let took = started.elapsed();
    assert_eq!(report.valid, Valid::Yes);
    assert!(took.as_millis() < 2000, "{took:?}");
}

#[test]
fn a_loss_is_proved_by_what_the_read_showed() {
    let script = Script::default().call(0, Kind::Ok, "add", json!(1));
    let script = script.invoke(1, "read", json!(null)).read(2, json!([1]));
    let report = judge(script.ok(1, "read", json!([])).read(2, json!([])));
    // The addition is answered by 1, and the read that lacks it last by 7.
    let lost = &report.findings[0];
    assert_eq!((&*lost.anomaly, &*lost.ops), ("lost", &[1, 7][..]));
}
