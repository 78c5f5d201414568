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
//! A replica that restarts with an empty memory takes a new *epoch*. Its first message tells its
//! peers, who then send it all they have. Epochs have no order; a late message of an earlier life
//! makes a peer start over for nothing, and the next message puts that right.
//!
//! A peer that does not acknowledge is *suspected*: it is sent nothing but one probe now and then,
//! at intervals that grow up to a bound, until it is heard from. So a partition costs few
//! messages, and its end is noticed within that bound.
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
//! While the hub cannot be reached, who depends on it waits for it: no other takes its place.
//!
//! # Reconciliation
//!
//! After a restart or a change of links, a peer is sent the whole state. [`riblt`] finds the
//! difference of two sets at a cost proportional to the difference; it stands by itself, and the
//! replica does not use it.
//!
//! # Features
//!
//! * `serde`: messages serialise, under short keys.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod config;
mod message;
mod peer;
mod plan;
mod replica;
pub mod riblt;
mod rounds;
mod topology;

pub use config::Config;
pub use message::{Ack, Batch, Message};
pub use replica::Replica;
pub use topology::{Link, ParseTopologyError, Topology};
