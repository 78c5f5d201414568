//! Looking for a place: who is asked, in which order, and when.

use core::time::Duration;

use super::{Pulse, Search, Step, Tree};

/// So many are asked at first.
const FIRST_WAVE: u32 = 3;

impl Tree {
    pub(super) fn begin_search(&mut self, now: Duration) {
        match &mut self.search {
            // It is under way.
            Some(search) if search.wave > 1 => search.at = search.at.min(now),
            _ => self.search = Some(Search { next: 0, wave: FIRST_WAVE, at: now }),
        }
    }

    /// Goes on looking for a better place now and then, unless there is none.
    pub(super) fn look_on(&mut self, now: Duration, pulse: Pulse) {
        if self.is_settled() {
            self.search = None;
            self.forget_offers();
        } else if self.search.as_ref().is_none_or(|search| search.wave > 1) {
            let next = self.search.as_ref().map_or(0, |search| search.next);
            self.search = Some(Search { next, wave: 1, at: now + pulse.pause });
        }
    }

    /// Asks those whose turn it is.
    pub(super) fn go_on_searching(&mut self, now: Duration, pulse: Pulse) {
        let Some(search) = self.search.take_if(|search| search.at <= now) else { return };
        if self.is_settled() {
            self.forget_offers();
            return;
        }
        let Search { mut next, mut wave, .. } = search;
        self.steps.extend(self.planned_parent().map(Step::Ask));
        // Who has a place looks for a better one in its own time.
        let is_placed = self.parent.is_some() && !self.in_doubt;
        let mut pause = if is_placed { pulse.pause } else { pulse.patience };
        let (mut asked, mut most) = (0, if is_placed { 1 } else { wave.max(FIRST_WAVE) });
        while asked < most {
            let Some(candidate) = self.candidate(next) else {
                // All were asked.
                (next, pause) = (0, pulse.pause);
                self.refusers.clear();
                break;
            };
            next += 1;
            if self.is_worth_asking(candidate, next) {
                if asked == 0 && !is_placed && candidate > self.me {
                    // Nobody is left who might be preferred to us: we gather the others.
                    most = self.planned.capacity.max(FIRST_WAVE);
                }
                self.steps.push_back(Step::Ask(candidate));
                asked += 1;
            }
        }
        wave = match next {
            _ if is_placed => 1,
            0 => FIRST_WAVE,
            _ => (most * 3).min(self.planned.capacity.max(FIRST_WAVE)),
        };
        self.search = Some(Search { next, wave, at: now + pause });
    }

    fn forget_offers(&mut self) {
        self.offers.clear();
        self.refusers.clear();
    }

    /// In the order of preference: the planned ancestors, then everyone by rank.
    fn candidate(&self, index: u32) -> Option<u32> {
        let above = self.planned.depth(self.me);
        if index < above {
            return self.planned.ancestors(self.me).nth(usize::try_from(index).ok()?);
        }
        Some(index - above).filter(|rank| *rank < self.planned.size)
    }

    /// Not ourselves and those with whom we talk anyway, and nobody twice. The planned parent is
    /// asked every time.
    fn is_worth_asking(&self, candidate: u32, next: u32) -> bool {
        candidate != self.me
            && self.parent != Some(candidate)
            && self.planned_parent() != Some(candidate)
            && !self.children.contains(&candidate)
            && (next <= self.planned.depth(self.me)
                || self.planned.ancestors(self.me).all(|rank| rank != candidate))
    }
}
