//! Damage is told with its place, and nothing is changed.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use glomers_store::{
    Config, Damage, DamageKind, Disk, Entry, Journal, OpenError, SimulatedDisk, SyncPolicy,
    Verdict, inspect, salvage,
};
use proptest::prelude::*;

use crate::common::{Read, always, content, delta, deltas, files, open, put};

const FIRST: &str = "journal-0000000000000000";
const SECOND: &str = "journal-0000000000000001";
const SNAPSHOT: &str = "snapshot-0000000000000001";

/// The header's length.
const HEADER: u64 = 32;

/// A journal with so many deltas, in batches of two.
fn filled(disk: &SimulatedDisk, deltas: u64) -> Journal {
    let (mut journal, ..) = open(disk, &always()).unwrap();
    for number in 0..deltas {
        journal.append(&delta(number)).unwrap();
        if number % 2 == 1 {
            journal.commit(Duration::ZERO).unwrap();
        }
    }
    journal.commit(Duration::ZERO).unwrap();
    journal
}

fn closed(deltas: u64) -> SimulatedDisk {
    let disk = SimulatedDisk::new(0);
    filled(&disk, deltas).close(Duration::ZERO).unwrap();
    disk
}

/// A journal of a snapshot and two deltas, before which there were three.
fn with_snapshot() -> SimulatedDisk {
    let disk = SimulatedDisk::new(0);
    let mut journal = filled(&disk, 3);
    journal.snapshot(Duration::ZERO, |writer| writer.write_all(&vec![7; 100_000])).unwrap();
    journal.append(&delta(3)).unwrap();
    journal.append(&delta(4)).unwrap();
    journal.close(Duration::ZERO).unwrap();
    disk
}

/// What is wrong; nothing is changed by asking.
fn damage(disk: &SimulatedDisk) -> Option<Damage> {
    let before = files(disk);
    match open(disk, &always()) {
        Ok(_) => None,
        Err(OpenError::Damaged(damage)) => {
            assert_eq!(files(disk), before);
            match inspect(disk).unwrap().verdict {
                Verdict::Damaged(told) => assert_eq!(told, damage),
                other => panic!("{other:?}"),
            }
            Some(damage)
        }
        Err(error) => panic!("{error}"),
    }
}

type Told = (String, u64, DamageKind);

fn expected(file: &str, offset: u64, kind: DamageKind) -> Told {
    (file.to_owned(), offset, kind)
}

fn told(damage: Option<Damage>) -> Option<Told> {
    damage.map(|Damage { file, offset, kind, .. }| (file, offset, kind))
}

#[test]
fn any_flipped_bit_of_a_journal_that_was_closed_is_told() {
    let whole = content(&closed(20), FIRST);
    // The last record is the mark that says that all is synced.
    let end = whole.len() as u64 - 16;
    let mut exact = 0;
    for byte in 0..whole.len() as u64 {
        for bit in 0..8 {
            let disk = SimulatedDisk::new(0);
            put(&disk, FIRST, &whole);
            disk.flip_bit(FIRST, byte, bit);
            let became_zero = content(&disk, FIRST)[usize::try_from(byte).unwrap()] == 0;
            match damage(&disk) {
                Some(found) if byte < HEADER => {
                    assert_eq!((found.offset, found.kind), (0, DamageKind::Header));
                }
                Some(Damage { offset, kind: DamageKind::FlippedBit, .. }) => {
                    assert_eq!(offset, byte);
                    exact += 1;
                }
                Some(Damage { offset, kind, .. }) => {
                    assert_eq!(kind, DamageKind::Record);
                    assert!(became_zero && offset <= byte && byte < offset + 50, "{byte}");
                }
                None => {
                    assert!(became_zero && byte >= end, "{byte} is not told");
                    assert_eq!(open(&disk, &always()).unwrap().2.deltas.len(), 20);
                }
            }
        }
    }
    assert!(exact > whole.len() * 6, "{exact} exactly");
}

#[test]
fn any_flipped_bit_where_there_are_runs_is_told_with_its_byte() {
    let disk = SimulatedDisk::new(0);
    let (mut journal, ..) = open(&disk, &always()).unwrap();
    (0..60).for_each(|number| _ = journal.append(&delta(number)).unwrap());
    journal.close(Duration::ZERO).unwrap();
    let whole = content(&disk, FIRST);
    let records: usize = (0..60).map(|number| 8 + delta(number).len()).sum();
    let marks = 16;
    assert_eq!(whole.len(), 32 + records + 16 + marks, "there is one run");
    // The last record is the mark that says that all is synced.
    for byte in HEADER..whole.len() as u64 - 16 {
        let bit = u8::try_from(byte % 8).unwrap();
        disk.flip_bit(FIRST, byte, bit);
        let became_zero = content(&disk, FIRST)[usize::try_from(byte).unwrap()] == 0;
        let found = damage(&disk).expect("it was synced");
        if became_zero {
            assert!(found.offset <= byte && byte < found.offset + 50, "{found} of {byte}");
        } else {
            assert_eq!(told(Some(found)), Some(expected(FIRST, byte, DamageKind::FlippedBit)));
        }
        // All others are saved.
        let saved = salvage(&disk, Arc::new(SimulatedDisk::new(1))).unwrap();
        assert!(saved.deltas >= 59, "{saved} of {byte}");
        disk.flip_bit(FIRST, byte, bit);
    }
    assert_eq!(damage(&disk), None);
}

#[test]
fn a_flipped_bit_at_the_end_of_a_journal_that_was_killed_is_told() {
    let disk = SimulatedDisk::new(0);
    let before = content(
        {
            drop(filled(&disk, 4));
            &disk
        },
        FIRST,
    )
    .len() as u64;
    let (mut journal, ..) = open(&disk, &always()).unwrap();
    journal.append(b"rye and oat").unwrap();
    journal.commit(Duration::ZERO).unwrap();
    drop(journal);
    // Nothing in the file says that this was synced.
    for byte in before..before + 8 + 11 {
        let disk = {
            let copy = SimulatedDisk::new(0);
            put(&copy, FIRST, &content(&disk, FIRST));
            copy
        };
        disk.flip_bit(FIRST, byte, 7);
        assert_eq!(told(damage(&disk)), Some(expected(FIRST, byte, DamageKind::FlippedBit)));
    }
}

#[test]
fn a_sector_of_zeros_is_damage_where_all_was_synced_and_else_a_torn_end() {
    let whole = content(&closed(60), FIRST);
    for start in (HEADER..whole.len() as u64 - 600).step_by(97) {
        let disk = SimulatedDisk::new(0);
        put(&disk, FIRST, &whole);
        disk.open(FIRST).unwrap().write_at(&[0; 100], start).unwrap();
        let found = damage(&disk).expect("it was synced");
        // A mark ends with zeros.
        assert!(found.offset <= start + 6 && start < found.offset + 60, "{found} of {start}");
        assert_eq!(found.kind, DamageKind::Record);
    }
    // The same in a journal that was never synced.
    let disk = SimulatedDisk::new(0);
    let (mut journal, ..) = open(&disk, &Config::with_sync(SyncPolicy::Never)).unwrap();
    for number in 0..60 {
        journal.append(&delta(number)).unwrap();
        journal.commit(Duration::ZERO).unwrap();
    }
    drop(journal);
    disk.open(FIRST).unwrap().write_at(&[0; 100], 500).unwrap();
    let (_, recovery, read) = open(&disk, &always()).unwrap();
    let torn = recovery.torn.unwrap();
    assert!(torn.offset <= 500 && torn.offset > 440, "{torn:?}");
    assert_eq!(read.deltas, deltas(read.deltas.len() as u64));
}

#[test]
fn what_is_missing_is_named() {
    let disk = closed(4);
    disk.remove(FIRST).unwrap();
    assert!(matches!(inspect(&disk).unwrap().verdict, Verdict::Empty));

    let disk = with_snapshot();
    assert_eq!(disk.list().unwrap(), [SECOND, SNAPSHOT], "what it covers is gone");
    assert_eq!(told(damage(&disk)), None);
    disk.remove(SNAPSHOT).unwrap();
    assert_eq!(told(damage(&disk)), Some(expected(SNAPSHOT, 0, DamageKind::Missing)));

    let disk = with_snapshot();
    disk.remove(SECOND).unwrap();
    assert_eq!(told(damage(&disk)), Some(expected(SECOND, 0, DamageKind::Missing)));
}

#[test]
fn a_damaged_snapshot_is_told() {
    let whole = content(&with_snapshot(), SNAPSHOT);
    for byte in (0..whole.len() as u64).step_by(1009) {
        let disk = with_snapshot();
        disk.flip_bit(SNAPSHOT, byte, 4);
        let found = damage(&disk).expect("damage");
        // A part is longer than what is searched for the bit.
        assert!(found.file == SNAPSHOT && found.offset <= byte, "{found}");
    }
    let disk = with_snapshot();
    disk.open(SNAPSHOT).unwrap().truncate(whole.len() as u64 - 16).unwrap();
    assert_eq!(
        told(damage(&disk)),
        Some(expected(SNAPSHOT, whole.len() as u64 - 16, DamageKind::CutOff))
    );
}

#[test]
fn a_segment_before_the_last_must_be_whole() {
    let of = |file: &str| {
        let disk = SimulatedDisk::new(0);
        let mut journal = filled(&disk, 3);
        // The snapshot is never finished.
        let cut = journal.begin_snapshot().unwrap();
        drop(journal.finish_cut(Duration::ZERO, cut.run()).unwrap());
        journal.append(&delta(3)).unwrap();
        journal.commit(Duration::ZERO).unwrap();
        assert_eq!(disk.list().unwrap(), [FIRST, SECOND]);
        let len = disk.open(file).unwrap().len().unwrap();
        (disk, len)
    };
    let (disk, _) = of(FIRST);
    assert_eq!(open(&disk, &always()).unwrap().2.deltas, deltas(4));

    // In the last one it would be a torn end, but here all was synced.
    let (disk, len) = of(FIRST);
    disk.open(FIRST).unwrap().truncate(len - 3).unwrap();
    let found = damage(&disk).unwrap();
    assert_eq!((found.file.as_str(), found.kind), (FIRST, DamageKind::Record));
    let (disk, len) = of(SECOND);
    disk.open(SECOND).unwrap().truncate(len - 3).unwrap();
    assert_eq!(open(&disk, &always()).unwrap().1.torn.unwrap().file, SECOND);

    // Cut off between two records.
    let (disk, _) = of(FIRST);
    let after_one = HEADER + 8 + delta(0).len() as u64;
    disk.open(FIRST).unwrap().truncate(after_one).unwrap();
    assert_eq!(told(damage(&disk)), Some(expected(FIRST, after_one, DamageKind::CutOff)));
}

#[test]
fn a_later_version_is_refused() {
    let disk = closed(2);
    let mut header = content(&disk, FIRST)[..32].to_vec();
    header[8] = 3;
    let sum = crc32c::crc32c(&header[..28]).to_le_bytes();
    header[28..].copy_from_slice(&sum);
    disk.open(FIRST).unwrap().write_at(&header, 0).unwrap();
    let error = open(&disk, &always()).unwrap_err();
    assert!(matches!(error, OpenError::Version { version: 3, .. }), "{error}");
}

#[test]
fn what_is_refused_is_told_with_its_place() {
    let disk = closed(3);
    let before = files(&disk);
    let error = Journal::open(Arc::new(disk.clone()), always(), |entry| match entry {
        Entry::Delta(found) if found == delta(1) => Err("it is no grain"),
        _ => Ok(()),
    });
    let error = error.unwrap_err().to_string();
    let at = HEADER + 8 + delta(0).len() as u64;
    assert_eq!(error, format!("{FIRST}: the record at byte {at} was refused: it is no grain"));
    assert_eq!(files(&disk), before);
}

#[test]
fn all_that_is_whole_is_saved() {
    let disk = closed(60);
    let bytes = content(&disk, FIRST);
    disk.open(FIRST).unwrap().write_at(&[0; 100], 500).unwrap();
    disk.flip_bit(FIRST, 0, 0);
    let before = files(&disk);
    let new = SimulatedDisk::new(1);
    let saved = salvage(&disk, Arc::new(new.clone())).unwrap();
    assert_eq!(files(&disk), before);
    let (_, recovery, read) = open(&new, &always()).unwrap();
    assert_eq!(recovery.torn, None);
    let lost: Vec<u64> = (0..60).filter(|number| !read.deltas.contains(&delta(*number))).collect();
    assert!((2..=9).contains(&lost.len()), "{lost:?}");
    assert!(lost.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{lost:?}");
    assert!(read.deltas.is_sorted_by_key(|found| (0..60).position(|it| delta(it) == *found)));
    assert_eq!(saved.deltas, read.deltas.len() as u64);
    let [(file, from, to)] = &saved.gaps[..] else { panic!("{saved:?}") };
    assert!(file == FIRST && *from <= 500 && *to >= 600 && *to < bytes.len() as u64);
    assert!(salvage(&disk, Arc::new(new)).is_err(), "there is one already");
}

#[test]
fn a_snapshot_is_saved_if_it_is_whole() {
    let disk = with_snapshot();
    let new = SimulatedDisk::new(1);
    let saved = salvage(&disk, Arc::new(new.clone())).unwrap();
    assert_eq!(saved.snapshot.as_deref(), Some(SNAPSHOT));
    let expected = Read { snapshot: Some(vec![7; 100_000]), deltas: vec![delta(3), delta(4)] };
    assert_eq!(open(&new, &always()).unwrap().2, expected);

    disk.flip_bit(SNAPSHOT, 50_000, 0);
    let new = SimulatedDisk::new(1);
    let saved = salvage(&disk, Arc::new(new.clone())).unwrap();
    assert_eq!((saved.snapshot, saved.lost_snapshots), (None, vec![SNAPSHOT.to_owned()]));
    assert_eq!(saved.missing, [FIRST]);
    assert_eq!(open(&new, &always()).unwrap().2.deltas, [delta(3), delta(4)]);
}

proptest! {
    /// Whatever is in the files, opening them is no accident, and what can be opened can go on.
    #[test]
    fn any_bytes_may_be_there(
        tail in prop::collection::vec(prop_oneof![Just(0_u8), Just(0x40), Just(8), any::<u8>()], 0..200),
        keep in 0..400_usize,
    ) {
        let mut bytes = content(&closed(8), FIRST);
        bytes.truncate(keep);
        bytes.extend(tail);
        let disk = SimulatedDisk::new(0);
        put(&disk, FIRST, &bytes);
        println!("{}", inspect(&disk).unwrap());
        salvage(&disk, Arc::new(SimulatedDisk::new(1))).unwrap();
        if let Ok((mut journal, _, read)) = open(&disk, &always()) {
            journal.append(b"later").unwrap();
            journal.commit(Duration::ZERO).unwrap();
            drop(journal);
            let mut again = open(&disk, &always()).unwrap().2;
            prop_assert_eq!(again.deltas.pop().unwrap(), b"later");
            prop_assert_eq!(again, read);
        }
    }
}
