use std::time::Duration;

use glomers_gossip::simulation::{Dice, Node, Observer, Simulation, Weather};

/// A node that values can be given to, to be brought to all others.
pub(super) trait Broadcaster: Node {
    fn insert(&mut self, now: Duration, value: u32);

    /// The values in what was new in a message.
    fn values(news: &Self::News) -> impl Iterator<Item = u32>;
}

/// One way.
const DELAY: Duration = Duration::from_millis(100);

/// Between two values.
const INTERVAL: Duration = Duration::from_millis(20);

pub(super) const VALUES: u32 = 1_000;

/// Nodes of the network.
pub(super) const NODES: usize = 25;

/// When the first value comes: by then the nodes have greeted each other.
const BEGIN: Duration = Duration::from_secs(5);

/// When the network is looked at for the last time: long after the last value.
const END: Duration = Duration::from_secs(120);

/// What a run comes to.
#[derive(Default)]
pub(super) struct Outcome {
    /// Sent for the values, acknowledgements included.
    messages: u64,
    latencies: Latencies,
}

/// For each value and each node but its first: from the one's coming to its arrival there.
#[derive(Default)]
struct Latencies(Vec<Duration>);

impl<N: Broadcaster> Observer<N> for Latencies {
    fn received(&mut self, at: Duration, _from: usize, _to: usize, news: &N::News) {
        self.0.extend(N::values(news).map(|value| at.saturating_sub(came_at(value))));
    }
}

/// Lets values come one after another, each to a node at random, in a network of constant delay.
pub(super) fn run<N: Broadcaster>(
    nodes: usize,
    loss: f64,
    node: impl Fn(usize) -> N + 'static,
) -> Outcome {
    let mut network =
        Simulation::observed(nodes, 1, Latencies::default(), move |me, _, _| node(me));
    network.set_weather(Weather::calm(DELAY).loss(loss));
    let mut dice = Dice::new(1);
    network.run_until(BEGIN);
    let greetings = network.counts().sent;
    for value in 0..VALUES {
        network.run_until(came_at(value));
        network.input(dice.below(nodes), |node, now| node.insert(now, value));
    }
    network.run_until(END);
    let messages = network.counts().sent - greetings;
    Outcome { messages, latencies: std::mem::take(network.observer_mut()) }
}

impl Outcome {
    pub(super) fn messages_a_value(&self) -> f64 {
        f64::from(u32::try_from(self.messages).unwrap_or(u32::MAX)) / f64::from(VALUES)
    }

    /// How many values came to a node from another.
    pub(super) fn deliveries(&self) -> usize {
        self.latencies.0.len()
    }

    /// Seconds within which all but one in `rarity` of them came.
    pub(super) fn within(&self, rarity: usize) -> f64 {
        let mut latencies = self.latencies.0.clone();
        latencies.sort_unstable();
        let later = latencies.len() / rarity;
        latencies.iter().rev().nth(later).map_or(0.0, Duration::as_secs_f64)
    }
}

/// When a value comes to its first node.
fn came_at(value: u32) -> Duration {
    BEGIN + INTERVAL * value
}
