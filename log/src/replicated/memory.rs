use std::collections::{BTreeMap, BTreeSet};

use super::Rank;
use super::exclusions::Proposal;

/// All that a member has said in this life, or found in what it was restored from; but for what it has
/// promised, which lies with the keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The number of its last message.
    pub(super) own: u64,
    /// The greatest number of a message under its rank that others have spoken of.
    pub(super) told: u64,
    /// How many messages of each author it has told to hold.
    pub(super) held: BTreeMap<Rank, u64>,
    /// The exclusions that it has confirmed.
    pub(super) confirmed: BTreeSet<Proposal>,
    /// Whether something under its rank was met that is not among all this.
    pub(super) is_lost: bool,
}

impl Memory {
    pub(super) fn note_append(&mut self, seq: u64) {
        self.own = seq;
    }

    pub(super) fn note_held(&mut self, author: Rank, seq: u64) {
        let held = self.held.entry(author).or_default();
        *held = seq.max(*held);
    }

    pub(super) fn note_confirmed(&mut self, proposal: Proposal) {
        self.confirmed.insert(proposal);
    }
}
