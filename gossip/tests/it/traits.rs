//! Every public type has the traits that its users expect. Whether each is listed here,
//! `tests/tests/house/traits.rs` sees to.
//!
//! Some have fewer, by rule: what works through messages (`Encoder`, `Decoder`, `Simulation`, `Arrivals`)
//! is no value, and has no order or default; what has probabilities is not `Eq`; what is agreed on by all
//! (`Members`) is made, and not added to; coded bytes (`Portion`) are not made up.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::time::Duration;

use glomers_crdt::causal::{AddWins, EnableWins, Store};
use glomers_crdt::{Decompose, GCounter, GSet, Lattice, OrMap};
use glomers_gossip::riblt::{self, BatchError, CodedSymbol, DecodeError, Decoder, Encoder, Key};
use glomers_gossip::simulation::{Arrivals, Counts, Delay, Dice, Simulation, Weather};
use glomers_gossip::{
    Ack, Batch, Beat, Config, Due, Event, Exchange, Fingerprints, FingerprintsError, Floor, Link,
    Members, Message, Overdue, ParseTopologyError, Portion, PortionError, Replica, Standing, Tie,
    Topology,
};

fn debug<T: Debug>() {}

fn clone<T: Clone>() {}

fn copy<T: Copy>() {}

fn default<T: Default>() {}

fn shared<T: Send + Sync>() {}

fn equal<T: PartialEq>() {}

fn value<T: Debug + Clone + PartialEq + Eq + Hash + Send + Sync>() {}

fn error<T: Error + Debug + Display + Clone + PartialEq + Eq + Hash + Send + Sync + 'static>() {}

fn gone_through<T: IntoIterator + FromIterator<T::Item>>()
where
    for<'a> &'a T: IntoIterator,
{
}

fn extended<T: IntoIterator + Extend<T::Item>>() {}

#[cfg(feature = "serde")]
fn wire<T: serde::Serialize + serde::de::DeserializeOwned>() {}

#[cfg(not(feature = "serde"))]
fn wire<T>() {}

macro_rules! held {
    ($($type:ty: $($what:ident),+;)+) => {
        fn held() {
            $($($what::<$type>();)+)+
        }
    };
}

type Set = GSet<u8>;

held! {
    Ack: value, copy, wire;
    Arrivals<u8, Set>: debug, clone, shared;
    Batch<Set>: value, wire;
    BatchError: error, copy;
    Beat: value, copy, wire;
    CodedSymbol<u64>: value, copy;
    Config: value, default, wire;
    Counts: value, copy, default;
    DecodeError: error, copy;
    Decoder<u64>: debug, clone, shared;
    Delay: value, copy;
    Dice: value;
    Due: value, copy, wire;
    Encoder<u64>: debug, clone, shared;
    Event<u8>: value;
    Exchange<Set>: value, wire;
    Fingerprints: value, default, gone_through, extended, wire;
    FingerprintsError: error, copy;
    Floor: debug, copy, equal, shared;
    Key: value, copy;
    Link<u8>: value;
    Members<u8>: value, default, gone_through, wire;
    Message<Set>: value, wire;
    Overdue: value, copy, default;
    ParseTopologyError: error, copy;
    Portion: value, wire;
    PortionError: error, copy;
    Replica<Set, u8>: value;
    Simulation<Replica<Set, usize>>: debug;
    Standing: value, copy, wire;
    Tie: value, copy, wire;
    Topology: value, copy, default;
    Weather: debug, copy, equal, default, shared;
    // Of the same name as another.
    riblt::Batch<u64>: value;
}

#[test]
fn the_traits_are_there() {
    held();
}

/// Stores side by side, with one context.
#[derive(Clone, Debug, Default, Store)]
struct Todo<R> {
    is_done: EnableWins<R>,
    tags: AddWins<u8, R>,
}

/// Lattices side by side.
#[derive(Clone, Debug, Default, PartialEq, Lattice, Decompose)]
struct Page {
    visits: GCounter<usize>,
    todos: OrMap<u8, Todo<usize>, usize>,
}

#[test]
fn a_replica_carries_records() {
    let mut sim = Simulation::joined(5, 1, Config::default());
    sim.run_for(Duration::from_secs(5));
    for node in 0..5 {
        sim.update(node, |page: &mut Page| {
            let visits = page.visits.add(node, 3).unwrap();
            let todos = page.todos.update(node, 7, |todo| {
                todo.edit_tags(|tags| tags.insert(9)).and(todo.edit_is_done(EnableWins::enable))
            });
            Page { visits, todos: todos.unwrap() }
        });
    }
    sim.run_for(Duration::from_secs(5));
    let page = sim.agreed().unwrap();
    let todo = page.todos.get(&7).unwrap();
    assert_eq!((page.visits.value(), todo.tags.len(), todo.is_done.is_enabled()), (15, 1, true));
}

#[test]
fn members_are_gone_through_in_their_order() {
    let members = Members::from(["c", "a", "b"]);
    assert!((&members).into_iter().eq(&["c", "a", "b"]));
    let shared = members.clone();
    assert_eq!(shared.into_iter().collect::<Members<_>>(), members);
    assert_eq!(Vec::from_iter(members), ["c", "a", "b"]);
    assert!(Members::<u8>::default().is_empty());
}

#[test]
fn fingerprints_are_gone_through_and_extended() {
    let mut names = Fingerprints::from_iter([9, 7]);
    names.extend([8, 7]);
    assert!((&names).into_iter().eq([7, 8, 9]));
    assert_eq!(Vec::from_iter(names), [7, 8, 9]);
}

#[cfg(feature = "serde")]
#[test]
fn members_go_over_a_wire() {
    let members: Members<String> = ["c", "a"].map(str::to_owned).into();
    let json = serde_json::to_string(&members).unwrap();
    assert_eq!(json, r#"["c","a"]"#);
    let back: Members<String> = serde_json::from_str(r#"["c","a","c"]"#).unwrap();
    assert_eq!((back.rank(&"a".to_owned()), back), (Some(1), members));
}
