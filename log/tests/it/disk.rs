//! Logs on a disk that works: as the one in memory, whatever is in memory, and whatever ends when.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use glomers_log::{
    DamageKind, Disk, DiskConfig, DiskError, DiskLog, OffsetLog, OpenError, OutOfRange, Reset,
    SimulatedDisk, SyncPolicy,
};
use proptest::prelude::*;

const KEYS: [&str; 3] = ["orders", "returns", ""];
const GROUPS: [&str; 2] = ["", "billing"];

/// Small files, and next to nothing in memory.
fn small() -> DiskConfig {
    let mut config = DiskConfig::default();
    config.segment_bytes = 2_000;
    config.memory = 300;
    config
}

fn open(disk: &SimulatedDisk, config: &DiskConfig) -> DiskLog {
    DiskLog::open(Arc::new(disk.clone()), config.clone()).unwrap().0
}

fn message(number: usize) -> Vec<u8> {
    let mut message = number.to_le_bytes().to_vec();
    message.resize(8 + number * 7 % 90, b'x');
    message
}

fn segments(disk: &SimulatedDisk) -> Vec<String> {
    let mut names = disk.list().unwrap();
    names.retain(|name| name.starts_with("journal-"));
    names
}

#[derive(Clone, Debug)]
enum Step {
    Append { key: usize, count: usize },
    Poll { key: usize, from: u64, limit: usize, reset: Option<Reset> },
    Commit { group: usize, key: usize, offset: u64 },
    GroupPoll { group: usize, key: usize, reset: Reset },
    Truncate { key: usize, before: u64 },
    Reopen { is_closed: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reset = || prop_oneof![Just(Reset::Error), Just(Reset::Earliest), Just(Reset::Latest)];
    let offset = || prop_oneof![6 => 0..60_u64, 1 => Just(u64::MAX)];
    let step = prop_oneof![
        4 => (0..3_usize, 0..12_usize).prop_map(|(key, count)| Step::Append { key, count }),
        6 => (0..3_usize, offset(), 0..30_usize, prop::option::of(reset()))
            .prop_map(|(key, from, limit, reset)| Step::Poll { key, from, limit, reset }),
        2 => (0..2_usize, 0..3_usize, offset())
            .prop_map(|(group, key, offset)| Step::Commit { group, key, offset }),
        2 => (0..2_usize, 0..3_usize, reset())
            .prop_map(|(group, key, reset)| Step::GroupPoll { group, key, reset }),
        1 => (0..3_usize, offset()).prop_map(|(key, before)| Step::Truncate { key, before }),
        1 => any::<bool>().prop_map(|is_closed| Step::Reopen { is_closed }),
    ];
    prop::collection::vec(step, 0..80)
}

fn plain<T>(result: Result<T, DiskError>) -> Result<T, OutOfRange> {
    result.map_err(|error| match error {
        DiskError::OutOfRange(error) => error,
        other => panic!("{other}"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn it_does_what_the_log_in_memory_does(steps in steps()) {
        let disk = SimulatedDisk::new(1);
        let (mut log, twin) = (open(&disk, &small()), OffsetLog::<String, Vec<u8>>::new());
        let mut number = 0;
        for step in steps {
            match step {
                Step::Append { key, count } => {
                    let messages: Vec<_> = (number..number + count).map(message).collect();
                    number += count;
                    let start = twin.next_offset(KEYS[key]);
                    let offsets = log.append_all(KEYS[key], messages.clone()).unwrap();
                    prop_assert_eq!(offsets, start..start + count as u64);
                    for message in messages {
                        twin.append(KEYS[key], message);
                    }
                }
                Step::Poll { key, from, limit, reset } => {
                    let (ours, theirs) = match reset {
                        None => {
                            (log.poll(KEYS[key], from, limit), twin.poll(KEYS[key], from, limit))
                        }
                        Some(reset) => (
                            log.poll_or(KEYS[key], from, limit, reset),
                            twin.poll_or(KEYS[key], from, limit, reset),
                        ),
                    };
                    prop_assert_eq!(plain(ours), theirs);
                }
                Step::Commit { group, key, offset } => {
                    let theirs = twin.group(GROUPS[group]).commit(KEYS[key], offset);
                    let ours = log.group(GROUPS[group]).commit(KEYS[key], offset).unwrap();
                    prop_assert_eq!(ours, theirs);
                }
                Step::GroupPoll { group, key, reset } => {
                    let theirs = twin.group(GROUPS[group]).poll(KEYS[key], 5, reset);
                    let ours = plain(log.group(GROUPS[group]).poll(KEYS[key], 5, reset));
                    prop_assert_eq!(ours, theirs);
                }
                Step::Truncate { key, before } => {
                    let theirs = twin.truncate(KEYS[key], before);
                    prop_assert_eq!(log.truncate(KEYS[key], before).unwrap(), theirs);
                }
                Step::Reopen { is_closed } => {
                    if is_closed { log.close().unwrap() } else { drop(log) }
                    log = open(&disk, &small());
                }
            }
            prop_assert_eq!(log.keys(), twin.keys());
            prop_assert_eq!(log.groups(), twin.groups());
            for key in KEYS {
                prop_assert_eq!(log.offsets(key), twin.offsets(key));
                for group in GROUPS {
                    let (ours, theirs) = (log.group(group), twin.group(group));
                    prop_assert_eq!(ours.committed(key), theirs.committed(key));
                    prop_assert_eq!(ours.position(key), theirs.position(key));
                    prop_assert_eq!(ours.lag(key), theirs.lag(key));
                }
            }
        }
    }
}

#[test]
fn a_log_cut_at_each_byte_holds_what_was_whole_and_goes_on() {
    let disk = SimulatedDisk::new(1);
    let mut config = small();
    config.segment_bytes = u64::MAX;
    let log = open(&disk, &config);
    let name = segments(&disk).remove(0);
    // Where each append ends.
    let mut ends = vec![disk.open(&name).unwrap().len().unwrap()];
    for number in 0..60 {
        log.append(KEYS[number % 2], message(number)).unwrap();
        ends.push(disk.open(&name).unwrap().len().unwrap());
    }
    drop(log);
    let file = disk.open(&name).unwrap();
    let mut bytes = vec![0; usize::try_from(*ends.last().unwrap()).unwrap()];
    file.read_at(&mut bytes, 0).unwrap();
    for cut in usize::try_from(ends[0]).unwrap()..=bytes.len() {
        let copy = SimulatedDisk::new(2);
        copy.create(&name).unwrap().write_at(&bytes[..cut], 0).unwrap();
        let (log, found) = DiskLog::open(Arc::new(copy.clone()), config.clone()).unwrap();
        // Each write but the first ends with a mark of what was synced before, of 16 bytes.
        let whole =
            (1..ends.len()).filter(|it| ends[*it] - if *it > 1 { 16 } else { 0 } <= cut as u64);
        let whole = whole.count();
        assert_eq!(found.deltas, whole as u64, "cut at {cut}");
        assert!(found.torn.is_none_or(|torn| torn.offset < cut as u64));
        for (index, key) in KEYS[..2].iter().enumerate() {
            let expected: Vec<_> = (0..whole).filter(|it| it % 2 == index).map(message).collect();
            let batch = log.poll(key, 0, usize::MAX).unwrap();
            assert!(batch.iter().map(|(_, message)| message).eq(&expected), "cut at {cut}");
            assert_eq!(log.append(key, vec![1]).unwrap(), expected.len() as u64);
        }
        drop(log);
        assert_eq!(open(&copy, &config).offsets(KEYS[0]).end, whole.div_ceil(2) as u64 + 1);
    }
}

#[test]
fn damage_is_told_by_file_and_byte_and_nothing_is_changed() {
    let disk = SimulatedDisk::new(1);
    let log = open(&disk, &small());
    for number in 0..200 {
        log.append(KEYS[number % 3], message(number)).unwrap();
    }
    drop(log);
    let names = segments(&disk);
    assert!(names.len() > 3, "{names:?}");
    for name in &names[..2] {
        let len = disk.open(name).unwrap().len().unwrap();
        for byte in (0..len).step_by(7) {
            disk.flip_bit(name, byte, 3);
            let error = DiskLog::open(Arc::new(disk.clone()), small()).unwrap_err();
            let OpenError::Damaged(damage) = error else { panic!("{error}") };
            assert_eq!(&damage.file, name);
            let is_header = damage.kind == DamageKind::Header && byte < 32;
            // If not by the byte, then by where the record begins.
            let is_near = (damage.offset..damage.offset + 130).contains(&byte);
            assert!(is_near || is_header, "{damage} for byte {byte}");
            disk.flip_bit(name, byte, 3);
        }
    }
    let file = disk.open(&names[1]).unwrap();
    let (len, mut last) = (file.len().unwrap(), [0]);
    file.read_at(&mut last, len - 1).unwrap();
    file.truncate(len - 1).unwrap();
    let error = DiskLog::open(Arc::new(disk.clone()), small()).unwrap_err();
    assert!(error.to_string().contains(&names[1]), "{error}");
    file.write_at(&last, len - 1).unwrap();

    // And while it is open.
    let log = open(&disk, &small());
    disk.flip_bit(&names[0], 60, 3);
    let error = log.poll(KEYS[0], 0, 10).unwrap_err();
    let DiskError::Damaged(damage) = error else { panic!("{error}") };
    assert_eq!((&damage.file, damage.offset), (&names[0], 60));
    disk.flip_bit(&names[0], 60, 3);
    assert_eq!(log.poll(KEYS[0], 0, 10).unwrap().len(), 10);
    disk.open(&names[0]).unwrap().truncate(1_000).unwrap();
    // Not from where a reader stands that has read on already.
    let before = log.poll(KEYS[0], 1, usize::MAX).unwrap();
    let next = before.next_offset();
    assert!((2..66).contains(&next), "what is whole is read");
    let error = log.poll(KEYS[0], next, 100).map(drop).unwrap_err();
    assert!(error.to_string().contains(&names[0]), "{error}");
    disk.remove(&names[2]).unwrap();
    assert!(matches!(log.poll(KEYS[0], 60, 10).map(drop), Ok(()) | Err(DiskError::Read { .. })));
}

#[test]
fn files_go_when_they_are_too_many_and_offsets_go_on() {
    let disk = SimulatedDisk::new(1);
    let mut config = small();
    config.keep_bytes = 10_000;
    let mut log = open(&disk, &config);
    log.append("rare", b"once".to_vec()).unwrap();
    log.group("billing").commit("orders", 3).unwrap();
    let mut starts = BTreeSet::new();
    for number in 0..2_000 {
        assert_eq!(log.append("orders", message(number)).unwrap(), number as u64);
        let offsets = log.offsets("orders");
        starts.insert(offsets.start);
        assert_eq!(offsets.end, number as u64 + 1);
        let batch = log.poll("orders", offsets.start, usize::MAX).unwrap();
        assert!(
            batch
                .iter()
                .map(|(_, it)| it.clone())
                .eq(batch.iter().map(|(at, _)| { message(usize::try_from(at).unwrap()) }))
        );
        assert_eq!(batch.next_offset(), offsets.end);
        let used: u64 =
            segments(&disk).iter().map(|name| disk.open(name).unwrap().len().unwrap()).sum();
        assert!(used <= config.keep_bytes + 2 * config.segment_bytes, "{used}");
        if number % 97 == 0 {
            let before = log.offsets("orders");
            drop(log);
            log = open(&disk, &config);
            assert_eq!(log.offsets("orders"), before);
        }
    }
    assert!(starts.len() > 20, "{starts:?}");
    assert_eq!(log.offsets("rare"), 1..1, "with the file that it was in");
    assert_eq!(log.append("rare", b"again".to_vec()).unwrap(), 1);
    assert_eq!(log.group("billing").committed("orders"), Some(3));
    let gone = log.group("billing").poll("orders", 1, Reset::Error).unwrap_err();
    assert!(matches!(gone, DiskError::OutOfRange(_)), "{gone}");
}

#[test]
fn truncation_removes_the_files_that_hold_nothing() {
    let disk = SimulatedDisk::new(1);
    let log = open(&disk, &small());
    for number in 0..300 {
        log.append(KEYS[number % 2], message(number)).unwrap();
    }
    let before = segments(&disk).len();
    assert_eq!(log.truncate(KEYS[0], u64::MAX).unwrap(), 150);
    assert_eq!(segments(&disk).len(), before, "the other key needs them");
    assert_eq!(log.truncate(KEYS[1], 140).unwrap(), 140);
    assert!(segments(&disk).len() < before / 2);
    drop(log);
    let log = open(&disk, &small());
    assert_eq!((log.offsets(KEYS[0]), log.offsets(KEYS[1])), (150..150, 140..150));
    assert_eq!(log.poll(KEYS[1], 140, 100).unwrap().len(), 10);
}

#[test]
fn writers_and_readers_do_not_hinder_each_other() {
    const WRITERS: usize = 4;
    const EACH: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let mut config = small();
    (config.sync, config.segment_bytes) = (SyncPolicy::Never, 20_000);
    let (log, _) = OffsetLog::open(folder.path(), config.clone()).unwrap();
    let is_done = AtomicBool::new(false);
    let read = || {
        let (mut read, mut next) = (Vec::new(), 0);
        loop {
            let last = is_done.load(SeqCst);
            let batch = log.poll("k", next, 7).unwrap();
            read.extend(batch.iter().map(|(_, message)| message.clone()));
            next = batch.next_offset();
            if batch.is_empty() {
                if last {
                    return read;
                }
                log.wait_any([("k", next)]).blocking(Duration::from_millis(20));
            }
        }
    };
    let reads = thread::scope(|threads| {
        let readers: Vec<_> = (0..2).map(|_| threads.spawn(read)).collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let log = &log;
                threads.spawn(move || {
                    let mut last = None;
                    for number in 0..EACH {
                        let text = format!("{writer} {number}").into_bytes();
                        let offset = log.append("k", text.clone()).unwrap();
                        assert!(last < Some(offset));
                        last = Some(offset);
                        let mine = log.poll("k", offset, 1).unwrap();
                        assert!(mine.iter().eq([(offset, &text)]), "what returned is visible");
                        if number % 50 == 0 {
                            log.group("billing").commit("k", offset).unwrap();
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        is_done.store(true, SeqCst);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(reads[0].len(), WRITERS * EACH);
    assert_eq!(reads[0], reads[1]);
    assert_eq!(reads[0].iter().collect::<BTreeSet<_>>().len(), WRITERS * EACH);
    drop(log);
    let (log, _) = OffsetLog::open(folder.path(), config).unwrap();
    let mut all = Vec::new();
    while all.len() < reads[0].len() {
        all.extend(log.poll("k", all.len() as u64, 100).unwrap().iter().map(|(_, it)| it.clone()));
    }
    assert_eq!(all, reads[0]);
}
