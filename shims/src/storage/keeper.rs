use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error as StdError;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use glomers_store::{
    CommitError, Config, CutDone, Disk, Done, Entry, Journal, OpenError, SimulatedDisk,
    SnapshotError, SnapshotWriter, SyncPolicy,
};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::held::Held;
use super::{Durability, Outgoing, Refused};
use crate::protocol::{Error, ErrorCode};

/// How long after a disk was found full it is tried again.
pub const RETRY: Duration = Duration::from_millis(500);

/// How long an answer waits for the disk before its client gets an error instead: with the time that
/// the handler may take, less than clients wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// The policies of a node's journal need no clock.
const NO_TIME: Duration = Duration::ZERO;

/// A node's journal, and what waits for it before it leaves the node.
pub(crate) struct Keeper(RefCell<Inner>);

struct Inner {
    journal: Journal,
    /// Where the disk is simulated, how long it takes.
    simulated: Option<SimulatedDisk>,
    /// Deltas that are not safe yet, with their numbers in the journal.
    owed: VecDeque<(u64, Vec<u8>)>,
    /// How many deltas are safe.
    safe: u64,
    held: VecDeque<Held>,
    running: Option<Running>,
    /// The whole state, for a snapshot.
    state: Option<Box<dyn Fn() -> io::Result<Vec<u8>>>>,
    /// When a disk that was full is tried again, and a snapshot that failed.
    retry: Option<Instant>,
    next_snapshot: Option<Instant>,
    broken: Option<String>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// What the disk is doing, besides the node.
type Running = Pin<Box<dyn Future<Output = Outcome>>>;

enum Outcome {
    Written(Done),
    Cut(Box<CutDone>, Vec<u8>),
    Snapshot(io::Result<()>),
    /// A thread that panicked or was not to be had.
    Lost(String),
}

impl Keeper {
    /// Opens the journal; `visit` gets all that is in it.
    pub(crate) fn open<E: Into<Box<dyn StdError + Send + Sync>>>(
        disk: Arc<dyn Disk>,
        simulated: Option<SimulatedDisk>,
        durability: Durability,
        mut visit: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Self, OpenError> {
        let sync = match durability {
            Durability::Power => SyncPolicy::Always,
            Durability::None | Durability::Process => SyncPolicy::Never,
        };
        let (journal, recovery) = Journal::open(disk, Config::with_sync(sync), |entry| {
            let (Entry::Snapshot(record) | Entry::Delta(record)) = entry;
            visit(record)
        })?;
        if let Some(torn) = recovery.torn {
            tracing::info!(
                file = torn.file,
                offset = torn.offset,
                bytes = torn.bytes,
                "what was being written when the last life ended is cut off"
            );
        }
        Ok(Self(RefCell::new(Inner {
            journal,
            simulated,
            owed: VecDeque::new(),
            safe: 0,
            held: VecDeque::new(),
            running: None,
            state: None,
            retry: None,
            next_snapshot: None,
            broken: None,
            timer: None,
        })))
    }

    /// Has snapshots made, each of a record with the whole state.
    pub(crate) fn make_snapshots_of(&self, record: impl Fn() -> io::Result<Vec<u8>> + 'static) {
        self.0.borrow_mut().state = Some(Box::new(record));
    }

    /// Ends the node's life with the next turn.
    pub(crate) fn give_up(&self, why: String) {
        self.0.borrow_mut().broken.get_or_insert(why);
    }

    /// Appends a record. What leaves the node from now on waits until it is safe.
    pub(crate) fn append(&self, record: Vec<u8>) {
        self.0.borrow_mut().append(record);
    }

    /// Takes what is on its way out, lets the disk do what it can at once, and leaves what may go now.
    /// Requests that waited in vain come back.
    ///
    /// # Errors
    ///
    /// That the journal is broken: then nothing may leave the node any more.
    pub(crate) fn turn(&self, outgoing: &mut Outgoing) -> io::Result<Vec<Refused>> {
        self.0.borrow_mut().turn(outgoing)
    }

    /// Waits until there is reason for another [`turn`](Self::turn).
    pub(crate) async fn progress(&self) {
        poll_fn(|context| self.0.borrow_mut().poll_progress(context)).await;
    }

    /// Whether anything waits.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.0.borrow();
        inner.held.is_empty() && inner.running.is_none()
    }
}

impl Inner {
    fn append(&mut self, record: Vec<u8>) {
        let number = match self.retry {
            // All that is owed is appended when it is tried again.
            Some(_) => u64::MAX,
            None => match self.journal.append(&record) {
                Ok(number) => number,
                Err(error) => {
                    self.broken.get_or_insert_with(|| error.to_string());
                    return;
                }
            },
        };
        self.owed.push_back((number, record));
    }

    fn turn(&mut self, outgoing: &mut Outgoing) -> io::Result<Vec<Refused>> {
        let deltas = self.safe + self.owed.len() as u64;
        if !outgoing.is_empty() {
            let outgoing = std::mem::take(outgoing);
            self.held.push_back(Held { deltas, since: Instant::now(), outgoing });
        }
        self.work();
        if let Some(why) = &self.broken {
            return Err(io::Error::other(why.clone()));
        }
        while self.held.front().is_some_and(|held| held.deltas <= self.safe) {
            if let Some(held) = self.held.pop_front() {
                held.outgoing.release(&mut outgoing.lines);
            }
        }
        Ok(self.give_up())
    }

    /// Refuses who cannot be answered.
    fn give_up(&mut self) -> Vec<Refused> {
        let mut refused = Vec::new();
        if self.retry.is_some() {
            let text =
                "there is no room on the disk: it is kept once there is, if the node lives on";
            let error = Error::new(ErrorCode::Crash, text);
            for mut held in self.held.drain(..) {
                refused.extend(held.outgoing.refuse(&error));
            }
        }
        let now = Instant::now();
        let error =
            Error::new(ErrorCode::Timeout, "the disk takes too long; it may come to be kept");
        for held in self.held.iter_mut().take_while(|held| held.since + PATIENCE <= now) {
            refused.extend(held.outgoing.refuse(&error));
        }
        refused
    }

    /// Has the disk do what is to be done, and does itself what takes no time.
    fn work(&mut self) {
        if let Some(at) = self.retry {
            if self.running.is_some() || Instant::now() < at {
                return;
            }
            self.retry = None;
            for (_, record) in std::mem::take(&mut self.owed) {
                self.append(record);
            }
        }
        while self.running.is_none() && self.broken.is_none() && self.retry.is_none() {
            if !self.begin() {
                break;
            }
        }
    }

    /// Begins one thing, or does it; returns whether there was any.
    fn begin(&mut self) -> bool {
        if self.wants_snapshot()
            && let Some(state) = &self.state
        {
            match (state(), self.journal.begin_snapshot()) {
                (Ok(state), Ok(cut)) => {
                    self.run(true, move || Outcome::Cut(Box::new(cut.run()), state));
                }
                (Err(error), _) => self.broken = Some(error.to_string()),
                (_, Err(error)) => self.fail(&error),
            }
            return true;
        }
        let Some(work) = self.journal.begin(NO_TIME) else { return false };
        self.run(work.syncs(), move || Outcome::Written(work.run()));
        true
    }

    fn wants_snapshot(&self) -> bool {
        self.journal.wants_snapshot() && self.next_snapshot.is_none_or(|at| at <= Instant::now())
    }

    /// Runs what the disk is to do: beside the node, if it waits for the disk.
    fn run(&mut self, is_slow: bool, job: impl FnOnce() -> Outcome + Send + 'static) {
        let time = self.simulated.as_ref().map(SimulatedDisk::sync_time);
        match time {
            _ if !is_slow => self.take(job()),
            Some(Duration::ZERO) => self.take(job()),
            Some(time) => {
                self.running = Some(Box::pin(async move {
                    sleep(time).await;
                    job()
                }));
            }
            None => {
                self.running = Some(Box::pin(async move {
                    spawn_blocking(job)
                        .await
                        .unwrap_or_else(|error| Outcome::Lost(error.to_string()))
                }));
            }
        }
    }

    fn take(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Written(done) => match self.journal.finish(NO_TIME, done) {
                Ok(()) => self.settle(),
                Err(error) => self.fail(&error),
            },
            Outcome::Cut(done, state) => match self.journal.finish_cut(NO_TIME, *done) {
                Ok(writer) => {
                    self.settle();
                    self.run(true, move || Outcome::Snapshot(write(writer, &state)));
                }
                Err(SnapshotError::Commit(error)) => self.fail(&error),
                Err(error) => {
                    self.settle();
                    self.put_off(&error);
                }
            },
            Outcome::Snapshot(Ok(())) => {}
            Outcome::Snapshot(Err(error)) => self.put_off(&error),
            Outcome::Lost(error) => self.broken = Some(error),
        }
    }

    /// Takes note of what is safe.
    fn settle(&mut self) {
        let acknowledged = self.journal.acknowledged();
        while self.owed.front().is_some_and(|(number, _)| *number <= acknowledged) {
            self.owed.pop_front();
            self.safe += 1;
        }
    }

    fn fail(&mut self, error: &CommitError) {
        match error {
            CommitError::Full(_) => {
                tracing::error!(%error, "nothing can be kept until there is room");
                // What was acknowledged before the disk was full is not owed.
                self.settle();
                self.retry = Some(Instant::now() + RETRY);
            }
            error => self.broken = Some(error.to_string()),
        }
    }

    fn put_off(&mut self, error: &dyn std::fmt::Display) {
        tracing::warn!(%error, "there is no snapshot: the journal goes on without");
        self.next_snapshot = Some(Instant::now() + RETRY);
    }

    fn poll_progress(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(running) = &mut self.running
            && let Poll::Ready(outcome) = running.as_mut().poll(context)
        {
            self.running = None;
            self.take(outcome);
            return Poll::Ready(());
        }
        let has_waiting = |held: &&Held| !held.outgoing.replies.is_empty();
        let late = self.held.iter().find(has_waiting).map(|held| held.since + PATIENCE);
        let Some(at) = self.retry.into_iter().chain(late).min() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(context)
    }
}

fn write(mut writer: SnapshotWriter, state: &[u8]) -> io::Result<()> {
    writer.write_all(state)?;
    writer.flush()?;
    writer.finish()
}
