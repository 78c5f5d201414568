//! What the nodes and their runtime promise, checked from without: one program, which is linked once.

mod durable;
mod kafka;
mod kept;
mod lin_kv;
#[cfg(feature = "nats")]
mod nats;
mod nodes;
mod runtime;
mod transactions;
#[cfg(feature = "udp")]
mod udp;
