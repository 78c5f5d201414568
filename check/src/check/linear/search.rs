//! The search for an order, of the calls on one object.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::configuration::{Placed, PlacedKey};
use super::list::{EDGE, List};
use super::model::Model;

/// One operation as the search sees it. Times are places in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<A> {
    pub(super) action: A,
    pub(super) invoked: usize,
    /// When it ended; `None` if it may take effect at any time after its invocation, or never.
    pub(super) returned: Option<usize>,
}

/// How far a search may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many calls it may try to place.
    pub(super) steps: usize,
    /// How much it may remember, in bytes.
    pub(super) memory: usize,
}

/// Enough for some ten seconds, and for any history that is not made to be hard.
impl Default for Limits {
    fn default() -> Self {
        Self { steps: 1 << 24, memory: 1 << 30 }
    }
}

impl Limits {
    /// At least so much that so many calls that give no trouble can be placed, whatever was used up
    /// before.
    pub(super) fn of(&mut self, calls: usize) -> &mut Self {
        self.steps = self.steps.max(calls.saturating_mul(16).saturating_add(1024));
        self
    }
}

/// What came of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict<S: Ord> {
    /// There is an order.
    Linearizable,
    /// There is none.
    Violation(Violation<S>),
    /// A limit was reached: which, and where the search had come to.
    GaveUp(&'static str, Option<Violation<S>>),
}

/// Where every order comes to its end; or did so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation<S: Ord> {
    /// The first call that no order has room for when it ends: its number.
    pub(super) culprit: usize,
    /// The states that the object can be in by then.
    pub(super) states: BTreeSet<S>,
    /// Whether these are the states of all orders, or only of those that were tried.
    pub(super) exact: bool,
}

/// Looks for an order of `calls`, which are sorted by their invocation, that begins in a state; takes
/// what it uses off the limits.
pub(super) fn search<M: Model>(
    model: &M,
    initial: M::State,
    calls: &[Call<M::Action>],
    limits: &mut Limits,
) -> Verdict<M::State> {
    let mut search = Search::new(model, calls);
    let verdict = search.run(initial, limits);
    limits.memory += search.remembered;
    verdict
}

/// A step from one configuration to the next.
#[derive(Clone, Copy)]
enum Move {
    /// A call that has ended is placed.
    Place(usize),
    /// The next call of such a kind is placed, whose outcome is unknown.
    Use(usize),
}

/// How a configuration was left.
struct Frame<S> {
    state: S,
    /// The state before the last move, if that used a call of unknown outcome.
    unused: Option<S>,
    made: Move,
    /// How many of the configuration's moves were tried, this one included; 0 if it was forced.
    tried: usize,
}

/// Calls of unknown outcome that do the same.
struct Class<A> {
    action: A,
    invoked: Vec<usize>,
}

/// How much was used up of some classes, sorted by their numbers.
type Used = Box<[(usize, usize)]>;

/// Whether all that `least` has used up is used up in `most`, too.
fn is_within(least: &[(usize, usize)], most: &[(usize, usize)]) -> bool {
    let mut most = most.iter();
    least.iter().all(|&(class, count)| {
        most.find(|(other, _)| *other >= class)
            .is_some_and(|&(other, more)| other == class && more >= count)
    })
}

struct Search<'a, M: Model> {
    model: &'a M,
    calls: &'a [Call<M::Action>],
    /// The calls that have ended, by their number in `calls`, sorted by invocation.
    ended: Vec<usize>,
    /// The classes of the others.
    classes: Vec<Class<M::Action>>,
    list: List,
    placed: Placed,
    path: Vec<Frame<M::State>>,
    /// How much was used up of each class, of those of which anything was.
    used: BTreeMap<usize, usize>,
    /// For each configuration met, how much it had used up.
    met: HashMap<(PlacedKey, M::State), Vec<Used>>,
    remembered: usize,
    furthest: Option<(usize, Violation<M::State>)>,
}

impl<'a, M: Model> Search<'a, M> {
    fn new(model: &'a M, calls: &'a [Call<M::Action>]) -> Self {
        let ended: Vec<_> =
            (0..calls.len()).filter(|&call| calls[call].returned.is_some()).collect();
        let spans = ended
            .iter()
            .map(|&call| (calls[call].invoked, calls[call].returned.unwrap_or(usize::MAX)));
        let mut classes: BTreeMap<M::Action, Vec<usize>> = BTreeMap::new();
        for call in calls.iter().filter(|call| call.returned.is_none()) {
            if !model.is_read(call.action) {
                classes.entry(call.action).or_default().push(call.invoked);
            }
        }
        let class = |(action, mut invoked): (_, Vec<_>)| {
            invoked.sort_unstable();
            Class { action, invoked }
        };
        Self {
            model,
            calls,
            list: List::new(spans),
            placed: Placed::none(ended.len()),
            ended,
            classes: classes.into_iter().map(class).collect(),
            path: Vec::new(),
            used: BTreeMap::new(),
            met: HashMap::new(),
            remembered: 0,
            furthest: None,
        }
    }

    fn action(&self, ended: usize) -> M::Action {
        self.calls[self.ended[ended]].action
    }

    fn run(&mut self, initial: M::State, limits: &mut Limits) -> Verdict<M::State> {
        let (mut state, mut unused) = (initial, None);
        let mut moves = Vec::new();
        let mut tried = 0;
        let mut arrives = true;
        loop {
            if arrives {
                if self.place_reads(state, unused) {
                    unused = None;
                }
                if self.list.is_empty() {
                    return Verdict::Linearizable;
                }
                self.note(state);
                tried = 0;
            }
            if arrives && !self.is_new(state, limits) {
                moves.clear();
            } else {
                self.moves(state, unused, &mut moves);
            }
            limits.steps = limits.steps.saturating_sub(1);
            if limits.steps == 0 {
                let cause = "the search for an order took too many steps";
                return Verdict::GaveUp(cause, self.furthest.take().map(|(_, it)| it));
            }
            if limits.memory == 0 {
                let cause = "the search for an order took too much memory";
                return Verdict::GaveUp(cause, self.furthest.take().map(|(_, it)| it));
            }
            if let Some(&(made, next)) = moves.get(tried) {
                self.path.push(Frame { state, unused, made, tried: tried + 1 });
                unused = match made {
                    Move::Place(call) => {
                        self.place(call);
                        None
                    }
                    Move::Use(class) => {
                        *self.used.entry(class).or_default() += 1;
                        Some(state)
                    }
                };
                state = next;
                arrives = true;
                continue;
            }
            // Back to the last choice.
            loop {
                let Some(frame) = self.path.pop() else {
                    return match self.furthest.take() {
                        Some((_, violation)) => Verdict::Violation(violation),
                        None => Verdict::Linearizable,
                    };
                };
                match frame.made {
                    Move::Place(call) => {
                        self.list.restore(call);
                        self.placed.remove(call);
                    }
                    Move::Use(class) => self.give_back(class),
                }
                Frame { state, unused, tried, .. } = frame;
                if tried > 0 {
                    break;
                }
            }
            arrives = false;
        }
    }

    fn give_back(&mut self, class: usize) {
        if let Entry::Occupied(mut used) = self.used.entry(class) {
            *used.get_mut() -= 1;
            if *used.get() == 0 {
                used.remove();
            }
        }
    }

    fn place(&mut self, call: usize) {
        self.list.remove(call);
        self.placed.insert(call);
    }

    /// Places the reads that fit; says whether there are any.
    fn place_reads(&mut self, state: M::State, unused: Option<M::State>) -> bool {
        let mut any = false;
        let mut node = self.list.next[EDGE];
        while node != EDGE {
            let Ok(call) = List::call(node) else { break };
            let action = self.action(call);
            node = self.list.next[node];
            if self.model.is_read(action) && self.model.step(state, action).is_some() {
                // Its end may have been the next node.
                if node == 2 * call + 2 {
                    node = self.list.next[node];
                }
                self.path.push(Frame { state, unused, made: Move::Place(call), tried: 0 });
                self.place(call);
                any = true;
            }
        }
        any
    }

    /// The first end in the list, as a call and a time: nothing may be placed that begins after it.
    fn barrier(&self) -> Option<(usize, usize)> {
        let mut node = self.list.next[EDGE];
        while node != EDGE {
            if let Err(call) = List::call(node) {
                return Some((call, self.list.time[node]));
            }
            node = self.list.next[node];
        }
        None
    }

    /// Takes note of how far the search has come.
    fn note(&mut self, state: M::State) {
        let Some((call, time)) = self.barrier() else { return };
        match &mut self.furthest {
            Some((furthest, _)) if *furthest > time => {}
            Some((furthest, violation)) if *furthest == time => {
                violation.states.insert(state);
            }
            _ => {
                let states = BTreeSet::from([state]);
                let violation = Violation { culprit: self.ended[call], states, exact: true };
                self.furthest = Some((time, violation));
            }
        }
    }

    /// Whether the configuration is none that was met already, nor worse than one.
    fn is_new(&mut self, state: M::State, limits: &mut Limits) -> bool {
        const ENTRY: usize = 96;

        let used: Used = self.used.iter().map(|(&class, &count)| (class, count)).collect();
        let key = self.placed.key();
        let size = ENTRY + (key.1.len() + 2 * used.len()) * size_of::<usize>();
        let met = self.met.entry((key, state)).or_default();
        if met.iter().any(|other| is_within(other, &used)) {
            return false;
        }
        met.retain(|other| !is_within(&used, other));
        met.push(used);
        let size = size.min(limits.memory);
        limits.memory -= size;
        self.remembered += size;
        true
    }

    /// What can be placed next, with the state after it: first what has ended, by its end, then what
    /// has not.
    fn moves(&self, state: M::State, unused: Option<M::State>, moves: &mut Vec<(Move, M::State)>) {
        moves.clear();
        // What the last move would not have been needed for is tried without it.
        let step = |action| {
            let next = self.model.step(state, action)?;
            let without = unused.and_then(|unused| self.model.step(unused, action));
            (without != Some(next)).then_some(next)
        };
        let mut node = self.list.next[EDGE];
        while node != EDGE {
            let Ok(call) = List::call(node) else { break };
            node = self.list.next[node];
            let action = self.action(call);
            if self.model.is_read(action) {
                continue; // It would have been placed.
            }
            let Some(next) = step(action) else { continue };
            let same = |(made, _): &&mut (Move, _)| match made {
                Move::Place(other) => self.action(*other) == action,
                Move::Use(_) => false,
            };
            let end = |call: usize| self.list.time[2 * call + 2];
            match moves.iter_mut().find(same) {
                Some((Move::Place(other), _)) => {
                    if end(call) < end(*other) {
                        *other = call;
                    }
                }
                _ => moves.push((Move::Place(call), next)),
            }
        }
        moves.sort_by_key(|(made, _)| match made {
            Move::Place(call) => self.list.time[2 * call + 2],
            Move::Use(_) => usize::MAX,
        });
        let Some((_, barrier)) = self.barrier() else { return };
        let used = |class| self.used.get(&class).copied().unwrap_or_default();
        for (number, class) in self.classes.iter().enumerate() {
            let available = class.invoked.get(used(number)).is_some_and(|&begin| begin < barrier);
            let Some(next) = step(class.action).filter(|&next| available && next != state) else {
                continue;
            };
            // What this can stand in for is placed instead of it: then this is left for later.
            let spared = moves.iter().any(|&(made, to)| {
                let action = match made {
                    Move::Place(call) => self.action(call),
                    Move::Use(class) => self.classes[class].action,
                };
                to == next && self.model.covers(class.action, action)
            });
            if !spared {
                moves.push((Move::Use(number), next));
            }
        }
    }
}
