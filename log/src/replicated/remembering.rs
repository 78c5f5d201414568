//! Whether others know more of what a member has said than it does itself.

use super::turn::Turn;
use super::{AppendError, ExcludeError, Member, ReplicatedLog};

impl<K: Ord + Clone, V: Clone> Member<K, V> {
    /// Whether this member has lost its memory: the others know messages, promises or other statements
    /// under its rank that it has not made in this life, nor found in what it was
    /// [restored](Self::restore) from. It is so for good, in whatever order they come to know it.
    ///
    /// A lost promise that it has gone beyond since, by a later one, is not noticed.
    ///
    /// Such a member says nothing more: it appends nothing, leaves nobody out, promises nothing in
    /// what it [follows](Self::follow), and counts nothing of its own as acknowledged by others. It goes
    /// on to merge, and may be polled.
    ///
    /// ```
    /// use glomers_crdt::Lattice;
    /// use glomers_log::{AppendError, Member, ReplicatedLog};
    ///
    /// let mut ann = Member::new(0, 2).unwrap();
    /// let (_, sent) = ann.append(&mut ReplicatedLog::default(), &"orders", "rye")?;
    ///
    /// // She is started again without what she had written down, and hears of it from Bob.
    /// let (mut ann, mut log) = (Member::new(0, 2).unwrap(), ReplicatedLog::default());
    /// log.merge(&sent);
    /// assert!(ann.follow(&mut log, &sent).is_bottom());
    /// assert!(ann.has_forgotten());
    /// let refused = ann.append(&mut log, &"orders", "oat").unwrap_err();
    /// assert_eq!(refused, AppendError::Forgotten { known: 1, own: 0 });
    /// # Ok::<(), AppendError>(())
    /// ```
    pub fn has_forgotten(&self) -> bool {
        self.memory.is_lost
    }

    /// Takes what is in `log` under its own rank for its own.
    pub(super) fn remember(&mut self, log: &ReplicatedLog<K, V>) {
        self.memory.own = log.known.last(self.me);
        for (key, topic) in &log.topics {
            if let Some(seat) = topic.seats.get(&self.me) {
                self.pace.entry(key.clone()).or_default().said = seat.turn;
            }
        }
        for (author, seq) in log.holdings.get(&self.me).into_iter().flatten() {
            self.memory.note_held(*author, *seq);
        }
        for (proposal, who, _) in log.exclusions.iter() {
            if who == self.me {
                self.memory.note_confirmed(proposal.clone());
            }
        }
    }

    /// Sees whether there is anything in `novel` that was said under this rank, and not by us.
    pub(super) fn recognise(&mut self, novel: &ReplicatedLog<K, V>) {
        let own = self.memory.own;
        let mut told = self.memory.told.max(novel.known.last(self.me));
        for (key, topic) in &novel.topics {
            if let Some(seat) = topic.seats.get(&self.me) {
                let said = self.pace.get(key).map_or(Turn::default(), |pace| pace.said);
                self.memory.is_lost |= seat.turn > said;
                told = told.max(seat.turn.after);
            }
        }
        for (holder, held) in &novel.holdings {
            told = told.max(held.get(&self.me).copied().unwrap_or(0));
            if *holder == self.me {
                let mut held = held.iter();
                let ours = |author| self.memory.held.get(author).copied().unwrap_or(0);
                self.memory.is_lost |= held.any(|(author, seq)| *seq > ours(author));
            }
        }
        for (proposal, who, _) in novel.exclusions.iter() {
            self.memory.is_lost |= who == self.me && !self.memory.confirmed.contains(proposal);
        }
        self.memory.told = told;
        self.memory.is_lost |= told > own;
    }

    /// Whether this member may say anything that others rely on.
    pub(super) fn check_memory(&mut self, log: &ReplicatedLog<K, V>) -> Result<(), Forgotten> {
        // What was merged without being followed counts as well.
        let known = self.memory.told.max(log.known.last(self.me));
        self.memory.is_lost |= known > self.memory.own;
        if self.memory.is_lost {
            return Err(Forgotten { known, own: self.memory.own });
        }
        Ok(())
    }
}

/// How many messages under a rank are known to others, and how many to who bears it.
pub(super) struct Forgotten {
    known: u64,
    own: u64,
}

impl From<Forgotten> for AppendError {
    fn from(Forgotten { known, own }: Forgotten) -> Self {
        Self::Forgotten { known, own }
    }
}

impl From<Forgotten> for ExcludeError {
    fn from(Forgotten { known, own }: Forgotten) -> Self {
        Self::Forgotten { known, own }
    }
}
