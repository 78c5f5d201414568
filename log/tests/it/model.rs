//! The log against a model that is too simple to be wrong: vectors, where they start, and maxima of
//! commits.

use std::collections::BTreeMap;

use glomers_log::{OffsetLog, OutOfRange, Reset, Retention, Snapshot};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Operation {
    /// Many at once, so that logs grow past several segments.
    Append {
        key: u8,
        count: usize,
    },
    Poll {
        key: u8,
        from: u64,
        limit: usize,
        reset: Reset,
    },
    Snapshot {
        key: u8,
    },
    Truncate {
        key: u8,
        before: u64,
    },
    GroupPoll {
        group: &'static str,
        key: u8,
        limit: usize,
        reset: Reset,
    },
    Commit {
        group: &'static str,
        key: u8,
        offset: u64,
    },
}

/// What a message weighs.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as a weigher is called")]
fn weight(message: &u32) -> usize {
    1 + *message as usize % 5
}

/// Limits to the number of messages and to their weight.
type Limits = (Option<u64>, Option<u64>);

fn retentions() -> impl Strategy<Value = Limits> {
    let messages = prop_oneof![Just(None), (0..3_u64).prop_map(Some), (0..900_u64).prop_map(Some)];
    let weight = prop_oneof![Just(None), (0..20_u64).prop_map(Some), (0..2500_u64).prop_map(Some)];
    (messages, weight)
}

fn retention((messages, bytes): Limits) -> Retention<u32> {
    let mut retention = Retention::forever();
    if let Some(messages) = messages {
        retention = retention.messages(messages);
    }
    if let Some(bytes) = bytes {
        retention = retention.bytes(bytes, weight);
    }
    retention
}

/// A key's log: all messages that there ever were, and the offset of the first that is kept.
#[derive(Default)]
struct Model {
    messages: Vec<u32>,
    start: usize,
}

impl Model {
    fn append(&mut self, message: u32, (messages, bytes): Limits) {
        self.messages.push(message);
        loop {
            let kept = &self.messages[self.start..];
            let weight: usize = kept.iter().map(weight).sum();
            let over = |limit: Option<u64>, is: usize| limit.is_some_and(|limit| is as u64 > limit);
            if kept.len() == 1 || !over(messages, kept.len()) && !over(bytes, weight) {
                break;
            }
            self.start += 1;
        }
    }

    fn truncate(&mut self, before: u64) {
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        self.start = self.start.max(before.min(self.messages.len()));
    }

    fn bounds(&self) -> (u64, u64) {
        (self.start as u64, self.messages.len() as u64)
    }

    /// Where a poll begins, and what it returns.
    fn poll(
        &self,
        from: u64,
        limit: usize,
        reset: Reset,
    ) -> Result<(u64, Vec<(u64, u32)>), OutOfRange> {
        let (start, end) = self.bounds();
        let from = match reset {
            _ if from >= start && from <= end => from,
            Reset::Error => return Err(OutOfRange::new(from, start, end)),
            Reset::Earliest => start,
            Reset::Latest => end,
            other => unreachable!("{other:?} is new"),
        };
        Ok((from, expected(&self.messages, from, limit)))
    }
}

/// Offsets near the messages, near the end of the numbers, and anywhere.
fn offsets() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..3000_u64, 1 => u64::MAX - 2..=u64::MAX, 1 => any::<u64>()]
}

fn limits() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..3000_usize, 1 => usize::MAX - 2..=usize::MAX, 1 => any::<usize>()]
}

fn resets() -> impl Strategy<Value = Reset> {
    prop_oneof![Just(Reset::Error), Just(Reset::Earliest), Just(Reset::Latest)]
}

const GROUPS: [&str; 3] = ["", "billing", "shipping"];

fn operations() -> impl Strategy<Value = Operation> {
    let key = || 0..3_u8;
    prop_oneof![
        (key(), prop_oneof![1..20_usize, 1..700_usize])
            .prop_map(|(key, count)| Operation::Append { key, count }),
        (key(), offsets(), limits(), resets())
            .prop_map(|(key, from, limit, reset)| Operation::Poll { key, from, limit, reset }),
        key().prop_map(|key| Operation::Snapshot { key }),
        (key(), offsets()).prop_map(|(key, before)| Operation::Truncate { key, before }),
        (0..3_usize, key(), offsets()).prop_map(|(group, key, offset)| {
            Operation::Commit { group: GROUPS[group], key, offset }
        }),
        (0..3_usize, key(), limits(), resets()).prop_map(|(group, key, limit, reset)| {
            Operation::GroupPoll { group: GROUPS[group], key, limit, reset }
        }),
    ]
}

/// The messages with their offsets, whose offset is `from` or more, at most `limit`.
fn expected(messages: &[u32], from: u64, limit: usize) -> Vec<(u64, u32)> {
    (0..).zip(messages.iter().copied()).filter(|(offset, _)| *offset >= from).take(limit).collect()
}

fn actual<'a>(messages: impl Iterator<Item = (u64, &'a u32)>) -> Vec<(u64, u32)> {
    messages.map(|(offset, message)| (offset, *message)).collect()
}

/// Checks every way to read a snapshot against what it should hold.
fn check(
    snapshot: &Snapshot<u32>,
    first: u64,
    expected: &[(u64, u32)],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(actual(snapshot.iter()), expected);
    let mut backwards = actual(snapshot.iter().rev());
    backwards.reverse();
    prop_assert_eq!(backwards, expected);
    prop_assert_eq!(snapshot.len(), expected.len());
    prop_assert_eq!(snapshot.iter().len(), expected.len());
    prop_assert_eq!(snapshot.is_empty(), expected.is_empty());
    prop_assert_eq!(snapshot.first_offset(), first);
    prop_assert_eq!(snapshot.next_offset(), expected.last().map_or(first, |(last, _)| last + 1));
    for offset in [0, first.wrapping_sub(1), first, snapshot.next_offset(), u64::MAX] {
        let there = expected.iter().find(|(at, _)| *at == offset).map(|(_, message)| message);
        prop_assert_eq!(snapshot.get(offset), there);
        let rest: Vec<_> = expected.iter().copied().filter(|(at, _)| *at >= offset).collect();
        prop_assert_eq!(actual(snapshot.iter_from(offset)), rest);
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_log_does_what_the_model_does(
        limits in retentions(),
        operations in vec(operations(), 1..60),
    ) {
        let log = OffsetLog::<String, u32>::with_retention(retention(limits));
        let mut models = BTreeMap::<String, Model>::new();
        let mut commits = BTreeMap::<(&str, String), u64>::new();
        let mut taken = Vec::new();
        let mut message = 0;
        for operation in operations {
            match operation {
                Operation::Append { key, count } => {
                    let model = models.entry(key.to_string()).or_default();
                    for _ in 0..count {
                        let offset = log.append(key.to_string().as_str(), message);
                        prop_assert_eq!(offset, model.messages.len() as u64);
                        model.append(message, limits);
                        message += 1;
                    }
                }
                Operation::Poll { key, from, limit, reset } => {
                    let key = key.to_string();
                    let model = models.entry(key.clone()).or_default();
                    match (log.poll_or(&key, from, limit, reset), model.poll(from, limit, reset)) {
                        (Ok(snapshot), Ok((first, expected))) => {
                            check(&snapshot, first, &expected)?;
                            taken.push((snapshot, first, expected));
                        }
                        (actual, expected) => prop_assert_eq!(actual.err(), expected.err()),
                    }
                }
                Operation::GroupPoll { group, key, limit, reset } => {
                    let key = key.to_string();
                    let model = models.entry(key.clone()).or_default();
                    let place = (group, key.clone());
                    let committed = commits.get(&place).copied();
                    let position = committed.map_or(0, |last| last.saturating_add(1));
                    let polled = log.group(group).poll(&key, limit, reset);
                    match (polled, model.poll(position, limit, reset)) {
                        (Ok(snapshot), Ok((first, expected))) => {
                            check(&snapshot, first, &expected)?;
                            if position > model.bounds().1 {
                                commits.remove(&place);
                                commits.extend(first.checked_sub(1).map(|last| (place, last)));
                            }
                        }
                        (actual, expected) => prop_assert_eq!(actual.err(), expected.err()),
                    }
                }
                Operation::Snapshot { key } => {
                    let key = key.to_string();
                    let model = models.entry(key.clone()).or_default();
                    let expected = expected(&model.messages, model.bounds().0, usize::MAX);
                    let snapshot = log.snapshot(&key);
                    check(&snapshot, model.bounds().0, &expected)?;
                    taken.push((snapshot, model.bounds().0, expected));
                }
                Operation::Truncate { key, before } => {
                    let key = key.to_string();
                    let model = models.entry(key.clone()).or_default();
                    model.truncate(before);
                    prop_assert_eq!(log.truncate(&key, before), model.bounds().0);
                }
                Operation::Commit { group, key, offset } => {
                    let key = key.to_string();
                    let before = commits.get(&(group, key.clone())).copied();
                    prop_assert_eq!(log.group(group).commit(&key, offset), before < Some(offset));
                    commits.insert((group, key), before.map_or(offset, |before| before.max(offset)));
                }
            }
            for key in ["0", "1", "2"] {
                let (start, end) = models.get(key).map_or((0, 0), Model::bounds);
                prop_assert_eq!(log.offsets(key), start..end);
                for group in GROUPS {
                    let committed = commits.get(&(group, key.to_owned())).copied();
                    let group = log.group(group);
                    prop_assert_eq!(group.committed(key), committed);
                    let unseen = (start..end).filter(|offset| Some(*offset) > committed);
                    prop_assert_eq!(group.lag(key), unseen.count() as u64);
                }
            }
        }
        models.retain(|_, model| !model.messages.is_empty());
        prop_assert_eq!(log.keys(), models.keys().cloned().collect::<Vec<_>>());
        drop(log);
        for (snapshot, first, expected) in &taken {
            check(snapshot, *first, expected)?;
        }
    }

    #[test]
    fn what_is_kept_is_what_the_log_keeps(limits in retentions(), count in 0..300_u32) {
        let log = OffsetLog::<u8, u32>::with_retention(retention(limits));
        let messages: Vec<u32> = (0..count).collect();
        for message in &messages {
            log.append(&0, *message);
        }
        let kept = retention(limits).kept(messages.iter().rev());
        prop_assert_eq!(log.snapshot(&0).len() as u64, kept);
    }

    #[test]
    fn a_slice_of_a_poll_is_the_poll_of_both(
        count in 0..3000_u32,
        (from, limit) in (offsets(), limits()),
        (within, fewer) in (offsets(), limits()),
    ) {
        let log = OffsetLog::<String, u32>::new();
        for message in 0..count {
            log.append("k", message);
        }
        let slice = log.poll("k", from, limit).unwrap().slice(within, fewer);
        let all: Vec<u32> = (0..count).collect();
        let mut both = expected(&all, from, limit);
        both.retain(|(offset, _)| *offset >= within);
        both.truncate(fewer);
        check(&slice, from.max(within), &both)?;
    }
}
