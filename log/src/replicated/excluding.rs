//! How members agree that others are gone.

use std::collections::BTreeSet;

use glomers_crdt::Lattice;

use super::exclusions::{Fences, Proposal};
use super::{ExcludeError, Member, Rank, ReplicatedLog};

impl<K: Ord + Clone, V: Clone> Member<K, V> {
    /// Leaves the members `gone` out, for good; returns the delta.
    ///
    /// It is so once all who stay have heard of it and confirmed it, which they do as they
    /// [`follow`](Self::follow); until then the frontier stands still. Members that are gone
    /// together must be left out together, and by one of those who stay: two who leave each other
    /// out part for ever. A member that has [lost its memory](Self::has_forgotten) confirms nothing, so it
    /// counts among those that are gone.
    ///
    /// ```
    /// use glomers_log::{ExcludeError, Member, ReplicatedLog};
    ///
    /// let mut member = Member::new(0, 2).unwrap();
    /// let mut log = ReplicatedLog::default();
    /// member.append(&mut log, &"orders", "rye").unwrap();
    /// assert_eq!(member.frontier(&log, &"orders"), 0, "the other one does not answer");
    /// let _delta = member.exclude(&mut log, [1])?;
    /// assert_eq!(member.frontier(&log, &"orders"), 1);
    /// # Ok::<(), ExcludeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an earlier exclusion is still under way, or `gone` names this member, one that is out
    /// already, none at all, or one that does not exist; or if this member has lost its memory. Nothing
    /// has changed then.
    pub fn exclude(
        &mut self,
        log: &mut ReplicatedLog<K, V>,
        gone: impl IntoIterator<Item = Rank>,
    ) -> Result<ReplicatedLog<K, V>, ExcludeError> {
        let gone: BTreeSet<Rank> = gone.into_iter().collect();
        let out = log.exclusions.decided();
        if let Some(unknown) = gone.iter().find(|rank| **rank >= self.size) {
            return Err(ExcludeError::Unknown(*unknown));
        }
        if let Some(rank) = gone.iter().find(|rank| out.contains_key(rank)) {
            return Err(ExcludeError::Already(*rank));
        }
        if gone.contains(&self.me) || out.contains_key(&self.me) {
            return Err(ExcludeError::Oneself);
        }
        if gone.is_empty() {
            return Err(ExcludeError::Nobody);
        }
        if log.exclusions.open().next().is_some() {
            return Err(ExcludeError::UnderWay);
        }
        self.check_memory(log)?;
        let stays = |rank: &Rank| !gone.contains(rank) && !out.contains_key(rank);
        let stay = (0..self.size).filter(stays).collect();
        let generation = log.exclusions.generation();
        let delta = self.confirmation(log, Proposal { generation, gone, stay });
        log.merge(&delta);
        Ok(delta)
    }

    /// Agrees to the first exclusion of its generation that was heard of.
    pub(super) fn confirm(&mut self, log: &ReplicatedLog<K, V>) -> ReplicatedLog<K, V> {
        let has_confirmed = log.exclusions.open().any(|(_, by)| by.contains_key(&self.me));
        let mut open = log.exclusions.open().map(|(proposal, _)| proposal);
        match open.find(|proposal| proposal.stay.contains(&self.me)) {
            Some(proposal) if !has_confirmed => self.confirmation(log, proposal.clone()),
            _ => ReplicatedLog::default(),
        }
    }

    fn confirmation(
        &mut self,
        log: &ReplicatedLog<K, V>,
        proposal: Proposal,
    ) -> ReplicatedLog<K, V> {
        self.memory.note_confirmed(proposal.clone());
        let fence = |rank: &Rank| (*rank, log.known.contiguous(*rank));
        let fences: Fences = proposal.gone.iter().map(fence).collect();
        let mut delta = ReplicatedLog::default();
        delta.exclusions.confirm(proposal, self.me, fences);
        delta
    }
}
