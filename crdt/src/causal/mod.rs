//! Types with removal: sets, registers, flags, counters, and maps of all these.
//!
//! # Dots
//!
//! Who removes something removes what it has seen, and no more. So each update has a name, its
//! [`Dot`](crate::Dot): the replica and how many updates it has made by then. A state has *live*
//! dots, each with its value, and a [`CausalContext`] of all dots it has ever seen. What was seen
//! and is not live is *dead*, so that nothing need be kept of what was removed; consecutive counters
//! take the room of one. This is Almeida, Shoker, Baquero, [Delta State Replicated Data
//! Types](https://arxiv.org/abs/1603.01529), 2018, where a store of dots and its context are joined
//! as a pair.
//!
//! # One lattice for all
//!
//! Here one state, [`Causal`], serves them all. It is a map from dots to a lattice of three levels,
//! unseen < live < dead, joined dot by dot:
//!
//! | of a dot | theirs unseen | theirs live | theirs dead |
//! | --- | --- | --- | --- |
//! | ours unseen | unseen | live | dead |
//! | ours live | live | live | dead |
//! | ours dead | dead | dead | dead |
//!
//! A live value knows where it belongs: in a set its element, in a map its key and what is there, and
//! so on to any depth. As a dot is used for one value only, this is the join of nested stores that the
//! paper has, and its laws are plain. What is read, a [`Store`], follows from the live values and is
//! kept beside them, so that it need not be searched for what a context covers: merging a delta costs
//! a look at each of its dots, in O(log n). Values lie in sorted maps whose clones share,
//! by counter and once more as the store has them; so forks are made in a moment, and merge in time
//! proportional to what they differ in.
//!
//! A mutator looks at its store and makes an [`Edit`]: values that are born and dots that die. The
//! state mints the dots and makes a delta of it, a state that holds nothing else, and merges this
//! delta into itself. So a mutation is its delta by construction.
//!
//! # What cannot go wrong
//!
//! In a library with explicit contexts the caller reads, keeps the context, derives from it one to add
//! or to remove with, and passes that back. In `crdts` 7.3.2, for one, all these go wrong without a
//! word:
//!
//! * `derive_add_ctx` of a read that is not the latest mints the last dot again. `Orswot::apply` and
//!   `Map::apply` take the update for one they have seen, and drop it.
//! * A removal with the context of a read at a replica that had not seen the element does nothing.
//! * Dots live in a plain vector clock, without a cloud. If an addition arrives before the one that
//!   its replica made earlier, the earlier one is dropped for good.
//! * A removal with a context that is ahead is deferred: kept inside the state, and tried again at
//!   each later addition, until the clock has caught up.
//!
//! Here no context is passed. Mutators take the replica's name and mint their own dots, by the state
//! that they change; `remove` removes what is seen in that same state. A client that has read
//! elsewhere hands in the [`Observation`] that its read gave it. This is never of nothing; it kills
//! exactly its dots, be they here or yet to come; and where it contradicts what is here, because it is
//! of another state, the call is an error that changes nothing. So it is where an [`Edit`] was made by
//! another state's store; mostly that does not even compile. Contexts that are decoded are checked, and
//! none that the caller has made is ever taken.
//!
//! ```
//! use glomers_crdt::{Lattice, OrSet};
//!
//! let (mut here, mut there) = (OrSet::default(), OrSet::default());
//! let first = here.insert('h', "oat")?;
//! let second = here.insert('h', "rye")?;
//! there.merge(&second);                     // the later first
//! there.merge(&first);
//! assert!(there.contains("oat") && there.contains("rye"));
//! assert!(there.observe("tea").is_none());  // a read that saw nothing is no licence to remove
//! # Ok::<(), glomers_crdt::CausalError>(())
//! ```
//!
//! What remains is the replica's name. Two processes must never update under one name, nor may one
//! that has forgotten its updates go on under its old name. Where it happens, a dot stands for two
//! values; see [`Causal::edit`].
//!
//! # What grows
//!
//! In sets, registers and flags an update takes the place of those it has seen, so that there are no
//! more live dots to an element than there are replicas. In counters and values of other lattices each
//! update stays, and a remove-wins set remembers its removals, until [`Causal::compact`] finds that
//! everyone has seen them. A context has an entry for each replica that ever made an update, and for
//! each gap.

mod context;
mod dot_set;
mod edit;
mod flags;
mod join;
mod mv_register;
mod observation;
mod or_counter;
mod or_map;
mod or_set;
mod parts;
mod runs;
mod rw_set;
mod stability;
mod state;
mod store;
#[cfg(feature = "serde")]
mod wire;

pub use context::{CausalContext, InvalidRun};
pub use edit::{CausalError, Edit};
pub use flags::{DwFlag, EwFlag};
pub use mv_register::MvRegister;
pub use observation::Observation;
pub use or_counter::OrCounter;
pub use or_map::OrMap;
pub use or_set::OrSet;
pub use parts::Part;
pub use rw_set::RwSet;
pub use stability::Report;
pub use state::Causal;
pub use store::{
    AddWins, Counter, DisableWins, EnableWins, Joined, Map, RemoveWins, Store, Values,
};
