use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::changes::{Apply, Changes, Misfit};
use glomers_crdt::{Lattice, MaxMap};

use super::topic::Topic;
use super::{Entry, Rank, ReplicatedLog};

/// What a [`ReplicatedLog`] shows: what is here, be it visible to polls yet or not.
///
/// ```
/// use glomers_crdt::Changes;
/// use glomers_log::{Member, ReplicatedLog};
///
/// let mut member = Member::new(0, 1).unwrap();
/// let mut log = ReplicatedLog::default();
/// member.append(&mut log, &"orders", "rye")?;
/// assert_eq!(log.view().messages[&("orders", 0)], "rye");
/// # Ok::<(), glomers_log::AppendError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LogView<K, V> {
    /// The messages by key and offset.
    pub messages: BTreeMap<(K, u64), V>,
    /// By key, the offset below which messages have been dropped, if any have.
    pub starts: BTreeMap<K, u64>,
    /// By group and key, the offset up to which it has committed, inclusively.
    pub committed: BTreeMap<(String, K), u64>,
    /// Those who have been left out for good.
    pub excluded: BTreeSet<Rank>,
}

/// What changed in a [`ReplicatedLog`].
///
/// A message that has come may not be visible to polls yet, and may become so by any later merge: what
/// is visible of a key is asked of the [`Member`](super::Member), by
/// [`frontier`](super::Member::frontier) and [`poll`](super::Member::poll) from where the last one ended.
///
/// ```
/// use glomers_crdt::Changes;
/// use glomers_log::{LogChange, Member, ReplicatedLog};
///
/// let (mut ann, mut there) = (Member::new(0, 2).unwrap(), ReplicatedLog::default());
/// let mut here = ReplicatedLog::default();
/// let (rye, sent) = ann.append(&mut there, &"orders", "rye")?;
/// let changes = here.merge_changes(&sent);
/// let rye = LogChange::Appended { key: "orders", offset: rye.offset, value: "rye" };
/// assert_eq!(changes, [rye]);
/// let changes = here.merge_changes(&there.commit("billing", "orders", 0));
/// let committed =
///     LogChange::Committed { group: "billing".to_owned(), key: "orders", from: None, to: 0 };
/// assert_eq!(changes, [committed]);
/// # Ok::<(), glomers_log::AppendError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogChange<K, V> {
    /// A message came.
    Appended {
        /// Whose log it is in.
        key: K,
        /// Its place there.
        offset: u64,
        /// What it says.
        value: V,
    },
    /// All messages of a key below an offset went: they are not to be kept any more.
    Truncated {
        /// Whose messages.
        key: K,
        /// The lowest offset that there may be a message at.
        start: u64,
    },
    /// A message went that does not count: its author was left out before others had it, or had given
    /// its offset out twice.
    Voided {
        /// Whose log it was in.
        key: K,
        /// Its place there.
        offset: u64,
    },
    /// Consumers have processed the messages of a key up to an offset, inclusively.
    Committed {
        /// Of which group.
        group: String,
        /// Whose messages.
        key: K,
        /// What was committed before, if anything was.
        from: Option<u64>,
        /// What is now.
        to: u64,
    },
    /// A member was left out for good.
    Excluded(Rank),
}

impl<K: Ord + Clone, V> Apply<LogView<K, V>> for LogChange<K, V> {
    fn apply(self, view: &mut LogView<K, V>) -> Result<(), Misfit> {
        let fits = match self {
            Self::Appended { key, offset, .. }
                if view.messages.contains_key(&(key.clone(), offset)) =>
            {
                false
            }
            Self::Appended { key, offset, value } => {
                view.messages.insert((key, offset), value).is_none()
            }
            Self::Truncated { key, start } if view.starts.get(&key) >= Some(&start) => false,
            Self::Truncated { key, start } => {
                let below = view.messages.range((key.clone(), 0)..(key.clone(), start));
                for place in below.map(|(place, _)| place.clone()).collect::<Vec<_>>() {
                    view.messages.remove(&place);
                }
                view.starts.insert(key, start) < Some(start)
            }
            Self::Voided { key, offset } => view.messages.remove(&(key, offset)).is_some(),
            Self::Committed { group, key, from, to } => {
                let place = (group, key);
                let fits = view.committed.get(&place).copied() == from;
                if fits {
                    view.committed.insert(place, to);
                }
                fits
            }
            Self::Excluded(rank) => view.excluded.insert(rank),
        };
        if fits { Ok(()) } else { Err(Misfit) }
    }
}

/// Tells of d messages in O(d log n), and O(n) when members are left out, as the merge itself does.
impl<K: Ord + Clone, V: Clone + PartialEq> Changes for ReplicatedLog<K, V> {
    type View = LogView<K, V>;
    type Change = LogChange<K, V>;

    fn view(&self) -> LogView<K, V> {
        let messages = self.topics.iter().flat_map(|(key, topic)| {
            let entries = topic.entries.iter();
            entries.map(|(offset, entry)| ((key.clone(), *offset), entry.value.clone()))
        });
        let starts = self.topics.iter().map(|(key, topic)| (key.clone(), topic.start));
        let committed = self.committed.iter().flat_map(|(group, offsets)| {
            offsets.iter().map(|(key, offset)| ((group.clone(), key.clone()), *offset))
        });
        LogView {
            messages: messages.collect(),
            starts: starts.filter(|(_, start)| *start > 0).collect(),
            committed: committed.collect(),
            excluded: self.excluded().collect(),
        }
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(LogChange<K, V>)) -> bool {
        // Shares all.
        let topics = self.topics.clone();
        let out = self.exclusions.decided();
        for (group, theirs) in &other.committed {
            self.tell_of_commits(group, theirs, each);
        }
        let changed = self.merge(other);
        let fences = self.exclusions.decided();
        let has_voided = fences != out;
        let none = Topic::default();
        let mut tell = |key: &K, before: &Topic<V>| {
            let voided = before.entries.iter().filter(|(_, entry)| entry.is_beyond(&fences));
            let voided = voided.take(if has_voided { usize::MAX } else { 0 });
            let came = other.topics.get(key).unwrap_or(&none).entries.iter();
            let offsets: BTreeSet<u64> = came.chain(voided).map(|(offset, _)| *offset).collect();
            let after = self.topics.get(key).unwrap_or(&none);
            tell_of_topic(key, (before, after), offsets, each);
        };
        if has_voided {
            topics.iter().for_each(|(key, before)| tell(key, before));
            let new = other.topics.keys().filter(|key| !topics.contains_key(*key));
            new.for_each(|key| tell(key, &none));
        } else {
            let touched = other.topics.keys();
            touched.for_each(|key| tell(key, topics.get(key).unwrap_or(&none)));
        }
        let new = fences.into_keys().filter(|rank| !out.contains_key(rank));
        new.for_each(|rank| each(LogChange::Excluded(rank)));
        changed
    }
}

impl<K: Ord + Clone, V> ReplicatedLog<K, V> {
    fn tell_of_commits(
        &self,
        group: &str,
        theirs: &MaxMap<K, u64>,
        each: &mut dyn FnMut(LogChange<K, V>),
    ) {
        for (key, to) in theirs {
            let from = self.committed(group, key);
            if from < Some(*to) {
                let (group, key) = (group.to_owned(), key.clone());
                each(LogChange::Committed { group, key, from, to: *to });
            }
        }
    }
}

/// Shows `each` change of one key's log, in which no messages can have changed but those at some offsets
/// and those that are dropped from its beginning.
fn tell_of_topic<K: Clone, V: Clone>(
    key: &K,
    (before, after): (&Topic<V>, &Topic<V>),
    offsets: BTreeSet<u64>,
    each: &mut dyn FnMut(LogChange<K, V>),
) {
    if after.start > before.start {
        each(LogChange::Truncated { key: key.clone(), start: after.start });
    }
    let name = |entry: &Entry<V>| (entry.author, entry.seq);
    for offset in offsets.into_iter().filter(|offset| *offset >= after.start) {
        let (old, new) = (before.entries.get(&offset), after.entries.get(&offset));
        if old.map(name) == new.map(name) {
            continue;
        }
        if old.is_some() {
            each(LogChange::Voided { key: key.clone(), offset });
        }
        if let Some(entry) = new {
            each(LogChange::Appended { key: key.clone(), offset, value: entry.value.clone() });
        }
    }
}
