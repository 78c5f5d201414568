//! Node programs for [Maelstrom](https://github.com/jepsen-io/maelstrom), and what they are made of.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`nodes`] | one thin node a workload: echo, unique-ids, broadcast, g-set, g-counter, pn-counter, kafka, lin-kv, and two with transactions |
//! | [`runtime`] | the loop that runs a node, and its handle to the network: [`Node`](runtime::Node), [`Net`](runtime::Net) |
//! | [`replicated`] | a CRDT shared by all nodes: a [`Replica`](glomers_gossip::Replica) on a node's network |
//! | [`durable_slot`] | a counter's own slot, which outlives the node on disk and in seq-kv |
//! | [`storage`] | what outlives a node, and that nothing leaves it before what it rests on is safe |
//! | [`kv`] | clients of seq-kv, lin-kv, lww-kv and lin-tso |
//! | [`protocol`] | messages and errors, typed |
//! | [`transport`] | STDIN and STDOUT, or channels inside another program |
//! | `nats`, with the feature of that name | nodes on servers of NATS, with the services on its JetStream |
//! | `udp`, with the feature of that name | nodes on UDP, which find each other |
//! | [`cli`] | the command line that all node programs share |
//! | [`testing`] | drives a node in memory and in virtual time, for tests |
//!
//! A node is an async handler; the runtime knows nothing of what carries its lines. So the same
//! node runs as a program under Maelstrom and, in virtual time, inside the workbench and in tests. See
//! [`Node`](runtime::Node) for a whole program in forty lines, and [`testing`] for a test of it.
//!
//! What is promised to the network: STDOUT carries messages only, each reply has exactly the keys
//! of its schema, no reply is given later than [`PATIENCE`](runtime::PATIENCE) after its request was read,
//! and no line, however wrong, stops a node.

pub mod cli;
pub mod durable_slot;
pub mod kv;
#[cfg(feature = "nats")]
pub mod nats;
pub mod nodes;
pub mod protocol;
pub mod replicated;
pub mod runtime;
pub mod storage;
pub mod testing;
pub mod transport;
#[cfg(feature = "udp")]
pub mod udp;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
