use std::io;
use std::rc::Rc;
use std::sync::Arc;

use glomers_crdt::Lattice;
use glomers_store::{Config, Disk, Entry, Journal, OpenError, SyncPolicy};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{Error, ErrorCode};
use crate::runtime::Net;
use crate::storage::{Keeper, Life, Lives, Record, Storage, boot};

/// What a node's earlier lives have kept of a state, and where this one keeps on. [`Replicated`] has a node that
/// is restored so.
///
/// [`Replicated`]: super::Replicated
pub struct Restored<S> {
    pub(super) state: S,
    pub(super) journal: Option<NodeJournal>,
    former: Lives,
    is_unbroken: bool,
}

/// Where a life keeps a state.
pub(super) struct NodeJournal {
    keeper: Rc<Keeper>,
    lives: Lives,
}

impl<S> Restored<S> {
    /// The names of all nodes in the life before, if there was one.
    pub fn former_nodes(&self) -> Option<&[String]> {
        self.former.last().map(|life| &*life.nodes)
    }

    /// Whether this life keeps what it comes to hold.
    pub(crate) fn is_kept(&self) -> bool {
        self.journal.is_some()
    }

    /// What is known of the lives before.
    pub(crate) fn lives(&self) -> Lives {
        self.former.clone()
    }

    /// The state that was found.
    pub(crate) fn state(&self) -> &S {
        &self.state
    }

    /// Whether nothing was lost of what was kept here.
    pub(crate) fn is_unbroken(&self) -> bool {
        self.is_unbroken
    }
}

impl<S: Default> Restored<S> {
    /// Nothing, and nothing will be kept.
    pub(crate) fn nothing() -> Self {
        Self { state: S::default(), journal: None, former: Lives::default(), is_unbroken: true }
    }
}

impl<S: Lattice + Default + Serialize + DeserializeOwned> Restored<S> {
    /// What was found in the node's journal; nothing, if it has none, or no place for one.
    ///
    /// # Errors
    ///
    /// If the journal cannot be opened, or is another node's: the node must not serve.
    pub fn open(net: &Net) -> Result<Self, Error> {
        match net.storage() {
            Some(storage) if storage.is_lasting() => {
                open(net, storage).map_err(|error| refused(net, storage, &error))
            }
            Some(_) => {
                tracing::info!("this node keeps nothing on a disk: it was given no --data-dir");
                Ok(Self::nothing())
            }
            None => Ok(Self::nothing()),
        }
    }

    /// As [`open`](Self::open); where there is only a temporary place, a journal is begun there, if
    /// that is possible.
    pub(crate) fn open_anywhere(net: &Net) -> Result<Self, Error> {
        match net.storage() {
            Some(storage) if !storage.is_lasting() => {
                Ok(open(net, storage).unwrap_or_else(|error| {
                    tracing::warn!(%error, "nothing can be kept in the temporary folder");
                    Self::nothing()
                }))
            }
            _ => Self::open(net),
        }
    }

    /// What a former life has kept in a temporary place, if it is there, and nothing of it was lost.
    pub(crate) fn of_life(net: &Net, life: &str) -> Option<S> {
        let disk = net.storage()?.of_another(&place(net), life)?;
        let mut found = Found::default();
        let visit = |entry: Entry<'_>| {
            let (Entry::Snapshot(record) | Entry::Delta(record)) = entry;
            found.take(record)
        };
        match Journal::open(disk, Config::with_sync(SyncPolicy::Never), visit) {
            Ok(_) if found.lives.knows(life) && found.lives.is_unbroken(&boot()) => {
                Some(found.state)
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, life, "the journal of a former life cannot be read");
                None
            }
        }
    }
}

/// Removes what a former life has kept in a temporary place.
pub(crate) fn remove_life(net: &Net, life: &str) {
    if let Some(storage) = net.storage() {
        storage.remove_another(&place(net), life);
    }
}

/// What is read from a journal.
struct Found<S> {
    lives: Lives,
    state: S,
}

impl<S: Default> Default for Found<S> {
    fn default() -> Self {
        Self { lives: Lives::default(), state: S::default() }
    }
}

impl<S: Lattice + DeserializeOwned> Found<S> {
    fn take(&mut self, record: &[u8]) -> Result<(), serde_json::Error> {
        let Record { lives, state } = serde_json::from_slice(record)?;
        if let Some(lives) = lives {
            self.lives = lives;
        }
        if let Some(state) = state {
            self.state.merge(&state);
        }
        Ok(())
    }
}

fn open<S: Lattice + Default + Serialize + DeserializeOwned>(
    net: &Net,
    storage: &Storage,
) -> Result<Restored<S>, OpenError> {
    let life = this_life(net);
    let opened = storage.open(&place(net), &life.name);
    let disk: Arc<dyn Disk> = opened
        .map_err(|source| OpenError::Disk { doing: "making its folder".to_owned(), source })?;
    let simulated = match storage {
        Storage::Memory(disk) => Some(disk.clone()),
        Storage::Folder(_) | Storage::Temporary(_) => None,
    };
    let mut found = Found::<S>::default();
    let keeper = Keeper::open(disk, simulated, net.durability(), |record| {
        found.take(record)?;
        match found.lives.last() {
            Some(last) if last.node != life.node || last.workload != life.workload => Err(Box::<
                dyn std::error::Error + Send + Sync,
            >::from(
                format!("it is the journal of {:?}, a node of {}", last.node, last.workload),
            )),
            _ => Ok(()),
        }
    })?;
    let Found { lives: former, state } = found;
    let is_unbroken = former.is_unbroken(&life.boot);
    let mut lives = former.clone();
    lives.push(life);
    let journal = NodeJournal { keeper: Rc::new(keeper), lives };
    journal.append(&Record::<()> { lives: Some(journal.lives.clone()), state: None });
    net.wait_for(&journal.keeper);
    Ok(Restored { state, journal: Some(journal), former, is_unbroken })
}

impl NodeJournal {
    /// Keeps what has become of the state.
    pub(super) fn keep<S: Serialize>(&self, delta: &S) {
        self.append(&Record { lives: None, state: Some(delta) });
    }

    fn append<S: Serialize>(&self, record: &Record<S>) {
        match serde_json::to_vec(record) {
            Ok(record) => self.keeper.append(record),
            Err(error) => self.keeper.give_up(error.to_string()),
        }
    }

    /// The record of a snapshot.
    pub(super) fn snapshot<S: Serialize>(&self, state: &S) -> io::Result<Vec<u8>> {
        let record = Record { lives: Some(self.lives.clone()), state: Some(state) };
        Ok(serde_json::to_vec(&record)?)
    }

    pub(super) fn make_snapshots_of(&self, record: impl Fn() -> io::Result<Vec<u8>> + 'static) {
        self.keeper.make_snapshots_of(record);
    }
}

/// What tells a node from others below one folder.
fn place(net: &Net) -> String {
    let mut place = format!("{}-", net.workload());
    for character in net.id().chars() {
        match character {
            '-' | '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => place.push(character),
            other => place.push_str(&format!("%{:X}", u32::from(other))),
        }
    }
    place
}

fn this_life(net: &Net) -> Life {
    Life {
        name: net.life(),
        node: net.id().as_ref().to_owned(),
        workload: net.workload().to_owned(),
        nodes: net.node_ids().iter().map(|node| node.as_ref().to_owned()).collect(),
        boot: boot(),
        durability: net.durability(),
    }
}

fn refused(net: &Net, storage: &Storage, error: &OpenError) -> Error {
    let folder = storage.folder().map(|folder| folder.join(place(net)));
    let text = match (folder, error) {
        (Some(folder), OpenError::Damaged(_)) => {
            let folder = folder.display();
            format!("{folder}: {error}; `glomers journal {folder}` tells what can be saved")
        }
        (Some(folder), _) => format!("{}: {error}", folder.display()),
        (None, _) => format!("the node's journal: {error}"),
    };
    Error::new(ErrorCode::Crash, text)
}
