use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use glomers_gossip::Topology;
use glomers_gossip::simulation::Node;

use super::network::{Broadcaster, NODES};

/// When a value that is not acknowledged is sent again: as our replicas do.
const RETRY: Duration = Duration::from_secs(2);

/// Flooding, as textbooks have it: a node passes every value that is new to it on to all its
/// neighbours but the one it came from, until each has acknowledged it.
pub(super) struct Flooder {
    neighbours: Vec<usize>,
    seen: BTreeSet<u32>,
    /// To whom each value is owed.
    owed: BTreeSet<(usize, u32)>,
    /// When to look whether a value is still owed; in the order of time, for all wait equally long.
    retries: VecDeque<(Duration, usize, u32)>,
    outbox: VecDeque<(usize, Flood)>,
}

#[derive(Clone)]
pub(super) enum Flood {
    Value(u32),
    Ack(u32),
}

impl Flooder {
    pub(super) fn on_grid(me: usize) -> Self {
        let nodes: Vec<usize> = (0..NODES).collect();
        let links = Topology::Grid.links(&nodes, &me, Duration::ZERO);
        Self {
            neighbours: links.into_iter().map(|link| link.peer).collect(),
            seen: BTreeSet::new(),
            owed: BTreeSet::new(),
            retries: VecDeque::new(),
            outbox: VecDeque::new(),
        }
    }

    /// Takes a value in; returns whether it is new.
    fn learn(&mut self, now: Duration, value: u32, from: Option<usize>) -> bool {
        let new = self.seen.insert(value);
        if new {
            for neighbour in self.neighbours.iter().copied().filter(|to| Some(*to) != from) {
                self.owed.insert((neighbour, value));
                self.retries.push_back((now + RETRY, neighbour, value));
                self.outbox.push_back((neighbour, Flood::Value(value)));
            }
        }
        new
    }

    /// Forgets the next retries that have become needless.
    fn forget_settled(&mut self) {
        while self.retries.front().is_some_and(|(_, to, value)| !self.owed.contains(&(*to, *value)))
        {
            self.retries.pop_front();
        }
    }
}

impl Broadcaster for Flooder {
    fn insert(&mut self, now: Duration, value: u32) {
        self.learn(now, value, None);
    }

    fn values(news: &Option<u32>) -> impl Iterator<Item = u32> {
        news.iter().copied()
    }
}

impl Node for Flooder {
    type Message = Flood;
    type News = Option<u32>;

    fn receive(&mut self, now: Duration, from: usize, message: Flood) -> Option<u32> {
        match message {
            Flood::Value(value) => {
                self.outbox.push_back((from, Flood::Ack(value)));
                self.learn(now, value, Some(from)).then_some(value)
            }
            Flood::Ack(value) => {
                self.owed.remove(&(from, value));
                self.forget_settled();
                None
            }
        }
    }

    fn wake(&mut self, now: Duration) {
        while let Some((_, to, value)) = self.retries.front().copied().filter(|(at, ..)| *at <= now)
        {
            self.retries.pop_front();
            if self.owed.contains(&(to, value)) {
                self.retries.push_back((now + RETRY, to, value));
                self.outbox.push_back((to, Flood::Value(value)));
            }
        }
        self.forget_settled();
    }

    fn poll_transmit(&mut self) -> Option<(usize, Flood)> {
        self.outbox.pop_front()
    }

    fn next_wake(&self) -> Option<Duration> {
        self.retries.front().map(|(at, ..)| *at)
    }
}
