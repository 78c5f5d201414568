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
//! let at_once = |peer| Link::new(peer, Duration::ZERO, None);
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
//! A replica that restarts takes a new *epoch*, by which its peers tell, whether it has kept its state or
//! not. Epochs have no order; a late message of an earlier life makes a peer compare states for nothing, and
//! the next message puts that right.
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
//! A value so reaches everyone in at most T + 2d where delays are steady. T is what the target leaves of
//! itself beyond two delays; where that is too little, everyone sends to everyone at once, within d.
//!
//! A hub's messages tell the time by its own clock, and what a replica knows of it is only how far
//! that is from its own: when a message sent now would come there. It is the mean of the middle half of
//! the last acknowledgements, so that a message that is late now and then does not move it. By that and
//! the hub's rounds, a replica locks on to their phase, as a phase-locked loop does. Acknowledgements ride
//! on the next batch in the other direction, and who has nothing new is silent.
//!
//! # Late deliveries
//!
//! Between a target of 600 ms and T + 2d nothing is left for what comes late, and a batch that misses its
//! round by a millisecond would wait for the next. So rounds have slack, and how much is measured:
//!
//! * **How late messages come is seen by those who wait for them.** A batch says when it should come, by
//!   the hub's clock; who gets a push knows from the hub's clock whether it is later than most, and tells
//!   the hub with its next batch. The hub keeps the worst of each of the last 64 rounds.
//! * **Nothing mends a late push** but the next one: what left so lately that it may still be under way goes
//!   along with that once more, at no further message. The *margin* set aside for a late push is the worst
//!   that was seen.
//! * **A batch that misses its round can be helped in two ways**: by sending all of them earlier by a
//!   *lead*, which is set aside too, or by another push. The lead is the one of least cost, by how often
//!   batches were later than that: one message in a hundred is cheaper to push for, one in ten to allow
//!   for. Margin and lead take three tenths of what there is at most, or where delays vary all the time, three
//!   quarters; where that does not do, values are late whatever is set aside, and less is.
//! * **What is late goes on by its deadline.** A batch tells for how long its oldest value has been under
//!   way, so the hub knows by when each has to leave. If its next round is too late for that, it pushes
//!   at the last moment that is not, with whatever else has come by then, and only to those who lack it. It
//!   does not where the rounds themselves are as late.
//!   The rounds stay where they are. What is later than a target is owed to a fault and not to the
//!   weather, and waits: a hub that is gone, or a partition, costs nothing by this.
//!
//! T so is L − 2d − margin − lead for a target L, and in steady weather L − 2d. When the weather clears, what
//! was seen is forgotten after 64 rounds. What that costs at least is derived at [`Floor`]; in how many
//! cases it does not do is stated at [`Config::latency_target`], and counted by [`Replica::overdue`].
//!
//! With more than [`Config::fan_out`] others, hubs form a tree: of the lowest height, and with the
//! work shared out evenly. A hub below the root sends what it has gathered just before its own hub's
//! round, and passes its hub's push on at once. Since each storey locks on to the one above, a value
//! reaches everyone in T and two delays for each storey, at 2(n − 1) messages a round at most. Margin and
//! lead are set aside for each storey, and deadlines are kept on each.
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
//! # Persistence
//!
//! A replica keeps its state in memory. To have it outlive the process, **put on disk what an input method
//! returns before you drain the outputs, and before you answer whoever gave the input**: each method that can
//! change the state returns what it has changed, as a delta, so that what is written is in proportion to
//! that and not to the state. Merged in any order, these deltas are the state, which is given to
//! [`Replica::restore`] after a restart. A snapshot is one big delta: the state at some moment, in place of all
//! deltas until then.
//!
//! ```
//! use std::time::Duration;
//! use glomers_crdt::{GSet, Lattice};
//! use glomers_gossip::{Config, Replica};
//!
//! let mut disk: Vec<GSet<u32>> = Vec::new();          // your journal goes here
//! let now = Duration::ZERO;
//! let mut replica: Replica<GSet<u32>, &str> = Replica::new(now, 1, Config::default());
//! disk.push(replica.update(now, |set| set.insert(7)));
//! while let Some(_message) = replica.poll_transmit() {}
//!
//! let state = disk.iter().fold(GSet::default(), |mut state, delta| {
//!     state.merge(delta);
//!     state
//! });
//! let replica: Replica<_, &str> = Replica::restore(now, 2, Config::default(), state);
//! assert!(replica.state().contains(&7));
//! ```
//!
//! What peers have acknowledged is not kept, nor is anything else of the links: whoever is met after a
//! restart is compared with, as in any reconciliation, at a cost in proportion to the difference.
//!
//! **Which epoch:** one that no life of this replica has had, drawn at random or counted on disk, and
//! written there before it is used. A copy of a disk, put back later, brings an old state and an epoch that
//! has been used. That is noticed when a peer acknowledges more than this life has sent, and told as an
//! [`Event`]; from then on all goes on under another epoch. It is not noticed if this life sends as many
//! batches as the other before it hears from a peer, so do not count on it: draw a new epoch for a
//! state from a backup.
//!
//! # What changed?
//!
//! A program that shows the state takes [`Replica::receive_changes`], [`Replica::merge_changes`] and
//! [`Replica::update_changes`] instead of `receive`, `merge` and `update`: they return, beside the delta, what
//! the input changes in the state's [view](glomers_crdt::Changes), at a cost in proportion to it.
//!
//! # Evidence
//!
//! `tests/it/convergence.rs` runs storms of loss, duplication, reordering, partitions, stops and restarts
//! by seed, over every kind of links; `tests/it/promise.rs` holds the latency target against late
//! deliveries; `tests/it/liveness.rs` measures how soon after the end of such faults
//! and of pauses all is everywhere; `tests/it/model.rs` puts three replicas, as they are, through every
//! interleaving under a model checker. [`simulation`] is the network of the former, for lattices and
//! settings of your own. `tests/it/changes.rs` keeps screens up to date by what replicas say that they
//! change; `tests/it/restored.rs` stops replicas at any moment, all of them at once included, and lets them go
//! on with what they had on disk.
//!
//! # Features
//!
//! * `serde`: messages serialise, under short keys.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod cluster;
mod config;
mod deadline;
mod event;
mod floor;
mod incoming;
mod lateness;
mod limit;
mod members;
mod message;
mod offset;
mod outgoing;
mod overdue;
mod peer;
mod phase;
mod plan;
mod recent;
mod reconcile;
mod replica;
pub mod riblt;
mod rounds;
pub mod simulation;
mod slack;
mod topology;
mod tree;

pub use config::Config;
pub use event::Event;
pub use floor::Floor;
pub use members::Members;
pub use message::{Ack, Batch, Beat, Due, Message, Standing, Tie};
pub use overdue::Overdue;
pub use reconcile::{Exchange, Fingerprints, FingerprintsError, Portion, PortionError};
pub use replica::Replica;
pub use topology::{Link, ParseTopologyError, Topology};
