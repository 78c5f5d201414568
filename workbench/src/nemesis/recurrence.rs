use std::fmt;
use std::time::Duration;

use rand::RngExt;
use tokio::time::Instant;

use super::Fault;
use crate::workload::Rng;

/// A fault that comes and goes.
pub(super) trait Spell {
    /// It begins, as `rng` decides.
    fn begin(&mut self, rng: &mut Rng) -> Fault;

    /// It ends, if it lasts.
    fn end(&mut self) -> Fault;
}

/// When a fault comes and goes.
///
/// The gaps between its beginning, its end and its next beginning are uniform between zero and twice
/// the interval; it begins for the first time at once.
pub(super) struct Recurrence {
    spell: Box<dyn Spell>,
    interval: Duration,
    rng: Rng,
    next: Instant,
    lasts: bool,
}

impl Recurrence {
    /// One about every `interval`, at least a millisecond. `rng` decides about the gaps, and about all
    /// that the fault leaves open.
    pub(super) fn new(spell: impl Spell + 'static, interval: Duration, rng: Rng) -> Self {
        let interval = interval.max(Duration::from_millis(1));
        Self { spell: Box::new(spell), interval, rng, next: Instant::now(), lasts: false }
    }

    /// When it changes next.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Lets it begin or end; now is the time.
    pub(super) fn change(&mut self) -> Fault {
        self.lasts = !self.lasts;
        let fault = if self.lasts { self.spell.begin(&mut self.rng) } else { self.spell.end() };
        self.next += self.interval.mul_f64(self.rng.random_range(0.0..2.0));
        fault
    }

    /// Ends it for good.
    pub(super) fn end(&mut self) -> Fault {
        self.spell.end()
    }
}

impl fmt::Debug for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recurrence").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}
