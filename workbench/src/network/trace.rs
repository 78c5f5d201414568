use std::time::Duration;

use glomers_check::fingerprint::{Fingerprint, Hasher};

use super::Message;
use crate::units::nanos;

/// A running hash over all that befalls messages, and when. Nothing of it is kept.
#[derive(Clone, Default)]
pub(super) struct Trace(Hasher);

/// What befalls a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// It is sent.
    Sent,
    /// It comes, or a copy of it does.
    Delivered,
    /// A partition swallows it.
    Cut,
    /// It is lost at random as it is sent.
    Lost,
    /// It will come twice.
    Doubled,
    /// It is held up before it travels.
    HeldUp,
    /// It is for a node that is not running.
    Unheard,
}

impl Trace {
    /// Notes what befalls a message; `time` is since the network began. What the message says counts
    /// once, as it is sent; from then on its number stands for it.
    pub(super) fn note(&mut self, fate: Fate, time: Duration, message: &Message) {
        // One call for all that is of a fixed size: the hash has a block to fill anyway.
        let mut head = [0; 17];
        head[0] = fate as u8;
        head[1..9].copy_from_slice(&nanos(time).to_le_bytes());
        head[9..].copy_from_slice(&message.id.to_le_bytes());
        self.0.add(&head);
        if let Fate::Sent = fate {
            for part in [&*message.src, &*message.dest, message.body.get()] {
                // Its length first, so that no other parts make the same bytes.
                self.0.add(&(part.len() as u64).to_le_bytes());
                self.0.add(part.as_bytes());
            }
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.0.clone().finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::body;
    use super::*;

    fn message(id: u64, src: &str, dest: &str, n: u64) -> Message {
        Message { id, src: src.into(), dest: dest.into(), body: body(json!({ "n": n })) }
    }

    fn after(fate: Fate, ms: u64, message: &Message) -> Fingerprint {
        let mut trace = Trace::default();
        trace.note(fate, Duration::from_millis(ms), message);
        trace.fingerprint()
    }

    #[test]
    fn whatever_differs_shows() {
        let prints = [
            Trace::default().fingerprint(),
            after(Fate::Sent, 1, &message(1, "n1", "n2", 1)),
            after(Fate::Sent, 2, &message(1, "n1", "n2", 1)),
            after(Fate::Sent, 1, &message(2, "n1", "n2", 1)),
            after(Fate::Sent, 1, &message(1, "n1n", "2", 1)),
            after(Fate::Sent, 1, &message(1, "n2", "n1", 1)),
            after(Fate::Sent, 1, &message(1, "n1", "n2", 2)),
            after(Fate::Delivered, 1, &message(1, "n1", "n2", 1)),
            after(Fate::Cut, 1, &message(1, "n1", "n2", 1)),
        ];
        for (at, print) in prints.iter().enumerate() {
            assert!(!prints[..at].contains(print), "number {at} is as one before");
        }
        assert_eq!(prints[1], after(Fate::Sent, 1, &message(1, "n1", "n2", 1)));
    }
}
