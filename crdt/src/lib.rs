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
//! | you keep | type | concurrent updates |
//! | --- | --- | --- |
//! | a collection that only grows | [`GSet`] | union |
//! | a collection of things that come once, and go for good | [`TwoPSet`] | the remove |
//! | a count that only grows | [`GCounter`] | sum |
//! | a count that goes both ways | [`PnCounter`] | sum |
//! | lattices by key, and no key goes | [`GMap`] | those of the values |
//! | a count that never goes below zero | [`BoundedCounter`] | sum; who has no right to subtract is told |
//! | a count or a vector whose replicas come and go | [`Retiring`] | as the counter |
//! | the highest value seen for each key | [`MaxMap`] | the greater value |
//! | one value, overwritten | [`LwwRegister`] | the write with the later stamp |
//! | values by key, overwritten and removed | [`LwwMap`] | the write with the later stamp |
//! | the highest, or the lowest, value seen | [`Max`], [`Min`] | the greater, or the less |
//! | an order: text, a playlist | [`List`] | both, and runs do not mix |
//! | which events of each replica were seen | [`VersionVector`] | the later event |
//!
//! Lattices make lattices: tuples, `Option`, the standard library's `BTreeMap` of lattices and
//! `BTreeSet`, `bool` (or), `()`, and [`Lexicographic`] pairs, in which a later first component takes
//! all.
//!
//! # Your own types
//!
//! Implement [`Lattice`] and check it with the suite in `laws` (feature `laws`), which names the
//! law that a wrong implementation breaks and shows the states that break it. [`Decompose`] says
//! what a state consists of, so that replicas can find their difference without sending states;
//! every type here implements both.
//!
//! # Features
//!
//! * `std` (default): nothing depends on it yet but your convenience; without it the crate is
//!   `no_std` with `alloc`.
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
