use glomers_check::check::Toll;
use serde_json::{Value, json};

use super::Message;

/// How many messages were sent, and how many of those arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken in by the network; as every message is sent once, also the number of messages.
    pub sent: u64,
    /// Deliveries: one that comes twice counts twice.
    pub received: u64,
}

/// The network's figures since it began, `init` messages included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages to or from a client.
    pub clients: Counts,
    /// All others, those to and from services included.
    pub servers: Counts,
    /// The length in bytes of all bodies sent between servers.
    pub bytes: u64,
    /// Deliveries that a partition prevented: of a message that would have come twice, perhaps two.
    pub dropped: u64,
    /// Messages that were lost at random.
    pub lost: u64,
    /// Messages that were duplicated at random.
    pub duplicated: u64,
    /// Messages that were held up at random.
    pub held_up: u64,
    /// Messages that were sent or due while all deliveries stood still.
    pub stalled: u64,
    /// Deliveries, those to and from clients included, that failed because the node was not running.
    pub unheard: u64,
    /// Replies of nodes that were paused, or whose messages stood still, to clients that had gone
    /// meanwhile.
    pub excused: u64,
}

impl Stats {
    pub(super) fn sent(&mut self, message: &Message) {
        self.of(message).sent += 1;
        if !message.involves_client() {
            self.bytes += message.body.get().len() as u64;
        }
    }

    pub(super) fn received(&mut self, message: &Message) {
        self.of(message).received += 1;
    }

    fn of(&mut self, message: &Message) -> &mut Counts {
        if message.involves_client() { &mut self.clients } else { &mut self.servers }
    }

    /// Clients and servers together.
    pub fn all(&self) -> Counts {
        Counts {
            sent: self.clients.sent + self.servers.sent,
            received: self.clients.received + self.servers.received,
        }
    }

    /// What faults did to messages.
    pub fn toll(&self) -> Toll {
        let Self { lost, duplicated, held_up, unheard, excused, stalled, .. } = *self;
        Toll { lost, duplicated, held_up, unheard, excused, stalled }
    }

    /// The figures under Maelstrom's keys, for a run in which clients invoked `op_count`
    /// operations. Those of the servers from `bytes` on are not in Maelstrom.
    pub fn report(&self, op_count: u64) -> Value {
        let mut report = json!({
            "valid?": true,
            "all": figures(self.all()),
            "clients": figures(self.clients),
            "servers": figures(self.servers),
        });
        report["servers"]["bytes"] = self.bytes.into();
        report["servers"]["dropped-count"] = self.dropped.into();
        report["servers"]["lost-count"] = self.lost.into();
        report["servers"]["duplicated-count"] = self.duplicated.into();
        report["servers"]["held-up-count"] = self.held_up.into();
        if op_count > 0 {
            report["all"]["msgs-per-op"] = ratio(self.all().sent, op_count).into();
            report["servers"]["msgs-per-op"] = ratio(self.servers.sent, op_count).into();
        }
        report
    }
}

fn figures(counts: Counts) -> Value {
    json!({
        "send-count": counts.sent,
        "recv-count": counts.received,
        "msg-count": counts.sent,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn ratio(messages: u64, ops: u64) -> f64 {
    messages as f64 / ops as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_maelstroms_keys() {
        let stats = Stats {
            clients: Counts { sent: 20, received: 19 },
            servers: Counts { sent: 30, received: 25 },
            bytes: 900,
            dropped: 5,
            lost: 3,
            duplicated: 4,
            held_up: 2,
            ..Stats::default()
        };
        assert_eq!(
            stats.report(10),
            json!({
                "valid?": true,
                "all": {"send-count": 50, "recv-count": 44, "msg-count": 50, "msgs-per-op": 5.0},
                "clients": {"send-count": 20, "recv-count": 19, "msg-count": 20},
                "servers": {
                    "send-count": 30, "recv-count": 25, "msg-count": 30, "msgs-per-op": 3.0,
                    "bytes": 900, "dropped-count": 5, "lost-count": 3, "duplicated-count": 4,
                    "held-up-count": 2,
                },
            })
        );
        assert_eq!(stats.report(0)["all"].get("msgs-per-op"), None);
    }
}
