//! What is read from a journal.

use std::convert::Infallible;
use std::sync::Arc;

use glomers_store::{Config, Disk, Entry, Journal, OpenError, Recovery, SyncPolicy};

/// What is read when a journal is opened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) snapshot: Option<Vec<u8>>,
    pub(crate) deltas: Vec<Vec<u8>>,
}

pub(crate) fn open(
    disk: &(impl Disk + Clone + 'static),
    config: &Config,
) -> Result<(Journal, Recovery, Read), OpenError> {
    let mut read = Read::default();
    let (journal, recovery) = Journal::open(Arc::new(disk.clone()), config.clone(), |entry| {
        match entry {
            Entry::Snapshot(state) => {
                assert!(
                    read.deltas.is_empty() && read.snapshot.is_none(),
                    "a snapshot comes first"
                );
                read.snapshot = Some(state.to_vec());
            }
            Entry::Delta(delta) => read.deltas.push(delta.to_vec()),
        }
        Ok::<_, Infallible>(())
    })?;
    assert_eq!(recovery.deltas, read.deltas.len() as u64);
    assert_eq!(recovery.snapshot, read.snapshot.as_ref().map(|state| state.len() as u64));
    Ok((journal, recovery, read))
}

pub(crate) fn always() -> Config {
    Config::with_sync(SyncPolicy::Always)
}

/// A different delta for each number, of different lengths.
pub(crate) fn delta(number: u64) -> Vec<u8> {
    let len = usize::try_from(number * 7 % 31).unwrap();
    let mut delta = number.to_string().into_bytes();
    delta.extend((0..len).map(|i| u8::try_from(i).unwrap() ^ 0x5a));
    delta
}

/// The first ones.
pub(crate) fn deltas(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(delta).collect()
}

/// All that a file holds.
pub(crate) fn content(disk: &impl Disk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut content = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    assert_eq!(file.read_at(&mut content, 0).unwrap(), content.len());
    content
}

/// Puts a file with this content in the place of one.
pub(crate) fn put(disk: &impl Disk, name: &str, content: &[u8]) {
    let file = disk.create(name).unwrap();
    file.write_at(content, 0).unwrap();
    file.sync().unwrap();
    disk.sync_names().unwrap();
}

/// All files, with what they hold.
pub(crate) fn files(disk: &impl Disk) -> Vec<(String, Vec<u8>)> {
    let names = disk.list().unwrap();
    names.into_iter().map(|name| (name.clone(), content(disk, &name))).collect()
}
