use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

/// The clock that a node sees. Clones are the same clock.
///
/// It is right, unless whoever runs the node lets it jump, or run fast or slow, to see what the node
/// makes of that: then it may even go back. A timer that a node has set by it rings when it was to
/// ring as the clock then ran; so a node that wakes should look whether it is time yet.
///
/// ```
/// # use std::time::Duration;
/// use glomers_shims::runtime::Clock;
/// use tokio::time::Instant;
///
/// let clock = Clock::default();
/// let now = Instant::now();
/// let before = clock.shown_at(now);
/// clock.disturb(now, 1_000_000_000, 0);
/// assert_eq!(clock.shown_at(now) - before, 1_000_000_000);
/// clock.disturb(now, 0, 500_000);
/// assert_eq!(clock.shown_at(now + Duration::from_secs(1)) - clock.shown_at(now), 1_500_000_000);
/// ```
#[derive(Clone)]
pub struct Clock(Rc<Cell<State>>);

#[derive(Clone, Copy, Debug)]
struct State {
    /// Since when it has run as it does now.
    anchor: Instant,
    /// What it showed then.
    shown: i128,
    /// By how many millionths it is too fast.
    drift: i32,
}

/// A whole, in millionths.
const WHOLE: i128 = 1_000_000;

/// A clock does not run backwards, nor stand still, nor at more than twice its speed.
const MOST_DRIFT: i32 = 900_000;

impl Clock {
    /// What it shows at an instant: nanoseconds since some moment.
    pub fn shown_at(&self, instant: Instant) -> i128 {
        let State { anchor, shown, drift } = self.0.get();
        let past = nanos(instant.saturating_duration_since(anchor));
        if drift == 0 { shown + past } else { shown + past * (WHOLE + i128::from(drift)) / WHOLE }
    }

    /// The first instant at which it shows that much, if it goes on as now.
    pub(super) fn instant_at(&self, target: i128) -> Instant {
        let State { anchor, shown, drift } = self.0.get();
        let ahead = (target - shown).max(0);
        let rate = WHOLE + i128::from(drift);
        // Rounded up: or else it would not quite be time yet.
        let past = if drift == 0 { ahead } else { (ahead * WHOLE + rate - 1) / rate };
        anchor + Duration::from_nanos(u64::try_from(past).unwrap_or(u64::MAX))
    }

    /// Lets it jump, by nanoseconds forwards or back, and from now on run too fast by so many
    /// millionths, or too slow; 900,000 at most.
    pub fn disturb(&self, now: Instant, jump: i64, drift: i32) {
        let shown = self.shown_at(now) + i128::from(jump);
        let drift = drift.clamp(-MOST_DRIFT, MOST_DRIFT);
        self.0.set(State { anchor: now, shown, drift });
    }

    /// By how many nanoseconds it is ahead of `other` at an instant.
    pub fn ahead_of(&self, other: &Self, instant: Instant) -> i128 {
        self.shown_at(instant) - other.shown_at(instant)
    }
}

/// A clock that is right, and shows 0 now.
impl Default for Clock {
    fn default() -> Self {
        Self(Rc::new(Cell::new(State { anchor: Instant::now(), shown: 0, drift: 0 })))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.0.get()).finish()
    }
}

fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_it_is_to_ring_it_is_time() {
        let clock = Clock::default();
        let mut now = Instant::now();
        for (step, drift) in (0_i64..).zip([0, 1, -1, 12_345, -12_345, 333_333, -333_333, 900_000])
        {
            clock.disturb(now, step * 777_777_777 * if step % 2 == 0 { -1 } else { 1 }, drift);
            for ahead in (0..2000).map(|n: i128| n * n * 7919) {
                let target = clock.shown_at(now) + ahead;
                let at = clock.instant_at(target);
                assert!(clock.shown_at(at) >= target, "{clock:?}: too early for {ahead}");
                if let Some(before) =
                    at.checked_sub(Duration::from_nanos(1)).filter(|it| *it >= now)
                {
                    assert!(clock.shown_at(before) < target, "{clock:?}: too late for {ahead}");
                }
            }
            now += Duration::from_millis(1234);
        }
    }

    #[test]
    fn it_jumps_and_drifts() {
        let (clock, right) = (Clock::default(), Clock::default());
        let start = Instant::now();
        let before = clock.ahead_of(&right, start);
        let ahead = |seconds| clock.ahead_of(&right, start + Duration::from_secs(seconds)) - before;
        assert_eq!(ahead(100), 0);
        clock.disturb(start, -3_000_000_000, 10_000);
        assert_eq!(ahead(0), -3_000_000_000);
        assert_eq!(ahead(100), -2_000_000_000);
        clock.disturb(start + Duration::from_secs(100), 2_000_000_000, 0);
        assert_eq!((ahead(100), ahead(1000)), (0, 0));
    }
}
