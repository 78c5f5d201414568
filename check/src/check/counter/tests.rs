use proptest::prelude::*;
use serde_json::json;

use super::super::Valid;
use super::super::testing::Script;
use super::*;

fn add(script: Script, kind: Kind, delta: i64) -> Script {
    script.call(0, kind, "add", json!(delta))
}

fn judged(script: Script, read: impl Into<Value>) -> Report {
    counter(&script.with("final?").read(1, read.into()).history())
}

#[test]
fn the_sum_of_what_was_acknowledged_is_right() {
    let adds = || add(add(add(Script::default(), Kind::Ok, 3), Kind::Ok, -1), Kind::Fail, 10);
    let report = judged(adds().read(1, json!(999)), 2);
    assert_eq!(report.valid, Valid::Yes);
    assert_eq!(report.figures["acceptable"], json!([[2, 2]]));
    assert_eq!(report.figures["final-reads"], json!([2]));

    let report = judged(adds(), 12);
    assert_eq!(report.valid, Valid::No);
    assert_eq!(report.figures["errors"], json!([12]));
    assert_eq!(
        (&*report.findings[0].anomaly, &*report.findings[0].ops),
        ("wrong-sum", &[5, 7][..])
    );
    assert_eq!(judged(adds(), 2.5).valid, Valid::No);
}

#[test]
fn the_only_add_that_accounts_for_a_wrong_sum_is_named() {
    // Its index is that of its completion.
    let script = || {
        let script = add(add(Script::default(), Kind::Ok, 3), Kind::Ok, 40);
        add(add(script, Kind::Fail, 100), Kind::Info, 1000)
    };
    let told = |read: i64| {
        let finding = judged(script(), read).findings.remove(0);
        (finding.value, finding.ops, finding.text)
    };
    for (read, delta, op, how) in [
        (40, 3, 1, "; as if the 3 of op 1 were missing"),
        (1003, 40, 3, "; as if the 40 of op 3 were missing"),
        (83, 40, 3, "; as if the 40 of op 3 counted twice"),
        (143, 100, 5, "; as if the 100 of op 5 counted, though it failed"),
    ] {
        let (value, ops, text) = told(read);
        assert_eq!((value, ops), (Some(json!(delta)), vec![op, 9]), "{read}");
        assert!(text.ends_with(how), "{text}");
    }
    // None does, or either of two.
    let none = (None, vec![9]);
    let (value, ops, _) = told(7777);
    assert_eq!((value, ops), none);
    let twins = add(add(Script::default(), Kind::Ok, 3), Kind::Ok, 3);
    assert_eq!(judged(twins, 3).findings[0].value, None);
}

#[test]
fn what_is_indeterminate_may_count_or_not() {
    let script = || {
        let script = add(add(Script::default(), Kind::Info, 10), Kind::Info, 3);
        script.invoke(2, "add", json!(100))
    };
    for (read, valid) in [(0, Valid::Yes), (113, Valid::Yes), (103, Valid::Yes), (4, Valid::No)] {
        assert_eq!(judged(script(), read).valid, valid, "{read}");
    }
}

#[test]
fn without_a_final_read_nothing_is_known() {
    let report = counter(&add(Script::default(), Kind::Ok, 1).read(1, json!(7)).history());
    assert_eq!(report.valid, Valid::Unknown);
}

#[test]
fn values_may_be_large() {
    let script = add(add(Script::default(), Kind::Ok, i64::MAX), Kind::Ok, i64::MAX);
    assert_eq!(judged(script, u64::MAX - 1).valid, Valid::Yes);
}

#[test]
fn integers_are_of_any_size() {
    let power = |exponent: u32| BigInt::from(2).pow(exponent);
    let read = |adds: &[(Kind, BigInt)], sum: BigInt| {
        let script = adds.iter().fold(Script::default(), |script, (kind, delta)| {
            script.call(0, *kind, "add", number(delta))
        });
        judged(script, number(&sum))
    };
    for (adds, right) in [
        (vec![(Kind::Ok, power(127))], power(127)),
        (vec![(Kind::Ok, power(127)), (Kind::Ok, 5.into())], power(127) + 5),
        (vec![(Kind::Ok, power(126)), (Kind::Ok, power(126))], power(127)),
        (
            vec![(Kind::Ok, -power(126)), (Kind::Ok, -power(126)), (Kind::Ok, -power(126))],
            -3 * power(126),
        ),
        (vec![(Kind::Info, power(200)), (Kind::Ok, 1.into())], power(200) + 1),
        (vec![(Kind::Info, power(200)), (Kind::Ok, 1.into())], 1.into()),
        (vec![(Kind::Fail, power(200)), (Kind::Ok, 1.into())], 1.into()),
    ] {
        assert_eq!(read(&adds, right.clone()).valid, Valid::Yes, "{adds:?} {right}");
        for wrong in [right.clone() - 2, right.clone() + power(128), power(90)] {
            let report = read(&adds, wrong.clone());
            assert_eq!(report.valid, Valid::No, "{adds:?} {wrong}");
        }
    }
    let report = read(&[(Kind::Ok, power(127)), (Kind::Ok, 5.into())], 5.into());
    assert_eq!(report.findings[0].value, Some(number(&power(127))));
    assert_eq!(report.figures["acceptable"][0][0], number(&(power(127) + 5)));
    let report = read(&[(Kind::Ok, power(127))], 0.into());
    assert_eq!(report.valid, Valid::No);
}

#[test]
fn what_is_no_integer_cannot_be_summed_up() {
    for delta in [json!(1.5), json!("1"), Value::Null] {
        let script = Script::default().call(0, Kind::Ok, "add", delta);
        let report = judged(script, 0);
        assert_eq!((report.valid, report.findings.len()), (Valid::Unknown, 0));
    }
}

#[test]
fn thousands_of_indeterminate_adds_take_no_time() {
    let mut dense = Script::default();
    let mut sparse = Script::default();
    for n in 0..2000_i64 {
        dense = add(dense, Kind::Info, n % 10 - 5);
        sparse = add(sparse, Kind::Info, n * n * 1_000_003 + 1);
    }
    let started = std::time::Instant::now();
    let report = judged(dense, -3000);
    assert_eq!(
        (report.valid, &report.figures["acceptable"]),
        (Valid::Yes, &json!([[-3000, 2000]]))
    );
    let report = judged(sparse, 1);
    assert_eq!(
        (report.valid, &report.figures["acceptable-approximate?"]),
        (Valid::Yes, &json!(true))
    );
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn exactly_the_sums_of_subsets_are_acceptable(
        deltas in proptest::collection::vec(-9..9_i64, 0..9),
    ) {
        let script = deltas.iter().fold(Script::default(), |s, &delta| add(s, Kind::Info, delta));
        let report = judged(script, 0);
        let acceptable: Vec<i64> = report.figures["acceptable"].as_array().unwrap().iter()
            .flat_map(|range| range[0].as_i64().unwrap()..=range[1].as_i64().unwrap())
            .collect();
        let mut sums: Vec<i64> = (0..1_usize << deltas.len())
            .map(|set| deltas.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, d)| d).sum())
            .collect();
        sums.sort_unstable();
        sums.dedup();
        prop_assert_eq!(acceptable, sums);
    }
}
