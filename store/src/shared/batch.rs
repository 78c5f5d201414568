use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::error::CommitError;

/// Deltas that are written together, and whoever waits for that.
#[derive(Debug, Default)]
pub(super) struct Batch {
    settled: Mutex<Settled>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct Settled {
    outcome: Option<Result<(), CommitError>>,
    wakers: Vec<Waker>,
}

impl Batch {
    pub(super) fn outcome(&self) -> Option<Result<(), CommitError>> {
        self.settled().outcome.clone()
    }

    /// The outcome, or else `waker` is woken when there is one.
    pub(super) fn outcome_or_wake(&self, waker: &Waker) -> Option<Result<(), CommitError>> {
        let mut settled = self.settled();
        if settled.outcome.is_none() && !settled.wakers.iter().any(|it| it.will_wake(waker)) {
            settled.wakers.push(waker.clone());
        }
        settled.outcome.clone()
    }

    pub(super) fn wait(&self) -> Result<(), CommitError> {
        let mut settled = self.settled();
        loop {
            if let Some(outcome) = &settled.outcome {
                return outcome.clone();
            }
            settled = self.done.wait(settled).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn settle(&self, outcome: Result<(), CommitError>) {
        let wakers = {
            let mut settled = self.settled();
            settled.outcome = Some(outcome);
            std::mem::take(&mut settled.wakers)
        };
        self.done.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn settled(&self) -> MutexGuard<'_, Settled> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
