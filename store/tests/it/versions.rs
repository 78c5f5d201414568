//! What was written in the first version of the format, by the letter of it, is read, and goes on.

use std::time::Duration;

use glomers_store::{Disk, SimulatedDisk};

use crate::common::{Read, always, content, delta, deltas, open, put};

const FIRST: &str = "journal-0000000000000000";
const SECOND: &str = "journal-0000000000000001";

/// Forty deltas and a mark, in so many that a later version would have runs of them.
const OLD: &[u8] = include_bytes!("version-1.journal");

/// What a header says that its file is.
fn version(disk: &SimulatedDisk, name: &str) -> u8 {
    content(disk, name)[8]
}

/// A record's length.
fn len(number: u64) -> usize {
    8 + delta(number).len()
}

#[test]
fn a_journal_of_the_first_version_is_read_and_goes_on_as_one() {
    let disk = SimulatedDisk::new(0);
    put(&disk, FIRST, OLD);
    let (mut journal, recovery, read) = open(&disk, &always()).unwrap();
    assert_eq!((recovery.torn, read.deltas), (None, deltas(40)));

    (40..80).for_each(|number| _ = journal.append(&delta(number)).unwrap());
    journal.commit(Duration::ZERO).unwrap();
    // Whoever knows only that version can read it: it is no longer than that version has it.
    let written = content(&disk, FIRST);
    assert_eq!(written[..OLD.len()], *OLD);
    let mark = 16;
    assert_eq!(written.len(), OLD.len() + (40..80).map(len).sum::<usize>() + mark);
    assert_eq!(version(&disk, FIRST), 1);
    drop(journal);

    let (mut journal, _, read) = open(&disk, &always()).unwrap();
    assert_eq!(read.deltas, deltas(80));
    let cut = journal.begin_snapshot().unwrap();
    journal.finish_rotation(Duration::ZERO, cut.run()).unwrap();
    (80..120).for_each(|number| _ = journal.append(&delta(number)).unwrap());
    journal.close(Duration::ZERO).unwrap();
    assert_eq!((version(&disk, FIRST), version(&disk, SECOND)), (1, 2));
    assert_eq!(
        open(&disk, &always()).unwrap().2,
        Read { snapshot: None, deltas: deltas(120) },
        "files of both versions are one journal"
    );
}

#[test]
fn a_journal_of_the_first_version_is_cut_off_where_it_is_torn() {
    for cut in (32..OLD.len()).step_by(7) {
        let disk = SimulatedDisk::new(0);
        put(&disk, FIRST, &OLD[..cut]);
        let (mut end, mut whole) = (32, 0);
        while whole < 40 && end + len(whole) <= cut {
            (end, whole) = (end + len(whole), whole + 1);
        }
        let (_, recovery, read) = open(&disk, &always()).unwrap();
        assert_eq!(read.deltas, deltas(whole), "cut off at {cut}");
        assert_eq!(recovery.torn.map(|torn| torn.offset), (end < cut).then_some(end as u64));
    }
}

/// A run in a file of the version that has none is no record that belongs there.
#[test]
fn a_run_in_a_file_of_the_first_version_is_damage() {
    let new = SimulatedDisk::new(0);
    let (mut journal, ..) = open(&new, &always()).unwrap();
    (0..80).for_each(|number| _ = journal.append(&delta(number)).unwrap());
    journal.close(Duration::ZERO).unwrap();
    let mut bytes = content(&new, FIRST);
    bytes[..32].copy_from_slice(&OLD[..32]);
    let disk = SimulatedDisk::new(0);
    put(&disk, FIRST, &bytes);
    let error = open(&disk, &always()).unwrap_err().to_string();
    assert!(error.contains("the record at byte"), "{error}");
    assert_eq!(content(&disk, FIRST), bytes);
    assert_eq!(disk.list().unwrap(), [FIRST]);
}
