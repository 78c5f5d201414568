//! A node's own slot of a counter, kept in seq-kv so that a restart forgets nothing.
//!
//! Only this node writes the slot, but perhaps from several lives: a request of an earlier life may
//! still be under way when the node is up again. And seq-kv answers a read, or a compare-and-set
//! that fails, from a state as old as the last one that the caller saw. So:
//!
//! * The slot only grows, and every change is a compare-and-set from the last content known. A
//!   late request of an earlier life so either comes first, and is found, or fails for ever.
//! * An attempt whose outcome is unknown is repeated *unchanged* until it is known: only one
//!   change is ever under way, so whatever else is found in the slot cannot contain it.
//! * Before the slot is read, a key of the node's own is written with a value it never had. A
//!   request that changes the store runs on its newest state and takes the caller there, so the
//!   read that follows cannot be stale.
//! * What is wanted is added up while a change is under way and leaves with the next one: one
//!   request for any number of additions.
//!
//! An addition is acknowledged, and shown to other nodes, only once it is in the slot. Otherwise a
//! restarted node would begin below what others have seen of it, and what it then adds would be
//! lost in their maxima.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::kv::{Kv, Service};
use crate::protocol::{Error, ErrorCode};
use crate::runtime::{Net, RpcError};

/// How long seq-kv is given to answer at first; twice as long after each time that was too short.
const KV_PATIENCE: Duration = Duration::from_millis(1500);
const MAX_KV_PATIENCE: Duration = Duration::from_secs(60);

/// How long after its start a node leaves seq-kv alone, unless a client asks for something before:
/// until then the service may not be there.
const HOLD: Duration = Duration::from_secs(1);

/// How long to wait after an error of seq-kv before asking again.
const PAUSE: Duration = Duration::from_millis(250);

/// A slot's content: a tally that only grows.
pub trait Tally: Copy + Default + PartialEq + Serialize + DeserializeOwned + 'static {
    /// What is added at once.
    type Amount: Copy;

    /// The tally with `amount` added, or `None` beyond what it can hold.
    fn plus(self, amount: Self::Amount) -> Option<Self>;

    /// `other` with that added which was added to `base` to get `self`, or `None` beyond what it
    /// can hold.
    fn rebased(self, base: Self, other: Self) -> Option<Self>;
}

/// A tally that survives the node.
pub struct DurableSlot<T: Tally> {
    net: Net,
    patience: Cell<Duration>,
    key: String,
    /// What the slot shall hold.
    wanted: Cell<T>,
    /// How many additions were accepted into `wanted`, and how many of them are settled.
    accepted: Cell<u64>,
    settled: Cell<u64>,
    /// Among the settled ones, these had no room after all.
    refused: Cell<(u64, u64)>,
    /// For the writer: there is something to store. For the waiters: something was stored.
    work: Notify,
    progress: Notify,
    fences: Cell<u64>,
    on_stored: RefCell<Box<dyn FnMut(T)>>,
}

impl<T: Tally> DurableSlot<T> {
    /// A slot under the node's name; `on_stored` hears of every content that is safe. Starts the
    /// task that reads it and writes it.
    pub fn start(net: &Net, kind: &str, on_stored: impl FnMut(T) + 'static) -> Rc<Self> {
        let slot = Rc::new(Self {
            net: net.clone(),
            patience: Cell::new(KV_PATIENCE),
            key: format!("{kind}/{}", net.id()),
            wanted: Cell::default(),
            accepted: Cell::new(0),
            settled: Cell::new(0),
            refused: Cell::new((0, 0)),
            work: Notify::new(),
            progress: Notify::new(),
            fences: Cell::new(0),
            on_stored: RefCell::new(Box::new(on_stored)),
        });
        let writer = Rc::clone(&slot);
        net.spawn(async move { writer.keep_stored().await });
        slot
    }

    /// Adds `amount`; returns when it is safe in seq-kv.
    ///
    /// Dropped while it waits, the addition still happens.
    ///
    /// # Errors
    ///
    /// Error 14 if the tally cannot hold it: nothing is added.
    pub async fn add(&self, amount: T::Amount) -> Result<(), Error> {
        let overflow = || Error::new(ErrorCode::Abort, "the counter cannot hold so much");
        self.wanted.set(self.wanted.get().plus(amount).ok_or_else(overflow)?);
        let ticket = self.accepted.get() + 1;
        self.accepted.set(ticket);
        self.work.notify_one();
        while self.settled.get() < ticket {
            self.progress.notified().await;
        }
        let (after, up_to) = self.refused.get();
        if after < ticket && ticket <= up_to { Err(overflow()) } else { Ok(()) }
    }

    async fn keep_stored(&self) {
        let _ = timeout(HOLD, self.work.notified()).await;
        let mut stored = self.read_newest().await;
        self.rebase(T::default(), stored);
        loop {
            (self.on_stored.borrow_mut())(stored);
            while self.accepted.get() == self.settled.get() {
                self.work.notified().await;
            }
            let (target, tickets) = (self.wanted.get(), self.accepted.get());
            stored = match self.attempt(stored, target).await {
                Found::Target => {
                    self.settle(tickets);
                    target
                }
                Found::Foreign(found) => {
                    tracing::info!(key = self.key, "the slot was changed by an earlier life");
                    self.rebase(stored, found);
                    found
                }
            };
        }
    }

    fn settle(&self, tickets: u64) {
        self.settled.set(tickets);
        self.progress.notify_waiters();
    }

    /// Applies what was added since `base` to `found` instead.
    fn rebase(&self, base: T, found: T) {
        let wanted = self.wanted.get().rebased(base, found).unwrap_or_else(|| {
            tracing::error!(key = self.key, "the slot is full: additions are refused");
            self.refused.set((self.settled.get(), self.accepted.get()));
            self.settle(self.accepted.get());
            found
        });
        self.wanted.set(wanted);
    }

    /// Changes the slot from `base` to `target`; returns what is in it for certain.
    async fn attempt(&self, base: T, target: T) -> Found<T> {
        loop {
            match self.kv().cas(&self.key, &base, &target, base == T::default()).await {
                Ok(true) => return Found::Target,
                // The comparison may have been made with an old state.
                Ok(false) => {}
                Err(error) => self.pause_after(&error).await,
            }
            let found = self.read_newest().await;
            if found == target {
                return Found::Target;
            }
            if found != base {
                return Found::Foreign(found);
            }
        }
    }

    /// Reads the slot, at seq-kv's newest state; tries until it succeeds.
    async fn read_newest(&self) -> T {
        loop {
            match self.try_read_newest().await {
                Ok(found) => return found.unwrap_or_default(),
                Err(error) => self.pause_after(&error).await,
            }
        }
    }

    async fn try_read_newest(&self) -> Result<Option<T>, RpcError> {
        self.fences.set(self.fences.get() + 1);
        let unique = format!("{:016x}-{}", self.net.entropy()[1], self.fences.get());
        self.kv().write(&format!("{}/fence", self.key), &unique).await?;
        self.kv().read(&self.key).await
    }

    fn kv(&self) -> Kv {
        Kv::new(self.net.clone(), Service::SeqKv, self.patience.get())
    }

    async fn pause_after(&self, error: &RpcError) {
        tracing::warn!(%error, key = self.key, "seq-kv does not answer as it should");
        if *error == RpcError::Timeout {
            self.patience.set((self.patience.get() * 2).min(MAX_KV_PATIENCE));
        }
        sleep(PAUSE).await;
    }
}

enum Found<T> {
    /// The change happened.
    Target,
    /// It did not and never will: an earlier life has changed the slot to this.
    Foreign(T),
}

/// What a grow-only counter's replica has added.
impl Tally for u64 {
    type Amount = u64;

    fn plus(self, amount: u64) -> Option<Self> {
        self.checked_add(amount)
    }

    fn rebased(self, base: Self, other: Self) -> Option<Self> {
        other.checked_add(self.checked_sub(base)?)
    }
}

/// What a replica has added and subtracted.
impl Tally for (u64, u64) {
    type Amount = i64;

    fn plus(self, amount: i64) -> Option<Self> {
        let (up, down) = self;
        let size = amount.unsigned_abs();
        Some(if amount < 0 { (up, down.plus(size)?) } else { (up.plus(size)?, down) })
    }

    fn rebased(self, base: Self, other: Self) -> Option<Self> {
        Some((self.0.rebased(base.0, other.0)?, self.1.rebased(base.1, other.1)?))
    }
}
