//! Logs on a disk that fails, and processes that end at any moment: by seeds, which replay.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use glomers_log::{DiskConfig, DiskError, DiskLog, Reset, SimulatedDisk, SyncPolicy};
use glomers_store::Faults;

const KEYS: [&str; 2] = ["orders", "returns"];

/// A linear congruential generator, with the multiplier of Knuth's MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What was acknowledged or shown, and must stay.
#[derive(Default)]
struct Seen {
    messages: BTreeMap<(usize, u64), Vec<u8>>,
    starts: [u64; 2],
    committed: [Option<u64>; 2],
    /// Not acknowledged, and may be there all the same.
    uncertain: Vec<(usize, Vec<u8>)>,
}

impl Seen {
    /// What a poll shows.
    fn look(&mut self, log: &DiskLog, key: usize) -> Result<(), DiskError> {
        let mut from = log.offsets(KEYS[key]).start;
        while from < log.offsets(KEYS[key]).end {
            let batch = log.poll(KEYS[key], from, 20)?;
            for (offset, message) in &batch {
                let known = self.messages.entry((key, offset)).or_insert_with(|| message.clone());
                assert_eq!(known, message, "offset {offset} of {} is another", KEYS[key]);
            }
            assert!(batch.next_offset() > from);
            from = batch.next_offset();
        }
        Ok(())
    }

    /// After a restart, nothing is lacking, and nothing is there that was never appended.
    fn check(&mut self, log: &DiskLog) {
        for (key, name) in KEYS.into_iter().enumerate() {
            let offsets = log.offsets(name);
            let last = self.messages.range((key, 0)..=(key, u64::MAX)).next_back();
            let end = last.map_or(0, |((_, offset), _)| offset + 1);
            assert!(offsets.end >= end, "{name} ends at {offsets:?}, was at {end}");
            assert!(offsets.start <= end.max(self.starts[key]));
            assert!(offsets.start >= self.starts[key], "what was dropped stays so");
            for offset in end..offsets.end {
                let batch = log.poll(name, offset, 1).unwrap();
                let message = batch.get(offset).unwrap().clone();
                let is_ours = self.uncertain.contains(&(key, message));
                assert!(is_ours, "offset {offset} of {name} was never appended");
            }
            self.look(log, key).unwrap();
            let committed = log.group("billing").committed(name);
            assert!(committed >= self.committed[key], "{committed:?}");
            self.committed[key] = committed;
        }
        self.uncertain.clear();
    }
}

/// Does something; what was acknowledged is noted.
fn step(
    log: &DiskLog,
    random: &mut Random,
    seen: &mut Seen,
    number: &mut u64,
) -> Result<(), DiskError> {
    let key = usize::try_from(random.below(2)).unwrap();
    match random.below(12) {
        0 => seen.look(log, key),
        1 => {
            let offset = log.offsets(KEYS[key]).end.saturating_sub(1);
            log.group("billing").commit(KEYS[key], offset)?;
            seen.committed[key] = seen.committed[key].max(Some(offset));
            Ok(())
        }
        2 if random.below(3) == 0 => {
            let offsets = log.offsets(KEYS[key]);
            let start = offsets.start + random.below(offsets.end - offsets.start + 1);
            seen.starts[key] = seen.starts[key].max(log.truncate(KEYS[key], start)?);
            Ok(())
        }
        _ => {
            let count = 1 + random.below(4);
            let messages: Vec<Vec<u8>> = (*number..*number + count)
                .map(|it| it.to_le_bytes().repeat(1 + usize::try_from(it % 9).unwrap()))
                .collect();
            *number += count;
            seen.uncertain.extend(messages.iter().map(|message| (key, message.clone())));
            let offsets = log.append_all(KEYS[key], messages.clone())?;
            for (offset, message) in offsets.zip(messages) {
                let rival = seen.messages.insert((key, offset), message);
                assert_eq!(rival, None, "offset {offset} is given out twice");
            }
            Ok(())
        }
    }
}

fn config(sync: SyncPolicy) -> DiskConfig {
    let mut config = DiskConfig::default();
    (config.sync, config.segment_bytes, config.memory) = (sync, 1_500, 400);
    config
}

/// Lives one after another on one disk: each ends as `end` has it.
fn run(
    seed: u64,
    sync: SyncPolicy,
    begin: impl Fn(&SimulatedDisk, &mut Random),
    end: impl Fn(&SimulatedDisk),
) -> usize {
    let disk = SimulatedDisk::new(seed);
    let (mut random, mut kept, mut number) = (Random(seed), Seen::default(), 0);
    let mut failures = 0;
    for _ in 0..6 {
        disk.set_faults(Faults::default());
        let (log, _) = DiskLog::open(Arc::new(disk.clone()), config(sync))
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        kept.check(&log);
        begin(&disk, &mut random);
        for _ in 0..random.below(120) {
            if let Err(error) = step(&log, &mut random, &mut kept, &mut number) {
                failures += 1;
                // What there was no room for is nowhere, and the log goes on.
                if !matches!(error, DiskError::Full(_)) {
                    break;
                }
            }
        }
        if kept.uncertain.is_empty() {
            for key in 0..2 {
                let _ = kept.look(&log, key);
            }
        }
        end(&disk);
        drop(log);
    }
    disk.set_faults(Faults::default());
    kept.check(&DiskLog::open(Arc::new(disk), config(sync)).unwrap().0);
    failures
}

#[test]
fn power_cuts_lose_nothing_that_was_acknowledged() {
    for seed in 0..150 {
        run(seed, SyncPolicy::Always, |_, _| (), SimulatedDisk::power_cut);
    }
}

#[test]
fn a_kill_between_any_two_changes_loses_nothing() {
    let mut failures = 0;
    for seed in 0..150 {
        let sync =
            if seed % 2 == 0 { SyncPolicy::Never } else { SyncPolicy::Every(Duration::ZERO) };
        let begin = |disk: &SimulatedDisk, random: &mut Random| disk.die_after(random.below(150));
        failures += run(seed, sync, begin, SimulatedDisk::kill);
    }
    assert!(failures > 100, "processes were killed: {failures}");
}

#[test]
fn a_power_cut_between_any_two_changes_loses_nothing() {
    let mut failures = 0;
    for seed in 0..150 {
        let begin = |disk: &SimulatedDisk, random: &mut Random| disk.die_after(random.below(300));
        failures += run(seed, SyncPolicy::Always, begin, SimulatedDisk::power_cut);
    }
    assert!(failures > 100, "processes were killed: {failures}");
}

#[test]
fn what_a_disk_fails_to_sync_or_write_is_not_acknowledged() {
    let mut failures = 0;
    for seed in 0..150 {
        let begin = |disk: &SimulatedDisk, random: &mut Random| {
            let faults = Faults { sync_errors: 0.02, write_errors: 0.01, ..Faults::default() };
            disk.set_faults(if random.below(4) == 0 { Faults::default() } else { faults });
        };
        failures += run(seed, SyncPolicy::Always, begin, SimulatedDisk::power_cut);
    }
    assert!(failures > 100, "faults were met: {failures}");
}

#[test]
fn a_full_disk_loses_nothing_and_the_log_goes_on() {
    let mut failures = 0;
    for seed in 0..150 {
        let begin = |disk: &SimulatedDisk, random: &mut Random| {
            let capacity = Some(1_000 + random.below(20_000));
            disk.set_faults(Faults { capacity, ..Faults::default() });
        };
        failures += run(seed, SyncPolicy::Always, begin, SimulatedDisk::power_cut);
    }
    assert!(failures > 1_000, "the disk was full: {failures}");
}

/// Offsets stay dense, though appends fail between others that do not.
#[test]
fn after_there_was_no_room_the_next_message_gets_the_offset() {
    let disk = SimulatedDisk::new(3);
    let (log, _) = DiskLog::open(Arc::new(disk.clone()), config(SyncPolicy::Always)).unwrap();
    assert_eq!(log.append("k", vec![1; 100]).unwrap(), 0);
    disk.set_faults(Faults { capacity: Some(0), ..Faults::default() });
    for _ in 0..3 {
        assert!(matches!(log.append("k", vec![2; 100]), Err(DiskError::Full(_))));
        assert_eq!(log.offsets("k"), 0..1);
        assert!(log.group("g").commit("k", 0).is_err());
        assert_eq!(log.group("g").committed("k"), None);
    }
    disk.set_faults(Faults::default());
    assert_eq!(log.append("k", vec![3; 100]).unwrap(), 1);
    assert!(log.poll_or("k", 1, 9, Reset::Error).unwrap().iter().eq([(1, &vec![3; 100])]));
}
