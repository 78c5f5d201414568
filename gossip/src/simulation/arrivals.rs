use core::time::Duration;
use std::collections::BTreeMap;

use super::{Node, Observer};

/// Notes how long things take from the node where they come up to everywhere.
///
/// What is a thing, `K`, is for the caller to say: an element of a set, one writer's count. Only
/// what came up through [`update`](super::Simulation::update) is followed, and that a node has
/// once held it counts, even if it has lost its memory since.
///
/// ```
/// use std::time::Duration;
/// use glomers_crdt::GSet;
/// use glomers_gossip::simulation::{Arrivals, Simulation};
/// use glomers_gossip::{Config, Replica};
///
/// let arrivals = Arrivals::new(9, |news: &GSet<u32>| news.iter().copied().collect());
/// let mut sim = Simulation::observed(9, 1, arrivals, |node, now, epoch| {
///     let mut replica = Replica::new(now, epoch, Config::default());
///     replica.join(now, &node, (0..9).collect::<Vec<_>>());
///     replica
/// });
/// sim.run_for(Duration::from_secs(5));
/// for value in 0..100 {
///     sim.update(4, |set| set.insert(value));
///     sim.run_for(Duration::from_millis(20));
/// }
/// assert!(sim.observer().missing().count() > 0, "the last ones are on their way");
/// sim.run_for(Duration::from_secs(1));
/// assert_eq!(sim.observer().missing().count(), 0);
/// let latencies = sim.observer().latencies();
/// assert!(latencies.last() <= Some(&Config::default().latency_target));
/// println!("median {:?}", latencies[latencies.len() / 2]);
/// ```
#[derive(Clone, Debug)]
pub struct Arrivals<K, S> {
    nodes: usize,
    things: fn(&S) -> Vec<K>,
    journeys: BTreeMap<K, Journey>,
}

#[derive(Clone, Debug)]
enum Journey {
    /// Which nodes hold it, and how many do not.
    UnderWay { since: Duration, held: Vec<bool>, missing: usize },
    /// After so long.
    Done(Duration),
}

impl<K: Ord, S> Arrivals<K, S> {
    /// Everywhere is at the first `nodes` nodes. `things` says what there is in a delta.
    pub fn new(nodes: usize, things: fn(&S) -> Vec<K>) -> Self {
        Self { nodes, things, journeys: BTreeMap::new() }
    }

    /// How long each thing that is everywhere took to get there, the shortest time first.
    /// O(n log n) for n things.
    pub fn latencies(&self) -> Vec<Duration> {
        let mut latencies: Vec<Duration> =
            self.journeys.values().filter_map(Journey::latency).collect();
        latencies.sort_unstable();
        latencies
    }

    /// How long a thing took to get everywhere, if it is there. O(log n).
    pub fn latency(&self, thing: &K) -> Option<Duration> {
        self.journeys.get(thing)?.latency()
    }

    /// The things that are not everywhere yet, in their order. O(n).
    pub fn missing(&self) -> impl Iterator<Item = &K> {
        let missing = self.journeys.iter().filter(|(_, journey)| journey.latency().is_none());
        missing.map(|(thing, _)| thing)
    }
}

impl Journey {
    fn latency(&self) -> Option<Duration> {
        match self {
            Self::Done(latency) => Some(*latency),
            Self::UnderWay { .. } => None,
        }
    }

    fn arrive(&mut self, at: Duration, node: usize) {
        let Self::UnderWay { since, held, missing } = self else { return };
        if let Some(held @ false) = held.get_mut(node) {
            *held = true;
            *missing -= 1;
            if *missing == 0 {
                *self = Self::Done(at.saturating_sub(*since));
            }
        }
    }
}

impl<K: Ord, N: Node> Observer<N> for Arrivals<K, N::News> {
    fn updated(&mut self, at: Duration, node: usize, news: &N::News) {
        for thing in (self.things)(news) {
            let journey = self.journeys.entry(thing).or_insert_with(|| Journey::UnderWay {
                since: at,
                held: vec![false; self.nodes],
                missing: self.nodes,
            });
            journey.arrive(at, node);
        }
    }

    fn received(&mut self, at: Duration, _from: usize, to: usize, news: &N::News) {
        for thing in (self.things)(news) {
            if let Some(journey) = self.journeys.get_mut(&thing) {
                journey.arrive(at, to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Replica;
    use glomers_crdt::GSet;

    type Set = GSet<char>;

    #[test]
    fn a_thing_is_everywhere_once_each_node_has_held_it() {
        let seconds = Duration::from_secs;
        let mut arrivals = Arrivals::new(3, |news: &Set| news.iter().copied().collect());
        let updated = |arrivals: &mut Arrivals<char, Set>, at, node, thing: &str| {
            let news = thing.chars().collect();
            Observer::<Replica<Set, usize>>::updated(arrivals, seconds(at), node, &news);
        };
        let received = |arrivals: &mut Arrivals<char, Set>, at, node, things: &str| {
            let news = things.chars().collect();
            Observer::<Replica<Set, usize>>::received(arrivals, seconds(at), 9, node, &news);
        };
        updated(&mut arrivals, 10, 0, "a");
        updated(&mut arrivals, 11, 2, "b");
        received(&mut arrivals, 12, 1, "abz");
        received(&mut arrivals, 13, 1, "a"); // it has lost its memory
        received(&mut arrivals, 13, 3, "a"); // which does not count
        updated(&mut arrivals, 14, 1, "a"); // once more
        received(&mut arrivals, 15, 0, "b");
        assert!(arrivals.missing().eq(&['a']));
        assert_eq!(arrivals.latency(&'a'), None);
        received(&mut arrivals, 16, 2, "a");
        received(&mut arrivals, 17, 0, "a");
        assert_eq!(arrivals.latency(&'a'), Some(seconds(6)));
        assert_eq!(arrivals.latencies(), [seconds(4), seconds(6)], "b, then a; z is not followed");
    }
}
