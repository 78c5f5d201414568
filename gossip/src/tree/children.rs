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
        if self.is_full() {
            self.make_room_for(from);
        }
        self.children.insert(from);
        self.steps.push_back(Step::Take(from));
    }

    /// `from` is no child any more, if it was one.
    pub(super) fn release(&mut self, from: u32) {
        self.missing.remove(&from);
        if self.children.remove(&from) {
            self.steps.push_back(Step::Leave(from));
        }
    }

    /// `rank`, if it is a child, does not answer. It keeps the place that it has by plan, since it
    /// may not notice that it was gone.
    pub(super) fn lose_child(&mut self, rank: u32) {
        if self.planned.parent(rank) != Some(self.me) {
            self.release(rank);
        } else if self.children.contains(&rank) {
            self.missing.insert(rank);
        }
    }

    /// `from` was heard from. If it was missed, others may have its room.
    pub(super) fn welcome(&mut self, from: u32) {
        if self.missing.contains(&from) {
            if self.is_full() {
                self.make_room_for(from);
            }
            self.missing.remove(&from);
        }
    }

    fn make_room_for(&mut self, child: u32) {
        if let Some(other) = self.less_entitled(child) {
            self.release(other);
            self.steps.push_back(Step::Refuse(other));
        }
    }

    pub(super) fn has_room_for(&self, child: u32) -> bool {
        !self.is_full() || self.children.contains(&child) || self.less_entitled(child).is_some()
    }

    fn is_full(&self) -> bool {
        u32::try_from(self.children.len() - self.missing.len())
            .is_ok_and(|children| children >= self.planned.capacity)
    }

    /// A child that must give way to `child`, whose place is here by plan.
    fn less_entitled(&self, child: u32) -> Option<u32> {
        let is_planned = |rank| self.planned.parent(rank) == Some(self.me);
        self.children().rfind(|other| is_planned(child) && !is_planned(*other))
    }
}
