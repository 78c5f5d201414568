//! The log against a model that is too simple to be wrong: vectors, and maxima of commits.

use std::collections::BTreeMap;

use glomers_log::{OffsetLog, Snapshot};
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
    },
    Snapshot {
        key: u8,
    },
    Commit {
        key: u8,
        offset: u64,
    },
}

/// Offsets near the messages, near the end of the numbers, and anywhere.
fn offsets() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..3000_u64, 1 => u64::MAX - 2..=u64::MAX, 1 => any::<u64>()]
}

fn limits() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..3000_usize, 1 => usize::MAX - 2..=usize::MAX, 1 => any::<usize>()]
}

fn operations() -> impl Strategy<Value = Operation> {
    let key = || 0..3_u8;
    prop_oneof![
        (key(), prop_oneof![1..20_usize, 1..700_usize])
            .prop_map(|(key, count)| Operation::Append { key, count }),
        (key(), offsets(), limits()).prop_map(|(key, from, limit)| Operation::Poll {
            key,
            from,
            limit
        }),
        key().prop_map(|key| Operation::Snapshot { key }),
        (key(), offsets()).prop_map(|(key, offset)| Operation::Commit { key, offset }),
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
    fn the_log_does_what_the_model_does(operations in vec(operations(), 1..60)) {
        let log = OffsetLog::<String, u32>::new();
        let mut messages = BTreeMap::<String, Vec<u32>>::new();
        let mut commits = BTreeMap::<String, u64>::new();
        let mut taken = Vec::new();
        let mut message = 0;
        for operation in operations {
            match operation {
                Operation::Append { key, count } => {
                    let model = messages.entry(key.to_string()).or_default();
                    for _ in 0..count {
                        let offset = log.append(key.to_string().as_str(), message);
                        prop_assert_eq!(offset, model.len() as u64);
                        model.push(message);
                        message += 1;
                    }
                }
                Operation::Poll { key, from, limit } => {
                    let key = key.to_string();
                    let all = messages.get(&key).map_or(&[][..], Vec::as_slice);
                    let expected = expected(all, from, limit);
                    check(&log.poll(&key, from, limit).unwrap(), from, &expected)?;
                }
                Operation::Snapshot { key } => {
                    let key = key.to_string();
                    let all = messages.get(&key).map_or(&[][..], Vec::as_slice);
                    let expected = expected(all, 0, usize::MAX);
                    let snapshot = log.snapshot(&key);
                    check(&snapshot, 0, &expected)?;
                    taken.push((snapshot, expected));
                }
                Operation::Commit { key, offset } => {
                    let key = key.to_string();
                    let before = commits.get(&key).copied();
                    prop_assert_eq!(log.commit(&key, offset), before < Some(offset));
                    commits.insert(key, before.map_or(offset, |before| before.max(offset)));
                }
            }
            for key in ["0", "1", "2"] {
                let len = messages.get(key).map_or(0, Vec::len);
                prop_assert_eq!(log.next_offset(key), len as u64);
                prop_assert_eq!(log.committed(key), commits.get(key).copied());
            }
        }
        prop_assert_eq!(log.keys(), messages.keys().cloned().collect::<Vec<_>>());
        drop(log);
        for (snapshot, expected) in &taken {
            check(snapshot, 0, expected)?;
        }
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
