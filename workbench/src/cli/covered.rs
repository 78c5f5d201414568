use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use clap::ValueEnum;
use glomers_check::check::Valid;
use serde_json::{Value, json};

use super::test::TestArgs;
use crate::explore::{Case, Coverage, Found, Mixture, Search, Space, Trial};

/// What will be explored.
pub(super) fn heading(args: &TestArgs, space: &Space, search: &Search) -> String {
    let (seeds, jobs) = (&search.seeds, search.jobs);
    let time = if args.bin.is_none() { "virtual" } else { "real" };
    let workload = args.workload.name();
    let mut text =
        format!("{workload}: seeds {} to {}, ", seeds.start, seeds.end.saturating_sub(1));
    text += &format!("{jobs} at a time, {time} time\n");
    let mut line = |name: &str, content: String| text += &format!("  {name:<16} {content}\n");
    line("nodes", list(&space.node_counts));
    line("concurrency", list(&space.concurrencies));
    line("rate", list(&space.rates));
    let seconds: Vec<_> = space.time_limits.iter().map(Duration::as_secs_f64).collect();
    line("seconds", list(&seconds));
    line("latency ms", list(&space.latencies));
    let names = space.distributions.iter().map(name_of);
    line("", names.collect::<Vec<_>>().join(", "));
    line(
        "faults",
        match &space.mixture {
            Mixture::Fixed(faults) if faults.is_empty() => "none".to_owned(),
            Mixture::Fixed(faults) => faults.to_string(),
            Mixture::Random(kinds) => {
                let names: Vec<_> = kinds.iter().map(name_of).collect();
                format!("any of {}", names.join(", "))
            }
        },
    );
    let of_disks = match &space.mixture {
        Mixture::Fixed(faults) => faults.are_of_disks(),
        Mixture::Random(kinds) => kinds.iter().any(|kind| kind.is_of_disks()),
    };
    if of_disks && args.settings(0, None).is_ok_and(|it| it.nodes.can_be_made_durable()) {
        line("durability", "power where disks fail".to_owned());
    }
    if let Some(models) = args.held_to() {
        line("held to", models);
    }
    text
}

fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// The different values.
fn list<T: Display>(values: &[T]) -> String {
    let mut names: Vec<String> = values.iter().map(T::to_string).collect();
    names.dedup();
    names.join(", ")
}

/// The names of what a run was invalid for.
pub(super) fn class(trial: &Trial) -> String {
    trial.anomalies.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What was explored.
pub(super) fn table(found: &Found, search: &Search, wall: Duration) -> String {
    let Coverage { runs, valid, invalid, unknown, ops, load, .. } = &found.coverage;
    let mut text = "\ncovered\n".to_owned();
    let mut line = |name: &str, content: String| text += &format!("  {name:<16} {content}\n");
    let histories = found.coverage.histories();
    line("runs", format!("{runs}: {valid} valid, {invalid} invalid, {unknown} unknown"));
    line("histories", format!("{histories} different ones"));
    line("operations", format!("{} ok, {} failed, {} unknown", ops.ok, ops.fail, ops.info));
    line("nodes", counts(&found.coverage.nodes));
    line("latency ms", counts(&found.coverage.latencies));
    line("faults a run", counts(&found.coverage.mixtures));
    for (fault, (runs, times)) in &found.coverage.faults {
        line(fault, format!("in {runs} runs, {times} times"));
    }
    if !found.coverage.anomalies.is_empty() {
        line("anomalies", counts(&found.coverage.anomalies));
    }
    let seconds = wall.as_secs_f64();
    let load = load.as_secs_f64();
    line("wall time", format!("{seconds:.1} s for {load:.0} s of load"));
    let all = search.seeds.end - search.seeds.start;
    let verdict = match found.coverage.verdict() {
        _ if found.interrupted => format!("interrupted: {runs} of {all} seeds were tried"),
        Valid::Yes => "valid, all of them".to_owned(),
        Valid::No => "INVALID".to_owned(),
        Valid::Unknown => "unknown: some runs were too short, or nothing succeeded".to_owned(),
    };
    line("verdict", verdict);
    text
}

/// `3: 10, 5: 20`, where 3 occurred ten times.
fn counts<K: Display>(counts: &BTreeMap<K, u64>) -> String {
    let counts: Vec<_> = counts.iter().map(|(key, count)| format!("{key}: {count}")).collect();
    counts.join(", ")
}

/// The same for programs, with the failures.
///
/// `flags` are those of a case.
pub(super) fn json(found: &Found, flags: impl Fn(&Case) -> Vec<String>) -> Value {
    let Coverage { runs, valid, invalid, unknown, ops, load, .. } = &found.coverage;
    let coverage = &found.coverage;
    let faults: BTreeMap<_, _> = coverage
        .faults
        .iter()
        .map(|(fault, (runs, times))| (fault, json!({ "run-count": runs, "count": times })))
        .collect();
    let failures: Vec<_> = found
        .failures
        .iter()
        .map(|trial| {
            json!({
                "seed": trial.case.seed,
                "flags": flags(&trial.case),
                "anomalies": trial.anomalies,
                "history-sha256": trial.history,
            })
        })
        .collect();
    json!({
        "valid?": coverage.verdict(),
        "interrupted?": found.interrupted,
        "run-count": runs,
        "valid-count": valid,
        "invalid-count": invalid,
        "unknown-count": unknown,
        "history-count": coverage.histories(),
        "ok-count": ops.ok,
        "fail-count": ops.fail,
        "info-count": ops.info,
        "load-seconds": load.as_secs_f64(),
        "node-counts": coverage.nodes,
        "latencies-ms": coverage.latencies,
        "fault-counts": coverage.mixtures,
        "faults": faults,
        "anomalies": coverage.anomalies,
        "failures": failures,
    })
}
