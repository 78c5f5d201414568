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
//! * A hub has room for so many children. Those whose place it is come first, unless they do not
//!   answer; who is refused tries others before it comes back.
//! * Who is not at its planned place goes on asking now and then, and so finds back.
//!
//! Stale routes may close a loop for a moment. It ends when a replica hears of a route to itself, or
//! of one that is too long. Meanwhile nothing is lost: states merge along loops as along trees.

mod children;
mod planned;
mod pulse;
mod route;
mod routing;
mod search;
mod searching;
mod step;
#[cfg(test)]
mod tests;
mod watch;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use planned::Planned;
pub(crate) use pulse::Pulse;
use route::Route;
use search::Search;
pub(crate) use step::Step;

use crate::{Standing, Tie};

/// How a message is meant that says where we stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Word {
    #[default]
    Say,
    Ask,
    Refuse,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tree {
    me: u32,
    planned: Planned,
    /// None: a root.
    parent: Option<u32>,
    /// Who was the parent before it was lost.
    last: Option<u32>,
    route: Route,
    /// Rises whenever the parent or the route changes.
    version: u32,
    children: BTreeSet<u32>,
    /// Those of them that do not answer. Their place is here by plan, but they take up no room.
    missing: BTreeSet<u32>,
    parent_heard: Duration,
    /// How often in a row the parent was heard from in time, as far as it matters.
    streak: u8,
    /// When to see whether it still is.
    watch: Option<Duration>,
    /// The parent owes an answer.
    in_doubt: bool,
    offers: BTreeMap<u32, Route>,
    /// Those that had no room for us, since all were asked.
    refusers: BTreeSet<u32>,
    /// Those that were not told the route, since it was not sure.
    unconvinced: BTreeSet<u32>,
    search: Option<Search>,
    steps: VecDeque<Step>,
}

impl Tree {
    /// The planned place of the replica of rank `me` among `size`, with at most `fan_out` children
    /// to anyone.
    pub(crate) fn new(now: Duration, me: u32, size: u32, fan_out: u32) -> Self {
        let planned = Planned::new(size, fan_out);
        Self {
            me,
            planned,
            parent: planned.parent(me),
            last: None,
            route: Route { root: 0, hops: planned.depth(me) },
            version: 0,
            children: planned.children(me).collect(),
            missing: BTreeSet::new(),
            parent_heard: now,
            streak: 0,
            watch: None,
            in_doubt: false,
            offers: BTreeMap::new(),
            refusers: BTreeSet::new(),
            unconvinced: BTreeSet::new(),
            search: None,
            steps: VecDeque::new(),
        }
    }

    pub(crate) fn parent(&self) -> Option<u32> {
        self.parent
    }

    pub(crate) fn children(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.children.iter().copied()
    }

    /// Between the root and the farthest replica, by plan.
    pub(crate) fn height(&self) -> u32 {
        self.planned.height()
    }

    /// Between the root and us.
    pub(crate) fn depth(&self) -> u32 {
        self.route.hops
    }

    fn planned_parent(&self) -> Option<u32> {
        self.planned.parent(self.me)
    }

    /// Whether there is no better place to look for.
    fn is_settled(&self) -> bool {
        self.parent == self.planned_parent() && self.route.root == 0 && !self.in_doubt
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
            // Whatever it was to be told before.
            _ if self.parent == Some(to) => Tie::Parent,
            Word::Refuse => Tie::Refuses,
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
        (standing != self.planned.standing(self.me, to)).then_some(standing)
    }

    /// Input: a message has come from `from`, with what it says of where it stands.
    pub(crate) fn hear(
        &mut self,
        now: Duration,
        pulse: Pulse,
        from: u32,
        standing: Option<Standing>,
    ) {
        let planned = self.planned.standing(from, self.me);
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
        if releases {
            self.release(from);
        }
        self.welcome(from);
        if tie == Tie::Refuses {
            self.offers.remove(&from);
            self.refusers.insert(from);
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
            if !self.children.contains(&from) {
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
        self.welcome(from);
    }

    /// Input: the time is `now`.
    pub(crate) fn wake(&mut self, now: Duration, pulse: Pulse) {
        self.keep_watch(now, pulse);
        self.go_on_searching(now, pulse);
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
}
