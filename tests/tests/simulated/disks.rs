//! Nodes that are killed, and machines whose power is cut, and disks that fail: nothing that our nodes have
//! acknowledged is lost, or they refuse to serve and say why.
//!
//! `GLOMERS_SEEDS=1000 cargo test --release -p glomers-tests --test simulated disks::` tries as many seeds.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use clap::ValueEnum;
use glomers::explore::promised_models;
use glomers::nemesis::{Choice, Faults, Stall, Target};
use glomers::network::Distribution::Exponential;
use glomers::network::Percent;
use glomers::workload::Kind;
use glomers_tests::{Scenario, in_parallel, seeds};
use serde_json::Value;

/// As many seeds of each workload are tried, unless the environment asks for more or fewer.
const SEEDS: u64 = 20;

/// Those that keep something on a disk, all of it.
const KEEPERS: [Kind; 6] = [
    Kind::Broadcast,
    Kind::GSet,
    Kind::GCounter,
    Kind::PnCounter,
    Kind::Kafka,
    Kind::TxnRwRegister,
];

/// With a network that parts, loses messages and lets them come twice.
fn rough(kind: Kind, seed: u64) -> Scenario {
    let of = |values: &[u64]| values[usize::try_from(seed).unwrap() % values.len()];
    let nodes = usize::try_from(of(&[1, 3, 5])).unwrap();
    let scenario = Scenario::built_in(kind, &[]).nodes(nodes).seconds(20).seed(seed);
    let models: Vec<_> = promised_models(kind).iter().map(|model| model.name()).collect();
    let scenario = scenario.models(&models).latency(of(&[0, 5, 20, 50]), Exponential);
    scenario.partitions(2).loss(10.0).duplication(10.0)
}

/// Nothing may be found but that some operation never succeeded: its clients may have waited for who was
/// down. Returns the sum of some figures.
fn assert_sound<const N: usize>(
    kinds: &[Kind],
    scenario: impl Fn(Scenario) -> Scenario + Sync,
    figures: [&[&str]; N],
) -> [u64; N] {
    let runs = kinds.iter().flat_map(|kind| (0..seeds(SEEDS)).map(move |seed| (*kind, seed)));
    let sums = [(); N].map(|()| AtomicU64::new(0));
    in_parallel(runs.collect::<Vec<_>>(), |(kind, seed)| {
        let scenario = scenario(rough(kind, seed));
        let run = scenario.run().unwrap();
        let found = run.anomalies();
        assert!(found.iter().all(|it| *it == "none-ok"), "{scenario}: {:#?}", run.results.findings);
        for (sum, path) in sums.iter().zip(figures) {
            let figure = run.results.at(path).and_then(Value::as_u64).unwrap_or_default();
            sum.fetch_add(figure, Relaxed);
        }
    });
    sums.map(AtomicU64::into_inner)
}

#[test]
fn what_is_acknowledged_survives_kills_of_any_nodes() {
    let figures = [&["faults", "kill", "by-targets", "all"][..], &["faults", "kill", "count"]];
    let [all, killed] = assert_sound(Kind::value_variants(), |it| it.kills(2), figures);
    assert!(all > 0 && killed > all, "{all} times all, {killed} nodes");
}

#[test]
fn what_is_acknowledged_survives_power_cuts_of_any_machines() {
    let figures = [&["faults", "power", "by-targets", "all"][..], &["faults", "power", "count"]];
    let [all, cut] = assert_sound(Kind::value_variants(), |it| it.power_cuts(2), figures);
    assert!(all > 0 && cut > all, "{all} times all, {cut} nodes");
}

#[test]
fn who_cannot_sync_gives_up_and_loses_nothing() {
    let figures = [&["faults", "sync-error", "gave-up-count"][..]];
    let scenario = |it: Scenario| it.sync_errors(20.0, 2).power_cuts(2);
    let [gave_up] = assert_sound(&KEEPERS, scenario, figures);
    assert!(gave_up > 0, "some must");
}

#[test]
fn who_has_no_room_goes_on_when_there_is_some_and_loses_nothing() {
    let figures = [&["faults", "disk-full", "count"][..], &["stats", "info-count"]];
    let [full, unknown] = assert_sound(&KEEPERS, |it| it.full_disks(2).kills(3), figures);
    assert!(full > 0 && unknown > 0, "{full} disks, {unknown} operations");
}

/// In the end the bit is what it was, and all must be there.
#[test]
fn whose_bits_have_flipped_refuses_to_serve_and_loses_nothing() {
    let figures = [&["faults", "bit-flip", "refused-count"][..], &["faults", "bit-flip", "count"]];
    let [refused, flipped] = assert_sound(&KEEPERS, |it| it.bit_flips(3), figures);
    // Of what a file holds beside records, and of what is replaced by now, it need not know.
    assert!(refused > 0 && refused * 3 > flipped * 2, "{refused} of {flipped}");
}

#[test]
fn all_at_once_loses_nothing() {
    let scenario = |it: Scenario| {
        let it = it.kills(3).power_cuts(3).sync_errors(5.0, 3).full_disks(3).bit_flips(6);
        it.slow_syncs(50).pauses(3).skew(1000, 3).reordering(10.0)
    };
    assert_sound(&KEEPERS, scenario, []);
}

#[test]
fn what_is_only_written_does_not_survive_a_power_cut() {
    for (kind, args, anomaly) in [
        (Kind::GSet, ["--durability", "process"], "lost"),
        (Kind::Broadcast, ["--durability", "none"], "lost"),
    ] {
        let found = (0..5).any(|seed| {
            let scenario = Scenario::built_in(kind, &args).nodes(2).power_cuts(2).seed(seed);
            scenario.targets(&[Target::All]).run().unwrap().anomalies().contains(anomaly)
        });
        assert!(found, "{kind:?} {args:?}");
    }
}

#[test]
fn who_gives_up_is_told_and_starts_again_and_has_not_crashed() {
    let scenario = Scenario::built_in(Kind::GSet, &[]).nodes(3).seconds(20).seed(1);
    let faults = Faults {
        interval: Duration::from_secs(3),
        sync_error: Percent::new(100.0),
        ..Faults::default()
    };
    let run = scenario.faults(faults).assert_valid();
    let gave_up = run.results.at(&["nodes", "gave-up"]).unwrap().as_array().unwrap();
    assert!(gave_up.len() > 2, "{gave_up:?}");
    for end in gave_up {
        let why = end["why"].as_str().unwrap();
        assert!(why.contains("a simulated fault"), "{why}");
    }
    assert_eq!(run.results.at(&["nodes", "crashed"]), Some(&serde_json::json!([])));
    let different: BTreeSet<_> = gave_up.iter().map(|end| end["node"].to_string()).collect();
    assert_eq!(different.len(), 3);
}

/// The network stands still meanwhile, so that what it last said comes when it is no more. The last seed once
/// showed it.
#[test]
fn who_gives_up_while_its_init_ok_is_on_its_way_has_not_crashed() {
    let faults = Faults {
        interval: Duration::from_millis(500),
        kill: Choice::of([Target::One, Target::Minority, Target::Majority]),
        stall: Some(Stall { most: Duration::from_secs(1), every: Duration::from_secs(1) }),
        disk_full: Choice::of([Target::One, Target::Minority]),
        sync_error: Percent::new(5.0),
        ..Faults::default()
    };
    in_parallel((0..seeds(SEEDS)).chain([62]).collect::<Vec<_>>(), |seed| {
        let scenario = Scenario::built_in(Kind::GSet, &[]).nodes(7).clients_per_node(3);
        let scenario = scenario.seconds(20).latency(5, Exponential).faults(faults.clone());
        let scenario = scenario.seed(seed);
        let run = scenario.run().unwrap();
        let found = run.anomalies();
        assert!(found.iter().all(|it| *it == "none-ok"), "{scenario}: {:#?}", run.results.findings);
    });
}
