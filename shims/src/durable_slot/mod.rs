//! A node's own part of a counter, kept so that a restart forgets nothing.
//!
//! What a node adds goes into an *entry* that is its own: no other node writes it, and the others
//! keep the greatest value that they have seen of it. So an entry must never go back, or what is
//! added to it next is lost in those maxima. It is kept in two places:
//!
//! * in the node's *journal*, with the rest of the counter;
//! * in a *record* in seq-kv, with the name of the life whose journal may be ahead of it: every other second
//!   ([`DurableArgs::store_every`]), or, with [`Acks::SeqKv`], at once, however many additions have
//!   come together meanwhile.
//!
//! An addition is acknowledged, and shown to other nodes, once it is in one of the two
//! ([`DurableArgs::acks`] says which). So whatever others have seen or clients were told of is in the
//! record or in the journal, and who goes on from the later of the two goes on from it all. A new
//! life does so if the journal is that of the life which the record names, and nothing of it was lost; or if
//! the record names none. Otherwise it leaves
//! the entry as it is, for others may have seen more of it than can be found, and begins another.
//! With the journal, then, nothing is lost with the process; without it, at most what neither the
//! record nor another node has, and what is added later counts whatever was lost.
//!
//! A node that was given no folder begins a journal for each life in the system's temporary one: the record
//! names it, so nobody takes what another cluster has left there for its own.
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

mod former;
mod register;
mod tally;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

pub use self::former::Former;
use self::register::{Record, Register};
pub use self::tally::Tally;
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

    /// How long what is on disk is gathered before it is stored in seq-kv too, in milliseconds: what
    /// the loss of a disk may cost, if no other node has heard of it either
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    pub store_every: u64,
}

/// Where an addition must be kept before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Acks {
    /// In the node's journal, in its --data-dir or else in the system's temporary folder: costs no
    /// message. Where there can be none, in seq-kv
    Disk,
    /// In seq-kv: survives the loss of the machine too, and costs up to two messages an addition
    SeqKv,
}

/// A tally that survives the node.
pub struct DurableSlot<T: Tally> {
    net: Net,
    args: DurableArgs,
    name: String,
    former: Former<T>,
    /// What the entry shall hold; before the record is known, what shall be added to it.
    wanted: Cell<T>,
    /// Whether additions are safe in the journal.
    is_journalled: Cell<bool>,
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
    /// A slot under the node's name, after its former lives; `show` hears what each of the node's
    /// entries, by its number, holds for certain, or will once it is in the journal, where it puts it.
    /// Starts the task that reads the slot and writes it.
    pub fn start(
        net: &Net,
        args: DurableArgs,
        former: Former<T>,
        show: impl FnMut(usize, T) + 'static,
    ) -> Rc<Self> {
        let slot = Rc::new(Self {
            net: net.clone(),
            args,
            name: format!("{}/{}", net.workload(), net.id()),
            former,
            wanted: Cell::default(),
            is_journalled: Cell::new(false),
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

    /// Shows what is wanted, and so puts it into the journal; or says that there is none.
    fn journalled(&self) -> bool {
        let is_journalled = self.is_journalled.get();
        if is_journalled {
            self.show(self.entry.get(), self.wanted.get());
        }
        is_journalled
    }

    fn show(&self, entry: usize, tally: T) {
        (self.show.borrow_mut())(entry, tally);
    }

    async fn keep_stored(&self) {
        let _ = timeout(HOLD, self.work.notified()).await;
        let register = Register::new(&self.net, self.name.clone());
        let mut record = self.take_over(&register).await;
        loop {
            while record.last() == self.wanted.get() {
                self.work.notified().await;
            }
            if self.is_journalled.get() {
                sleep(Duration::from_millis(self.args.store_every)).await;
            }
            let (target, tickets) = (record.with_last(self.wanted.get()), self.accepted.get());
            if register.change(Some(&record), &target).await.is_err() {
                tracing::error!(
                    "another process has taken this node's name: nothing is added here any more"
                );
                self.superseded.set(true);
                self.is_journalled.set(false);
                self.refuse();
                return;
            }
            record = target;
            self.show(self.entry.get(), record.last());
            self.settle(tickets);
        }
    }

    /// Makes this life the one that may change the record, and goes on from what is found.
    async fn take_over(&self, register: &Register) -> Record<T> {
        let is_journalled = self.args.acks == Acks::Disk && self.former.is_kept;
        let mut found = register.read_newest::<T>().await;
        loop {
            let mut record = found.clone().unwrap_or_default();
            let named = record.journal.take();
            self.former.go_on(&self.net, &mut record.entries, named.as_deref());
            // What the record's journal is to be ahead of must be in it before the record names it.
            for (number, tally) in record.entries.iter().enumerate() {
                self.show(number, *tally);
            }
            record.life = self.net.life();
            record.journal = is_journalled.then(|| self.net.life());
            match register.change(found.as_ref(), &record).await {
                Err(other) => found = other,
                Ok(()) => {
                    if let Some(named) = named {
                        self.former.forget(&self.net, &named);
                    }
                    self.begin(&record, is_journalled);
                    return record;
                }
            }
        }
    }

    /// Goes on from `record`, with what was added before it was known.
    fn begin(&self, record: &Record<T>, is_journalled: bool) {
        self.entry.set(record.entries.len().saturating_sub(1));
        self.is_journalled.set(is_journalled);
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
