use std::collections::BTreeSet;

use super::{Message, Percent};
use crate::rng::Rng;

/// What befalls messages between nodes at random: that they are lost, come twice, or are held up.
///
/// It strikes a message as that is sent, and only one from one node to another: never what a client
/// or a service sends or gets, nor what a node sends to itself. Its randomness is its own, so that
/// the latencies of the messages that it spares are those that they would have without it.
#[derive(Debug)]
pub struct Hazard {
    chance: Percent,
    nodes: BTreeSet<String>,
    rng: Rng,
}

impl Hazard {
    /// One that strikes messages between these nodes with that chance; `rng` decides.
    pub fn new(chance: Percent, nodes: &[String], rng: Rng) -> Self {
        Self { chance, nodes: nodes.iter().cloned().collect(), rng }
    }

    /// How likely a message is struck.
    pub fn chance(&self) -> Percent {
        self.chance
    }

    /// Whether it strikes this message.
    pub(super) fn strikes(&mut self, message: &Message) -> bool {
        let Message { src, dest, .. } = message;
        src != dest
            && self.nodes.contains(&**src)
            && self.nodes.contains(&**dest)
            && self.chance.comes_up(&mut self.rng)
    }

    /// The source of further random choices about a message that it has struck.
    pub(super) fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }
}

#[cfg(test)]
mod tests;
