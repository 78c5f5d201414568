//! Ways to a root: which is the best of those on offer, and going that way or none.

use core::time::Duration;

use super::{Pulse, Route, Step, Tree};

/// A route of more hops than the deepest planned one and this is taken for a loop.
const DETOUR: u32 = 6;

/// Offers remembered at most.
const MAX_OFFERS: usize = 64;

impl Tree {
    /// An offer, or what may become one.
    pub(super) fn consider(&mut self, now: Duration, pulse: Pulse, from: u32, route: Route) {
        if self.is_settled() || self.is_loop(route) || self.refusers.contains(&from) {
            self.offers.remove(&from);
        } else if self.cost(from, route) < self.present_cost() {
            self.adopt(now, pulse, from, route);
        } else if self.offers.len() < MAX_OFFERS || self.offers.contains_key(&from) {
            self.offers.insert(from, route);
        }
    }

    /// What is least is best: the root of the lowest rank, then the planned place, then few hops.
    fn cost(&self, from: u32, route: Route) -> (u32, bool, u32) {
        let is_planned = self.planned_parent() == Some(from);
        (route.root, !is_planned, route.hops.saturating_add(1))
    }

    fn present_cost(&self) -> (u32, bool, u32) {
        let is_planned = self.planned_parent() == self.parent;
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
        let left = left.or(last).filter(|left| self.planned_parent() != Some(*left));
        self.steps.extend(left.map(Step::Leave));
        self.set_route(Route { root: route.root, hops: route.hops + 1 });
        self.look_on(now, pulse);
    }

    /// Takes the parent's route for its own, one hop longer.
    pub(super) fn follow_parent(&mut self, now: Duration, pulse: Pulse, route: Route) {
        if self.is_loop(route) || route.root > self.me {
            // It may take us for its parent instead.
            self.steps.extend(self.parent.map(Step::Say));
            self.detach(now);
        } else {
            self.set_route(Route { root: route.root, hops: route.hops + 1 });
            self.look_on(now, pulse);
        }
    }

    /// `rank` does not answer.
    pub(super) fn lose(&mut self, now: Duration, pulse: Pulse, rank: u32) {
        if self.parent == Some(rank) {
            self.offers.remove(&rank);
            self.detach(now);
            let offers = self.offers.iter().map(|(from, route)| (self.cost(*from, *route), *from));
            if let Some((cost, from)) = offers.min()
                && cost < self.present_cost()
            {
                self.adopt(now, pulse, from, self.offers[&from]);
            }
        } else {
            self.lose_child(rank);
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

    fn set_route(&mut self, route: Route) {
        if route != self.route {
            self.route = route;
            self.version = self.version.saturating_add(1);
            self.steps.extend(self.children.iter().map(|child| Step::Say(*child)));
        }
    }
}
