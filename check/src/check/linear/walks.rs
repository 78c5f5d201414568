use super::configuration::Configuration;
use super::model::{Action, Id};
use super::moves::{Base, Move, Use};
use super::search::Search;
use super::timeline::Moment;

/// A simple walk to a value: whence it starts, and its cas in order.
type Walk = (Id, Vec<Use>);

/// All moves of so many cas by which something may become possible.
pub(super) struct Moves<'a> {
    search: &'a Search<'a>,
    configuration: &'a Configuration,
    length: usize,
    pub(super) found: Vec<Move>,
    /// Whether there are walks of that length; none is longer otherwise.
    pub(super) alive: bool,
    /// How much there was to look at.
    pub(super) steps: usize,
}

impl<'a> Moves<'a> {
    /// The moves to place an operation that ends now, or that may let others place it.
    pub(super) fn of(
        search: &'a Search<'a>,
        configuration: &'a Configuration,
        op: u32,
        length: usize,
    ) -> Self {
        let mut moves =
            Self { search, configuration, length, found: Vec::new(), alive: false, steps: 1 };
        match search.line.op(op).action {
            Action::Write(_) => moves.place(op),
            Action::Read(value) => moves.reach(op, value, value, None),
            Action::Cas(from, to) => moves.reach(op, from, to, Some(Use::Op(op))),
        }
        moves.rewrites(op);
        moves
    }

    /// Moves that place a write.
    fn place(&mut self, op: u32) {
        if self.length > 0 {
            return;
        }
        if self.search.line.op(op).begin < self.configuration.reset {
            self.push(Base::Reset, Some(Use::Op(op)), Vec::new());
        }
        self.push(Base::Now, Some(Use::Op(op)), Vec::new());
    }

    /// Moves by which the register comes to hold `goal` while `op` is under way, and then to hold `end`
    /// by `last`.
    fn reach(&mut self, op: u32, goal: Id, end: Id, last: Option<Use>) {
        let begin = self.search.line.op(op).begin;
        let taken: Vec<Use> = last.into_iter().collect();
        let then = |mut walk: Vec<Use>| {
            walk.extend(last);
            walk
        };
        let now = self.search.now();
        for (start, walk) in self.walks(goal, self.length, now, &taken) {
            if start == self.configuration.state {
                self.push(Base::Now, None, then(walk));
            } else if let Some(write) = self.write(start, now) {
                self.push(Base::Now, Some(write), then(walk));
            }
        }
        let reset = self.configuration.reset;
        if reset > begin {
            for (start, walk) in self.walks(goal, self.length, reset, &taken) {
                if let Some(write) = self.write(start, reset) {
                    self.push(Base::Reset, Some(write), then(walk));
                }
            }
        }
        for (at, gap) in self.configuration.gaps.iter().enumerate() {
            if gap.time < begin {
                continue;
            }
            for there in 0..=self.length {
                let back = self.length - there;
                for (start, walk) in self.walks(goal, there, gap.time, &taken) {
                    if start != gap.value {
                        continue;
                    }
                    let walk = then(walk);
                    for (_, more) in self.walks_between(end, gap.value, back, gap.time, &walk) {
                        let round = walk.iter().copied().chain(more).collect();
                        self.push(Base::Round(at), None, round);
                    }
                    if gap.loose && back == 0 {
                        self.push(Base::Gap(at), None, walk);
                    }
                }
            }
        }
    }

    /// Moves that make a gap the place of the last write, if it was before.
    fn rewrites(&mut self, op: u32) {
        let since = self.search.line.op(op).begin.max(self.configuration.reset);
        for (at, gap) in self.configuration.gaps.iter().enumerate() {
            if gap.time <= since {
                continue;
            }
            for (start, walk) in self.walks(gap.value, self.length, gap.time, &[]) {
                if let Some(write) = self.write(start, gap.time) {
                    self.push(Base::Rewrite(at), Some(write), walk);
                }
            }
        }
    }

    fn push(&mut self, base: Base, write: Option<Use>, walk: Vec<Use>) {
        self.found.push(Move { base, write, walk });
    }

    /// The simple walks of so many cas that lead to a value, by what had begun by some time.
    fn walks(&mut self, goal: Id, length: usize, time: Moment, taken: &[Use]) -> Vec<Walk> {
        let mut found = Vec::new();
        self.extend(&mut vec![goal], &mut Vec::new(), length, time, taken, &mut found);
        self.alive |= length == self.length && !found.is_empty();
        found
    }

    fn walks_between(
        &mut self,
        start: Id,
        goal: Id,
        length: usize,
        time: Moment,
        taken: &[Use],
    ) -> Vec<Walk> {
        let mut walks = self.walks(goal, length, time, taken);
        self.alive |= !walks.is_empty();
        walks.retain(|walk| walk.0 == start);
        walks
    }

    /// Extends a walk backwards; `values` are those on it, the first one last.
    fn extend(
        &mut self,
        values: &mut Vec<Id>,
        walk: &mut Vec<Use>,
        length: usize,
        time: Moment,
        taken: &[Use],
        found: &mut Vec<Walk>,
    ) {
        self.steps += 1;
        let Some(&value) = values.last() else { return };
        if walk.len() == length {
            found.push((value, walk.iter().rev().copied().collect()));
            return;
        }
        let all: Vec<Use> = taken.iter().chain(&*walk).copied().collect();
        for (from, step) in self.search.cas_to(self.configuration, value, time, &all) {
            if !values.contains(&from) {
                values.push(from);
                walk.push(step);
                self.extend(values, walk, length, time, taken, found);
                walk.pop();
                values.pop();
            }
        }
    }

    fn write(&self, value: Id, time: Moment) -> Option<Use> {
        self.search.write_of(self.configuration, value, time)
    }
}
