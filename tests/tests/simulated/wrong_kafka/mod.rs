//! Every anomaly that the kafka checker knows, committed by a node that is wrong on purpose; and the
//! same nodes when they are right.
//!
//! Some are wrong alone, others are the replicated log with one thought left out. Not among the
//! anomalies are `int-nonmonotonic-send` and `int-send-skip`: they lie between the sends of one
//! operation, and the load sends one message at a time.

#![allow(clippy::unwrap_used, reason = "a test may")]

pub(crate) mod alone;
pub(crate) mod replicated;

use std::collections::BTreeSet;

use glomers::network::Distribution::{Constant, Exponential};
use glomers::workload::Kind;
use glomers_tests::{Scenario, in_parallel};

const ANOMALIES: [&str; 11] = [
    "G1a",
    "G1c-realtime",
    "duplicate",
    "inconsistent-offsets",
    "int-nonmonotonic-poll",
    "int-poll-skip",
    "lost-write",
    "nonmonotonic-poll",
    "nonmonotonic-send",
    "poll-skip",
    "unseen",
];

/// A flaw, what it must lead to, and what it may lead to.
type Wrong<F> = (F, &'static [&'static str], &'static [&'static str]);

/// What is out of place is skipped or met again, too.
const POLLS: [&str; 4] =
    ["poll-skip", "int-poll-skip", "nonmonotonic-poll", "int-nonmonotonic-poll"];

/// What one poll skips perhaps no other shows.
const LOSSES: [&str; 2] = ["lost-write", "unseen"];

/// What comes to lie behind what was shown is passed over, between two polls or within one.
const SKIPS: [&str; 2] = ["poll-skip", "int-poll-skip"];

const ALONE: [Wrong<alone::Flaw>; 11] = {
    use alone::Flaw;
    [
        (Flaw::SharesOffsets, &["inconsistent-offsets"], &[]),
        (Flaw::StoresTwice, &["duplicate"], &POLLS),
        (Flaw::Loses, &LOSSES, &POLLS),
        (Flaw::StoresRefused, &["G1a"], &[]),
        (Flaw::FallingOffsets, &["nonmonotonic-send"], &POLLS),
        (Flaw::SkipsFirst, &["poll-skip"], &LOSSES),
        (Flaw::SkipsSecond, &["int-poll-skip"], &LOSSES),
        (Flaw::GoesBack, &["nonmonotonic-poll"], &[]),
        (Flaw::Swaps, &["int-nonmonotonic-poll"], &POLLS),
        (Flaw::Invents, &["unexpected"], &[]),
        (Flaw::Foresees, &["G1c-realtime"], &["unexpected"]),
    ]
};

const REPLICATED: [Wrong<replicated::Flaw>; 13] = {
    use replicated::Flaw;
    [
        (Flaw::ShowsAtOnce, &SKIPS, &[]),
        (Flaw::ShowsWhatMostHaveAnswered, &["poll-skip"], &SKIPS),
        (Flaw::ShowsItsOwnAtOnce, &SKIPS, &[]),
        (Flaw::CountsOnEarlyPromises, &["poll-skip"], &SKIPS),
        (Flaw::BreaksPromises, &SKIPS, &[]),
        (Flaw::IgnoresRank, &["inconsistent-offsets"], &LOSSES),
        (Flaw::NeverFollows, &["unseen"], &[]),
        (Flaw::Forgets, &LOSSES, &SKIPS),
        (Flaw::AppendsAgain, &["duplicate"], &POLLS),
        (Flaw::RefusesWhatItKeeps, &["G1a"], &[]),
        (Flaw::ForgetsItsClock, &["nonmonotonic-send", "poll-skip"], &POLLS),
        (Flaw::ListsByAuthor, &["int-nonmonotonic-poll"], &POLLS),
        (Flaw::StartsFromCommitted, &["nonmonotonic-poll"], &POLLS),
    ]
};

fn alone(flaw: alone::Flaw) -> Scenario {
    let scenario = Scenario::of_flawed::<alone::Alone, _>(Kind::Kafka, flaw);
    scenario.nodes(1).clients_per_node(2).rate(200.0)
}

fn replicated(flaw: replicated::Flaw) -> Scenario {
    let scenario = Scenario::of_flawed::<replicated::Replicated, _>(Kind::Kafka, flaw);
    scenario.clients_per_node(2).rate(400.0).latency(20, Exponential)
}

#[test]
fn alone_with_each_flaw() {
    alone(alone::Flaw::None).assert_right();
    in_parallel(ALONE, |(flaw, must, may)| {
        alone(flaw).assert_found(must, may);
    });
}

/// A process that is all there is reads what it sends only later itself.
#[test]
fn who_is_shown_what_it_will_send() {
    let one_client = |flaw| alone(flaw).clients_per_node(1);
    one_client(alone::Flaw::None).assert_right();
    one_client(alone::Flaw::Foresees).assert_found(&["G1c-realtime"], &["unexpected"]);
}

#[test]
fn replicated_with_each_flaw() {
    replicated(replicated::Flaw::None).assert_right();
    in_parallel(REPLICATED, |(flaw, must, may)| {
        replicated(flaw).assert_found(must, may);
    });
}

/// As long as nothing overtakes anything, a promise never comes before what it speaks of.
#[test]
fn an_early_promise_is_an_overtaking_one() {
    let flaw = replicated::Flaw::CountsOnEarlyPromises;
    replicated(flaw).latency(20, Constant).assert_right();
}

/// The design asks that what is told arrives; our node tells it again.
#[test]
fn what_the_network_swallows_holds_everyone_up() {
    let right = || replicated(replicated::Flaw::None);
    right().loss(10.0).assert_found(&["unseen"], &[]);
}

#[test]
fn no_anomaly_is_left_out() {
    let of = |must: &'static [&'static str]| must.iter().copied();
    let mut proved: BTreeSet<_> = ALONE.iter().flat_map(|(_, must, _)| of(must)).collect();
    proved.extend(REPLICATED.iter().flat_map(|(_, must, _)| of(must)));
    proved.remove("unexpected");
    assert_eq!(proved, BTreeSet::from(ANOMALIES));
}
