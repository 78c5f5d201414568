//! Bugs planted in nodes that are right without them: each is found within 200 seeds, and shrunk to
//! a load of a few seconds that a command line replays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod counter;
mod ids;
mod journal;
mod plant;
mod retrying;
mod set;
mod stored;
mod stored_log;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use glomers::explore::promised_models;
use glomers::nemesis::FaultKind::{
    self, Duplicate, Kill, Loss, Partition, Pause, Power, Reorder, Skew, SyncError,
};
use glomers::network::Distribution;
use glomers::run::Concurrency;
use glomers::workload::{Kind, txn};
use glomers_tests::in_parallel;
use glomers_tests::wrong::short_lived;
use plant::Plant;

use crate::wrong_kafka::{alone, replicated};
use crate::wrong_txn::{lists as wrong_lists, registers as wrong_registers};

const NETWORK: [FaultKind; 4] = [Partition, Loss, Duplicate, Reorder];

/// What comes to lie behind what was shown is passed over, between two polls or within one.
const SKIPS: [&str; 2] = ["poll-skip", "int-poll-skip"];

/// With what befalls nodes themselves.
const ALL: [FaultKind; 7] = [Partition, Kill, Pause, Loss, Duplicate, Reorder, Skew];

fn sets() -> Vec<Plant> {
    use set::Flaw;

    let plant = |name, kind, flaw, faults: &[FaultKind]| {
        Plant::new::<set::Set, _>(name, kind, [flaw, Flaw::None], faults, &["lost", "unconverged"])
    };
    vec![
        plant("what is lost is not told again", Kind::Broadcast, Flaw::NeverRetries, &NETWORK),
        plant("after three times it is given up", Kind::GSet, Flaw::GivesUp, &NETWORK),
        plant("one peer answers for all", Kind::Broadcast, Flaw::TakesOneForAll, &NETWORK),
        plant("what is acknowledged is stored later", Kind::GSet, Flaw::AcknowledgesFirst, &ALL),
        plant("what peers tell is not stored", Kind::GSet, Flaw::KeepsPeersInMemory, &ALL),
    ]
}

fn counters() -> Vec<Plant> {
    use counter::Flaw;

    let plant = |name, flaw, faults: &[FaultKind]| {
        let flaws = [flaw, Flaw::None];
        Plant::new::<counter::Counter, _>(name, Kind::GCounter, flaws, faults, &["wrong-sum"])
    };
    vec![
        plant("what comes twice counts twice", Flaw::CountsTwice, &[Duplicate]),
        plant("merging is no merging", Flaw::AddsSums, &NETWORK),
        plant("what is overtaken is dropped", Flaw::TrustsTheOrder, &NETWORK),
        plant("what is overtaken undoes the later", Flaw::TakesTheLastSum, &[Reorder]),
        plant("a slot is lost when its node is killed", Flaw::ForgetsWhenKilled, &ALL),
        plant("others' slots are lost when a node is killed", Flaw::StoresItsOwnAlone, &ALL),
    ]
}

fn ids() -> Vec<Plant> {
    use ids::Flaw;

    let plant = |name, flaw| {
        let flaws = [flaw, Flaw::None];
        Plant::new::<ids::Ids, _>(name, Kind::UniqueIds, flaws, &ALL, &["duplicated"])
    };
    vec![
        plant("a clock that goes back is trusted", Flaw::TrustsItsClock),
        plant("each life counts anew", Flaw::CountsAnew),
    ]
}

fn stored() -> Vec<Plant> {
    use stored::Flaw;

    let plant = |name, flaw| {
        let flaws = [flaw, Flaw::None];
        Plant::new::<stored::Stored, _>(name, Kind::GCounter, flaws, &NETWORK, &["wrong-sum"])
    };
    vec![
        plant("seq-kv's old states are trusted", Flaw::TrustsStaleReads),
        plant("an exchange in doubt is refused for certain", Flaw::RefusesWhatMayHappen)
            .within(|space| space.latencies = vec![50, 100]),
    ]
}

/// Stores with a flaw that only a restart, a power cut or a failing disk shows.
fn on_disks() -> Vec<Plant> {
    use set::Flaw;
    use stored_log::Flaw as Log;

    let plant = |name, flaw, faults: &[FaultKind]| {
        let flaws = [flaw, Flaw::None];
        let anomalies = &["lost", "unconverged"];
        Plant::new::<set::Set, _>(name, Kind::GSet, flaws, faults, anomalies)
            // What all have lost nobody can tell the others.
            .within(|space| space.node_counts = vec![2, 3])
    };
    let log = |name, flaw| {
        let flaws = [flaw, Log::None];
        // A message takes the place of another, or is given the number of one that is found.
        let anomalies = &["inconsistent-offsets", "lost-write", "unseen", "nonmonotonic-send"];
        Plant::new::<stored_log::StoredLog, _>(name, Kind::Kafka, flaws, &[Kill, Power], anomalies)
            // Some client must be left that goes on with a key after a restart.
            .within(|space| {
                space.node_counts = vec![1];
                space.concurrencies = vec![Concurrency::PerNode(5)];
            })
    };
    let ends = [Kill, Power, Partition, Loss];
    vec![
        plant("what is acknowledged is not synced", Flaw::NeverSyncs, &[Power, Partition, Loss]),
        plant("what is acknowledged is stored after that", Flaw::AcknowledgesFirst, &ends),
        plant("a snapshot forgets what came meanwhile", Flaw::ForgetsTheTail, &ends),
        plant("a torn end is not cut off", Flaw::KeepsTornEnds, &ends),
        plant("a sync that failed is believed", Flaw::IgnoresFailedSyncs, &[Power, SyncError]),
        log("offsets go on before the last segment", Log::ResumesBeforeTheLastSegment),
    ]
}

/// Those that prove the checkers: they are right where no message is lost.
fn reused() -> Vec<Plant> {
    use crate::wrong::{counter, set, unique_ids};
    use alone::Flaw as Alone;
    use replicated::Flaw as Replicated;

    let log = |name, flaw, anomalies: &'static [&'static str]| {
        let flaws = [flaw, Replicated::None];
        Plant::new::<replicated::Replicated, _>(name, Kind::Kafka, flaws, &[], anomalies)
            .within(|space| space.latencies = vec![10, 20])
    };
    vec![
        Plant::new::<set::Set, _>(
            "what is acknowledged is not stored yet",
            Kind::GSet,
            [set::Flaw::Forgets, set::Flaw::None],
            &[Duplicate],
            &["lost"],
        ),
        Plant::new::<counter::Counter, _>(
            "a sum is read and written back",
            Kind::PnCounter,
            [counter::Flaw::Races, counter::Flaw::None],
            &[],
            &["wrong-sum"],
        ),
        Plant::new::<unique_ids::UniqueIds, _>(
            "each counts for itself",
            Kind::UniqueIds,
            [unique_ids::Flaw::CountsAlone, unique_ids::Flaw::None],
            &NETWORK,
            &["duplicated"],
        ),
        Plant::new::<alone::Alone, _>(
            "a poll skips",
            Kind::Kafka,
            [Alone::SkipsFirst, Alone::None],
            &[],
            &SKIPS,
        )
        .within(|space| space.node_counts = vec![1]),
        log("offsets are given out by two", Replicated::IgnoresRank, &["inconsistent-offsets"]),
        log("offsets are used again", Replicated::ForgetsItsClock, &["nonmonotonic-send"]),
        log("most are taken for all", Replicated::ShowsWhatMostHaveAnswered, &SKIPS),
        log("a promise comes too early", Replicated::CountsOnEarlyPromises, &SKIPS),
    ]
}

/// Loads and promises like those that prove the checker: nothing needs to go wrong.
fn transactions() -> Vec<Plant> {
    use wrong_lists::Flaw as List;
    use wrong_registers::Flaw as Register;

    let register = |name, flaw, anomalies: &'static [&'static str]| {
        let (kind, flaws) = (Kind::TxnRwRegister, [flaw, Register::None]);
        Plant::new::<wrong_registers::Registers, _>(name, kind, flaws, &[], anomalies)
            .within(|space| {
                space.concurrencies = vec![Concurrency::PerNode(4)];
                space.rates = vec![100.0, 300.0];
                space.latencies = vec![20];
            })
            .txn(txn::Options { models: promised_models(kind), ..short_lived() })
    };
    let list = |name, flaw, anomalies: &'static [&'static str]| {
        let (kind, flaws) = (Kind::TxnListAppend, [flaw, List::None]);
        Plant::new::<wrong_lists::Lists, _>(name, kind, flaws, &[], anomalies)
            .within(|space| {
                space.concurrencies = vec![Concurrency::PerNode(2)];
                space.latencies = vec![5];
            })
            .txn(txn::Options { models: promised_models(kind), ..txn::Options::default() })
    };
    vec![
        register("of a tie each keeps its own", Register::KeepsTheFirstOfATie, &["divergence"]),
        register("others' writes come between", Register::OneByOne, &["G0"]),
        register("what is refused is kept", Register::RefusesWhatItKeeps, &["G1a"]),
        list("lists are stored blindly", List::WritesBlindly, &["lost-update", "lost-write"]),
        list("a commit comes in parts", List::PartByPart, &["G-single-item"]),
    ]
}

fn registers() -> Vec<Plant> {
    use crate::wrong::registers::{Flaw, Registers};

    let plant = |name, flaw| {
        let flaws = [flaw, Flaw::None];
        Plant::new::<Registers, _>(name, Kind::LinKv, flaws, &[], &["nonlinearizable"]).within(
            |space| {
                space.concurrencies = vec![Concurrency::PerNode(2)];
                space.latencies = vec![5];
                space.distributions = vec![Distribution::Exponential];
            },
        )
    };
    vec![
        plant("between comparing and setting there is a gap", Flaw::CasHasAGap),
        plant("what was once seen is taken for what is there", Flaw::Caches),
    ]
}

#[test]
fn each_is_found_and_shrunk_and_the_right_node_passes() {
    let plants: Vec<Plant> =
        [sets(), counters(), ids(), stored(), reused(), transactions(), registers()]
            .into_iter()
            .flatten()
            .collect();
    assert!(plants.len() >= 30, "{}", plants.len());
    println!("{}", found(plants));
}

#[test]
fn each_on_a_disk_is_found_and_shrunk_and_the_right_node_passes() {
    println!("{}", found(on_disks()));
}

/// What is told of each, of which none may fail.
fn found(plants: Vec<Plant>) -> String {
    let (told, failed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    in_parallel(plants, |plant| {
        let name = plant.name;
        // All are tried, whatever becomes of one.
        match catch_unwind(AssertUnwindSafe(|| plant.assert_found())) {
            Ok(line) => told.lock().unwrap().push(line),
            Err(_) => failed.lock().unwrap().push(name),
        }
    });
    let mut told = told.into_inner().unwrap();
    told.sort();
    assert_eq!(failed.into_inner().unwrap(), [""; 0], "\n{}", told.join("\n"));
    told.join("\n")
}
