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
//! Collections are collected, extended and gone through as those of the standard library, by reference and
//! as a whole. To extend one is a join, of which no delta tells: what is to be sent is the collection of
//! what was added, a state itself. Types whose additions need a replica's name cannot be collected or
//! extended, for nobody would know whose these are.
//!
//! # Records
//!
//! Things with several fields are tuples or structs of your own, and there are two kinds of them.
//!
//! *Lattices side by side* are a lattice: derive [`Lattice`] and [`Decompose`] (feature `derive`), and the
//! struct is a state of a replica or a value in a [`GMap`], each field with its own replicas.
//!
//! *Stores side by side* are a store, and have one context for all: derive [`Store`](causal::Store), and
//! the struct is a value in an [`OrMap`], whose removal takes what was seen of all its fields, or a state
//! of its own, `Causal<Todo<R>, R>`. Each field has a mutator, named after it; those of tuples go by
//! [number](causal::Field). A field of another lattice, such as a register in which the last write wins, is
//! a [`Joined`](causal::Joined).
//!
//! ```
//! # #[cfg(feature = "derive")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use glomers_crdt::causal::{AddWins, EnableWins, Joined, Store};
//! use glomers_crdt::{Lattice, LwwRegister, OrMap, Stamp};
//!
//! #[derive(Clone, Debug, Default, Store)]
//! struct Todo<R> {
//!     title: Joined<LwwRegister<String, Stamp<char>>, R>,
//!     is_done: EnableWins<R>,
//!     tags: AddWins<&'static str, R>,
//! }
//!
//! let (mut here, mut there) = (OrMap::<u32, Todo<char>, char>::default(), OrMap::default());
//! let title = LwwRegister::default().set("Buy rye".to_owned(), Stamp { time: 1, replica: 'a' })?;
//! let added = here.update('a', 7, |todo| {
//!     todo.edit_title(|it| it.merge(title)).and(todo.edit_tags(|tags| tags.insert("food")))
//! })?;
//! there.merge(&added);
//!
//! let done = there.update('b', 7, |todo| todo.edit_is_done(EnableWins::enable))?;
//! let tagged = here.update('a', 7, |todo| todo.edit_tags(|tags| tags.insert("shop")))?;
//! here.merge(&done);
//! there.merge(&tagged);
//! assert_eq!(here, there);
//!
//! let todo = here.get(&7).expect("it was added");
//! assert_eq!(todo.title.value().get().map(String::as_str), Some("Buy rye"));
//! assert!(todo.is_done.is_enabled() && todo.tags.iter().eq(&["food", "shop"]));
//!
//! let tagged = here.update('a', 7, |todo| todo.edit_tags(|tags| tags.insert("soon")))?;
//! there.remove(&7);                          // has seen all but that
//! there.merge(&tagged);
//! assert!(there.get(&7).is_some_and(|todo| todo.tags.iter().eq(&["soon"])));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "derive"))] fn main() {}
//! ```
//!
//! A struct of lattices, which any engine for lattices carries:
//!
//! ```
//! # #[cfg(feature = "derive")] {
//! use glomers_crdt::{Decompose, GCounter, Lattice, OrSet};
//!
//! #[derive(Clone, Debug, Default, PartialEq, Lattice, Decompose)]
//! struct Page {
//!     visits: GCounter<char>,
//!     tags: OrSet<&'static str, char>,
//! }
//!
//! let (mut here, mut there) = (Page::default(), Page::default());
//! here.visits.add('a', 3).unwrap();
//! there.tags.insert('b', "food").unwrap();
//! assert!(here.merge(&there) && here.parts().count() == 2);
//! assert!(there.difference(&here).is_bottom());
//! # }
//! ```
//!
//! # What changed?
//!
//! [`Changes::merge_changes`] merges as `merge` does, and returns what that changed for who looks at the
//! state: elements that came and went, values from and to, indices of a list in an order in which they can
//! be applied, and in maps all that by key. It costs what the change does, whatever the size of the
//! state, and who does not ask does not pay. See [`changes`].
//!
//! ```
//! use glomers_crdt::changes::{Apply, Changes, ListChange};
//! use glomers_crdt::List;
//!
//! let mut here = List::default();
//! here.insert_all("ann", 0, "Hello!".chars())?;
//! let mut shown: Vec<char> = here.view();
//! let mut there = here.clone();
//! let delta = there.insert_all("bob", 5, " Ann".chars())?;
//! let changes = here.merge_changes(&delta);
//! assert_eq!(changes, [ListChange::Inserted { index: 5, values: " Ann".chars().collect() }]);
//! changes.into_iter().try_for_each(|change| change.apply(&mut shown))?;
//! assert_eq!(shown.iter().collect::<String>(), "Hello Ann!");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Your own types
//!
//! Implement [`Lattice`] and check it with the suite in `laws` (feature `laws`), which names the
//! law that a wrong implementation breaks and shows the states that break it; check its mutators with
//! `laws::check_delta` and `laws::check_delta_group`. [`Decompose`] says
//! what a state consists of, so that replicas can find their difference without sending states, and
//! [`Changes`] what a merge changes (`laws::check_changes`); every type here implements all three.
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
//! # Where other libraries surprise
//!
//! What was seen there on valid input, on 30 November 2026, what holds here, and why. Each row is a test in
//! `tests/it/elsewhere.rs`.
//!
//! | seen there | here | because |
//! | --- | --- | --- |
//! | crdts 7.3.2, `GList`: two concurrent insertions of an equal value are one element, and a second equal one adds nothing | a [`List`] holds equal values as often as they were inserted | an element is the event of its insertion, a [`Dot`], and not its value |
//! | crdts 7.3.2, `Map` of `PNCounter`: a removal beside an increment ends with 1 at one replica and 6 at the other, or 2 and 0, for good | of an [`OrMap`] of counters just the increment stays, at both, however many steps the counter took | each addition has a dot of its own; a removal is of dots, and not of a replica's sum |
//! | crdts 7.3.2, `Map` of `MVReg`: an overwritten value is back as if concurrent, depending on who gossiped first | merges are associative at any depth: registers in maps in maps, sets beside them | all that is in a map shares one context, and the join is dot by dot |
//! | crdts 7.3.2, `Orswot`: a state with a removal that overtook its addition has no JSON | every state goes through every format, removals ahead of their additions included | what was removed is a context, and not a map whose keys are clocks |
//! | loro 1.17.1, counter: 1e16, 1 and −1e16 in two causal orders show 0 and 1 at equal versions | counters are exact; sums of floats are for the reader, over what each replica keeps by its name, in the names' order | integers add up alike in every order, floats in none |
//! | loro 1.17.1: what waits for an earlier update is neither saved nor passed on | a [`List`] that is saved, or passed on whole or in part, while insertions wait for their parents keeps these | what waits is part of the state, and only its place is not known yet |
//! | loro 1.17.1, movable list: a concurrent move brings back what was deleted, and a concurrent overwriting does not | nothing moves in a [`List`]: what is put elsewhere is removed and inserted. Where things move, keep them by key in an [`OrMap`], with their places: a move outlives a removal as any other update does | a place that changes is a value, and one rule serves all values |
//! | Loro 1.17.1 and Automerge 3.5 leave out a write of the value that is there, so that a concurrent deletion wins; Automerge not for strings; Yjs never | a write counts as a write, whatever its value, in every type that is written to or removed from. (In a [`Joined`](causal::Joined), by `merge`; `update` leaves out what adds nothing, as its page says) | what someone has said is an event, also if it was said before |
//! | Yjs 13.6.33, yrs 0.28.1: a client's own setting and deletion hide another's write that it never saw, depending on the ids | a removal takes what it has seen and nothing else, whatever the names | a removal names the dots that it takes |
//! | delta-crdts 0.10.3 (npm): the delta of a removal does nothing elsewhere; its remove-wins set keeps the element on a tie | deltas suffice alone, in any order; a tie ends as the type's name says | a mutator merges its own delta into the state, and does nothing else |
//! | Automerge 3.5: a counter reads 13 and 14 at equal heads; integers beyond 2^63 become others | equal states read equal, by every public reader; an overflow is an error, and changes nothing | what is read follows from the state alone, and no number is converted in silence |
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
//! * `derive`: derive macros, for [records](#records).
//! * `laws`: the law suite.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

extern crate alloc;

mod bounded_counter;
pub mod causal;
pub mod changes;
mod compose;
mod decompose;
mod dot;
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
pub use changes::Changes;
pub use compose::{Chain, Lexicographic};
pub use decompose::Decompose;
pub use dot::Dot;
pub use extrema::{Max, Min};
pub use g_counter::{CounterOverflow, GCounter};
pub use g_map::GMap;
pub use g_set::GSet;
#[cfg(feature = "derive")]
pub use glomers_crdt_derive::{Decompose, Lattice};
pub use lattice::Lattice;
pub use list::{Cursor, List, ListError};
pub use lww_map::LwwMap;
pub use lww_register::LwwRegister;
pub use max_map::MaxMap;
pub use pn_counter::PnCounter;
pub use retiring::{RetireError, RetiredError, Retiring, Slots};
pub use stamp::{StaleStamp, Stamp};
pub use two_p_set::{Removed, TwoPSet};
pub use version_vector::VersionVector;
