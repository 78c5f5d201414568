//! Whether the parent is up: how lately it was heard from, and what follows if it was not.

use core::time::Duration;

use super::{Pulse, Step, Tree};

/// A parent that was heard from in so many rounds in a row is expected to go on.
const STREAK: u8 = 6;

impl Tree {
    /// Whether it is long ago that the parent was heard from.
    pub(crate) fn is_doubtful(&self, now: Duration, pulse: Pulse) -> bool {
        let silence = now.saturating_sub(self.parent_heard);
        self.parent.is_some() && (self.in_doubt || silence > pulse.silence)
    }

    /// The parent was heard from.
    pub(super) fn heed(&mut self, now: Duration, pulse: Pulse) {
        let is_in_time = now.saturating_sub(self.parent_heard) <= pulse.silence;
        self.streak = if is_in_time { STREAK.min(self.streak + 1) } else { 0 };
        self.parent_heard = now;
        if self.streak == STREAK && self.watch.is_none() {
            self.watch = pulse.watch.map(|watch| now + watch);
        }
    }

    /// Who has nothing to send would not notice by itself that its parent is gone.
    pub(super) fn keep_watch(&mut self, now: Duration, pulse: Pulse) {
        if self.watch.take_if(|at| *at <= now).is_none() || self.streak < STREAK {
            return;
        }
        let due = pulse.watch.map(|watch| self.parent_heard + watch);
        if due.is_none_or(|due| due > now) {
            self.watch = due;
        } else {
            self.streak = 0;
            self.steps.extend(self.parent.map(Step::Verify));
        }
    }

    /// Input: `rank` has not answered in time, so many times in a row. Where that has been a false
    /// alarm lately, it is asked once more; and once more if it is heard from nevertheless.
    pub(crate) fn miss(
        &mut self,
        now: Duration,
        pulse: Pulse,
        rank: u32,
        times: u32,
        is_reliable: bool,
    ) {
        let silence = now.saturating_sub(self.parent_heard);
        let is_heard = self.parent == Some(rank) && silence <= pulse.silence;
        if times > u32::from(!is_reliable) + u32::from(is_heard) {
            self.lose(now, pulse, rank);
        } else if self.parent == Some(rank) && !is_heard {
            self.in_doubt = true;
            self.begin_search(now);
        }
    }
}
