//! A simulated network of replicas: virtual time, faults by seed. Does your lattice converge, with
//! your configuration, in your weather? After how many messages, and how soon?
//!
//! ```
//! use std::time::Duration;
//! use glomers_crdt::GSet;
//! use glomers_gossip::simulation::{Arrivals, Delay, Simulation, Weather};
//! use glomers_gossip::{Config, Replica};
//!
//! let (ms, nodes, seed) = (Duration::from_millis, 25, 7);
//! let latencies = Arrivals::new(nodes, |news: &GSet<u32>| news.iter().copied().collect());
//! let mut sim = Simulation::observed(nodes, seed, latencies, move |node, now, epoch| {
//!     let mut replica = Replica::new(now, epoch, Config::default());
//!     replica.join(now, &node, (0..nodes).collect::<Vec<_>>());
//!     replica
//! });
//! sim.set_weather(Weather::of(Delay::Exponential(ms(100))).loss(0.1).duplication(0.1));
//! sim.cut(|from, to| (from < 5) != (to < 5));              // five nodes apart from the others
//! for value in 0..100 {
//!     sim.update(value as usize % nodes, |set| set.insert(value));
//!     sim.run_for(ms(20));
//! }
//! sim.heal();
//! sim.run_for(ms(20_000));
//! sim.restart(17);                                         // it has forgotten everything
//! sim.set_weather(Weather::default());
//! sim.run_for(ms(5_000));
//!
//! assert_eq!(sim.agreed().expect("all are equal").len(), 100);
//! let slowest = *sim.observer().latencies().last().unwrap();
//! println!("{:?}; {slowest:?} until everywhere, at worst", sim.counts());
//! ```
//!
//! A run is a function of the seed and of what is done to it: the same calls give the same run, on
//! every machine. Things that happen at the same time do so in an order that the seed draws.
//!
//! The cost is that of the messages and wake-ups, whatever the number of nodes: each is
//! O(log (messages and wake-ups to come)) and what the node takes. Ten thousand replicas run in
//! `examples/ten_thousand.rs`.
//!
//! Not only replicas: whatever implements [`Node`] can be put on this network, to be tested or
//! compared.

mod agenda;
mod arrivals;
mod counts;
mod dice;
mod halts;
mod node;
mod observer;
mod replicas;
mod run;
#[cfg(test)]
mod tests;
mod weather;

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use agenda::{Agenda, Parcel};

pub use arrivals::Arrivals;
pub use counts::Counts;
pub use dice::Dice;
pub use node::Node;
pub use observer::Observer;
pub use weather::{Delay, Weather};

/// Nodes on a simulated network. See the [module](self) for an example.
///
/// Methods that take a node's number panic, as indexing does, if there is no such node.
pub struct Simulation<N: Node, O = ()> {
    now: Duration,
    nodes: Vec<N>,
    is_running: Vec<bool>,
    /// What waits for each node that is paused.
    waiting: BTreeMap<usize, Vec<Parcel<N::Message>>>,
    /// When each node wants to be woken. The agenda may hold more alarms, which are stale.
    alarms: Vec<Option<Duration>>,
    agenda: Agenda<N::Message>,
    dice: Dice,
    weather: Box<dyn Fn(usize, usize) -> Weather>,
    cut: Box<dyn Fn(usize, usize) -> bool>,
    birth: Box<dyn FnMut(usize, Duration, u64) -> N>,
    lives: u64,
    counts: Counts,
    observer: O,
}

impl<N: Node> Simulation<N> {
    /// A network of so many nodes in [calm weather](Weather::default), at time 0.
    ///
    /// `birth` makes a node, at first and whenever it is [restarted](Self::restart), from its
    /// number, the time, and the number of this life, which no other life of any node has: a
    /// replica's epoch.
    ///
    /// ```
    /// use glomers_crdt::GCounter;
    /// use glomers_gossip::simulation::Simulation;
    /// use glomers_gossip::{Config, Replica, Topology};
    ///
    /// let sim = Simulation::new(3, 1, |node, now, epoch| {
    ///     let config = Config::default();
    ///     let links = Topology::Line.links(&[0, 1, 2], &node, config.latency_target / 4);
    ///     let mut replica: Replica<GCounter<usize>, usize> = Replica::new(now, epoch, config);
    ///     replica.set_links(now, links);
    ///     replica
    /// });
    /// assert_eq!(sim.nodes().len(), 3);
    /// ```
    pub fn new(
        nodes: usize,
        seed: u64,
        birth: impl FnMut(usize, Duration, u64) -> N + 'static,
    ) -> Self {
        Self::observed(nodes, seed, (), birth)
    }
}

impl<N: Node, O: Observer<N>> Simulation<N, O> {
    /// As [`new`](Simulation::new), with someone who is told what happens: see [`Observer`].
    pub fn observed(
        nodes: usize,
        seed: u64,
        observer: O,
        birth: impl FnMut(usize, Duration, u64) -> N + 'static,
    ) -> Self {
        let mut simulation = Self {
            now: Duration::ZERO,
            nodes: Vec::with_capacity(nodes),
            is_running: vec![true; nodes],
            waiting: BTreeMap::new(),
            alarms: vec![None; nodes],
            agenda: Agenda::new(),
            // Another stream than the caller's, who may draw from the same seed.
            dice: Dice::new(Dice::new(!seed).roll()),
            weather: Box::new(|_, _| Weather::default()),
            cut: Box::new(|_, _| false),
            birth: Box::new(birth),
            lives: 0,
            counts: Counts::default(),
            observer,
        };
        for node in 0..nodes {
            let first = simulation.bear(node);
            simulation.nodes.push(first);
        }
        (0..nodes).for_each(|node| simulation.settle(node, Duration::ZERO));
        simulation
    }

    fn bear(&mut self, node: usize) -> N {
        self.lives += 1;
        (self.birth)(node, self.now, self.lives)
    }

    /// The time.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The nodes, by number.
    pub fn nodes(&self) -> &[N] {
        &self.nodes
    }

    /// What has happened so far.
    pub fn counts(&self) -> Counts {
        let waiting: usize = self.waiting.values().map(Vec::len).sum();
        let under_way = u64::try_from(self.agenda.parcels() + waiting).unwrap_or(u64::MAX);
        Counts { under_way, ..self.counts }
    }

    /// Who is told what happens.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Who is told what happens: to tell it more, or to have it begin anew.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// Changes the weather for what is sent from now on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::{Delay, Simulation, Weather};
    ///
    /// let mut sim = Simulation::joined(3, 1, Config::default());
    /// let delay = Delay::Uniform(Duration::from_millis(50));
    /// sim.set_weather(Weather::of(delay));
    /// sim.update(2, |set: &mut GSet<u8>| set.insert(7));
    /// sim.run_for(Duration::from_secs(5));
    /// assert!(sim.agreed().is_some());
    /// ```
    pub fn set_weather(&mut self, weather: Weather) {
        self.set_weather_by(move |_, _| weather);
    }

    /// The same, with a weather for each sender and addressee.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::{Simulation, Weather};
    ///
    /// let mut sim = Simulation::joined(6, 1, Config::default());
    /// // Two sites of three, far from each other.
    /// let delay = |from, to| Duration::from_millis(if from / 3 == to / 3 { 1 } else { 150 });
    /// sim.set_weather_by(move |from, to| Weather::calm(delay(from, to)));
    /// sim.update(5, |set: &mut GSet<u8>| set.insert(7));
    /// sim.run_for(Duration::from_secs(5));
    /// assert!(sim.agreed().is_some());
    /// ```
    pub fn set_weather_by(&mut self, weather: impl Fn(usize, usize) -> Weather + 'static) {
        self.weather = Box::new(weather);
    }

    /// Cuts the ways from one node to another for which `cut` holds, and no others. What would
    /// arrive there while they are cut is lost, even if it was sent before.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::Simulation;
    ///
    /// let mut sim = Simulation::joined(3, 1, Config::default());
    /// sim.cut(|_from, to| to == 2);
    /// sim.update(1, |set: &mut GSet<u8>| set.insert(7));
    /// sim.run_for(Duration::from_secs(5));
    /// assert_eq!(sim.dissenter(), Some(2));
    /// sim.heal();
    /// sim.run_for(Duration::from_secs(5));
    /// assert_eq!(sim.dissenter(), None);
    /// ```
    pub fn cut(&mut self, cut: impl Fn(usize, usize) -> bool + 'static) {
        self.cut = Box::new(cut);
    }

    /// Mends all cuts. The weather stays as it is.
    pub fn heal(&mut self) {
        self.cut(|_, _| false);
    }

    /// Replaces a node, whether it runs or not, by a new one with no memory. What is on its way to
    /// the old one will reach the new one; what waits for it there is lost.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::{GSet, Lattice};
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::Simulation;
    ///
    /// let mut sim = Simulation::joined(3, 1, Config::default());
    /// sim.update(1, |set: &mut GSet<u8>| set.insert(7));
    /// sim.run_for(Duration::from_secs(5));
    /// sim.restart(1);
    /// assert!(sim.nodes()[1].state().is_bottom());
    /// sim.run_for(Duration::from_secs(5));
    /// assert!(sim.nodes()[1].state().contains(&7), "the others have told it");
    /// ```
    pub fn restart(&mut self, node: usize) {
        self.drop_waiting(node);
        self.nodes[node] = self.bear(node);
        self.is_running[node] = true;
        self.settle(node, self.now);
    }

    /// Gives a node an input of any kind, and sends what it then has to say. None, and nothing
    /// done, if it was stopped.
    ///
    /// ```
    /// use glomers_crdt::{CounterOverflow, GCounter};
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::Simulation;
    ///
    /// let mut sim = Simulation::joined(3, 1, Config::default());
    /// let mut add = |amount| sim.input(2, |replica, now| {
    ///     replica.try_update(now, |counter: &mut GCounter<usize>| counter.add(2, amount))
    /// });
    /// assert!(matches!(add(u64::MAX), Some(Ok(_))));
    /// assert!(matches!(add(1), Some(Err(CounterOverflow { amount: 1, .. }))));
    /// ```
    pub fn input<R>(&mut self, node: usize, act: impl FnOnce(&mut N, Duration) -> R) -> Option<R> {
        if !self.is_running[node] {
            return None;
        }
        let result = act(&mut self.nodes[node], self.now);
        self.settle(node, self.now);
        Some(result)
    }
}

impl<N: Node, O> fmt::Debug for Simulation<N, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("now", &self.now)
            .field("nodes", &self.nodes.len())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
