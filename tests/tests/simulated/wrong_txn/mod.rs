//! Transactions, by nodes that are wrong on purpose; and the same nodes when they are right.

#![allow(clippy::unwrap_used, reason = "a test may")]

pub(crate) mod lists;
pub(crate) mod registers;

use glomers::network::Distribution::Constant;
use glomers::workload::Kind;
use glomers_check::check::anomalies::TXN_LIST_APPEND;
use glomers_tests::wrong::short_lived;
use glomers_tests::{Scenario, in_parallel};

fn registers(flaw: registers::Flaw) -> Scenario {
    let scenario = Scenario::of_flawed::<registers::Registers, _>(Kind::TxnRwRegister, flaw);
    scenario.nodes(2).clients_per_node(4).rate(300.0).models(&["read-atomic"])
}

fn lists(flaw: lists::Flaw) -> Scenario {
    let scenario = Scenario::of_flawed::<lists::Lists, _>(Kind::TxnListAppend, flaw);
    scenario.nodes(3).clients_per_node(2).rate(100.0).seconds(6).latency(5, Constant)
}

#[test]
fn registers_with_each_flaw() {
    use registers::Flaw;

    registers(Flaw::None).latency(20, Constant).assert_right();
    let circles = ["G1a", "G1b", "G1c", "internal", "future-read", "cyclic-versions"];
    let wrong: [(Flaw, &str, &[&str]); 5] = [
        (Flaw::OneByOne, "G0", &circles),
        (Flaw::RefusesWhatItKeeps, "G1a", &[]),
        (Flaw::KeepsTheFirstOfATie, "divergence", &["G0", "G1c", "cyclic-versions"]),
        (Flaw::ReadsFromACache, "internal", &[]),
        // What came before the last is an open question where some never came.
        (Flaw::Loses, "lost-write", &["G0", "G1c"]),
    ];
    in_parallel(wrong, |(flaw, must, may)| {
        let scenario = registers(flaw).txn(short_lived()).models(&["read-atomic"]);
        scenario.latency(20, Constant).assert_found(&[must], may);
    });
}

/// A write that is told once, and never again.
#[test]
fn registers_that_messages_are_lost_on() {
    let scenario = registers(registers::Flaw::None).latency(20, Constant);
    scenario.loss(20.0).assert_found(&["divergence"], &[]);
}

#[test]
fn lists_with_each_flaw() {
    use lists::Flaw;

    lists(Flaw::None).assert_right();
    let wrong: [(Flaw, &[&str]); 6] = [
        (Flaw::WritesBlindly, &["lost-update", "lost-write"]),
        (Flaw::ReadsFromACache, &["G-single-item-realtime"]),
        (Flaw::RefusesWhatItKeeps, &["G1a", "dirty-update"]),
        (Flaw::AppendsTwice, &["duplicate-elements"]),
        (Flaw::PartByPart, &["G-single-item"]),
        (Flaw::Prepends, &["incompatible-order"]),
    ];
    in_parallel(wrong, |(flaw, must)| {
        lists(flaw).assert_found(must, &TXN_LIST_APPEND);
    });
}

/// What one is held to decides what is wrong.
#[test]
fn a_cache_is_right_where_nobody_promised_more() {
    let cached = || lists(lists::Flaw::ReadsFromACache);
    cached().models(&["serializable"]).assert_right();
    cached().models(&["read-committed"]).assert_right();
}
