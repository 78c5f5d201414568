use alloc::vec::Vec;

use super::runs::Run;
use super::stable::Stable;
use super::{Causal, CausalContext, CausalError, Report, Store};
use crate::Lattice;

impl<S: Store<R>, R: Ord + Clone> Causal<S, R> {
    /// What was seen here and what of it is live, for the others to compact by. O(n).
    ///
    /// ```
    /// let mut set = glomers_crdt::OrSet::default();
    /// set.insert('a', "oat").unwrap();
    /// assert_eq!(set.report().live(), set.context());
    /// ```
    pub fn report(&self) -> Report<R> {
        Report { seen: self.context.clone(), live: self.live_dots() }
    }

    /// Makes the state smaller without a change of what is read here or anywhere, by what is
    /// *causally stable*: what everyone has seen. `others` are the latest known reports of all
    /// replicas but this one. Replicas may compact or not, at any time, and still converge. Returns
    /// the delta, which goes to the others as any other does; where it is late, what is removed after
    /// it may be read until it comes. O(n).
    ///
    /// It folds the updates that a replica made to one counter or one [`Joined`] value into the
    /// first of them, and forgets removals of a [`RwSet`](crate::RwSet) with which no addition can
    /// be concurrent any more. In the other stores nothing accumulates.
    ///
    /// An [`Observation`](crate::Observation) from before is of what was there then: if it has seen
    /// some of what was folded, and not all, a removal by it resets the fold or nothing of it. Let
    /// clients read anew after a compaction.
    ///
    /// Younes, Almeida, Baquero, [Compact Resettable Counters through Causal
    /// Stability](https://repositorio.inesctec.pt/handle/123456789/4582), PaPoC 2017.
    ///
    /// [`Joined`]: crate::causal::Joined
    ///
    /// # Errors
    ///
    /// [`CausalError::UnseenReport`] if a report tells of events that were not seen here; the state is
    /// as it was. Merge what that replica has, and try again.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, OrCounter};
    ///
    /// let (mut a, mut b) = (OrCounter::default(), OrCounter::default());
    /// for _ in 0..100 {
    ///     a.add('a', 1)?;
    /// }
    /// b.merge(&a);
    /// assert_eq!(a.report().live().iter().next(), Some((&'a', 1..=100)));
    /// a.compact(&[b.report()])?;
    /// assert_eq!(a.report().live().iter().next(), Some((&'a', 1..=1)));
    /// assert_eq!(a.value(), 100);
    /// # Ok::<(), glomers_crdt::CausalError>(())
    /// ```
    pub fn compact<'a>(
        &mut self,
        others: impl IntoIterator<Item = &'a Report<R>>,
    ) -> Result<Self, CausalError>
    where
        R: 'a,
    {
        let stable = Stable::new(self.report(), others).ok_or(CausalError::UnseenReport)?;
        let mut changes = Vec::new();
        let mut context = CausalContext::default();
        for (dot, value) in self.store.compact(&stable) {
            context.add(&dot.replica, Run::one(dot.counter));
            if let Some(value) = value {
                changes.push((dot, value));
            }
        }
        changes.sort_by(|(dot, _), (other, _)| dot.cmp(other));
        let delta = Self::of_live(changes, context);
        self.merge(&delta);
        Ok(delta)
    }

    /// Which dots are live.
    fn live_dots(&self) -> CausalContext<R> {
        let all = self.live.iter();
        let all =
            all.map(|(replica, values)| (replica, values.iter().map(|(counter, _)| *counter)));
        CausalContext::of_counters(all)
    }

    /// Forgets a replica that has left for good: what was seen of it, of which nothing is live. What
    /// is read does not change. `others` are the latest known reports of all replicas but this one
    /// and the one that left. Returns whether it was known. O(n).
    ///
    /// This is done at each replica, and no delta does it: the join with one that has not done it yet
    /// brings the entry back, which is of no harm; and until all have done it, the reports of the
    /// others tell of more than was seen here, so that nothing is compacted. Harm is done by a message that is older than the
    /// reports, if it still comes and holds what was added in that replica's name; and by a new
    /// replica under the old name.
    ///
    /// # Errors
    ///
    /// [`CausalError::UnseenReport`] if a report tells of events that were not seen here;
    /// [`CausalError::Unsettled`] if something of that replica is live anywhere, or if someone has not
    /// seen all of it. The state is as it was.
    ///
    /// ```
    /// use glomers_crdt::{CausalError, Lattice, OrSet};
    ///
    /// let mut a = OrSet::default();
    /// a.insert('x', "oat")?;
    /// assert_eq!(a.retire(&'x', &[]), Err(CausalError::Unsettled));
    /// a.insert('a', "oat")?;                    // in the place of what `x` had added
    /// let b = a.clone();
    /// a.retire(&'x', &[b.report()])?;
    /// assert!(a.context().iter().eq([(&'a', 1..=1)]) && a.contains("oat"));
    /// # Ok::<(), glomers_crdt::CausalError>(())
    /// ```
    pub fn retire<'a>(
        &mut self,
        replica: &R,
        others: impl IntoIterator<Item = &'a Report<R>>,
    ) -> Result<bool, CausalError>
    where
        R: 'a,
    {
        let mut is_settled = self.live.get(replica).is_none();
        for report in others {
            if !self.context.includes(&report.seen) {
                return Err(CausalError::UnseenReport);
            }
            is_settled &= report.seen.of(replica) == self.context.of(replica)
                && report.live.of(replica).is_empty();
        }
        if !is_settled {
            return Err(CausalError::Unsettled);
        }
        Ok(self.context.runs.remove(replica).is_some())
    }
}

impl<R: Ord + Clone> CausalContext<R> {
    /// Of each replica's ascending counters.
    pub(super) fn of_counters<'a, C>(all: impl Iterator<Item = (&'a R, C)>) -> Self
    where
        R: 'a,
        C: Iterator<Item = u64>,
    {
        let mut context = Self::default();
        for (replica, counters) in all {
            let mut run: Option<Run> = None;
            for counter in counters {
                match &mut run {
                    Some(run) if run.last.checked_add(1) == Some(counter) => run.last = counter,
                    _ => {
                        if let Some(run) = run.replace(Run::one(counter)) {
                            context.add(replica, run);
                        }
                    }
                }
            }
            if let Some(run) = run {
                context.add(replica, run);
            }
        }
        context
    }
}
