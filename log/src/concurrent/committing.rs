//! What of [`OffsetLog`] is for commits.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use super::commits::Commits;
use crate::{Group, OffsetLog};

impl<K: Hash + Eq, V, S: BuildHasher + Clone> OffsetLog<K, V, S> {
    /// The group of this name, which begins with its first commit; the one without a name is that
    /// of [`commit`](Self::commit). O(1) in the number of groups.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// log.group("billing").commit("k", 5);
    /// assert_eq!(log.group("billing").committed("k"), Some(5));
    /// assert_eq!(log.committed("k"), None, "another group");
    /// assert!(log.group("").commit("k", 3));
    /// assert_eq!(log.committed("k"), Some(3));
    /// ```
    pub fn group(&self, name: &str) -> Group<K, V, S, &Self> {
        Group::new(self, self.commits_of(name))
    }

    /// [`group`](Self::group), but one that keeps the log alive: for a thread or a task that
    /// outlives the one that starts it, or a struct that holds a consumer. O(1) in the number of groups.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use glomers_log::{Group, OffsetLog};
    ///
    /// struct Billing {
    ///     orders: Group<String, u8>,
    /// }
    ///
    /// let log = Arc::new(OffsetLog::new());
    /// let billing = Billing { orders: log.group_owned("billing") };
    /// log.append("k", 7);
    /// drop(log);
    /// assert_eq!(billing.orders.lag("k"), 1);
    /// ```
    pub fn group_owned(self: &Arc<Self>, name: &str) -> Group<K, V, S> {
        Group::new(Arc::clone(self), self.commits_of(name))
    }

    fn commits_of(&self, name: &str) -> Arc<Commits<K, S>> {
        if name.is_empty() {
            Arc::clone(&self.commits)
        } else if let Some(commits) = self.groups.get(name) {
            Arc::clone(&commits)
        } else {
            let begin = || Arc::new(Commits::new(self.groups.hasher().clone()));
            Arc::clone(&self.groups.entry(name.to_owned()).or_insert_with(begin))
        }
    }

    /// The names of the groups that have committed anything, sorted; not the one without a name.
    /// O(n log n) in the number of groups.
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// log.group("billing").commit("k", 5);
    /// assert_eq!(log.group("shipping").committed("k"), None);
    /// assert_eq!(log.groups(), ["billing"]);
    /// ```
    pub fn groups(&self) -> Vec<String> {
        let begun = self.groups.iter().filter(|group| group.len() > 0);
        let mut names: Vec<String> = begun.map(|group| group.key().clone()).collect();
        names.sort_unstable();
        names
    }

    /// Records that the messages of `key` are processed up to and including `offset`; returns
    /// whether that is further than before. [`Group::commit`] of the group without a name, for
    /// those who need but one. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// assert!(log.commit("k", 0));
    /// assert!(log.commit("k", 5));
    /// assert!(!log.commit("k", 5), "that far already");
    /// assert!(!log.commit("k", 3), "never back");
    /// assert_eq!(log.committed("k"), Some(5));
    /// ```
    pub fn commit<Q>(&self, key: &Q, offset: u64) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.commits.raise(key, offset)
    }

    /// The highest offset that was committed for `key`, if any. [`Group::committed`] of the group
    /// without a name. O(1).
    ///
    /// ```
    /// let log = glomers_log::OffsetLog::<String, u8>::new();
    /// log.append("k", 1);
    /// assert_eq!(log.committed("k"), None);
    /// log.commit("k", 0);
    /// assert_eq!(log.committed("k"), Some(0));
    /// ```
    pub fn committed<Q>(&self, key: &Q) -> Option<u64>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.commits.get(key)
    }
}
