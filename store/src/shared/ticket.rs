use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::batch::Batch;
use super::driver::Driver;
use crate::error::CommitError;

/// A delta that was appended to a [`SharedJournal`](super::SharedJournal), and is to become safe. It does
/// so whether or not anybody waits.
///
/// A thread waits by [`wait`](Self::wait), a task of any runtime by `.await`.
///
/// ```
/// use std::sync::Arc;
/// use glomers_store::{Config, Journal, SharedJournal, SimulatedDisk};
///
/// let disk = Arc::new(SimulatedDisk::new(1));
/// let (journal, _) = Journal::open(disk, Config::default(), |_| Ok::<_, std::io::Error>(()))?;
/// let journal = SharedJournal::new(journal)?;
/// let (rye, oat) = (journal.append(b"rye")?, journal.append(b"oat")?);
/// rye.wait()?;
/// oat.wait()?;                                    // one sync for both
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// A clone waits for the same.
#[derive(Clone, Debug)]
#[must_use = "it is not safe yet"]
pub struct Ticket {
    pub(super) driver: Arc<Driver>,
    pub(super) batch: Arc<Batch>,
    /// Whether somebody else sees to it.
    pub(super) is_driven: bool,
}

impl Ticket {
    /// Waits until the delta is as safe as [`Config::sync`](crate::Config::sync) asks for. If nobody
    /// writes at the moment, this thread does, for all.
    ///
    /// # Errors
    ///
    /// If it is not, nor will be: see [`CommitError`].
    pub fn wait(mut self) -> Result<(), CommitError> {
        self.is_driven = true;
        loop {
            if let Some(outcome) = self.batch.outcome() {
                return outcome;
            }
            if !self.driver.drive(&self.batch) {
                return self.batch.wait();
            }
        }
    }

    /// What [`wait`](Self::wait) will return, if it would return at once.
    pub fn outcome(&self) -> Option<Result<(), CommitError>> {
        self.batch.outcome()
    }

    /// Whether waiting is over.
    pub fn is_settled(&self) -> bool {
        self.batch.outcome().is_some()
    }
}

impl Future for Ticket {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(outcome) = self.batch.outcome_or_wake(context.waker()) {
            return Poll::Ready(outcome);
        }
        if !self.is_driven {
            self.is_driven = true;
            self.driver.wake();
        }
        Poll::Pending
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_driven && !self.is_settled() {
            self.driver.wake();
        }
    }
}
