use super::super::testing::Script;
use super::*;

/// Who held what, and since when in ms.
type Held<'a> = &'a [(&'a str, u64, u64)];

/// The figure for so many nodes, of histories in which values are acknowledged by `ok`.
fn judge(script: Script, count: usize, held: Held<'_>) -> Option<Value> {
    let nodes: Vec<_> = (0..count).map(|n| format!("n{n}")).collect();
    let mut observations = Observations::default();
    for &(node, value, ms) in held {
        observations.record(node, json!(value), ms * 1_000_000);
    }
    convergence_in_partitions(&script.history(), "add", &nodes, &observations)
}

fn part(script: Script, ms: u64, shape: &str, grudge: &Value) -> Script {
    script.nemesis(ms, "start-partition", json!({"shape": shape, "grudge": grudge}))
}

fn heal(script: Script, ms: u64) -> Script {
    script.nemesis(ms, "stop-partition", json!("network-healed"))
}

/// n2 is alone, n0 and n1 are together.
fn lonely_n2() -> Value {
    json!({"n0": ["n2"], "n1": ["n2"], "n2": ["n0", "n1"]})
}

#[derive(Debug, PartialEq)]
enum Sample {
    None,
    Finished(u64),
    AtLeast(u64),
}

/// What the one value there is says, if it says no more than one thing.
fn sample(figure: &Value) -> Sample {
    let bound = figure["unfinished-at-least-ms"].as_u64();
    match (figure["count"].as_u64().unwrap(), figure["unfinished-count"].as_u64().unwrap()) {
        (0, 0) => {
            assert_eq!((bound, &figure["quantiles-ms"]), (None, &json!({})));
            Sample::None
        }
        (1, 0) => {
            assert_eq!(bound, None);
            Sample::Finished(figure["quantiles-ms"]["1"].as_u64().unwrap())
        }
        (0, 1) => Sample::AtLeast(bound.unwrap()),
        _ => panic!("{figure}"),
    }
}

/// What a value says that is acknowledged at that ms by the process of that number, about a
/// partition from 1000 to 3000 ms.
fn one_value(count: usize, grudge: &Value, by: u64, ms: u64, held: Held<'_>) -> Sample {
    // In the order in which they happen, like any history.
    let mut script = Script::default();
    let mut moments = [(ms, 0), (1000, 1), (3000, 2)];
    moments.sort_unstable();
    for (at, what) in moments {
        script = match what {
            0 => script.at(at).ok(by, "add", json!(5)),
            1 => part(script, at, "some", grudge),
            _ => heal(script, at),
        };
    }
    sample(&judge(script, count, held).unwrap())
}

#[test]
fn what_counts_is_the_last_node_of_the_island() {
    let split = |by, ms, held| one_value(3, &lonely_n2(), by, ms, held);
    let held = [("n0", 5, 1500), ("n1", 5, 1620), ("n2", 5, 4000)];
    assert_eq!(split(0, 1500, &held), Sample::Finished(120));
    let held = [("n0", 5, 1620), ("n1", 5, 1500)];
    assert_eq!(split(1, 1500, &held), Sample::Finished(120), "n2 never gets it");
    let held = [("n0", 5, 3100), ("n1", 5, 3100), ("n2", 5, 1500)];
    assert_eq!(split(2, 1500, &held), Sample::Finished(0), "n2 is alone");
    let held = [("n0", 5, 1300), ("n1", 5, 1400)];
    assert_eq!(split(0, 1500, &held), Sample::Finished(0), "there before it was acknowledged");
    let held = [("n0", 5, 1500), ("n1", 5, 1900), ("n1", 5, 1700), ("n1", 5, 1800)];
    assert_eq!(split(0, 1500, &held), Sample::Finished(200), "the first time counts");
}

#[test]
fn what_is_under_way_as_the_partition_starts_counts_from_then() {
    let split = |ms, held| one_value(3, &lonely_n2(), 0, ms, held);
    let under_way = [("n0", 5, 400), ("n1", 5, 1250)];
    assert_eq!(split(400, &under_way), Sample::Finished(250));
    let there = [("n0", 5, 400), ("n1", 5, 999)];
    assert_eq!(split(400, &there), Sample::None, "n2 is not on the island");
    let just_there = [("n0", 5, 400), ("n1", 5, 1000)];
    assert_eq!(split(400, &just_there), Sample::None);
    let never = [("n0", 5, 400)];
    assert_eq!(split(400, &never), Sample::AtLeast(2000));
    let everywhere = [("n0", 5, 400), ("n1", 5, 900), ("n2", 5, 900)];
    assert_eq!(split(400, &everywhere), Sample::None);
    assert_eq!(split(1000, &everywhere), Sample::Finished(0), "acknowledged in the partition");
}

#[test]
fn what_the_healing_interrupts_is_told_as_a_lower_bound() {
    let split = |ms, held| one_value(3, &lonely_n2(), 0, ms, held);
    let late = [("n0", 5, 2900), ("n1", 5, 3001)];
    assert_eq!(split(2900, &late), Sample::AtLeast(100));
    let never = [("n0", 5, 1200)];
    assert_eq!(split(1200, &never), Sample::AtLeast(1800));
    let just_in_time = [("n0", 5, 2900), ("n1", 5, 3000)];
    assert_eq!(split(2900, &just_in_time), Sample::Finished(100));
    assert_eq!(split(3000, &never), Sample::None, "acknowledged as it was healed");
    assert_eq!(split(3500, &never), Sample::None);
}

#[test]
fn a_ring_of_overlapping_majorities_is_one_island() {
    // Each hears its two neighbours: n0 and n2 have n1 between them.
    let ring = json!({
        "n0": ["n2", "n3"], "n1": ["n3", "n4"], "n2": ["n4", "n0"],
        "n3": ["n0", "n1"], "n4": ["n1", "n2"],
    });
    let mut held =
        vec![("n0", 5, 1100), ("n1", 5, 1200), ("n4", 5, 1210), ("n2", 5, 1300), ("n3", 5, 1800)];
    assert_eq!(one_value(5, &ring, 0, 1100, &held), Sample::Finished(700));
    held.pop();
    assert_eq!(one_value(5, &ring, 0, 1100, &held), Sample::AtLeast(1900));
}

#[test]
fn links_in_one_direction_connect_nobody() {
    let circle = json!({"n0": ["n2"], "n1": ["n0"], "n2": ["n1"]});
    for by in 0..3 {
        let node = ["n0", "n1", "n2"][usize::try_from(by).unwrap()];
        let held = [(node, 5, 1500)];
        assert_eq!(one_value(3, &circle, by, 1500, &held), Sample::Finished(0), "{node} alone");
    }
    let deaf = json!({"n0": ["n1"]});
    assert_eq!(one_value(2, &deaf, 1, 1500, &[("n1", 5, 1500)]), Sample::Finished(0));
    assert_eq!(one_value(2, &json!({}), 1, 1500, &[("n1", 5, 1500)]), Sample::AtLeast(1500));
}

#[test]
fn all_values_of_a_partition_are_summed_up() {
    let mut script = part(Script::default(), 1000, "one", &lonely_n2());
    for (value, ms) in [(1, 1100), (2, 1200), (3, 1300), (4, 1400), (5, 1500), (6, 1600)] {
        script = script.at(ms).ok(0, "add", json!(value));
    }
    // Times of 80, 30 and 50 ms; lower bounds of 1700, 1600 and 1400 ms.
    let times = [(1, 1180), (2, 1230), (5, 1550)];
    let mut held: Vec<_> = times.iter().map(|&(value, ms)| ("n1", value, ms)).collect();
    held.extend((1..=6).map(|value| ("n0", value, 1000 + 100 * value)));
    let figure = judge(heal(script, 3000), 3, &held).unwrap();
    let expected = json!({
        "count": 3,
        "quantiles-ms": {"0.5": 50, "0.95": 80, "0.99": 80, "1": 80},
        "unfinished-count": 3,
        "unfinished-at-least-ms": 1700,
    });
    assert_eq!(figure["by-shape"]["one"], expected);
}

#[test]
fn each_partition_is_judged_and_each_shape_told() {
    let script = part(Script::default(), 1000, "one", &lonely_n2());
    let script = script.at(1500).ok(1, "add", json!(5)).at(1900).ok(1, "add", json!(6));
    let script = heal(script, 2000);
    let lonely_n0 = json!({"n0": ["n1", "n2"], "n1": ["n0"], "n2": ["n0"]});
    let script = heal(part(script, 3000, "majority", &lonely_n0), 5000);
    let script = heal(part(script, 6000, "minority-third", &lonely_n2()), 6500);
    let held = [
        ("n1", 5, 1500),
        ("n0", 5, 1600),
        ("n2", 5, 3400),
        ("n1", 6, 1900),
        ("n2", 6, 5600),
        ("n0", 6, 5700),
    ];
    // 5: 100 ms to n0, then 400 ms to n2. 6: not to n0 within 100 ms, nor to n2 within 2 s.
    let all = |ms: u64| json!({"0.5": ms, "0.95": ms, "0.99": ms, "1": ms});
    assert_eq!(
        judge(script, 3, &held).unwrap(),
        json!({
            "count": 2,
            "quantiles-ms": all(400),
            "unfinished-count": 2,
            "unfinished-at-least-ms": 2000,
            "by-shape": {
                "one": {
                    "count": 1, "quantiles-ms": all(100),
                    "unfinished-count": 1, "unfinished-at-least-ms": 100,
                },
                "majority": {
                    "count": 1, "quantiles-ms": all(400),
                    "unfinished-count": 1, "unfinished-at-least-ms": 2000,
                },
                "minority-third": {
                    "count": 0, "quantiles-ms": {},
                    "unfinished-count": 0, "unfinished-at-least-ms": null,
                },
            },
        })
    );
}

#[test]
fn without_partitions_there_is_no_figure() {
    let script = Script::default().nemesis(0, "start-loss", json!({"percent": 20.0}));
    let script = script.ok(0, "add", json!(5)).nemesis(9, "stop-loss", Value::Null);
    assert_eq!(judge(script, 3, &[("n0", 5, 0)]), None);
}

#[test]
fn only_partitions_begin_and_end_partitions() {
    let script = part(Script::default(), 1000, "one", &lonely_n2());
    let script = script.nemesis(1200, "start-loss", Value::Null).at(1500).ok(0, "add", json!(5));
    let script = script.nemesis(1600, "stop-loss", Value::Null);
    // Not healed: it ends with the history.
    let figure = judge(script.at(4000).ok(0, "read", json!([5])), 3, &[("n0", 5, 1500)]);
    assert_eq!(sample(&figure.unwrap()), Sample::AtLeast(2500));

    // Another one ends it as well, and so it does one that cannot be read.
    for second in [json!({"shape": "all", "grudge": {}}), Value::Null] {
        let script = part(Script::default(), 1000, "one", &lonely_n2());
        let script =
            script.at(1500).ok(0, "add", json!(5)).nemesis(2000, "start-partition", second);
        let held = [("n0", 5, 1500), ("n1", 5, 2000)];
        let script = heal(script, 4000);
        assert_eq!(sample(&judge(script, 2, &held).unwrap()), Sample::Finished(500));
    }
}

#[test]
fn only_acknowledged_values_count_and_only_nodes_hold_them() {
    let script = part(Script::default(), 1000, "one", &lonely_n2());
    let script = script.event(0, Kind::Info, "add", json!(6)).event(0, Kind::Fail, "add", json!(7));
    let script = script.invoke(0, "add", json!(8)).ok(0, "read", json!([9]));
    let script = heal(script.at(1500).ok(0, "add", json!(5)), 3000);
    let held = [("n0", 8, 0), ("n0", 5, 1500), ("elsewhere", 5, 1501), ("n1", 5, 1700)];
    assert_eq!(sample(&judge(script, 3, &held).unwrap()), Sample::Finished(200));
}
