//! How much a member keeps of a key.

use super::{Member, ReplicatedLog};

impl<K: Ord + Clone, V: Clone> Member<K, V> {
    /// Drops what is more than is to be kept, once that is an eighth of it.
    pub(super) fn retain(&mut self, log: &mut ReplicatedLog<K, V>, key: &K) -> ReplicatedLog<K, V> {
        let is_unlimited =
            self.retention.message_limit() == u64::MAX && self.retention.byte_limit() == u64::MAX;
        let Some(topic) = log.topics.get(key).filter(|_| !is_unlimited) else {
            return ReplicatedLog::default();
        };
        let (len, pace) = (topic.entries.len() as u64, self.pace.get(key));
        if pace.is_none_or(|pace| pace.unretained <= len / 8) {
            return ReplicatedLog::default();
        }
        let kept = self.retention.kept(topic.entries.values().rev().map(|entry| &entry.value));
        // What is not visible yet must not be dropped.
        let excess = usize::try_from(len - kept).unwrap_or(usize::MAX);
        let oldest = topic.entries.keys().nth(excess).copied().unwrap_or(u64::MAX);
        let start = oldest.min(self.frontier(log, key));
        let delta = log.truncate(key, start);
        if let Some(pace) = self.pace.get_mut(key) {
            pace.unretained = (log.len(key) as u64).saturating_sub(kept);
        }
        delta
    }
}
