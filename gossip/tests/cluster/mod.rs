//! A cluster of replicas on a simulated network: virtual time, faults by seed.

use std::collections::BTreeMap;
use std::time::Duration;

use glomers_crdt::GSet;
use glomers_gossip::{Config, Message, Replica};

pub(crate) type State = GSet<u32>;

/// How the network misbehaves. Probabilities are in percent.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    pub(crate) loss: u64,
    pub(crate) duplication: u64,
    pub(crate) delay: Duration,
    /// Delays vary from zero to twice `delay` and so reorder, instead of being constant.
    pub(crate) jitter: bool,
}

pub(crate) const QUIET: Weather =
    Weather { loss: 0, duplication: 0, delay: Duration::from_millis(100), jitter: false };

/// `SplitMix64`: enough for tests, and the same everywhere.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below.max(1)
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.roll(100) < chance
    }
}

pub(crate) struct Cluster {
    pub(crate) now: Duration,
    pub(crate) replicas: Vec<Replica<State, usize>>,
    pub(crate) weather: Weather,
    pub(crate) dice: Dice,
    /// Messages sent so far.
    pub(crate) sent: u64,
    /// Links up a fresh replica: the replica, the time, and which one it is.
    link_up: Box<dyn Fn(&mut Replica<State, usize>, Duration, usize)>,
    config: Config,
    /// By delivery time and a number that breaks ties: from, to, message.
    wire: BTreeMap<(Duration, u64), (usize, usize, Message<State>)>,
    cut: Box<dyn Fn(usize, usize) -> bool>,
    epochs: u64,
}

impl Cluster {
    pub(crate) fn new(
        n: usize,
        config: Config,
        seed: u64,
        link_up: impl Fn(&mut Replica<State, usize>, Duration, usize) + 'static,
    ) -> Self {
        let mut cluster = Self {
            now: Duration::ZERO,
            replicas: Vec::new(),
            weather: QUIET,
            dice: Dice(seed),
            sent: 0,
            link_up: Box::new(link_up),
            config,
            wire: BTreeMap::new(),
            cut: Box::new(|_, _| false),
            epochs: 0,
        };
        cluster.replicas = (0..n).map(|node| cluster.fresh(node)).collect();
        cluster
    }

    fn fresh(&mut self, node: usize) -> Replica<State, usize> {
        self.epochs += 1;
        let mut replica = Replica::new(self.now, self.epochs, self.config.clone());
        (self.link_up)(&mut replica, self.now, node);
        replica
    }

    /// Replaces a replica by one with no memory.
    pub(crate) fn restart(&mut self, node: usize) {
        self.replicas[node] = self.fresh(node);
    }

    pub(crate) fn partition(&mut self, cut: impl Fn(usize, usize) -> bool + 'static) {
        self.cut = Box::new(cut);
    }

    pub(crate) fn heal(&mut self) {
        self.cut = Box::new(|_, _| false);
        self.weather = QUIET;
    }

    pub(crate) fn insert(&mut self, node: usize, value: u32) {
        self.replicas[node].update(self.now, |set| set.insert(value));
        self.transmit(node);
    }

    pub(crate) fn open(&mut self) {
        for node in 0..self.replicas.len() {
            self.replicas[node].open(self.now);
            self.transmit(node);
        }
    }

    fn transmit(&mut self, node: usize) {
        while let Some((to, message)) = self.replicas[node].poll_transmit() {
            self.sent += 1;
            let copies = match () {
                () if self.dice.percent(self.weather.loss) => 0,
                () if self.dice.percent(self.weather.duplication) => 2,
                () => 1,
            };
            for _ in 0..copies {
                let mut delay = self.weather.delay;
                if self.weather.jitter {
                    let micros = u64::try_from(delay.as_micros()).unwrap();
                    delay = Duration::from_micros(self.dice.roll(2 * micros));
                }
                let tie = self.dice.roll(u64::MAX);
                self.wire.insert((self.now + delay, tie), (node, to, message.clone()));
            }
        }
    }

    /// Lets `span` pass.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let delivery = self.wire.first_key_value().map(|((at, _), _)| *at);
            let wake = self.replicas.iter().filter_map(Replica::next_wake).min();
            let Some(next) = delivery.into_iter().chain(wake).min().filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(next);
            if delivery.is_some_and(|at| at <= self.now) {
                let (_, (from, to, message)) = self.wire.pop_first().unwrap();
                if !(self.cut)(from, to) {
                    self.replicas[to].receive(self.now, &from, message);
                    self.transmit(to);
                }
            } else {
                for node in 0..self.replicas.len() {
                    self.replicas[node].wake(self.now);
                    self.transmit(node);
                }
            }
        }
        self.now = end;
    }

    /// The state that all hold, or the first two that differ.
    pub(crate) fn agreed(&self) -> Result<&State, (usize, usize)> {
        let first = self.replicas[0].state();
        match self.replicas.iter().position(|replica| replica.state() != first) {
            None => Ok(first),
            Some(other) => Err((0, other)),
        }
    }
}
