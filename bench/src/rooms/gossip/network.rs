use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A protocol's node, sans I/O.
pub(super) trait Node {
    type Message;

    fn insert(&mut self, now: Duration, value: u32);

    /// Takes a message, and tells `novel` of each value in it that was not held before.
    fn receive(
        &mut self,
        now: Duration,
        from: usize,
        message: Self::Message,
        novel: impl FnMut(u32),
    );

    fn wake(&mut self, now: Duration);

    fn poll_transmit(&mut self) -> Option<(usize, Self::Message)>;

    fn next_wake(&self) -> Option<Duration>;
}

/// One way.
const DELAY: Duration = Duration::from_millis(100);

/// Between two values.
const INTERVAL: Duration = Duration::from_millis(20);

pub(super) const VALUES: u32 = 1_000;

/// When the first value comes: by then the nodes have greeted each other.
const BEGIN: Duration = Duration::from_secs(5);

/// When the network is looked at for the last time: long after the last value.
const END: Duration = Duration::from_secs(120);

/// Nodes on a network of constant delay, in virtual time; all chance is replayed every time.
pub(super) struct Network<N: Node> {
    now: Duration,
    nodes: Vec<N>,
    /// When each node wants to be woken, and the same sorted by time.
    alarms: Vec<Option<Duration>>,
    agenda: BTreeSet<(Duration, usize)>,
    /// By the time of delivery and the number of the message: from, to, and the message.
    wire: BTreeMap<(Duration, u32), (usize, usize, N::Message)>,
    sent: u32,
    loss_percent: usize,
    dice: Dice,
}

/// What a run comes to.
#[derive(Default)]
pub(super) struct Outcome {
    /// Sent for the values, acknowledgements included.
    messages: u32,
    /// For each value and each node but its first: from the one's coming to its arrival there.
    latencies: Vec<Duration>,
}

impl Outcome {
    pub(super) fn messages_a_value(&self) -> f64 {
        f64::from(self.messages) / f64::from(VALUES)
    }

    /// How many values came to a node from another.
    pub(super) fn deliveries(&self) -> usize {
        self.latencies.len()
    }

    /// Seconds within which all but one in `rarity` of them came.
    pub(super) fn within(&self, rarity: usize) -> f64 {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let later = latencies.len() / rarity;
        latencies.iter().rev().nth(later).map_or(0.0, Duration::as_secs_f64)
    }
}

impl<N: Node> Network<N> {
    pub(super) fn new(nodes: impl IntoIterator<Item = N>, loss_percent: usize) -> Self {
        let nodes: Vec<N> = nodes.into_iter().collect();
        let mut network = Self {
            now: Duration::ZERO,
            alarms: nodes.iter().map(|_| None).collect(),
            nodes,
            agenda: BTreeSet::new(),
            wire: BTreeMap::new(),
            sent: 0,
            loss_percent,
            dice: Dice(1),
        };
        (0..network.nodes.len()).for_each(|node| network.settle(node));
        network
    }

    /// Lets values come one after another, each to a node at random.
    pub(super) fn run(mut self) -> Outcome {
        let mut outcome = Outcome::default();
        self.advance(BEGIN, &mut outcome);
        let greetings = self.sent;
        for value in 0..VALUES {
            self.advance(came_at(value), &mut outcome);
            let node = self.dice.below(self.nodes.len());
            self.nodes[node].insert(self.now, value);
            self.settle(node);
        }
        self.advance(END, &mut outcome);
        outcome.messages = self.sent - greetings;
        outcome
    }

    /// Lets everything happen that is due up to `end`.
    fn advance(&mut self, end: Duration, outcome: &mut Outcome) {
        loop {
            let delivery = self.wire.first_key_value().map(|((at, _), _)| *at);
            let alarm = self.agenda.first().copied();
            let next = delivery.into_iter().chain(alarm.map(|(at, _)| at)).min();
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            if let Some((_, node)) = alarm.filter(|(at, _)| *at == next) {
                self.nodes[node].wake(self.now);
                self.settle(node);
            } else if let Some((_, (from, to, message))) = self.wire.pop_first() {
                let now = self.now;
                self.nodes[to].receive(now, from, message, |value| {
                    outcome.latencies.push(now.saturating_sub(came_at(value)));
                });
                self.settle(to);
            }
        }
        self.now = end;
    }

    /// Sends what a node has to say, and notes when to wake it.
    fn settle(&mut self, node: usize) {
        while let Some((to, message)) = self.nodes[node].poll_transmit() {
            self.sent += 1;
            if self.dice.below(100) >= self.loss_percent {
                self.wire.insert((self.now + DELAY, self.sent), (node, to, message));
            }
        }
        let alarm = self.nodes[node].next_wake();
        let before = std::mem::replace(&mut self.alarms[node], alarm);
        if before != alarm {
            before.map(|at| self.agenda.remove(&(at, node)));
            alarm.map(|at| self.agenda.insert((at, node)));
        }
    }
}

/// When a value comes to its first node.
fn came_at(value: u32) -> Duration {
    BEGIN + INTERVAL * value
}

/// A linear congruential generator (Knuth's MMIX), the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The high bits are the good ones.
        (self.0 >> 33) as usize % limit
    }
}
