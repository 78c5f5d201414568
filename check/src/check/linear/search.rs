//! Where a search for an order of the calls on one register stands, and how it goes on from there.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::configuration::{Configuration, Gap};
use super::model::{Action, Id};
use super::moves::{Base, Move, Use};
use super::timeline::{Event, Moment, Op, Timeline};

/// Where every order comes to its end; or did so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    /// The first call that no order has room for when it ends: its number.
    pub(super) culprit: usize,
    /// The values that the register can hold by then.
    pub(super) states: BTreeSet<Id>,
    /// Whether these are the values of all orders, or only of those that were tried.
    pub(super) exact: bool,
}

/// The search as it stands at an event.
pub(super) struct Search<'a> {
    pub(super) line: &'a Timeline,
    style: u64,
    /// How many events have passed.
    pub(super) at: usize,
    /// Which operation has or had each slot.
    ops: Vec<u32>,
    /// The configurations met at each event where there was a choice, by their states.
    met: HashMap<(usize, Id), Vec<Configuration>>,
    /// In bytes.
    pub(super) remembered: usize,
    pub(super) steps: usize,
    pub(super) furthest: Option<usize>,
}

impl<'a> Search<'a> {
    pub(super) fn new(line: &'a Timeline, style: u64) -> Self {
        Self {
            line,
            style,
            at: 0,
            ops: vec![0; line.word_count() * 64],
            met: HashMap::new(),
            remembered: 0,
            steps: 0,
            furthest: None,
        }
    }
}

impl Search<'_> {
    /// The event that is next.
    pub(super) fn now(&self) -> Moment {
        Moment::try_from(self.at).unwrap_or(Moment::MAX)
    }

    /// Lets events pass to the next end of an operation for which there is a choice.
    pub(super) fn advance(&mut self, configuration: &mut Configuration) -> Option<u32> {
        while let Some(event) = self.line.events.get(self.at) {
            self.steps += 1;
            match *event {
                Event::Class => {}
                Event::Begin(number) => {
                    let op = self.line.op(number);
                    self.ops[op.slot] = number;
                    if op.action != Action::Read(configuration.state) {
                        configuration.begin(op.slot);
                    }
                }
                Event::End(number) => {
                    let op = self.line.op(number);
                    if configuration.is_open(op.slot) {
                        let Action::Write(value) = op.action else { return Some(number) };
                        let since = op.begin.max(configuration.reset);
                        let only = op.begin >= configuration.reset
                            && configuration.gaps.iter().all(|gap| gap.time <= since);
                        if value != configuration.state && !only {
                            return Some(number);
                        }
                        let write = Some(Use::Op(number));
                        let made = Move { base: Base::Now, write, walk: Vec::new() };
                        *configuration = self.make(configuration, &made);
                    }
                }
            }
            self.at += 1;
        }
        None
    }

    pub(super) fn go_back(&mut self, at: usize) {
        while self.at > at {
            self.at -= 1;
            self.steps += 1;
            if let Event::Begin(op) = self.line.events[self.at] {
                let op = self.line.op(op);
                if let Some(before) = op.before {
                    self.ops[op.slot] = before;
                }
            }
        }
    }

    /// Whether the configuration is none that was met already, nor worse than one.
    pub(super) fn is_new(&mut self, configuration: &Configuration) -> bool {
        let (line, ops) = (self.line, &self.ops);
        let begins = |slot: usize| line.op(ops[slot]).begin;
        let met = self.met.entry((self.at, configuration.state)).or_default();
        self.steps += 1 + met.len();
        if met.iter().any(|other| other.dominates(configuration, line, begins)) {
            return false;
        }
        met.retain(|other| !configuration.dominates(other, line, begins));
        met.push(configuration.clone());
        self.remembered += 2 * configuration.size() + 64;
        true
    }

    /// The write of a value that ends first, of those that had begun by some time and are not placed; or
    /// one of unknown outcome.
    pub(super) fn write_of(&self, before: &Configuration, value: Id, time: Moment) -> Option<Use> {
        let action = Action::Write(value);
        let fits = |op: &&Op| op.action == action && op.begin < time;
        let first = self.open(before, self.line.writes()).filter(fits).min_by_key(|op| op.end);
        first.map(|op| Use::Op(op.number)).or_else(|| {
            let class = self.line.class_of(action)?;
            let index = self.next_of(before, class, time, &[])?;
            Some(Use::Class(class, index))
        })
    }

    /// The cas to a value that can be placed at some time, from each other value; where several do the
    /// same, those that end first, or that others can stand in for in fewer gaps.
    pub(super) fn cas_to(
        &self,
        before: &Configuration,
        value: Id,
        time: Moment,
        taken: &[Use],
    ) -> Vec<(Id, Use)> {
        let from = |action| match action {
            Action::Cas(from, to) if to == value => Some(from),
            _ => None,
        };
        let open = self.open(before, self.line.cas()).filter(|op| op.begin < time);
        let mut found: Vec<(Id, Moment, Moment, Use)> = open
            .filter_map(|op| Some((from(op.action)?, op.end, op.begin, Use::Op(op.number))))
            .filter(|(.., call)| !taken.contains(call))
            .collect();
        for &number in self.line.to(value) {
            let class = &self.line.classes[number as usize];
            if let Some(from) = from(class.action)
                && let Some(index) = self.next_of(before, number, time, taken)
            {
                let begin = class.begins[index as usize];
                found.push((from, Moment::MAX, begin, Use::Class(number, index)));
            }
        }
        found.sort_unstable_by_key(|&(from, end, begin, _)| (from, end, std::cmp::Reverse(begin)));
        let mut last: Option<(Id, Moment)> = None;
        found.retain(|&(from, _, begin, _)| {
            if let Some((other, barred)) = last
                && other == from
                && !before.has_place_between(barred, begin)
            {
                return false;
            }
            last = Some((from, begin));
            true
        });
        found.into_iter().map(|(from, .., call)| (from, call)).collect()
    }

    /// The last of a class that had begun by some time, and is not used up.
    fn next_of(
        &self,
        before: &Configuration,
        class: u32,
        time: Moment,
        taken: &[Use],
    ) -> Option<u32> {
        let begun = self.line.classes[class as usize].begins.partition_point(|&begin| begin < time);
        let is_free = |&index: &u32| {
            !before.is_used(class, index) && !taken.contains(&Use::Class(class, index))
        };
        let first = before.used(class);
        (first..u32::try_from(begun).unwrap_or(u32::MAX)).rev().find(is_free)
    }

    /// The open operations among some words.
    fn open(&self, of: &Configuration, words: Range<usize>) -> impl Iterator<Item = &Op> {
        of.open(words).map(|slot| self.line.op(self.ops[slot]))
    }

    fn action(&self, call: Use) -> Action {
        match call {
            Use::Op(op) => self.line.op(op).action,
            Use::Class(class, _) => self.line.classes[class as usize].action,
        }
    }

    /// The configuration after a move.
    pub(super) fn make(&self, before: &Configuration, made: &Move) -> Configuration {
        let mut after = before.clone();
        let (time, mut value) = match made.base {
            Base::Now => (self.now(), before.state),
            // Before the write nothing is held that matters.
            Base::Reset => (before.reset, before.state),
            Base::Gap(at) | Base::Round(at) | Base::Rewrite(at) => {
                (before.gaps[at].time, before.gaps[at].value)
            }
        };
        if let Base::Gap(at) = made.base {
            after.gaps.remove(at);
        }
        if made.write.is_some() && made.base != Base::Reset {
            after.leave(Gap { value, time, loose: true });
            after.reset = time;
        }
        let mut held = Vec::with_capacity(made.walk.len() + 1);
        if made.write.is_none() {
            held.push(value);
        }
        for call in made.calls() {
            match call {
                Use::Op(op) => after.place(self.line.op(op).slot),
                Use::Class(class, index) => after.use_up(class, index),
            }
            if let Some(to) = self.action(call).to() {
                value = to;
                held.push(to);
            }
        }
        for slot in before.open(self.line.reads()) {
            let op = self.line.op(self.ops[slot]);
            if op.begin < time && matches!(op.action, Action::Read(shown) if held.contains(&shown))
            {
                after.place(slot);
            }
        }
        held.pop();
        for value in held {
            after.leave(Gap { value, time, loose: false });
        }
        match made.base {
            Base::Now => after.state = value,
            Base::Reset | Base::Gap(_) => after.leave(Gap { value, time, loose: true }),
            Base::Round(_) | Base::Rewrite(_) => {}
        }
        self.simplify(&mut after);
        after
    }

    /// Brings configurations that differ in nothing that matters into one form: times are put back to
    /// right after the last beginning of what can be placed there, and gaps are dropped in which nothing
    /// will be placed any more.
    fn simplify(&self, of: &mut Configuration) {
        of.reset = self.put_back(of, of.reset);
        if !of.gaps.is_empty() {
            let mut gaps = std::mem::take(&mut of.gaps);
            gaps.sort_unstable_by_key(|gap| (gap.value, std::cmp::Reverse(gap.time)));
            let mut kept: Vec<Gap> = Vec::with_capacity(gaps.len());
            for mut gap in gaps {
                if gap.time > of.reset {
                    gap.time = self.put_back(of, gap.time);
                }
                if gap.time <= of.reset {
                    match self.put_back_walks(of, &gap) {
                        Some(time) => gap.time = time,
                        None => continue,
                    }
                }
                let same =
                    kept.iter().filter(|other| other.value == gap.value && other.time >= gap.time);
                let (loose, any) = (same.clone().filter(|other| other.loose).count(), same.count());
                // Each time a loose gap is left a cas is used up.
                let enough = if gap.loose {
                    loose >= self.departures(of, gap.value).max(1)
                } else {
                    any > 0
                };
                if !enough {
                    kept.push(gap);
                }
            }
            of.gaps = kept;
        }
        of.forget_order(|class, index| self.line.classes[class as usize].begins[index as usize]);
    }

    /// The earliest time at which all can be placed that can be at `time`.
    fn put_back(&self, of: &Configuration, time: Moment) -> Moment {
        let all = 0..self.line.word_count();
        let begins = self.open(of, all).map(|op| op.begin).filter(|&begin| begin < time);
        begins.max().max(self.line.last_unknown(time)).map_or(0, |begin| begin + 1)
    }

    /// The earliest time at which all walks can be made that can be in a gap; `None` if there are none
    /// that are of any use.
    fn put_back_walks(&self, of: &Configuration, gap: &Gap) -> Option<Moment> {
        let mut reached = vec![gap.value];
        let (mut at, mut last, mut is_of_use) = (0, None, false);
        while let Some(&value) = reached.get(at) {
            at += 1;
            let mut step = |to, begin: Moment| {
                last = last.max(Some(begin));
                if !reached.contains(&to) {
                    reached.push(to);
                }
            };
            for op in self.open(of, self.line.cas()).filter(|op| op.begin < gap.time) {
                if let Action::Cas(from, to) = op.action
                    && from == value
                {
                    step(to, op.begin);
                    is_of_use = true;
                }
            }
            for &number in self.line.from(value) {
                let class = &self.line.classes[number as usize];
                if let Action::Cas(_, to) = class.action
                    && let Some(index) = self.next_of(of, number, gap.time, &[])
                {
                    step(to, class.begins[index as usize]);
                }
            }
        }
        for op in self.open(of, self.line.reads()).filter(|op| op.begin < gap.time) {
            if matches!(op.action, Action::Read(value) if reached.contains(&value)) {
                last = last.max(Some(op.begin));
                is_of_use = true;
            }
        }
        last.filter(|_| is_of_use).map(|begin| begin + 1)
    }

    /// How many cas there are from a value.
    fn departures(&self, of: &Configuration, value: Id) -> usize {
        let is_from = |op: &&Op| matches!(op.action, Action::Cas(from, _) if from == value);
        let open = self.open(of, self.line.cas()).filter(is_from).count();
        let now = self.now();
        let unknown = self.line.from(value).iter().map(|&number| {
            let begins = &self.line.classes[number as usize].begins;
            begins.partition_point(|&begin| begin < now) - of.used(number) as usize
        });
        open + unknown.sum::<usize>()
    }

    /// Sorts moves so that the best is last: those that leave the register with the value that is
    /// wanted first.
    pub(super) fn rank(&self, configuration: &Configuration, moves: &mut [Move]) {
        let now = self.now();
        let stays = self.line.next_want(configuration.state, now);
        let differs = self.style > 0 && mix(self.style ^ mix(u64::from(now))).is_multiple_of(8);
        moves.sort_by_cached_key(|made| {
            let last = made.walk.last().copied().or(made.write).and_then(|it| self.action(it).to());
            let is_wanted = last.is_some_and(|it| self.line.next_want(it, now) < stays);
            let rank = match made.base {
                Base::Now if is_wanted != differs => 0,
                Base::Reset => 1,
                Base::Gap(_) => 2,
                Base::Round(_) => 3,
                Base::Now => 4,
                Base::Rewrite(_) => 5,
            };
            std::cmp::Reverse(rank)
        });
    }

    /// Where the search has come to: no call further than the last that ends there could be placed.
    pub(super) fn violation(&self, exact: bool) -> Option<Violation> {
        let at = self.furthest?;
        let Event::End(op) = self.line.events[at] else { return None };
        let mut states = BTreeSet::new();
        let met = self.met.iter().filter(|((event, _), _)| *event == at);
        for configuration in met.flat_map(|(_, met)| met) {
            self.reachable(configuration, at, &mut states);
        }
        Some(Violation { culprit: self.line.op(op).call, states, exact })
    }

    /// The values that the register can hold at an event.
    fn reachable(&self, configuration: &Configuration, at: usize, states: &mut BTreeSet<Id>) {
        let now = Moment::try_from(at).unwrap_or(Moment::MAX);
        // Whoever has a slot at that event.
        let mut ops = self.ops.clone();
        for event in &self.line.events[self.at.min(at)..at] {
            if let Event::Begin(op) = *event {
                ops[self.line.op(op).slot] = op;
            }
        }
        let open = configuration
            .open(0..self.line.word_count())
            .map(|slot| self.line.op(ops[slot]).action);
        let unknown = self
            .line
            .classes
            .iter()
            .zip(0..)
            .filter(|(_, class)| self.next_of(configuration, *class, now, &[]).is_some());
        let actions: Vec<Action> = open.chain(unknown.map(|(class, _)| class.action)).collect();
        let mut held = BTreeSet::from([configuration.state]);
        let mut fresh = vec![configuration.state];
        fresh.extend(actions.iter().filter_map(|action| match action {
            Action::Write(value) => Some(*value),
            _ => None,
        }));
        while let Some(value) = fresh.pop() {
            held.insert(value);
            for action in &actions {
                if let Action::Cas(from, to) = *action
                    && from == value
                    && held.insert(to)
                {
                    fresh.push(to);
                }
            }
        }
        states.append(&mut held);
    }
}

/// The finalizer of `SplitMix64`: numbers that are alike become ones that are not.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
