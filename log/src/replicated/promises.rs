//! What a member promises for a key, and whom it lends its offsets.

use std::collections::BTreeMap;

use super::topic::Topic;
use super::turn::Turn;
use super::{Member, Rank, ReplicatedLog};

impl<K: Ord + Clone, V: Clone> Member<K, V> {
    /// What to promise, now that `news` of `key` have come.
    pub(super) fn next_turn(
        &mut self,
        log: &ReplicatedLog<K, V>,
        key: &K,
        news: &Topic<V>,
    ) -> Option<Turn> {
        let mut writers: BTreeMap<Rank, u64> = BTreeMap::new();
        for (_, entry) in &news.entries {
            *writers.entry(entry.author).or_default() += 1;
        }
        let count: u64 = writers.values().sum();
        let pace = self.pace.entry(key.clone()).or_default();
        pace.quiet = pace.quiet.saturating_add(count);
        pace.unretained = pace.unretained.saturating_add(count);

        let topic = log.topics.get(key)?;
        let (turn, needed) = (topic.turn(self.me), topic.end());
        let ahead = (count * 4).min(pace.quiet / 2);
        if turn.clock >= needed.saturating_add(ahead / 2) {
            return None;
        }
        let after = log.known.contiguous(self.me);
        let clock = needed.saturating_add(ahead);
        // Those who write most are lent to by turns.
        let most = writers.values().max().copied().unwrap_or(0);
        let busy: Vec<Rank> = writers
            .iter()
            .filter(|(rank, count)| **count * 2 >= most && **rank != self.me)
            .map(|(rank, _)| *rank)
            .collect();
        let favoured = busy.get(self.me as usize % busy.len().max(1));
        let loan_to = favoured.filter(|_| ahead > 0);
        Some(match loan_to {
            Some(to) => turn.lending(clock, after, *to),
            None => Turn { clock, after, loan: None },
        })
    }
}
