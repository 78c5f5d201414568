//! Killed at every byte: what was whole is there, and the journal goes on.

use std::time::Duration;

use glomers_store::{Config, SimulatedDisk, SyncPolicy};

use crate::common::{always, content, delta, deltas, open, put};

const SEGMENT: &str = "journal-0000000000000000";

/// A segment with deltas, and where each of them ends in it.
fn written(deltas: u64, config: &Config) -> (Vec<u8>, Vec<usize>) {
    let disk = SimulatedDisk::new(0);
    let (mut journal, ..) = open(&disk, config).unwrap();
    let mut ends = Vec::new();
    for number in 0..deltas {
        journal.append(&delta(number)).unwrap();
        journal.commit(Duration::ZERO).unwrap();
        ends.push(content(&disk, SEGMENT).len());
    }
    (content(&disk, SEGMENT), ends)
}

fn cut_at_every_byte(config: &Config) {
    let (whole, ends) = written(500, config);
    let start = content_of_an_empty_one();
    for len in start..=whole.len() {
        let disk = SimulatedDisk::new(0);
        put(&disk, SEGMENT, &whole[..len]);
        let (mut journal, recovery, read) = open(&disk, config).unwrap();
        // A batch ends with a mark, which may be missing.
        let whole_deltas: Vec<_> = ends.iter().filter(|end| **end <= len).collect();
        let least = whole_deltas.len() as u64;
        let found = read.deltas.len() as u64;
        assert!(found == least || found == least + 1, "{found} of {least} at {len}");
        assert_eq!(read.deltas, deltas(found), "at {len}");
        assert_eq!(recovery.torn.is_some(), content(&disk, SEGMENT).len() < len);

        journal.append(b"later").unwrap();
        journal.commit(Duration::ZERO).unwrap();
        drop(journal);
        let (_, recovery, mut read) = open(&disk, config).unwrap();
        assert_eq!(recovery.torn, None);
        assert_eq!(read.deltas.pop().unwrap(), b"later");
        assert_eq!(read.deltas, deltas(found), "at {len}, later");
    }
}

fn content_of_an_empty_one() -> usize {
    written(0, &always()).0.len()
}

#[test]
fn without_syncs_exactly_what_was_whole_is_there() {
    let config = Config::with_sync(SyncPolicy::Never);
    let (whole, ends) = written(500, &config);
    for len in content_of_an_empty_one()..=whole.len() {
        let disk = SimulatedDisk::new(0);
        put(&disk, SEGMENT, &whole[..len]);
        let (_, recovery, read) = open(&disk, &config).unwrap();
        let expected = ends.iter().filter(|end| **end <= len).count() as u64;
        assert_eq!(read.deltas, deltas(expected), "at {len}");
        let end = expected.checked_sub(1).map_or(32, |last| ends[usize::try_from(last).unwrap()]);
        match recovery.torn {
            None => assert_eq!(end, len),
            Some(torn) => {
                assert_eq!((torn.file.as_str(), torn.offset), (SEGMENT, end as u64));
                assert_eq!(torn.bytes, (len - end) as u64);
            }
        }
    }
}

#[test]
fn exactly_what_was_whole_is_there_of_a_batch_with_runs() {
    for config in [always(), Config::with_sync(SyncPolicy::Never)] {
        let disk = SimulatedDisk::new(0);
        let (mut journal, ..) = open(&disk, &config).unwrap();
        let mut ends = vec![32];
        for number in 0..500 {
            let start = usize::try_from(journal.next_place().offset).unwrap();
            journal.append(&delta(number)).unwrap();
            ends.push(start + 8 + delta(number).len());
            if number % 125 == 124 {
                journal.commit(Duration::ZERO).unwrap();
            }
        }
        drop(journal);
        let whole = content(&disk, SEGMENT);
        for len in 32..=whole.len() {
            let disk = SimulatedDisk::new(0);
            put(&disk, SEGMENT, &whole[..len]);
            let (mut journal, _, read) = open(&disk, &config).unwrap();
            let found = ends[1..].iter().filter(|end| **end <= len).count() as u64;
            assert_eq!(read.deltas, deltas(found), "at {len}");
            // That it goes on takes longer to see: at each byte that is torn or whole in another way.
            if len % 11 != 0 {
                continue;
            }
            (found..found + 40).for_each(|number| _ = journal.append(&delta(number)).unwrap());
            journal.commit(Duration::ZERO).unwrap();
            drop(journal);
            let (_, recovery, read) = open(&disk, &config).unwrap();
            assert_eq!((recovery.torn, read.deltas), (None, deltas(found + 40)), "at {len}, later");
        }
    }
}

#[test]
fn it_goes_on_wherever_it_was_cut_with_syncs() {
    cut_at_every_byte(&always());
}

#[test]
fn it_goes_on_wherever_it_was_cut_without_syncs() {
    cut_at_every_byte(&Config::with_sync(SyncPolicy::Never));
}
