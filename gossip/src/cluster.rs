use core::time::Duration;

use crate::peer::Pace;
use crate::plan::{Delays, Plan};
use crate::slack::Slack;
use crate::topology::LAZY_RELAY;
use crate::tree::Tree;
use crate::{Beat, Config, Members};

/// All replicas, and how they are linked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cluster<P> {
    me: u32,
    members: Members<P>,
    fan_out: u32,
    plan: Plan,
    /// Since when the delays call for a mesh, while there is a hub.
    doubted_since: Option<Duration>,
    tree: Tree,
    /// How long an answer may take, and by how much that is more than it mostly takes, as measured
    /// last.
    pub(crate) patience: Option<(Duration, Duration)>,
}

impl<P: Ord + Clone> Cluster<P> {
    /// None if `me` is not among the members.
    pub(crate) fn new(now: Duration, me: &P, members: Members<P>, config: &Config) -> Option<Self> {
        let me = members.rank(me)?;
        let (size, fan_out) = (size(&members), config.fan_out.get());
        let tree = Tree::new(now, me, size, fan_out);
        let assumed = Delays {
            round_trip: config.assumed_delay * 2,
            deviation: Duration::ZERO,
            height: tree.height(),
        };
        let plan = Plan::choose(config, assumed, &Slack::default(), None);
        Some(Self { me, members, fan_out, plan, doubted_since: None, tree, patience: None })
    }

    pub(crate) fn rank(&self, name: &P) -> Option<u32> {
        self.members.rank(name)
    }

    pub(crate) fn name(&self, rank: u32) -> Option<&P> {
        self.members.name(rank)
    }

    pub(crate) fn is_first(&self) -> bool {
        self.me == 0
    }

    pub(crate) fn plan(&self) -> Plan {
        self.plan
    }

    /// Our place among the hubs, if there are any.
    pub(crate) fn tree(&self) -> Option<&Tree> {
        matches!(self.plan, Plan::Hub { .. }).then_some(&self.tree)
    }

    pub(crate) fn tree_mut(&mut self) -> Option<&mut Tree> {
        matches!(self.plan, Plan::Hub { .. }).then_some(&mut self.tree)
    }

    /// Follows a plan. Who begins with rounds, begins at the planned place.
    pub(crate) fn set_plan(&mut self, now: Duration, plan: Plan) {
        if self.tree().is_none() {
            self.tree = Tree::new(now, self.me, size(&self.members), self.fan_out);
        }
        self.plan = plan;
    }

    /// To whom we send, and when.
    pub(crate) fn links(&self) -> Vec<(P, Pace)> {
        let Plan::Mesh { flush } = self.plan else {
            let up = self.tree.parent().map(|parent| (parent, Pace::Slot));
            let down = self.tree.children().map(|child| (child, Pace::Round));
            let name = |(rank, pace)| Some((self.name(rank)?.clone(), pace));
            return up.into_iter().chain(down).filter_map(name).collect();
        };
        let others = (0..size(&self.members)).zip(self.members.iter());
        let others = others.filter(|(rank, _)| *rank != self.me);
        let pace = |rank| {
            let relay = (self.me == 0 || rank == 0).then_some(LAZY_RELAY.max(flush));
            Pace::Gather { flush, relay }
        };
        others.map(|(rank, name)| (name.clone(), pace(rank))).collect()
    }

    /// The plan that the delays call for, if it is clearly another and ours to make: `measured` are
    /// round trips and their deviations. A hub is given up only if they have called for that for a
    /// while, for when everything has just been started they are longer than later. How far apart
    /// rounds are changes only as a round begins, so that everyone hears of it in time for the next.
    pub(crate) fn better_plan(
        &mut self,
        now: Duration,
        measured: impl Iterator<Item = (Duration, Duration)>,
        slack: &Slack,
        is_round: bool,
        config: &Config,
    ) -> Option<Plan> {
        if !self.is_first() {
            return None;
        }
        let (mut count, mut round_trip, mut deviation) = (0, Duration::ZERO, Duration::ZERO);
        for (rtt, dev) in measured {
            count += 1;
            round_trip += rtt;
            deviation += dev;
        }
        let delays = Delays {
            round_trip: round_trip.checked_div(count)?,
            deviation: deviation.checked_div(count)?,
            height: self.tree.height(),
        };
        let next = Plan::choose(config, delays, slack, Some(self.plan));
        if !matches!((self.plan, next), (Plan::Hub { .. }, Plan::Mesh { .. })) {
            self.doubted_since = None;
        } else if now.saturating_sub(*self.doubted_since.get_or_insert(now)) < config.ack_delay * 2
        {
            return None;
        }
        let is_like = |old: Duration, new: Duration| old.abs_diff(new) * 10 < old;
        // A target is kept at once, and time is given back when it is worth while.
        let is_near = |old: Duration, new: Duration| new <= old + old / 16 && new + old / 32 >= old;
        match (self.plan, next) {
            (Plan::Hub { .. }, Plan::Hub { .. }) if !is_round => None,
            (Plan::Hub { period: old, .. }, Plan::Hub { period: new, .. }) if is_near(old, new) => {
                None
            }
            (Plan::Mesh { flush: old }, Plan::Mesh { flush: new }) if is_like(old, new) => None,
            _ => Some(next),
        }
    }

    /// The plan that the first of the members has made, if it is new to us.
    pub(crate) fn plan_of(&self, beat: Beat, config: &Config) -> Option<Plan> {
        let period = Duration::from_millis(beat.period.into());
        let lead = Duration::from_millis(beat.lead.into());
        let is_new = match self.plan {
            _ if self.is_first() => false,
            plan @ Plan::Hub { .. } => plan != Plan::Hub { period, lead },
            Plan::Mesh { .. } => !period.is_zero(),
        };
        is_new.then(|| {
            if period.is_zero() {
                Plan::mesh(config.latency_target, config.assumed_delay * 2)
            } else {
                Plan::Hub { period, lead }
            }
        })
    }
}

fn size<P>(members: &Members<P>) -> u32 {
    u32::try_from(members.len()).unwrap_or(u32::MAX)
}
