//! Who may be a child: as many as there is room for, and before others those whose place it is.

use core::time::Duration;

use super::{Pulse, Step, Tree};

impl Tree {
    /// `from` takes us for its parent.
    pub(super) fn take(&mut self, now: Duration, pulse: Pulse, from: u32) {
        if self.parent == Some(from) {
            // Each takes the other for its parent. The lower rank prevails.
            if self.me > from {
                return;
            }
            self.lose(now, pulse, from);
            if self.parent == Some(from) {
                return;
            }
        }
        self.offers.remove(&from);
        if self.children.contains(&from) {
            return;
        }
        if self.last == Some(from) {
            self.last = None;
        }
        if !self.has_room_for(from) {
            self.steps.push_back(Step::Refuse(from));
            return;
        }
        if self.is_full()
            && let Some(other) = self.less_entitled(from)
        {
            self.children.remove(&other);
            self.steps.extend([Step::Leave(other), Step::Refuse(other)]);
        }
        self.children.insert(from);
        self.steps.push_back(Step::Take(from));
    }

    pub(super) fn has_room_for(&self, child: u32) -> bool {
        !self.is_full() || self.children.contains(&child) || self.less_entitled(child).is_some()
    }

    fn is_full(&self) -> bool {
        u32::try_from(self.children.len()).is_ok_and(|children| children >= self.planned.capacity)
    }

    /// A child that must give way to `child`, whose place is here by plan.
    fn less_entitled(&self, child: u32) -> Option<u32> {
        let is_planned = |rank| self.planned.parent(rank) == Some(self.me);
        self.children().rfind(|other| is_planned(child) && !is_planned(*other))
    }
}
