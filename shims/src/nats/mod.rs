//! Nodes on [NATS](https://nats.io): messages on core NATS, the key-value services on JetStream. With the feature
//! `nats`.
//!
//! | type | what it is |
//! | --- | --- |
//! | [`NatsTransport`] | what carries a node's messages; no node knows of it |
//! | [`ServerArgs`], [`MemberArgs`] | which servers, with which secrets; which node of which cluster |
//! | [`Counts`] | what was dropped on the way, and why |
//! | [`request`] | asks a node from outside |
//!
//! # What the services promise, and why
//!
//! A bucket of JetStream is a log in which a key's newest message is its value and that message's number its revision.
//! What it does not promise by itself:
//!
//! - **Reads are stale.** A replica answers old values, and so does a leader that has been deposed and does not know.
//!   So in `lin-kv` a read is a write: the value is written again under the condition that the revision is the one
//!   that was read, and the read is answered when that is acknowledged. A key that does not exist gets a tombstone.
//! - **A write that failed may come later**, when the client is connected again. So every write names the revision
//!   that it expects: whatever is written in between, or once more, makes it void.
//! - **An answer may be lost.** Each write carries an id of its own, and the revision that it replaces. The same write
//!   is sent again, which can take effect once at most; if it is refused then, the newest value tells whether
//!   it is ours, or has replaced the same revision in our place. If it tells neither, nobody knows, and the
//!   answer is an indefinite error. That a condition does not hold (22), or a key does not exist (20), is said only after a write that was acknowledged.
//!
//! All that waits for one key in one node goes into one write, which is what makes the reads bearable.
//!
//! `seq-kv` writes in the same way, and reads from a copy that one consumer feeds in the log's order. It is read only
//! where it shows a prefix of the log, and not before it has what the node itself has written; nor before the log's
//! state at the beginning of the node's life. `lww-kv` promises less and is given the same as `lin-kv`; `lin-tso`
//! is a number in a bucket, of which one write fetches as many as are asked for at a time.
//!
//! An acknowledgement means that a majority of a bucket's replicas has the write, not that it is on their disks:
//! servers sync every two minutes unless they are told `sync_interval: always`.

mod args;
mod connect;
mod counts;
mod link;
mod names;
mod request;
mod service;
mod traffic;
mod transport;
mod wire;

pub use args::{MemberArgs, ServerArgs, Urls};
pub use connect::NatsError;
pub use counts::Counts;
pub use request::{RequestError, request};
pub use transport::{NatsTransport, Until, Watch};
