//! A replica's place in the tree of hubs, and how it finds another one when it is cut off.
//!
//! Every replica knows the *planned* tree: it follows from the list of members alone, and while all
//! can reach each other nothing more is said of it. There are no votes and no leader: as in a
//! spanning tree protocol (Perlman, [An algorithm for distributed computation of a spanning tree in
//! an extended LAN](https://doi.org/10.1145/319056.319004), SIGCOMM 1985), everyone prefers the
//! way to the root of the lowest rank, and who finds none is a root itself.
//!
//! * Who gets no answer from its parent asks others, in the order of preference: a few, then more.
//!   The answers are *offers*: to which root, over how many hops. The best becomes the new parent.
//!   Until then, it counts as a root of its own.
//! * Everyone who is asked hears the asker's own route and may prefer it. So the reachable replica
//!   of the lowest rank gathers the others, and two roots that cannot reach each other are
//!   bridged by anyone who reaches both.
//! * Who has not heard from its parent lately does not vouch for its route before it has made sure.
//! * Who is not at its planned place goes on asking now and then, and so finds back.
//!
//! Stale routes may close a loop for a moment. It ends when a replica hears of a route to itself, or
//! of one that is too long. Meanwhile nothing is lost: states merge along loops as along trees.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{Standing, Tie};

/// A route of more hops than the deepest planned one and this is taken for a loop.
const DETOUR: u32 = 6;

/// So many are asked at first.
const FIRST_WAVE: u32 = 3;

/// A parent that was heard from in so many rounds in a row is expected to go on.
const STREAK: u8 = 6;

/// Offers remembered at most.
const MAX_OFFERS: usize = 64;

/// A way to a root. The lesser, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Route {
    root: u32,
    hops: u32,
}

/// The times by which a search goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulse {
    /// Within what time a parent that is up is heard from, where there is traffic.
    pub(crate) silence: Duration,
    /// After what time without a message one that was heard from in every round is looked after.
    pub(crate) watch: Option<Duration>,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    /// How long to wait before trying the same again.
    pub(crate) pause: Duration,
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// `to` is the parent now. What was owed to the last one is owed to it.
    Adopt { to: u32, last: Option<u32> },
    /// This one is no parent of ours any more, or no child.
    Leave(u32),
    /// This one is a child now.
    Take(u32),
    /// Tell it where we stand.
    Say(u32),
    /// Ask it where it stands.
    Ask(u32),
    /// There is no room for it.
    Refuse(u32),
    /// Make sure that the parent is up.
    Verify(u32),
    /// We are a root now, with rounds of our own.
    Rise,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tree {
    me: u32,
    size: u32,
    /// How many children a replica has by plan, and at most.
    arity: u32,
    capacity: u32,
    /// None: a root.
    parent: Option<u32>,
    /// Who was the parent before it was lost.
    last: Option<u32>,
    route: Route,
    /// Rises whenever the parent or the route changes.
    version: u32,
    children: BTreeSet<u32>,
    parent_heard: Duration,
    /// How often in a row the parent was heard from in time, as far as it matters.
    streak: u8,
    /// When to see whether it still is.
    watch: Option<Duration>,
    /// The parent owes an answer.
    in_doubt: bool,
    offers: BTreeMap<u32, Route>,
    /// Those that were not told the route, since it was not sure.
    unconvinced: BTreeSet<u32>,
    search: Option<Search>,
    steps: VecDeque<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Search {
    /// Where among the candidates it stands.
    next: u32,
    /// How many are asked next, and when; 1 if there is no hurry.
    wave: u32,
    at: Duration,
}

impl Tree {
    /// The planned place of the replica of rank `me` among `size`, with at most `fan_out` children
    /// to anyone.
    pub(crate) fn new(now: Duration, me: u32, size: u32, fan_out: u32) -> Self {
        let capacity = fan_out.max(1);
        let mut tree = Self {
            me,
            size: size.max(1),
            arity: balanced_arity(size.max(1), capacity),
            capacity,
            parent: None,
            last: None,
            route: Route { root: 0, hops: 0 },
            version: 0,
            children: BTreeSet::new(),
            parent_heard: now,
            streak: 0,
            watch: None,
            in_doubt: false,
            offers: BTreeMap::new(),
            unconvinced: BTreeSet::new(),
            search: None,
            steps: VecDeque::new(),
        };
        tree.parent = tree.planned_parent(me);
        tree.route.hops = tree.depth(me);
        let first = u64::from(me) * u64::from(tree.arity) + 1;
        let end = (first + u64::from(tree.arity)).min(u64::from(tree.size));
        tree.children = (first..end).filter_map(|child| u32::try_from(child).ok()).collect();
        tree
    }

    pub(crate) fn parent(&self) -> Option<u32> {
        self.parent
    }

    pub(crate) fn children(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.children.iter().copied()
    }

    /// Between the root and the farthest replica, by plan.
    pub(crate) fn height(&self) -> u32 {
        self.depth(self.size - 1)
    }

    fn planned_parent(&self, rank: u32) -> Option<u32> {
        rank.checked_sub(1).map(|before| before / self.arity)
    }

    fn depth(&self, rank: u32) -> u32 {
        self.ancestors(rank).fold(0, |depth, _| depth + 1)
    }

    fn ancestors(&self, rank: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(self.planned_parent(rank), |above| self.planned_parent(*above))
    }

    /// Whether there is no better place to look for.
    fn is_settled(&self) -> bool {
        self.parent == self.planned_parent(self.me) && self.route.root == 0 && !self.in_doubt
    }

    /// What `from` says to `to` while all is as planned.
    fn planned_standing(&self, from: u32, to: u32) -> Standing {
        let tie = if self.planned_parent(from) == Some(to) {
            Tie::Parent
        } else if self.planned_parent(to) == Some(from) {
            Tie::Child
        } else {
            Tie::Neither
        };
        Standing { root: 0, hops: self.depth(from), tie, version: 0 }
    }

    /// Where we stand, as told to `to`; nothing if all is as planned.
    pub(crate) fn standing(
        &self,
        now: Duration,
        pulse: Pulse,
        to: u32,
        word: Word,
    ) -> Option<Standing> {
        let tie = match word {
            Word::Refuse => Tie::Refuses,
            _ if self.parent == Some(to) => Tie::Parent,
            _ if self.children.contains(&to) => Tie::Child,
            Word::Ask => Tie::Asks,
            Word::Say => Tie::Neither,
        };
        let route = if tie != Tie::Child && self.is_doubtful(now, pulse) {
            Route { root: self.me, hops: 0 }
        } else {
            self.route
        };
        let standing = Standing { root: route.root, hops: route.hops, tie, version: self.version };
        (standing != self.planned_standing(self.me, to)).then_some(standing)
    }

    /// Whether it is long ago that the parent was heard from.
    pub(crate) fn is_doubtful(&self, now: Duration, pulse: Pulse) -> bool {
        let silence = now.saturating_sub(self.parent_heard);
        self.parent.is_some() && (self.in_doubt || silence > pulse.silence)
    }

    /// Input: a message has come from `from`, with what it says of where it stands.
    pub(crate) fn hear(
        &mut self,
        now: Duration,
        pulse: Pulse,
        from: u32,
        standing: Option<Standing>,
    ) {
        let planned = self.planned_standing(from, self.me);
        let Standing { root, hops, tie, .. } = standing.unwrap_or(planned);
        let route = Route { root, hops };
        let releases = match tie {
            Tie::Parent => {
                self.take(now, pulse, from);
                false
            }
            Tie::Neither | Tie::Refuses => true,
            // Each takes the other for its child. The lower rank prevails.
            Tie::Child => from < self.me,
            Tie::Asks => false,
        };
        if releases && self.children.remove(&from) {
            self.steps.push_back(Step::Leave(from));
        }
        if self.parent == Some(from) {
            match tie {
                Tie::Refuses => return self.lose(now, pulse, from),
                // It may have missed that it is our parent.
                Tie::Neither => self.steps.push_back(Step::Say(from)),
                _ => {}
            }
            self.heed(now, pulse);
            self.in_doubt = false;
            self.follow_parent(now, pulse, route);
            for rank in std::mem::take(&mut self.unconvinced) {
                self.steps.push_back(Step::Say(rank));
            }
        } else {
            if tie == Tie::Refuses {
                self.offers.remove(&from);
            } else if !self.children.contains(&from) {
                self.consider(now, pulse, from, route);
            }
            if tie == Tie::Asks && !self.has_room_for(from) {
                self.steps.push_back(Step::Refuse(from));
            } else if tie == Tie::Asks || (tie == Tie::Child && self.parent != Some(from)) {
                self.steps.push_back(Step::Say(from));
            }
        }
        if tie == Tie::Asks && self.is_doubtful(now, pulse) {
            self.unconvinced.insert(from);
            self.steps.extend(self.parent.map(Step::Verify));
        }
    }

    /// Input: a message has come from `from` which a later one has overtaken.
    pub(crate) fn hear_late(&mut self, now: Duration, pulse: Pulse, from: u32) {
        if self.parent == Some(from) {
            self.heed(now, pulse);
        }
    }

    /// The parent was heard from.
    fn heed(&mut self, now: Duration, pulse: Pulse) {
        let is_in_time = now.saturating_sub(self.parent_heard) <= pulse.silence;
        self.streak = if is_in_time { STREAK.min(self.streak + 1) } else { 0 };
        self.parent_heard = now;
        if self.streak == STREAK && self.watch.is_none() {
            self.watch = pulse.watch.map(|watch| now + watch);
        }
    }

    /// Who has nothing to send would not notice by itself that its parent is gone.
    fn keep_watch(&mut self, now: Duration, pulse: Pulse) {
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

    /// `rank` does not answer.
    fn lose(&mut self, now: Duration, pulse: Pulse, rank: u32) {
        if self.parent == Some(rank) {
            self.offers.remove(&rank);
            self.detach(now);
            let offers = self.offers.iter().map(|(from, route)| (self.cost(*from, *route), *from));
            if let Some((cost, from)) = offers.min()
                && cost < self.present_cost()
            {
                self.adopt(now, pulse, from, self.offers[&from]);
            }
        } else if self.planned_parent(rank) != Some(self.me) && self.children.remove(&rank) {
            self.steps.push_back(Step::Leave(rank));
        }
    }

    /// Input: the time is `now`.
    pub(crate) fn wake(&mut self, now: Duration, pulse: Pulse) {
        self.keep_watch(now, pulse);
        let Some(search) = self.search.take_if(|search| search.at <= now) else { return };
        if self.is_settled() {
            self.offers.clear();
            return;
        }
        let Search { mut next, mut wave, .. } = search;
        self.steps.extend(self.planned_parent(self.me).map(Step::Ask));
        // Who has a place looks for a better one in its own time.
        let is_placed = self.parent.is_some() && !self.in_doubt;
        let mut pause = if is_placed { pulse.pause } else { pulse.patience };
        let (mut asked, mut most) = (0, if is_placed { 1 } else { wave.max(FIRST_WAVE) });
        while asked < most {
            let Some(candidate) = self.candidate(next) else {
                // All were asked.
                (next, pause) = (0, pulse.pause);
                break;
            };
            next += 1;
            if self.is_worth_asking(candidate, next) {
                if asked == 0 && !is_placed && candidate > self.me {
                    // Nobody is left who might be preferred to us: we gather the others.
                    most = self.capacity.max(FIRST_WAVE);
                }
                self.steps.push_back(Step::Ask(candidate));
                asked += 1;
            }
        }
        wave = match next {
            _ if is_placed => 1,
            0 => FIRST_WAVE,
            _ => (most * 3).min(self.capacity.max(FIRST_WAVE)),
        };
        self.search = Some(Search { next, wave, at: now + pause });
    }

    pub(crate) fn next_wake(&self) -> Option<Duration> {
        self.search.as_ref().map(|search| search.at).into_iter().chain(self.watch).min()
    }

    pub(crate) fn has_steps(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Output: what is to be done.
    pub(crate) fn poll(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// In the order of preference: the planned ancestors, then everyone by rank.
    fn candidate(&self, index: u32) -> Option<u32> {
        let above = self.depth(self.me);
        if index < above {
            return self.ancestors(self.me).nth(usize::try_from(index).ok()?);
        }
        Some(index - above).filter(|rank| *rank < self.size)
    }

    /// Not ourselves and those with whom we talk anyway, and nobody twice. The planned parent is
    /// asked every time.
    fn is_worth_asking(&self, candidate: u32, next: u32) -> bool {
        candidate != self.me
            && self.parent != Some(candidate)
            && self.planned_parent(self.me) != Some(candidate)
            && !self.children.contains(&candidate)
            && (next <= self.depth(self.me)
                || self.ancestors(self.me).all(|rank| rank != candidate))
    }

    fn take(&mut self, now: Duration, pulse: Pulse, from: u32) {
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

    fn has_room_for(&self, child: u32) -> bool {
        !self.is_full() || self.children.contains(&child) || self.less_entitled(child).is_some()
    }

    fn is_full(&self) -> bool {
        u32::try_from(self.children.len()).is_ok_and(|children| children >= self.capacity)
    }

    /// A child that must give way to `child`, whose place is here by plan.
    fn less_entitled(&self, child: u32) -> Option<u32> {
        let is_planned = |rank| self.planned_parent(rank) == Some(self.me);
        self.children().rfind(|other| is_planned(child) && !is_planned(*other))
    }

    /// An offer, or what may become one.
    fn consider(&mut self, now: Duration, pulse: Pulse, from: u32, route: Route) {
        if self.is_settled() || self.is_loop(route) {
            self.offers.remove(&from);
        } else if self.cost(from, route) < self.present_cost() {
            self.adopt(now, pulse, from, route);
        } else if self.offers.len() < MAX_OFFERS || self.offers.contains_key(&from) {
            self.offers.insert(from, route);
        }
    }

    /// What is least is best: the root of the lowest rank, then the planned place, then few hops.
    fn cost(&self, from: u32, route: Route) -> (u32, bool, u32) {
        let is_planned = self.planned_parent(self.me) == Some(from);
        (route.root, !is_planned, route.hops.saturating_add(1))
    }

    fn present_cost(&self) -> (u32, bool, u32) {
        let is_planned = self.planned_parent(self.me) == self.parent;
        (self.route.root, !is_planned, self.route.hops)
    }

    fn is_loop(&self, route: Route) -> bool {
        route.root == self.me || route.hops >= self.height() + DETOUR
    }

    fn adopt(&mut self, now: Duration, pulse: Pulse, to: u32, route: Route) {
        let last = self.parent.or(self.last).filter(|last| *last != to);
        let left = self.parent.filter(|left| *left != to);
        self.parent = Some(to);
        self.version = self.version.saturating_add(1);
        self.last = None;
        (self.parent_heard, self.streak, self.watch) = (now, 0, None);
        self.in_doubt = false;
        self.offers.remove(&to);
        self.steps.push_back(Step::Adopt { to, last });
        // The planned parent keeps our place.
        let left = left.or(last).filter(|left| self.planned_parent(self.me) != Some(*left));
        self.steps.extend(left.map(Step::Leave));
        self.set_route(Route { root: route.root, hops: route.hops + 1 });
        self.look_on(now, pulse);
    }

    /// Takes the parent's route for its own, one hop longer.
    fn follow_parent(&mut self, now: Duration, pulse: Pulse, route: Route) {
        if self.is_loop(route) || route.root > self.me {
            // It may take us for its parent instead.
            self.steps.extend(self.parent.map(Step::Say));
            self.detach(now);
        } else {
            self.set_route(Route { root: route.root, hops: route.hops + 1 });
            self.look_on(now, pulse);
        }
    }

    /// Becomes a root.
    fn detach(&mut self, now: Duration) {
        self.last = self.parent.take();
        (self.streak, self.watch) = (0, None);
        self.version = self.version.saturating_add(1);
        self.in_doubt = false;
        self.unconvinced.clear();
        self.steps.push_back(Step::Rise);
        self.set_route(Route { root: self.me, hops: 0 });
        self.begin_search(now);
    }

    fn begin_search(&mut self, now: Duration) {
        match &mut self.search {
            // It is under way.
            Some(search) if search.wave > 1 => search.at = search.at.min(now),
            _ => self.search = Some(Search { next: 0, wave: FIRST_WAVE, at: now }),
        }
    }

    /// Goes on looking for a better place now and then, unless there is none.
    fn look_on(&mut self, now: Duration, pulse: Pulse) {
        if self.is_settled() {
            self.search = None;
            self.offers.clear();
        } else if self.search.as_ref().is_none_or(|search| search.wave > 1) {
            let next = self.search.as_ref().map_or(0, |search| search.next);
            self.search = Some(Search { next, wave: 1, at: now + pulse.pause });
        }
    }

    fn set_route(&mut self, route: Route) {
        if route != self.route {
            self.route = route;
            self.version = self.version.saturating_add(1);
            self.steps.extend(self.children.iter().map(|child| Step::Say(*child)));
        }
    }
}

/// How a message is meant that says where we stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Word {
    #[default]
    Say,
    Ask,
    Refuse,
}

/// The fewest children that still make the lowest tree: between hubs, the work is shared out
/// evenly.
fn balanced_arity(size: u32, capacity: u32) -> u32 {
    let height = height_of(size, capacity);
    let (mut low, mut high) = (1, capacity);
    while low < high {
        let middle = low + (high - low) / 2;
        if height_of(size, middle) <= height { high = middle } else { low = middle + 1 }
    }
    low
}

fn height_of(size: u32, arity: u32) -> u32 {
    std::iter::successors(Some(size - 1), |rank| (*rank > 0).then(|| (*rank - 1) / arity))
        .take_while(|rank| *rank > 0)
        .fold(0, |height, _| height + 1)
}
