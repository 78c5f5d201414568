//! When the hub is cut off, the others go on through another one: for every shape of partition.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use glomers_crdt::GSet;
use glomers_gossip::simulation::{Dice, Observer, Simulation};
use glomers_gossip::{Config, Replica};

type Node = Replica<GSet<u32>, usize>;

const NODES: usize = 25;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// When each node first held each value.
#[derive(Default)]
struct Log(BTreeMap<u32, BTreeMap<usize, Duration>>);

impl Log {
    fn note(&mut self, now: Duration, node: usize, news: &GSet<u32>) {
        for value in news {
            self.0.entry(*value).or_default().entry(node).or_insert(now);
        }
    }
}

impl Observer<Node> for Log {
    fn updated(&mut self, now: Duration, node: usize, news: &GSet<u32>) {
        self.note(now, node, news);
    }

    fn received(&mut self, now: Duration, _from: usize, to: usize, news: &GSet<u32>) {
        self.note(now, to, news);
    }
}

/// Who hears whom. Mutual in all shapes.
type Hears = BTreeSet<(usize, usize)>;

#[derive(Clone, Copy, Debug)]
enum Shape {
    One,
    MinorityThird,
    Majority,
    MajoritiesRing,
}

const SHAPES: [Shape; 4] =
    [Shape::One, Shape::MinorityThird, Shape::Majority, Shape::MajoritiesRing];

impl Shape {
    fn draw(self, dice: &mut Dice) -> Hears {
        let mut order: Vec<usize> = (0..NODES).collect();
        for place in (1..NODES).rev() {
            order.swap(place, dice.below(place + 1));
        }
        let hears = |a: usize, b: usize| match self {
            Self::One => (a < 1) == (b < 1),
            Self::MinorityThird => (a < 8) == (b < 8),
            Self::Majority => (a < NODES / 2) == (b < NODES / 2),
            Self::MajoritiesRing => {
                let steps = (a + NODES - b) % NODES;
                steps.min(NODES - steps) <= NODES / 4
            }
        };
        let pairs = (0..NODES).flat_map(|a| (0..NODES).map(move |b| (a, b)));
        pairs.filter(|(a, b)| hears(*a, *b)).map(|(a, b)| (order[a], order[b])).collect()
    }
}

fn component(hears: &Hears, of: usize) -> BTreeSet<usize> {
    let (mut found, mut next) = (BTreeSet::new(), vec![of]);
    while let Some(node) = next.pop() {
        if found.insert(node) {
            next.extend(hears.iter().filter(|(a, _)| *a == node).map(|(_, b)| *b));
        }
    }
    found
}

/// Values come up all the time, and after some seconds a partition. Returns how long each value took
/// to reach everyone in reach that came up within the first 5 s of it, and the messages in as much
/// time before and during the partition.
fn run(shape: Shape, follows: Option<Shape>, seed: u64) -> (Vec<Duration>, u64, u64) {
    let mut dice = Dice::new(seed);
    let config = Config::default();
    let members: Vec<usize> = (0..NODES).collect();
    let mut sim = Simulation::observed(NODES, seed, Log::default(), move |me, now, epoch| {
        let mut replica = Node::new(now, epoch, config.clone());
        replica.join(now, &me, members.clone());
        replica
    });
    let (mut before, lasts) = (ms(10_000), ms(10_000));
    let mut value = 0;
    let mut inserted = Vec::new();
    let mut load = |sim: &mut Simulation<Node, Log>, dice: &mut Dice, until: Duration| {
        while sim.now() < until {
            let node = dice.below(NODES);
            sim.update(node, |set| set.insert(value));
            inserted.push((value, sim.now(), node));
            value += 1;
            sim.run_for(dice.within(ms(40)));
        }
    };
    load(&mut sim, &mut dice, before);
    if let Some(first) = follows {
        let hears = first.draw(&mut dice);
        sim.cut(move |from, to| !hears.contains(&(from, to)));
        load(&mut sim, &mut dice, before + ms(4000));
        sim.heal();
        before += ms(4000) + dice.within(ms(1000));
        load(&mut sim, &mut dice, before);
    }
    let hears = shape.draw(&mut dice);
    let cut = hears.clone();
    sim.cut(move |from, to| !cut.contains(&(from, to)));
    let sent = sim.counts().sent;
    load(&mut sim, &mut dice, before + lasts);
    let during = sim.counts().sent - sent;
    let times = inserted.iter().filter(|(_, at, _)| *at >= before && *at < before + lasts / 2);
    let times = times.map(|(value, at, node)| {
        let held = &sim.observer().0[value];
        let reached = component(&hears, *node).into_iter().map(|node| held.get(&node).copied());
        reached.map(|at| at.unwrap_or(Duration::from_secs(99))).max().unwrap().saturating_sub(*at)
    });
    let times = times.collect();
    sim.heal();
    sim.run_for(ms(10_000));
    assert!(sim.agreed().is_some(), "{shape:?} {seed}");
    (times, sent, during)
}

/// The sums of messages of all runs, and every value's time.
fn runs(shape: Shape, follows: Option<Shape>, seeds: u64) -> (Vec<Duration>, u64, u64) {
    let (mut all, mut quiet, mut parted) = (Vec::new(), 0, 0);
    for seed in 0..seeds {
        let (times, before, during) = run(shape, follows, seed);
        all.extend(times);
        quiet += before;
        parted += during;
    }
    all.sort();
    (all, quiet, parted)
}

/// With period T and delay d: an orphan's batch leaves within T; after T + 2d and a margin it misses
/// the answer; it asks (2d), adopts (d), and a round of the new hub later (T + d) everyone has what
/// it had to say. In the ring, a value crosses two hubs more on its way.
#[test]
fn those_in_reach_go_on_within_three_periods_and_the_delays() {
    let (period, delay, margin) = (ms(370), ms(100), ms(100));
    for (shape, delays) in SHAPES.into_iter().zip([8, 8, 8, 12]) {
        let (times, quiet, parted) = runs(shape, None, crate::seeds(20).into());
        let quantile = |percent| times[(times.len() - 1) * percent / 100];
        println!(
            "{shape:?}: median {:?}, 95 % {:?}, max {:?}; {parted} messages, {quiet} before",
            quantile(50),
            quantile(95),
            quantile(100),
        );
        assert!(quantile(100) <= period * 3 + delay * delays + margin, "{shape:?}");
        assert!(parted < 2 * quiet, "{shape:?}");
    }
}

/// Some are with another hub still, or on their way back, for which they look every so often: mostly
/// it goes as fast, and a few values wait until they have looked again, and once more. Of fewer seeds the
/// slowest twentieth would be one or two.
#[test]
fn a_partition_may_follow_soon_after_another() {
    for (first, shape) in SHAPES.into_iter().flat_map(|first| SHAPES.map(|shape| (first, shape))) {
        let (times, _, _) = runs(shape, Some(first), 20);
        let quantile = |percent| times[(times.len() - 1) * percent / 100];
        assert!(quantile(95) <= ms(370 * 3 + 800), "{first:?}, {shape:?}: {:?}", quantile(95));
        let most = Config::default().retry_max * 2 + ms(500);
        assert!(quantile(100) <= most, "{first:?}, {shape:?}: {:?}", quantile(100));
    }
}
