use std::sync::atomic::{AtomicU64, Ordering};

/// How often something went wrong on the way between a node and NATS. None of these ends a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that name another cluster.
    pub foreign_cluster: u64,
    /// Messages of another version of this transport.
    pub foreign_version: u64,
    /// Messages of a node that is none of the cluster's.
    pub unknown_sender: u64,
    /// Messages that are no JSON object.
    pub malformed: u64,
    /// Messages of the node to whom nobody knows.
    pub unknown_dest: u64,
    /// Messages of the node that were given up because there was no connection, or no room.
    pub unsent: u64,
    /// Messages of the node that are larger than the server takes.
    pub too_large: u64,
    /// Requests from outside that were refused because too many were waiting.
    pub refused: u64,
    /// How often the connection was lost.
    pub disconnects: u64,
    /// How often messages were lost because the node did not take them in time.
    pub slow: u64,
}

macro_rules! counters {
    ($($name:ident: $text:literal,)*) => {
        /// The same, while they are counted.
        #[derive(Debug, Default)]
        pub(super) struct Counters { $($name: AtomicU64,)* }

        impl Counters {
            $(
                pub(super) fn $name(&self, detail: &str) {
                    note(&self.$name, $text, detail);
                }
            )*

            pub(super) fn read(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    foreign_cluster: "a message of another cluster is dropped",
    foreign_version: "a message of another version is dropped",
    unknown_sender: "a message of an unknown sender is dropped",
    malformed: "a message that is no JSON object is dropped",
    unknown_dest: "a message to nobody that is known is dropped",
    unsent: "a message cannot be sent now and is dropped",
    too_large: "a message is larger than the server takes and is dropped",
    refused: "too many requests wait for an answer; one is refused",
    disconnects: "the connection to NATS is lost",
    slow: "NATS delivers faster than the node takes, and messages are lost",
}

/// Counts, and says so: the first time, and then ever more rarely, lest whoever floods a node floods its log as well.
fn note(counter: &AtomicU64, text: &str, detail: &str) {
    let so_far = counter.fetch_add(1, Ordering::Relaxed) + 1;
    if so_far.is_power_of_two() {
        tracing::warn!(detail, so_far, "{text}");
    }
}
