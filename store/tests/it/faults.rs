//! One fault at a time.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use glomers_store::{
    AppendError, CommitError, Config, Directory, Disk, Faults, OpenError, SimulatedDisk, SyncPolicy,
};

use crate::common::{always, delta, files, open};

#[test]
fn after_a_sync_that_failed_nothing_goes_on_until_the_journal_is_opened_again() {
    let mut lost = 0;
    for seed in 0..200 {
        let disk = SimulatedDisk::new(seed);
        let (mut journal, ..) = open(&disk, &always()).unwrap();
        journal.append(&delta(0)).unwrap();
        journal.commit(Duration::ZERO).unwrap();
        disk.set_faults(Faults { sync_errors: 1.0, ..Faults::default() });
        journal.append(&delta(1)).unwrap();
        let error = journal.commit(Duration::ZERO).unwrap_err();
        assert!(matches!(error, CommitError::Broken(_)), "{error}");
        disk.set_faults(Faults::default());
        assert!(matches!(journal.append(&delta(2)), Err(AppendError::Broken(_))));
        assert!(matches!(journal.commit(Duration::ZERO), Err(CommitError::Broken(_))));
        assert_eq!((journal.acknowledged(), journal.begin(Duration::MAX).is_none()), (1, true));
        drop(journal);

        // What is read of it now is safe, though the sync that failed may have left it in memory only.
        let found = if seed % 2 == 0 {
            let (mut journal, _, read) = open(&disk, &always()).unwrap();
            journal.append(&delta(3)).unwrap();
            journal.commit(Duration::ZERO).unwrap();
            assert_eq!(read.deltas, [delta(0), delta(1)]);
            vec![delta(0), delta(1), delta(3)]
        } else {
            vec![delta(0)]
        };
        disk.power_cut();
        let (_, _, mut read) = open(&disk, &always()).unwrap();
        if read.deltas.len() < 2 {
            lost += 1;
        }
        read.deltas.truncate(found.len());
        assert_eq!(read.deltas, found, "{seed}");
    }
    assert!(lost > 10, "what was not synced was lost {lost} times");
}

#[test]
fn a_full_disk_loses_nothing_and_goes_on_when_there_is_room() {
    let disk = SimulatedDisk::new(0);
    let (mut journal, ..) = open(&disk, &always()).unwrap();
    let mut kept = Vec::new();
    for round in 0..50_u64 {
        let used: u64 = files(&disk).iter().map(|(_, content)| content.len() as u64).sum();
        disk.set_faults(Faults { capacity: Some(used + round), ..Faults::default() });
        journal.append(&delta(2 * round)).unwrap();
        match journal.commit(Duration::ZERO) {
            Ok(()) => kept.push(delta(2 * round)),
            Err(CommitError::Full(_)) => {
                let after: u64 = files(&disk).iter().map(|(_, it)| it.len() as u64).sum();
                assert_eq!(after, used, "what was written in part is taken back");
            }
            Err(error) => panic!("{error}"),
        }
        disk.set_faults(Faults::default());
        journal.append(&delta(2 * round + 1)).unwrap();
        journal.commit(Duration::ZERO).unwrap();
        kept.push(delta(2 * round + 1));
    }
    assert!((51..99).contains(&kept.len()), "{}", kept.len());
    disk.power_cut();
    assert_eq!(open(&disk, &always()).unwrap().2.deltas, kept);
}

#[test]
fn what_was_taken_back_stays_so_though_the_sync_failed() {
    for seed in 0..300 {
        let disk = SimulatedDisk::new(seed);
        let (mut journal, ..) = open(&disk, &always()).unwrap();
        disk.set_faults(Faults { capacity: Some(200), sync_errors: 1.0, ..Faults::default() });
        assert!((0..20).all(|number| journal.append(&delta(number)).is_ok()));
        let error = journal.commit(Duration::ZERO).unwrap_err();
        assert!(matches!(error, CommitError::Broken(_)), "{error}");
        drop(journal);
        disk.set_faults(Faults::default());
        let (journal, _, read) = open(&disk, &always()).unwrap();
        assert!(read.deltas.is_empty());
        drop(journal);
        disk.power_cut();
        assert!(open(&disk, &always()).unwrap().2.deltas.is_empty(), "{seed}");
    }
}

#[test]
fn the_disk_does_not_fill_up_with_what_snapshots_cover() {
    let disk = SimulatedDisk::new(0);
    let mut config = always();
    config.snapshot_at_least = 2000;
    let (mut journal, ..) = open(&disk, &config).unwrap();
    let (mut snapshots, mut most) = (0, 0);
    for number in 0..5000_u64 {
        journal.append(&delta(number)).unwrap();
        journal.commit(Duration::ZERO).unwrap();
        let used = |disk: &SimulatedDisk| -> u64 {
            files(disk).iter().map(|(_, content)| content.len() as u64).sum()
        };
        most = most.max(used(&disk));
        if journal.wants_snapshot() {
            // A state of 1,500 bytes: its snapshot is one, its journal twice as much.
            journal.snapshot(Duration::ZERO, |writer| writer.write_all(&[1; 1500])).unwrap();
            snapshots += 1;
            assert!(used(&disk) < 1700, "what is covered goes");
        }
    }
    assert!(most < 1600 + 2 * 1600 + 100, "{most}");
    assert!((20..200).contains(&snapshots), "{snapshots}");
}

#[test]
fn too_large_a_delta_is_refused() {
    let disk = SimulatedDisk::new(0);
    let (mut journal, ..) = open(&disk, &always()).unwrap();
    let error = journal.append(&vec![0; 1 << 30]).unwrap_err();
    assert!(matches!(error, AppendError::TooLarge(_)), "{error}");
    journal.append(b"small").unwrap();
    journal.commit(Duration::ZERO).unwrap();
    drop(journal);
    assert_eq!(open(&disk, &always()).unwrap().2.deltas, [b"small"]);
}

#[test]
fn a_slow_sync_takes_as_long_as_the_seed_says() {
    let times = |seed| {
        let disk = SimulatedDisk::new(seed);
        let slowest_sync = Duration::from_millis(50);
        disk.set_faults(Faults { slowest_sync, ..Faults::default() });
        (0..100).map(|_| disk.sync_time()).collect::<Vec<_>>()
    };
    assert_eq!(times(1), times(1));
    assert_ne!(times(1), times(2));
    assert!(times(1).iter().all(|time| *time < Duration::from_millis(50)));
    assert!(times(1).iter().any(|time| *time > Duration::from_millis(40)));
    assert_eq!(SimulatedDisk::new(1).sync_time(), Duration::ZERO);
}

#[test]
fn a_sync_is_due_when_the_policy_says() {
    let ms = Duration::from_millis;
    let disk = SimulatedDisk::new(0);
    let config = Config::with_sync(SyncPolicy::Every(ms(100)));
    let (mut journal, ..) = open(&disk, &config).unwrap();
    assert_eq!(journal.next_wake(), None);
    journal.append(b"rye").unwrap();
    journal.commit(ms(5)).unwrap();
    assert_eq!((journal.acknowledged(), journal.next_wake()), (1, Some(ms(105))));
    journal.append(b"oat").unwrap();
    journal.commit(ms(50)).unwrap();
    assert_eq!((journal.acknowledged(), journal.next_wake()), (2, Some(ms(105))));
    assert!(journal.begin(ms(104)).is_none());
    let sync = journal.begin(ms(105)).unwrap();
    assert!(sync.syncs() && !sync.writes());
    // While it is under way, what is new is written and acknowledged.
    journal.append(b"barley").unwrap();
    let write = journal.begin(ms(106)).unwrap();
    assert!(write.writes() && !write.syncs());
    journal.finish(ms(106), write.run()).unwrap();
    assert_eq!((journal.acknowledged(), journal.next_wake()), (3, None));
    journal.finish(ms(107), sync.run()).unwrap();
    assert_eq!(journal.next_wake(), Some(ms(207)));
    journal.commit(ms(207)).unwrap();
    assert_eq!(journal.next_wake(), None);
}

#[test]
fn nothing_is_begun_while_something_else_is_under_way() {
    let disk = SimulatedDisk::new(0);
    let (mut journal, ..) = open(&disk, &always()).unwrap();
    journal.append(b"rye").unwrap();
    let work = journal.begin(Duration::ZERO).unwrap();
    journal.append(b"oat").unwrap();
    assert!(journal.begin(Duration::ZERO).is_none());
    assert!(matches!(journal.begin_snapshot(), Err(CommitError::Busy)));
    journal.finish(Duration::ZERO, work.run()).unwrap();
    assert_eq!(journal.acknowledged(), 1);

    let cut = journal.begin_snapshot().unwrap();
    journal.append(b"barley").unwrap();
    assert!(journal.begin(Duration::MAX).is_none());
    assert!(matches!(journal.begin_snapshot(), Err(CommitError::Busy)));
    let mut writer = journal.finish_cut(Duration::ZERO, cut.run()).unwrap();
    assert_eq!(journal.acknowledged(), 2);
    writer.write_all(b"rye and oat").unwrap();
    writer.finish().unwrap();
    journal.commit(Duration::ZERO).unwrap();
    let work = journal.begin(Duration::ZERO);
    assert!(work.is_none() && journal.acknowledged() == 3);
    drop(journal);
    let (mut journal, _, read) = open(&disk, &always()).unwrap();
    assert_eq!(
        (read.snapshot.unwrap(), read.deltas),
        (b"rye and oat".to_vec(), vec![b"barley".to_vec()])
    );

    // With nothing to be written before it, either.
    let empty = SimulatedDisk::new(0);
    let (mut other, ..) = open(&empty, &always()).unwrap();
    let cut = other.begin_snapshot().unwrap();
    other.append(b"rye").unwrap();
    assert!(other.begin(Duration::MAX).is_none());
    drop(other.finish_cut(Duration::ZERO, cut.run()).unwrap());

    journal.append(b"lost").unwrap();
    let _never_run = journal.begin(Duration::ZERO).unwrap();
    assert!(matches!(journal.close(Duration::ZERO), Err(CommitError::Busy)));
}

#[test]
fn what_is_under_way_keeps_others_out() {
    let disk = SimulatedDisk::new(0);
    let is_locked = || matches!(open(&disk, &always()), Err(OpenError::Locked));
    let (mut journal, ..) = open(&disk, &always()).unwrap();
    journal.append(b"rye").unwrap();
    let work = journal.begin(Duration::ZERO).unwrap();
    drop(journal);
    assert!(is_locked(), "its write is still to come");
    drop(work.run());
    let (mut journal, _, read) = open(&disk, &always()).unwrap();
    assert_eq!(read.deltas, [b"rye"]);
    let cut = journal.begin_snapshot().unwrap();
    let writer = journal.finish_cut(Duration::ZERO, cut.run()).unwrap();
    drop(journal);
    assert!(is_locked(), "it may still remove what it covers");
    writer.finish().unwrap();
    assert!(!is_locked());
}

#[test]
fn one_process_at_a_time() {
    fn one_at_a_time(disk: &(impl Disk + Clone + 'static)) {
        let (journal, ..) = open(disk, &always()).unwrap();
        let error = open(disk, &always()).unwrap_err();
        assert!(matches!(error, OpenError::Locked), "{error}");
        drop(journal);
        open(disk, &always()).unwrap();
    }
    one_at_a_time(&SimulatedDisk::new(0));
    let folder = tempfile::tempdir().unwrap();
    one_at_a_time(&Directory::new(folder.path()).unwrap());

    let mut other = appender(folder.path());
    let error = open(&Directory::new(folder.path()).unwrap(), &always()).unwrap_err();
    assert!(matches!(error, OpenError::Locked), "{error}");
    other.child.kill().unwrap();
    other.child.wait().unwrap();
    open(&Directory::new(folder.path()).unwrap(), &always()).unwrap();
}

/// A process that appends until it is killed.
struct Appender {
    child: std::process::Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

/// Where the process below is to append.
const FOLDER: &str = "GLOMERS_STORE_TEST_FOLDER";

fn appender(folder: &std::path::Path) -> Appender {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["faults::appends_until_it_is_killed", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // What the test's harness says comes first.
    while lines.next().unwrap().unwrap() != "begin" {}
    Appender { child, lines }
}

/// Not a test unless it is started by one of those below.
#[test]
fn appends_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let disk = Arc::new(Directory::new(folder).unwrap());
    let mut config = Config::with_sync(SyncPolicy::Never);
    config.snapshot_at_least = 4000;
    let mut state = Vec::new();
    let (mut journal, _) = glomers_store::Journal::open(disk, config, |entry| {
        match entry {
            glomers_store::Entry::Snapshot(all) => state = all.to_vec(),
            glomers_store::Entry::Delta(delta) => state.extend_from_slice(delta),
        }
        Ok::<_, std::io::Error>(())
    })
    .unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nbegin").unwrap();
    for number in state.len() as u64 / 8.. {
        let delta = number.to_le_bytes();
        state.extend_from_slice(&delta);
        journal.append(&delta).unwrap();
        journal.commit(Duration::ZERO).unwrap();
        writeln!(out, "{number}").unwrap();
        if journal.wants_snapshot() {
            journal.snapshot(Duration::ZERO, |writer| writer.write_all(&state)).unwrap();
        }
    }
}

#[test]
fn whatever_a_process_acknowledged_before_it_was_killed_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut last = None;
    let mut snapshots = 0;
    for life in 0..20_usize {
        let mut appender = appender(folder.path());
        // A line that was cut off tells nothing.
        let acknowledged =
            appender.lines.by_ref().take(50 + life * 37).map(|line| line.unwrap().parse::<u64>());
        last = acknowledged.map(Result::unwrap).last();
        appender.child.kill().unwrap();
        appender.child.wait().unwrap();
        let (_, recovery, read) =
            open(&Directory::new(folder.path()).unwrap(), &Config::with_sync(SyncPolicy::Never))
                .unwrap();
        let mut state = read.snapshot.unwrap_or_default();
        state.extend(read.deltas.concat());
        let numbers: Vec<u64> =
            state.chunks(8).map(|it| u64::from_le_bytes(it.try_into().unwrap())).collect();
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "{numbers:?}");
        assert!(numbers.last() >= last.as_ref(), "{last:?} is lost: {:?}", numbers.last());
        snapshots += usize::from(recovery.snapshot.is_some());
    }
    assert!(last > Some(5000) && snapshots > 10, "{last:?}, {snapshots}");
}
