//! Deltas read back from a journal that is open, and files begun and covered without a snapshot between.

use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::time::Duration;

use glomers_store::{
    Cursor, DamageKind, Disk, Entry, Journal, OpenError, Place, SharedJournal, SimulatedDisk,
};

use crate::common::{Read, always, content, delta, deltas, open};

const FIRST: &str = "journal-0000000000000000";
const SECOND: &str = "journal-0000000000000001";
const SNAPSHOT: &str = "snapshot-0000000000000001";

/// Deltas in batches of one, of some and of many, so that some are in runs; and where each lies.
fn filled(disk: &SimulatedDisk, count: u64) -> (Journal, Vec<Place>) {
    let (mut journal, ..) = open(disk, &always()).unwrap();
    let mut places = Vec::new();
    for number in 0..count {
        places.push(journal.next_place());
        journal.append(&delta(number)).unwrap();
        if number < 10 || number % 100 == 30 {
            journal.commit(Duration::ZERO).unwrap();
        }
    }
    journal.commit(Duration::ZERO).unwrap();
    (journal, places)
}

/// What there is from `place` on, up to `end`.
fn read(disk: &SimulatedDisk, place: Place, end: u64) -> Vec<(Place, Vec<u8>)> {
    let mut cursor = Cursor::open(disk, place).unwrap();
    let mut read = Vec::new();
    while let Some((place, delta)) = cursor.next(end).unwrap() {
        read.push((place, delta.to_vec()));
    }
    read
}

fn expected(places: &[Place], from: usize) -> Vec<(Place, Vec<u8>)> {
    let numbered = places.iter().zip(0..).skip(from);
    numbered.map(|(place, number)| (*place, delta(number))).collect()
}

fn rotate(journal: &mut Journal) -> u64 {
    let cut = journal.begin_snapshot().unwrap();
    journal.finish_rotation(Duration::ZERO, cut.run()).unwrap()
}

#[test]
fn a_cursor_reads_from_any_delta_on() {
    let disk = SimulatedDisk::new(0);
    let (journal, places) = filled(&disk, 330);
    let end = journal.next_place().offset;
    for (from, place) in places.iter().enumerate() {
        assert_eq!(read(&disk, *place, end), expected(&places, from), "from {from}");
    }
    // And so do those who open the journal, who are told the same places.
    drop(journal);
    let mut told = Vec::new();
    Journal::open_placed(Arc::new(disk.clone()), always(), |place, entry| {
        let Entry::Delta(delta) = entry else { panic!("there is no snapshot") };
        told.push((place, delta.to_vec()));
        Ok::<_, std::io::Error>(())
    })
    .unwrap();
    assert_eq!(told, expected(&places, 0));
}

#[test]
fn a_cursor_reads_no_further_than_it_may_and_goes_on_when_it_may() {
    let disk = SimulatedDisk::new(0);
    let (journal, places) = filled(&disk, 200);
    let mut cursor = Cursor::open(&disk, places[0]).unwrap();
    assert_eq!(cursor.file_len().unwrap(), content(&disk, FIRST).len() as u64);
    for (number, place) in places.iter().enumerate() {
        // The end of the one before is where this one begins, or earlier, if something is between.
        assert_eq!(cursor.next(place.offset).unwrap(), None, "before {number}");
        let end = place.offset + 8 + delta(number as u64).len() as u64;
        let (found, bytes) = cursor.next(end).unwrap().expect("it is whole");
        assert_eq!((found, bytes), (*place, &delta(number as u64)[..]));
    }
    drop(journal);
}

#[test]
fn a_cursor_tells_damage_with_its_place_and_gives_what_is_before_it() {
    let disk = SimulatedDisk::new(0);
    let (journal, places) = filled(&disk, 200);
    let end = journal.next_place().offset;
    for hurt in [5, 90, 150, 199_usize] {
        let at = places[hurt].offset + 8;
        disk.flip_bit(FIRST, at, 1);
        let mut cursor = Cursor::open(&disk, places[0]).unwrap();
        for number in 0..hurt as u64 {
            assert_eq!(cursor.next(end).unwrap().unwrap().1, delta(number));
        }
        match cursor.next(end) {
            Err(OpenError::Damaged(found)) => {
                assert_eq!(
                    (found.file.as_str(), found.offset, found.kind),
                    (FIRST, at, DamageKind::FlippedBit)
                );
            }
            other => panic!("{other:?}"),
        }
        disk.flip_bit(FIRST, at, 1);
    }
    // More than a bit: the record is told.
    disk.open(FIRST).unwrap().write_at(&[0xff; 4], places[150].offset + 8).unwrap();
    let mut cursor = Cursor::open(&disk, places[120]).unwrap();
    let error = std::iter::from_fn(|| cursor.next(end).map(|it| it.map(drop)).transpose())
        .find_map(Result::err)
        .unwrap();
    let at = places[150].offset;
    assert_eq!(error.to_string(), format!("damaged: {FIRST}: the record at byte {at} is damaged"));
}

#[test]
fn a_file_may_end_without_a_snapshot() {
    let disk = SimulatedDisk::new(0);
    let (mut journal, mut places) = filled(&disk, 100);
    let end = journal.next_place().offset;
    assert_eq!(rotate(&mut journal), 1);
    for number in 100..150 {
        places.push(journal.next_place());
        journal.append(&delta(number)).unwrap();
    }
    journal.commit(Duration::ZERO).unwrap();
    assert_eq!(disk.list().unwrap(), [FIRST, SECOND].map(str::to_owned));
    assert!(places.is_sorted() && places[100].generation == 1);
    assert_eq!(read(&disk, places[0], end), expected(&places[..100], 0));
    let end = journal.next_place().offset;
    assert_eq!(read(&disk, places[100], end), expected(&places, 100));
    drop(journal);
    assert_eq!(open(&disk, &always()).unwrap().2, Read { snapshot: None, deltas: deltas(150) });
}

#[test]
fn what_was_ended_is_covered_later_and_then_gone() {
    let disk = SimulatedDisk::new(0);
    let (mut journal, places) = filled(&disk, 20);
    rotate(&mut journal);
    (20..25).for_each(|number| _ = journal.append(&delta(number)).unwrap());
    assert_eq!(rotate(&mut journal), 2);
    (25..30).for_each(|number| _ = journal.append(&delta(number)).unwrap());
    journal.commit(Duration::ZERO).unwrap();

    // Given up: all is as it was.
    let mut writer = journal.cover(1).unwrap();
    writer.write_all(b"the first twenty").unwrap();
    drop(writer);
    assert!(disk.list().unwrap().contains(&FIRST.to_owned()));
    assert_eq!(read(&disk, places[0], content(&disk, FIRST).len() as u64).len(), 20);

    let mut writer = journal.cover(1).unwrap();
    writer.write_all(b"the first twenty").unwrap();
    // It goes on meanwhile, and nothing is gone before the snapshot is finished.
    journal.append(&delta(30)).unwrap();
    journal.commit(Duration::ZERO).unwrap();
    assert!(disk.list().unwrap().contains(&FIRST.to_owned()));
    writer.finish().unwrap();
    let third = "journal-0000000000000002";
    assert_eq!(disk.list().unwrap(), [SECOND, third, SNAPSHOT].map(str::to_owned));
    match Cursor::open(&disk, places[0]) {
        Err(OpenError::Disk { source, .. }) => assert_eq!(source.kind(), ErrorKind::NotFound),
        other => panic!("{other:?}"),
    }
    drop(journal);
    let read = open(&disk, &always()).unwrap().2;
    assert_eq!(read.snapshot.as_deref(), Some(&b"the first twenty"[..]));
    assert_eq!(read.deltas, deltas(31)[20..]);
}

#[test]
fn a_shared_journal_rotates_while_others_append() {
    let disk = SimulatedDisk::new(0);
    let journal = SharedJournal::new(open(&disk, &always()).unwrap().0).unwrap();
    let mut places = Vec::new();
    for number in 0..40 {
        let (place, ticket) = journal.append_after(&delta(number), journal.losses()).unwrap();
        places.push(place);
        if number % 10 == 9 {
            // What was appended before is in the file that ends, and safe when it has ended.
            assert_eq!(journal.rotate().unwrap(), number / 10 + 1);
            assert!(ticket.is_settled());
        } else if number % 3 == 0 {
            ticket.wait().unwrap();
        }
    }
    let generations: Vec<u64> = places.iter().map(|place| place.generation).collect();
    assert_eq!(generations, (0..40).map(|number| number / 10).collect::<Vec<_>>());
    let mut writer = journal.cover(3).unwrap();
    writer.write_all(b"thirty").unwrap();
    writer.finish().unwrap();
    journal.close().unwrap();
    let read = open(&disk, &always()).unwrap().2;
    assert_eq!(read.snapshot.as_deref(), Some(&b"thirty"[..]));
    assert_eq!(read.deltas, deltas(40)[30..]);
}
