//! State-based CRDTs as values of a join-semilattice, whose deltas are states too.
//!
//! A replica holds a *state*. States of one type form a join-semilattice: there is a least state
//! (*bottom*, `Default::default()`) and any two states have a least upper bound (*join*), which
//! [`Lattice::merge`] computes in place. Replicas that have merged the same states hold the same
//! state, in whatever order and however often they merged them; so a network may lose, repeat,
//! delay and reorder, as long as everything arrives in the end (Shapiro, Preguiça, Baquero,
//! Zawirski, [Conflict-free Replicated Data Types](https://inria.hal.science/inria-00609399v1),
//! SSS 2011).
//!
//! Sending whole states is wasteful. Every mutator here returns its *delta*: a small state of the
//! same type which, merged into another replica, has the effect of the mutation. Deltas join into
//! larger deltas, and [`Lattice::difference`] gives the delta that someone lacks (Almeida, Shoker,
//! Baquero, [Delta State Replicated Data Types](https://arxiv.org/abs/1603.01529), 2018; Enes,
//! Almeida, Baquero, Leitão, [Efficient Synchronization of State-based
//! CRDTs](https://arxiv.org/abs/1803.02750), ICDE 2019).
//!
//! ```
//! use glomers_crdt::{GSet, Lattice};
//!
//! let mut here = GSet::default();
//! let mut there = GSet::from_iter(["oat"]);
//! let delta = here.insert("rye");            // a GSet that holds just "rye"
//! assert!(there.merge(&delta));              // something changed …
//! assert!(!there.merge(&delta));             // … the first time
//! here.merge(&there.difference(&here));      // send only what is lacking
//! assert_eq!(here, there);
//! ```
//!
//! # Which type do I want?
//!
//! | you keep | type | of concurrent updates |
//! | --- | --- | --- |
//! | a collection that only grows | [`GSet`] | all stay |
//! | a collection whose elements come and go | [`OrSet`] | an addition wins over a removal |
//! | the same, where a removal must hold | [`RwSet`] | a removal wins over an addition |
//! | a collection of things that come once, and go for good | [`TwoPSet`] | a removal wins |
//! | a count that only grows | [`GCounter`] | the sum |
//! | a count that goes both ways | [`PnCounter`] | the sum |
//! | a count that never goes below zero | [`BoundedCounter`] | the sum; who has no right to subtract is told |
//! | a count that can be reset | [`OrCounter`] | the sum of what no reset has seen |
//! | a count or a vector whose replicas come and go | [`Retiring`] | as the counter |
//! | one value, overwritten, with a clock you trust | [`LwwRegister`] | the write with the later stamp |
//! | one value, overwritten, where no write may get lost | [`MvRegister`] | all are shown |
//! | yes or no | [`EwFlag`], [`DwFlag`] | yes; no |
//! | the highest, or the lowest, value seen | [`Max`], [`Min`] | the greater; the less |
//! | the highest value seen for each key | [`MaxMap`] | the greater |
//! | values by key, overwritten and removed, with a clock you trust | [`LwwMap`] | the write with the later stamp |
//! | sets, counters, registers, flags or maps by key, which come and go | [`OrMap`] | those that a removal has not seen stay |
//! | lattices by key, and no key goes | [`GMap`] | those of the values |
//! | an order: text, a playlist | [`List`] | both, and runs do not mix |
//! | which events of each replica were seen | [`VersionVector`], with gaps [`CausalContext`] | all are seen |
//!
//! Whoever removes should read [`causal`] first: why a removal takes what it has seen and nothing
//! else, and why it cannot get lost here.
//!
//! Lattices make lattices: tuples, `Option`, the standard library's `BTreeMap` of lattices and
//! `BTreeSet`, `bool` (or), `()`, and [`Lexicographic`] pairs, in which a later first component takes
//! all.
//!
//! # One verb for one thing
//!
//! Where the standard library has a word it is this one, and else the literature's. What a method is
//! called says what it does in each of these types:
//!
//! | verb | what it does | where |
//! | --- | --- | --- |
//! | `insert` | adds an element, a pair, a dot; of two pairs for one key the type's order decides | sets, [`LwwMap`], [`MaxMap`], [`List`], [`VersionVector`], [`CausalContext`] |
//! | `remove` | takes an element or a key away, as far as the type's rule lets it | sets, [`LwwMap`], [`OrMap`], [`List`] |
//! | `clear` | takes away all that is seen | what is [`causal`] |
//! | `set`, `get` | overwrites a register's only value, and reads it | [`LwwRegister`], [`MvRegister`] |
//! | `raise`, `lower` | moves a bound, which goes one way | [`Max`], [`Min`] |
//! | `add`, `subtract`, `value` | counts, and reads the count | counters |
//! | `enable`, `disable` | turns a flag on and off | [`EwFlag`], [`DwFlag`] |
//! | `update` | lets the value at a key be changed, by its own mutators | [`GMap`], [`OrMap`], [`Joined`](causal::Joined) |
//! | `edit` | changes several things at once, under the name of one replica | what is [`causal`] |
//! | `observe` | notes what a read has seen, for a later `remove_observed` or `set_observed` | what is [`causal`] |
//! | `merge` | joins another state, or a delta, to this one | everything |
//!
//! Each mutator returns its delta. `try_update` is `update` for mutators that can refuse.
//!
//! # Your own types
//!
//! Implement [`Lattice`] and check it with the suite in `laws` (feature `laws`), which names the
//! law that a wrong implementation breaks and shows the states that break it; check its mutators with
//! `laws::check_delta` and `laws::check_delta_group`. [`Decompose`] says
//! what a state consists of, so that replicas can find their difference without sending states;
//! every type here implements both.
//!
//! # What it costs
//!
//! For n elements, keys, slots or live values; a delta of d of them.
//!
//! | | time |
//! | --- | --- |
//! | a clone | O(1) of more than 64, which share all with their original |
//! | the first change after a clone | O(n / 64): the list of chunks is copied, and one chunk |
//! | a read or a change by key | O(log n) |
//! | merging a delta | O(d log n) |
//! | merging or comparing what share nothing | O(n + m) |
//! | merging or comparing forks | what changed since they were one, or since they last merged, and O(n / 64) |
//! | the value of a counter, the length of a set or a map | O(1) |
//!
//! Only [`List`] is different: its page says how. What shares is in `sorted`: chunks of up to 64 pairs
//! behind reference counts. `cargo run --release --manifest-path bench/Cargo.toml -- crdt --only 'map of'`
//! measures them against a persistent tree, imbl's, which is quicker only where each fork is changed
//! once, and slower or larger elsewhere; so no type rests on it. A chunk lies in one piece: elements and
//! values of more than a kilobyte are better boxed.
//!
//! # Over a wire
//!
//! With the feature `serde` every type goes through any format of serde, self-describing or not. The
//! encoding is stable, and tests pin its bytes: `WIRE.md` beside the crate's manifest describes it.
//! Decoding is where a replica meets the world: it rejects what no sequence of operations can produce,
//! and whatever it accepts is a state of which all laws hold. A fuzzer looks for others.
//!
//! # Features
//!
//! * `std` (default): nothing depends on it yet but your convenience; without it the crate is
//!   `no_std` with `alloc`, on targets whose pointers are atomic.
//! * `serde`: every type serialises; decoding rejects states that no operation can produce.
//! * `laws`: the law suite.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

extern crate alloc;

mod bounded_counter;
pub mod causal;
mod compose;
mod decompose;
mod extrema;
mod g_counter;
mod g_map;
mod g_set;
pub mod iter;
mod lattice;
#[cfg(feature = "laws")]
pub mod laws;
mod list;
mod lww_map;
mod lww_register;
mod max_map;
pub mod parts;
mod pn_counter;
mod retiring;
mod sorted;
mod stamp;
mod two_p_set;
mod version_vector;

pub use bounded_counter::{BoundedCounter, BoundedError};
pub use causal::{
    Causal, CausalContext, CausalError, DwFlag, EwFlag, InvalidRun, MvRegister, Observation,
    OrCounter, OrMap, OrSet, RwSet,
};
pub use compose::{Chain, Lexicographic};
pub use decompose::Decompose;
pub use extrema::{Max, Min};
pub use g_counter::{CounterOverflow, GCounter};
pub use g_map::GMap;
pub use g_set::GSet;
pub use lattice::Lattice;
pub use list::{Cursor, List, ListError};
pub use lww_map::LwwMap;
pub use lww_register::LwwRegister;
pub use max_map::MaxMap;
pub use pn_counter::PnCounter;
pub use retiring::{RetireError, RetiredError, Retiring, Slots};
pub use stamp::{StaleStamp, Stamp};
pub use two_p_set::{Removed, TwoPSet};
pub use version_vector::{Dot, VersionVector};
