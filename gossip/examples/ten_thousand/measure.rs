use std::collections::BTreeSet;
use std::time::Duration;

use glomers_gossip::simulation::Observer;
use glomers_gossip::{Message, Replica};

use crate::bits::Values;

/// Takes down what the run comes to. Values are numbered from 0 on.
pub(crate) struct Measure {
    nodes: usize,
    /// For each value: when it was written, and how many nodes hold it.
    values: Vec<(Duration, usize)>,
    /// From the writing of a value until all nodes hold it, for those that all hold.
    pub(crate) latencies: Vec<Duration>,
    /// To whom each node has sent a batch.
    peers: Vec<BTreeSet<usize>>,
    pub(crate) bytes: usize,
    /// How many rounds there have been by the first node's beat, if it is a hub.
    pub(crate) rounds: f64,
    beat_at: Duration,
}

impl Measure {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            nodes,
            values: Vec::new(),
            latencies: Vec::new(),
            peers: vec![BTreeSet::new(); nodes],
            bytes: 0,
            rounds: 0.0,
            beat_at: Duration::ZERO,
        }
    }

    /// Rounds are counted from now on.
    pub(crate) fn start(&mut self, now: Duration) {
        (self.rounds, self.beat_at) = (0.0, now);
    }

    pub(crate) fn written(&self) -> usize {
        self.values.len()
    }

    /// How many values are not at all nodes yet.
    pub(crate) fn missing(&self) -> usize {
        self.written() - self.latencies.len()
    }

    /// The most peers that any node has sent batches to, and that node.
    pub(crate) fn greatest_fan_out(&self) -> Option<(usize, usize)> {
        self.peers.iter().enumerate().map(|(node, peers)| (peers.len(), node)).max()
    }

    fn held(&mut self, at: Duration, value: u32) {
        let Some((since, holders)) = self.values.get_mut(value as usize) else { return };
        *holders += 1;
        if *holders == self.nodes {
            self.latencies.push(at.saturating_sub(*since));
        }
    }
}

impl<S: Values> Observer<Replica<S, usize>> for Measure {
    fn sent(&mut self, at: Duration, from: usize, to: usize, message: &Message<S>) {
        if let Some(batch) = &message.batch {
            self.peers[from].insert(to);
            self.bytes += batch.delta.bytes();
        }
        // Its period changes as delays are measured.
        if let Some(beat) = message.beat.filter(|beat| from == 0 && beat.period > 0) {
            let since = at.saturating_sub(self.beat_at);
            self.rounds += since.as_secs_f64() * 1e3 / f64::from(beat.period);
            self.beat_at = at;
        }
    }

    fn updated(&mut self, at: Duration, _node: usize, news: &S) {
        news.each(|value| {
            self.values.resize(value as usize + 1, (at, 0));
            self.held(at, value);
        });
    }

    fn received(&mut self, at: Duration, _from: usize, _to: usize, news: &S) {
        news.each(|value| self.held(at, value));
    }
}
