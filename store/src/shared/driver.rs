use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::batch::Batch;
use crate::cut::{Cut, CutDone};
use crate::error::{AppendError, CommitError, SnapshotError};
use crate::journal::Journal;
use crate::place::Place;
use crate::snapshot::SnapshotWriter;
use crate::work::Work;

/// A journal under a lock that nobody holds while the disk works.
#[derive(Debug)]
pub(super) struct Driver {
    state: Mutex<State>,
    /// For the thread: there is something to do.
    work: Condvar,
    /// For whoever wants the journal to be idle: it may be so now.
    idle: Condvar,
    began: Instant,
}

#[derive(Debug)]
struct State {
    journal: Journal,
    /// What is appended and not yet being written, and the number of its last delta, if it has any.
    batch: Arc<Batch>,
    last: Option<u64>,
    /// How often what was appended was lost.
    losses: u64,
    /// How many want the journal to be idle: nothing is begun meanwhile.
    wanted_idle: usize,
    is_closing: bool,
}

impl State {
    fn begin(&mut self, now: Duration) -> Option<(Work, Option<Arc<Batch>>)> {
        if self.wanted_idle > 0 {
            return None;
        }
        let work = self.journal.begin(now)?;
        let batch = work.writes().then(|| self.take_batch());
        Some((work, batch))
    }

    fn take_batch(&mut self) -> Arc<Batch> {
        self.last = None;
        std::mem::take(&mut self.batch)
    }

    /// Takes what goes with something that was lost.
    fn take_lost(&mut self) -> Arc<Batch> {
        self.losses += 1;
        self.take_batch()
    }
}

impl Driver {
    pub(super) fn new(journal: Journal) -> Self {
        let (batch, last) = (Arc::default(), None);
        let state = State { journal, batch, last, losses: 0, wanted_idle: 0, is_closing: false };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            idle: Condvar::new(),
            began: Instant::now(),
        }
    }

    pub(super) fn append(&self, delta: &[u8]) -> Result<Arc<Batch>, AppendError> {
        let mut state = self.state();
        state.last = Some(state.journal.append(delta)?);
        Ok(Arc::clone(&state.batch))
    }

    pub(super) fn append_after(
        &self,
        delta: &[u8],
        losses: u64,
    ) -> Result<(Place, Arc<Batch>), AppendError> {
        let mut state = self.state();
        if state.losses != losses {
            return Err(AppendError::Lost);
        }
        let place = state.journal.next_place();
        state.last = Some(state.journal.append(delta)?);
        Ok((place, Arc::clone(&state.batch)))
    }

    pub(super) fn losses(&self) -> u64 {
        self.state().losses
    }

    pub(super) fn with<T>(&self, ask: impl FnOnce(&Journal) -> T) -> T {
        ask(&self.state().journal)
    }

    /// Tells the thread that somebody waits who does not write himself.
    pub(super) fn wake(&self) {
        self.work.notify_one();
    }

    /// Writes that batch, if nobody is writing.
    pub(super) fn drive(&self, batch: &Arc<Batch>) -> bool {
        let mut state = self.state();
        if !Arc::ptr_eq(&state.batch, batch) {
            return false;
        }
        let Some((work, batch)) = state.begin(self.now()) else { return false };
        drop(state);
        self.run(work, batch);
        true
    }

    /// What the thread does: all that nobody else does, until it is to end and there is nothing left.
    pub(super) fn drive_all(&self) {
        let mut state = self.state();
        loop {
            let now = self.now();
            if let Some((work, batch)) = state.begin(now) {
                drop(state);
                self.run(work, batch);
                state = self.state();
                continue;
            }
            if state.is_closing && state.last.is_none() {
                return;
            }
            state = match state.journal.next_wake() {
                Some(due) => {
                    let waited = self.work.wait_timeout(state, due.saturating_sub(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn run(&self, work: Work, batch: Option<Arc<Batch>>) {
        let done = work.run();
        let mut state = self.state();
        let was_due = state.journal.next_wake().is_some();
        let now = self.now();
        let outcome = state.journal.finish(now, done);
        // What came meanwhile is lost with it.
        let lost = outcome.is_err().then(|| state.take_lost());
        let is_left = state.last.is_some() || !was_due && state.journal.next_wake().is_some();
        drop(state);
        if is_left {
            self.work.notify_one();
        }
        self.idle.notify_all();
        for batch in batch.into_iter().chain(lost) {
            batch.settle(outcome.clone());
        }
    }

    /// Begins a snapshot of what was appended until now.
    pub(super) fn begin_snapshot(&self) -> Result<SnapshotWriter, SnapshotError> {
        self.cut_off(Journal::finish_cut)
    }

    /// Begins another file.
    pub(super) fn rotate(&self) -> Result<u64, SnapshotError> {
        self.cut_off(|journal, now, done| Ok(journal.finish_rotation(now, done)?))
    }

    fn cut_off<T>(
        &self,
        finish: impl FnOnce(&mut Journal, Duration, CutDone) -> Result<T, SnapshotError>,
    ) -> Result<T, SnapshotError> {
        let (mut state, cut) = self.when_idle(Journal::begin_snapshot);
        let result = cut.map_err(SnapshotError::from).and_then(|cut| {
            let last = state.last;
            let batch = state.take_batch();
            drop(state);
            self.cut(cut, &batch, last, finish)
        });
        self.no_longer_idle();
        result
    }

    fn cut<T>(
        &self,
        cut: Cut,
        batch: &Batch,
        last: Option<u64>,
        finish: impl FnOnce(&mut Journal, Duration, CutDone) -> Result<T, SnapshotError>,
    ) -> Result<T, SnapshotError> {
        let done = cut.run();
        let mut state = self.state();
        let result = finish(&mut state.journal, self.now(), done);
        let Err(SnapshotError::Commit(error)) = &result else {
            drop(state);
            batch.settle(Ok(()));
            return result;
        };
        // What came meanwhile is lost; what came before may have been written.
        let is_safe = last.is_none_or(|last| state.journal.acknowledged() >= last);
        let gathered = state.take_lost();
        drop(state);
        batch.settle(if is_safe { Ok(()) } else { Err(error.clone()) });
        gathered.settle(Err(error.clone()));
        result
    }

    /// Closes the journal.
    pub(super) fn close(&self) -> Result<(), CommitError> {
        let now = self.now();
        let (mut state, outcome) = self.when_idle(|journal| journal.seal(now));
        let batch = state.take_batch();
        drop(state);
        batch.settle(outcome.clone());
        self.no_longer_idle();
        outcome
    }

    /// Tells the thread to end.
    pub(super) fn end(&self) {
        self.state().is_closing = true;
        self.work.notify_all();
    }

    /// Does something with the journal when nothing is under way. Nothing is begun until
    /// [`no_longer_idle`](Self::no_longer_idle).
    fn when_idle<T>(
        &self,
        mut act: impl FnMut(&mut Journal) -> Result<T, CommitError>,
    ) -> (MutexGuard<'_, State>, Result<T, CommitError>) {
        let mut state = self.state();
        state.wanted_idle += 1;
        loop {
            match act(&mut state.journal) {
                Err(CommitError::Busy) => {
                    state = self.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                acted => return (state, acted),
            }
        }
    }

    fn no_longer_idle(&self) {
        self.state().wanted_idle -= 1;
        self.work.notify_one();
        self.idle.notify_all();
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
