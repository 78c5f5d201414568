use core::time::Duration;

use glomers_crdt::{Changes, Decompose};

use super::Replica;
use crate::Message;

/// For a program that shows the state: each input that can change it, and what that changes in its
/// [view](Changes::View). Those that are told nothing pay nothing.
///
/// ```
/// use std::time::Duration;
/// use glomers_crdt::changes::{Apply, Changes, SetChange};
/// use glomers_crdt::{OrSet, Lattice};
/// use glomers_gossip::{Config, Link, Replica};
///
/// let (now, flush) = (Duration::from_secs(1), Duration::ZERO);
/// let replica = |epoch, peer| {
///     let mut replica = Replica::<OrSet<&str, char>, &str>::new(now, epoch, Config::default());
///     replica.set_links(now, [Link::new(peer, flush, None)]);
///     replica.open(now);
///     replica
/// };
/// let (mut ann, mut bob) = (replica(1, "bob"), replica(2, "ann"));
/// let mut shown = bob.state().view();
///
/// let (_delta, changes) = ann.try_update_changes(now, |set| set.insert('a', "oat"))?;
/// assert_eq!(changes, [SetChange::Inserted("oat")]);
/// while let Some((_, message)) = ann.poll_transmit() {
///     let (_novel, changes) = bob.receive_changes(now, &"ann", message);
///     changes.into_iter().try_for_each(|change| change.apply(&mut shown))?;
/// }
/// assert_eq!(shown, ["oat"].into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<S: Decompose + Changes, P: Ord + Clone> Replica<S, P> {
    /// Input: as [`receive`](Self::receive); returns what was new in the message, and what that changed
    /// in the view. At a cost in proportion to what is new.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::changes::ValueChange;
    /// use glomers_crdt::GCounter;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GCounter<&str>, &str> = Replica::new(now, 42, Config::default());
    /// # let mut other: Replica<GCounter<&str>, &str> = Replica::new(now, 43, Config::default());
    /// # other.set_links(now, [glomers_gossip::Link::new("me", now, None)]);
    /// # other.try_update(now, |counter| counter.add("peer", 3)).unwrap();
    /// # other.open(now);
    /// # let message = other.poll_transmit().unwrap().1;
    /// let (novel, changes) = replica.receive_changes(now, &"peer", message);
    /// assert_eq!(novel, GCounter::from_iter([("peer", 3)]));
    /// assert_eq!(changes, [ValueChange { from: 0, to: 3 }]);
    /// ```
    pub fn receive_changes(
        &mut self,
        now: Duration,
        from: &P,
        message: Message<S>,
    ) -> (S, Vec<S::Change>) {
        let mut changes = Vec::new();
        let novel = self.take_in(now, from, message, |state, novel| {
            state.merge_each(novel, &mut |change| changes.push(change));
        });
        (novel, changes)
    }

    /// Input: as [`merge`](Self::merge); returns what was new, and what that changed in the view. At a cost
    /// in proportion to what is new.
    ///
    /// For one's own changes, too, of states that can say what a change would be without making it, as
    /// [`Causal::prepare`](glomers_crdt::Causal::prepare) does.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::changes::SetChange;
    /// use glomers_crdt::OrSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<OrSet<u8, char>, u32> = Replica::new(now, 42, Config::default());
    /// let delta = replica.state().prepare('a', |set| set.insert(7))?;
    /// assert_eq!(replica.merge_changes(now, &delta), (delta, vec![SetChange::Inserted(7)]));
    /// # Ok::<(), glomers_crdt::CausalError>(())
    /// ```
    pub fn merge_changes(&mut self, now: Duration, delta: &S) -> (S, Vec<S::Change>) {
        let novel = delta.difference(&self.state);
        let changes = self.state.merge_changes(&novel);
        self.announce(now, &novel);
        (novel, changes)
    }

    /// Input: as [`update`](Self::update); returns the delta, and what that changed in the view. It costs a
    /// clone of the state and the first change after that, as [`Changes::update_changes`] explains; where that is too much, have the delta prepared, and
    /// [`merge_changes`](Self::merge_changes) it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::changes::SetChange;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GSet<u8>, u32> = Replica::new(now, 42, Config::default());
    /// let (_delta, changes) = replica.update_changes(now, |set| set.insert(7));
    /// assert_eq!(changes, [SetChange::Inserted(7)]);
    /// ```
    pub fn update_changes(
        &mut self,
        now: Duration,
        mutate: impl FnOnce(&mut S) -> S,
    ) -> (S, Vec<S::Change>) {
        let (delta, changes) = self.state.update_changes(mutate);
        self.announce(now, &delta);
        (delta, changes)
    }

    /// Input: as [`update_changes`](Self::update_changes), for a mutator that may refuse.
    ///
    /// # Errors
    ///
    /// What `mutate` returns; nothing has changed then.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::changes::ValueChange;
    /// use glomers_crdt::GCounter;
    /// use glomers_gossip::{Config, Replica};
    ///
    /// let now = Duration::ZERO;
    /// let mut replica: Replica<GCounter<&str>, u32> = Replica::new(now, 42, Config::default());
    /// let (_delta, changes) = replica.try_update_changes(now, |counter| counter.add("me", 2))?;
    /// assert_eq!(changes, [ValueChange { from: 0, to: 2 }]);
    /// # Ok::<(), glomers_crdt::CounterOverflow>(())
    /// ```
    pub fn try_update_changes<E>(
        &mut self,
        now: Duration,
        mutate: impl FnOnce(&mut S) -> Result<S, E>,
    ) -> Result<(S, Vec<S::Change>), E> {
        let (delta, changes) = self.state.try_update_changes(mutate)?;
        self.announce(now, &delta);
        Ok((delta, changes))
    }
}
