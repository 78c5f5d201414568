//! Sans-I/O protocols that carry the deltas of any lattice between replicas.
//!
//! A [`Replica`] holds a state of any [`Lattice`](glomers_crdt::Lattice) and decides what to tell
//! whom and when. It opens no socket, reads no clock and draws no random number: time is an
//! argument, messages are values. The contract is one sentence: **call one input method, drain
//! the outputs with [`Replica::poll_transmit`], then sleep until [`Replica::next_wake`]**. The
//! same code so runs over a real network, in a simulation in virtual time, and under a model
//! checker.
//!
//! ```
//! use std::time::Duration;
//! use glomers_crdt::GSet;
//! use glomers_gossip::{Config, Link, Replica};
//!
//! let at_once = |peer| Link { peer, flush: Duration::ZERO, relay: None };
//! let mut a: Replica<GSet<u32>, _> =
//!     Replica::new(Duration::ZERO, 1, Config::default());
//! let mut b: Replica<GSet<u32>, _> =
//!     Replica::new(Duration::ZERO, 2, Config::default());
//! a.set_links(Duration::ZERO, [at_once("b")]);
//! b.set_links(Duration::ZERO, [at_once("a")]);
//!
//! let now = Duration::from_secs(1);
//! a.update(now, |set| set.insert(7));
//! a.open(now);                                        // peers are known to be up
//! while let Some((to, message)) = a.poll_transmit() {
//!     assert_eq!(to, "b");                            // your network goes here
//!     b.receive(now, &"a", message);
//! }
//! assert!(b.state().contains(&7));
//! ```
//!
//! # How it works
//!
//! Each ordered pair of replicas has a *link*, which carries numbered batches of deltas one way and
//! cumulative acknowledgements the other. A replica keeps, for every peer, the join of what it has
//! not sent yet and the batches that are not acknowledged yet. Something new is merged into the
//! first of these for every peer but the one it came from; after the link's flush interval it
//! leaves as one batch. A batch says which number it follows: the receiver takes every batch into
//! its state at once, whatever the order, but acknowledges only an unbroken sequence. What is not
//! acknowledged in time, or was passed over by an acknowledgement that should have covered it, is
//! joined with what is new and sent again as one batch that follows the last acknowledged number.
//! Loss, duplication, delay and reordering are so harmless by construction, and memory is bounded
//! by the state's size for each peer. This is the delta-interval anti-entropy of Almeida, Shoker
//! and Baquero ([Delta State Replicated Data Types](https://arxiv.org/abs/1603.01529), algorithm 2)
//! with its two refinements by Enes et al. ([Efficient Synchronization of State-based
//! CRDTs](https://arxiv.org/abs/1803.02750)): no back-propagation to the sender, and only the novel
//! part of a delta is passed on.
//!
//! A replica that restarts with an empty memory takes a new *epoch*, by which its peers tell. Epochs
//! have no order; a late message of an earlier life makes a peer compare states for nothing, and the
//! next message puts that right.
//!
//! A peer that does not answer is *suspected*: what it is owed is sent once more, then it is only
//! asked for a sign of life, at intervals that grow up to a bound, until it is heard from. So a
//! partition costs few messages, and its end is noticed within that bound.
//!
//! How long an answer may take is learned from those before, but never more than that bound: of a
//! replica that was stopped for a while, or of a message that was held up, the round trip may be many
//! times the usual one, and says nothing of the next. So a loss is noticed within
//! [`Config::ack_delay`] + [`Config::retry_max`] whatever was measured, and **once faults are over,
//! everything is everywhere within that time and two rounds**, or with hubs below hubs one `retry_max`
//! more, since a hub may wait for a push from above in vain: `tests/it/liveness.rs`.
//!
//! # Rounds
//!
//! [`Replica::join`] leaves the choice of links to the replica, by one knob:
//! [`Config::latency_target`], the time within which a value shall reach everyone. With n replicas
//! and one-way delay d, flooding costs n − 1 messages a *value*; an exchange of everything with
//! everyone costs 2(n − 1) messages a *round*, however many values it carries. So where the target
//! leaves time for it, replicas work in rounds around a hub. Every period T the hub pushes what is
//! new to all; each other replica sends the hub what is new there so that it arrives just before.
//! A value so reaches everyone in at most T + 2d where delays are steady; where they vary, it now and
//! then misses a round. T is what the target leaves of itself beyond two
//! delays; where that is too little, everyone sends to everyone at once, within d.
//!
//! No clocks are compared. Every acknowledgement tells for how long the batch had lain waiting for
//! it. The rest of the time since it was sent is the round trip, from which T follows; and to a hub
//! it would have come just in time if it had left so much later: by that, a replica locks on to the
//! phase of the hub's rounds, as a phase-locked loop does. Acknowledgements ride on the next batch in
//! the other direction, and who has nothing new is silent.
//!
//! Where delays vary, the period leaves room for that, as measured.
//!
//! With more than [`Config::fan_out`] others, hubs form a tree: of the lowest height, and with the
//! work shared out evenly. A hub below the root sends what it has gathered just before its own hub's
//! round, and passes its hub's push on at once. Since each storey locks on to the one above, a value
//! reaches everyone in T and two delays for each storey, at 2(n − 1) messages a round at most.
//!
//! # When a hub is gone
//!
//! The order of the [`Members`] decides who is whose hub, and nothing need be said of it. Who gets no
//! answer from its hub within a round and a round trip, and hears nothing either, asks others where
//! they stand, the first members first. Everyone prefers the way to the root of the lowest rank, so
//! that the first one in reach gathers the rest; two roots that do not reach each other are bridged by
//! whoever reaches both. There are no votes and no majorities: all who can reach each other go on,
//! and after the end of a partition all find back to their places. Who changes its hub tells the new one
//! until that acknowledges it. Routes may be wrong for a moment,
//! even form a loop; states merge all the same. This is a spanning tree protocol after Perlman
//! ([An algorithm for distributed computation of a spanning tree in an extended
//! LAN](https://doi.org/10.1145/319056.319004), 1985).
//!
//! With period T and delay d, a value that comes up after the hub is gone reaches everyone in reach in
//! about 3 T + 7 d: `tests/it/failover.rs`. In a mesh there is no hub to lose: nothing of this is needed,
//! but who cannot hear each other wait for the first member to pass on what it has, or for the end.
//!
//! # Reconciliation
//!
//! What a new hub or a new child lacks is not known, nor what one lacks that has restarted. What came
//! up lately is sent without asking. For the rest the two compare their states: fingerprints of the
//! parts that a state is the join of ([`Decompose`](glomers_crdt::Decompose)), in coded symbols from
//! which the difference can be read off ([`riblt`]). The cost is in proportion to the difference. A
//! state of few parts is sent whole, which is also how one says that one has nothing. A link that was
//! only cut remembers what it owes, and needs none of this.
//!
//! # Evidence
//!
//! `tests/it/convergence.rs` runs storms of loss, duplication, reordering, partitions, stops and restarts
//! by seed, over every kind of links; `tests/it/liveness.rs` measures how soon after the end of such faults
//! and of pauses all is everywhere; `tests/it/model.rs` puts three replicas, as they are, through every
//! interleaving under a model checker. [`simulation`] is the network of the former, for lattices and
//! settings of your own.
//!
//! # Features
//!
//! * `serde`: messages serialise, under short keys.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod cluster;
mod config;
mod incoming;
mod members;
mod message;
mod outgoing;
mod peer;
mod plan;
mod recent;
mod reconcile;
mod replica;
pub mod riblt;
mod rounds;
pub mod simulation;
mod topology;
mod tree;

pub use config::Config;
pub use members::Members;
pub use message::{Ack, Batch, Beat, Message, Standing, Tie};
pub use reconcile::{Exchange, Fingerprints, FingerprintsError, Portion, PortionError};
pub use replica::Replica;
pub use topology::{Link, ParseTopologyError, Topology};
