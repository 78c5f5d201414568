use std::collections::BTreeSet;

use crate::journal::{Entry, What};
use crate::network::is_client;

/// More buckets than this are merged in pairs.
const BUCKETS: usize = 4096;

/// Messages between nodes and services, counted in buckets of time that widen as a run goes on.
#[derive(Debug)]
pub(super) struct Traffic {
    /// A bucket's width, in nanoseconds.
    width: i64,
    /// How many were delivered, and how many lost or dropped.
    buckets: Vec<[u64; 2]>,
    /// Those to and from clients that are under way.
    of_clients: BTreeSet<u64>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { width: 10_000_000, buckets: Vec::new(), of_clients: BTreeSet::new() }
    }
}

impl Traffic {
    pub(super) fn note(&mut self, entry: &Entry<'_>) {
        match &entry.what {
            What::Sent { id, src, dest, .. } if is_client(src) || is_client(dest) => {
                self.of_clients.insert(*id);
            }
            What::Received(id) => self.count(entry.time, *id, 0),
            What::Lost(id) | What::Dropped(id) | What::Unheard(id) => {
                self.count(entry.time, *id, 1);
            }
            What::Sent { .. } | What::Operation { .. } => {}
        }
    }

    fn count(&mut self, time: i64, id: u64, column: usize) {
        if self.of_clients.remove(&id) || time < 0 {
            return;
        }
        let at = |width| usize::try_from(time / width).unwrap_or(usize::MAX);
        while at(self.width) >= BUCKETS {
            self.width = self.width.saturating_mul(2);
            let sum = |pair: &[[u64; 2]]| {
                pair.iter().fold([0, 0], |[a, b], [more, missed]| [a + more, b + missed])
            };
            self.buckets = self.buckets.chunks(2).map(sum).collect();
        }
        let at = at(self.width);
        if self.buckets.len() <= at {
            self.buckets.resize(at + 1, [0, 0]);
        }
        self.buckets[at][column] += 1;
    }

    /// The middle of each bucket in seconds, how many messages were delivered in it, and how many
    /// lost or dropped.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub(super) fn between_servers(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let width = self.width as f64 / 1e9;
        self.buckets.iter().enumerate().map(move |(at, [delivered, missed])| {
            ((at as f64 + 0.5) * width, *delivered as f64, *missed as f64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(id: u64, src: &'static str) -> What<'static> {
        What::Sent { id, src: src.into(), dest: "n1".into(), body: "{}" }
    }

    #[test]
    fn a_long_run_has_wider_buckets_and_no_message_less() {
        let mut traffic = Traffic::default();
        for id in 0..20_000_u64 {
            let time = i64::try_from(id).unwrap() * 50_000_000;
            let src = if id % 4 == 0 { "c1" } else { "n0" };
            traffic.note(&Entry { time, what: sent(id, src) });
            let fate = if id % 4 == 3 { What::Lost(id) } else { What::Received(id) };
            traffic.note(&Entry { time, what: fate });
        }
        assert!(traffic.buckets.len() <= BUCKETS);
        let sums = traffic.between_servers().fold((0.0, 0.0), |(a, b), (_, x, y)| (a + x, b + y));
        assert_eq!(sums, (10_000.0, 5_000.0), "without those of clients");
        let last = traffic.between_servers().last().unwrap().0;
        assert!((last - 1000.0).abs() < 1.0, "{last}");
    }
}
