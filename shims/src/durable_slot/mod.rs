//! A node's own part of a counter, kept so that a restart forgets nothing.
//!
//! What a node adds goes into an *entry* that is its own: no other node writes it, and the others
//! keep the greatest value that they have seen of it. So an entry must never go back, or what is
//! added to it next is lost in those maxima. It is kept in two places:
//!
//! * in a *journal*, a file on the node's disk, to which each new value is appended;
//! * in a *record* in seq-kv, with the name of the journal: every other second
//!   ([`DurableArgs::store_every`]), or, with [`Acks::SeqKv`], at once, however many additions have
//!   come together meanwhile.
//!
//! An addition is acknowledged, and shown to other nodes, once it is in one of the two
//! ([`DurableArgs::acks`] says which). So whatever others have seen or clients were told of is in the
//! record or in its journal, and who goes on from the later of the two goes on from it all. A new
//! life does so if the journal is there and whole, or if the record names none. Otherwise it leaves
//! the entry as it is, for others may have seen more of it than can be found, and begins another.
//! With the disk, then, nothing is lost with the process; without it, at most what neither the
//! record nor another node has, and what is added later counts whatever was lost.
//!
//! Of a record's writers only the latest life may succeed, though a request of an earlier one may
//! still be under way, and though seq-kv answers a read, or a compare-and-set that fails, from a
//! state as old as the last one that the caller saw:
//!
//! * Every change is a compare-and-set from the last content known, and no content comes twice: a
//!   life begins by putting its own mark into the record, and then the entry grows with each
//!   change. So once the mark is there, what earlier lives have sent fails for ever.
//! * An attempt whose outcome is unknown is repeated *unchanged* until it is known.
//! * What is read to go on from is read behind a fence, so that it cannot be stale.
//!
//! # What it costs
//!
//! Who wants additions to survive without a disk pays at least a message for each addition that
//! comes alone: something must leave the node after the addition and something must come back
//! before the acknowledgement. A client that waits for one before it asks for the next, as each
//! of Maelstrom's does, leaves nothing to be gathered. With seq-kv that is two messages. The
//! journal costs none, and the record two for each node that has something new, every other second.

mod journal;
mod register;
mod tally;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use self::journal::Journal;
use self::register::{Record, Register};
pub use self::tally::Tally;
use crate::disk::{Directory, Disk};
use crate::protocol::{Error, ErrorCode};
use crate::runtime::Net;

/// How long after its start a node leaves seq-kv alone, unless a client asks for something before:
/// until then the service may not be there.
const HOLD: Duration = Duration::from_secs(1);

/// The arguments of a node that keeps a slot.
#[derive(Args, Clone, Debug)]
pub struct DurableArgs {
    /// Where an addition must be kept before it is acknowledged
    #[arg(long, value_name = "WHERE", default_value = "disk")]
    pub acks: Acks,

    /// The folder for what is kept on disk: a small file a node. By default, the system's temporary
    /// one; in virtual time, it is in memory
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// How long what is on disk is gathered before it is stored in seq-kv too, in milliseconds: what
    /// the loss of a disk may cost, if no other node has heard of it either
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    pub store_every: u64,
}

/// Where an addition must be kept before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Acks {
    /// On the node's disk: survives the end of the process, SIGKILL included, and costs no message.
    /// Where there is no disk or it fails, in seq-kv
    Disk,
    /// In seq-kv: survives the loss of the machine too, and costs up to two messages an addition
    SeqKv,
}

/// A tally that survives the node.
pub struct DurableSlot<T: Tally> {
    net: Net,
    args: DurableArgs,
    name: String,
    /// What the entry shall hold; before the record is known, what shall be added to it.
    wanted: Cell<T>,
    /// Open as long as additions are acknowledged by it.
    journal: RefCell<Option<Journal>>,
    /// Which of the node's entries it is.
    entry: Cell<usize>,
    /// How many additions had to wait, and how many of them are settled.
    accepted: Cell<u64>,
    settled: Cell<u64>,
    /// Among the settled ones, these were refused after all.
    refused: Cell<(u64, u64)>,
    superseded: Cell<bool>,
    /// For the writer: there is something to store. For the waiters: something was settled.
    work: Notify,
    progress: Notify,
    show: RefCell<Box<dyn FnMut(usize, T)>>,
}

impl<T: Tally> DurableSlot<T> {
    /// A slot under the node's name; `show` hears what each of the node's entries, by its number,
    /// holds for certain. Starts the task that reads it and writes it.
    pub fn start(
        net: &Net,
        kind: &str,
        args: DurableArgs,
        show: impl FnMut(usize, T) + 'static,
    ) -> Rc<Self> {
        let slot = Rc::new(Self {
            net: net.clone(),
            args,
            name: kind.to_owned(),
            wanted: Cell::default(),
            journal: RefCell::default(),
            entry: Cell::new(0),
            accepted: Cell::new(0),
            settled: Cell::new(0),
            refused: Cell::new((0, 0)),
            superseded: Cell::new(false),
            work: Notify::new(),
            progress: Notify::new(),
            show: RefCell::new(Box::new(show)),
        });
        let writer = Rc::clone(&slot);
        net.spawn(async move { writer.keep_stored().await });
        slot
    }

    /// Adds `amount`; returns when it is safe.
    ///
    /// Dropped while it waits, the addition still happens.
    ///
    /// # Errors
    ///
    /// Error 14 if the tally cannot hold it, or if the node's name was taken over by another life:
    /// nothing is added.
    pub async fn add(&self, amount: T::Amount) -> Result<(), Error> {
        let abort = |text| Error::new(ErrorCode::Abort, text);
        let overflow = || abort("the counter cannot hold so much");
        if self.superseded.get() {
            return Err(abort(SUPERSEDED));
        }
        let wanted = self.wanted.get().plus(amount).ok_or_else(overflow)?;
        if wanted == self.wanted.get() {
            return Ok(());
        }
        self.wanted.set(wanted);
        self.work.notify_one();
        if self.journalled() {
            return Ok(());
        }
        let ticket = self.accepted.get() + 1;
        self.accepted.set(ticket);
        while self.settled.get() < ticket {
            self.progress.notified().await;
        }
        let (after, up_to) = self.refused.get();
        match after < ticket && ticket <= up_to {
            false => Ok(()),
            true if self.superseded.get() => Err(abort(SUPERSEDED)),
            true => Err(overflow()),
        }
    }

    /// Writes what is wanted into the journal, and shows it; or says that this cannot be done.
    fn journalled(&self) -> bool {
        let wanted = self.wanted.get();
        let mut journal = self.journal.borrow_mut();
        match journal.as_mut().map(|journal| journal.append(wanted)) {
            None => return false,
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::error!(%error, "the journal is given up: additions wait for seq-kv");
                *journal = None;
                return false;
            }
        }
        (self.show.borrow_mut())(self.entry.get(), wanted);
        true
    }

    async fn keep_stored(&self) {
        let _ = timeout(HOLD, self.work.notified()).await;
        let register = Register::new(&self.net, format!("{}/{}", self.name, self.net.id()));
        let mut record = self.take_over(&register).await;
        loop {
            while record.last() == self.wanted.get() {
                self.work.notified().await;
            }
            if self.journal.borrow().is_some() {
                sleep(Duration::from_millis(self.args.store_every)).await;
            }
            let (target, tickets) = (record.with_last(self.wanted.get()), self.accepted.get());
            if register.change(Some(&record), &target).await.is_err() {
                tracing::error!(
                    "another process has taken this node's name: nothing is added here any more"
                );
                self.superseded.set(true);
                self.journal.take();
                self.refuse();
                return;
            }
            record = target;
            (self.show.borrow_mut())(self.entry.get(), record.last());
            self.settle(tickets);
        }
    }

    /// Makes this life the one that may change the record, and goes on from what is found.
    async fn take_over(&self, register: &Register) -> Record<T> {
        let disk = self.disk();
        let [high, low] = self.net.entropy();
        let life = format!("{high:016x}{low:016x}");
        let mut found = register.read_newest::<T>().await;
        loop {
            let mut record = found.clone().unwrap_or_default();
            let old_journal = record.journal.take();
            let known = match (&old_journal, &disk) {
                (None, _) => Some(T::default()),
                (Some(name), Some(disk)) => Journal::last(&**disk, name),
                (Some(_), None) => None,
            };
            match (record.entries.last_mut(), known) {
                (Some(last), Some(known)) => *last = last.later(known),
                (None, _) => record.entries.push(T::default()),
                (Some(_), None) => {
                    tracing::warn!(
                        journal = old_journal,
                        "the journal is gone: a new entry is begun"
                    );
                    record.entries.push(T::default());
                }
            }
            record.life.clone_from(&life);
            // The record must not name a journal that is not there.
            let journal = self.create_journal(disk.as_ref(), &life, record.last());
            record.journal = journal.is_some().then(|| life.clone());
            match register.change(found.as_ref(), &record).await {
                Err(other) => found = other,
                Ok(()) => {
                    if let (Some(disk), Some(name)) = (&disk, old_journal) {
                        disk.remove(&name);
                    }
                    self.begin(&record, journal);
                    return record;
                }
            }
        }
    }

    fn disk(&self) -> Option<Rc<dyn Disk>> {
        match &self.args.data_dir {
            Some(folder) => Some(Rc::new(Directory::new(folder.clone()))),
            None => self.net.disk().cloned(),
        }
    }

    fn create_journal(&self, disk: Option<&Rc<dyn Disk>>, name: &str, tally: T) -> Option<Journal> {
        if self.args.acks == Acks::SeqKv {
            return None;
        }
        match Journal::create(disk?, name, tally) {
            Ok(journal) => Some(journal),
            Err(error) => {
                tracing::warn!(%error, "there can be no journal: additions wait for seq-kv");
                None
            }
        }
    }

    /// Goes on from `record`, with what was added before it was known.
    fn begin(&self, record: &Record<T>, journal: Option<Journal>) {
        for (number, tally) in record.entries.iter().enumerate() {
            self.entry.set(number);
            (self.show.borrow_mut())(number, *tally);
        }
        *self.journal.borrow_mut() = journal;
        match record.last().joined(self.wanted.get()) {
            Some(wanted) => {
                self.wanted.set(wanted);
                if self.journalled() {
                    self.settle(self.accepted.get());
                }
            }
            None => {
                tracing::error!("the counter is full: additions are refused");
                self.wanted.set(record.last());
                self.refuse();
            }
        }
    }

    fn settle(&self, tickets: u64) {
        self.settled.set(tickets);
        self.progress.notify_waiters();
    }

    /// Settles whatever waits, as refused.
    fn refuse(&self) {
        self.refused.set((self.settled.get(), self.accepted.get()));
        self.settle(self.accepted.get());
    }
}

const SUPERSEDED: &str = "another process has taken this node's name";
