use glomers_crdt::Lattice;

use super::exclusions::Fences;
use super::topic::Topic;
use super::{Rank, ReplicatedLog};

impl<K: Ord + Clone, V: Clone> Lattice for ReplicatedLog<K, V> {
    /// O(d log n) for a delta of d messages.
    fn merge(&mut self, other: &Self) -> bool {
        let mut changed = self.merge_exclusions(other);
        let fences = self.exclusions.decided();
        for (key, theirs) in &other.topics {
            let mine = self.topics.entry(key.clone()).or_default();
            changed |= mine.merge(theirs, &self.known, &fences);
            if mine.is_empty() {
                self.topics.remove(key);
            }
        }
        for (group, theirs) in &other.committed {
            changed |= self.committed.entry(group.clone()).or_default().merge(theirs);
        }
        for (holder, theirs) in &other.holdings {
            changed |= self.holdings.entry(*holder).or_default().merge(theirs);
        }
        changed |= self.known.union(&other.known);
        changed
    }

    /// For k keys and d messages that one of both has and the other has not, O(k + d log n) for forks,
    /// and O(n) for logs that share nothing, as one that was decoded.
    fn difference(&self, seen: &Self) -> Self {
        let topics = self
            .topics
            .iter()
            .map(|(key, topic)| (key.clone(), topic.difference(seen.topics.get(key), &seen.known)));
        let committed = self.committed.iter().map(|(group, committed)| {
            let rest = match seen.committed.get(group) {
                Some(seen) => committed.difference(seen),
                None => committed.clone(),
            };
            (group.clone(), rest)
        });
        let holdings = self.holdings.iter().map(|(holder, held)| {
            let rest = match seen.holdings.get(holder) {
                Some(seen) => held.difference(seen),
                None => held.clone(),
            };
            (*holder, rest)
        });
        Self {
            topics: topics.filter(|(_, topic)| !topic.is_empty()).collect(),
            known: self.known.difference(&seen.known),
            committed: committed.filter(|(_, rest)| !rest.is_bottom()).collect(),
            holdings: holdings.filter(|(_, rest)| !rest.is_bottom()).collect(),
            exclusions: self.exclusions.difference(&seen.exclusions),
        }
    }

    fn is_bottom(&self) -> bool {
        self.topics.is_empty()
            && self.known.is_empty()
            && self.committed.is_empty()
            && self.holdings.is_empty()
            && self.exclusions.is_empty()
    }
}

impl<K: Ord + Clone, V: Clone> ReplicatedLog<K, V> {
    fn merge_exclusions(&mut self, other: &Self) -> bool {
        if other.exclusions.is_empty() {
            return false;
        }
        let (proposed, decided) = (self.exclusions.proposed(), self.exclusions.decided());
        let changed = self.exclusions.merge(&other.exclusions);
        for rank in self.exclusions.proposed().difference(&proposed) {
            self.freeze(*rank);
        }
        let fences = self.exclusions.decided();
        if fences != decided {
            self.void(&fences);
        }
        changed
    }

    /// What holds of `rank`'s promises by now is all that counts.
    fn freeze(&mut self, rank: Rank) {
        let known = self.known.contiguous(rank);
        self.for_each_topic(|topic| {
            if let Some(seat) = topic.seats.get_mut(&rank) {
                seat.freeze(known);
            }
        });
    }

    /// Drops what those who are out have appended beyond their fences.
    fn void(&mut self, fences: &Fences) {
        self.for_each_topic(|topic| topic.void(fences));
    }

    fn for_each_topic(&mut self, mut change: impl FnMut(&mut Topic<V>)) {
        let keys: Vec<K> = self.topics.keys().cloned().collect();
        for key in keys {
            if let Some(topic) = self.topics.get_mut(&key) {
                change(topic);
                if topic.is_empty() {
                    self.topics.remove(&key);
                }
            }
        }
    }
}
