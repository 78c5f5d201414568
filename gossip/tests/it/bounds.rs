//! No message is larger than the bound, whatever there is to tell, and all become equal nevertheless: what is
//! larger is split, and what of it is lost is sent again piece by piece. It costs few bytes more than messages of
//! any size.
#![cfg(feature = "serde")]

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::time::Duration;

use glomers_crdt::{Decompose, GMap, GSet, MaxMap};
use glomers_gossip::simulation::{Delay, Observer, Simulation, Weather};
use glomers_gossip::{Config, Event, Message, Replica};
use serde::Serialize;

const ONE_WAY: Duration = Duration::from_millis(50);

type Measure<S> = fn(&Message<S>) -> usize;

/// Counts bytes.
#[derive(Default)]
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn json<S: Serialize>(message: &Message<S>) -> usize {
    let mut count = Count::default();
    serde_json::to_writer(&mut count, message).unwrap();
    count.0
}

fn postcard<S: Serialize>(message: &Message<S>) -> usize {
    postcard::to_allocvec(message).unwrap().len()
}

/// What was sent, by such a measure.
struct Sizes<S> {
    measure: Measure<S>,
    sum: usize,
    greatest: usize,
    count: usize,
}

impl<S: Decompose> Observer<Replica<S, usize>> for Sizes<S> {
    fn sent(&mut self, _: Duration, _: usize, _: usize, message: &Message<S>) {
        let size = (self.measure)(message);
        self.sum += size;
        self.count += 1;
        self.greatest = self.greatest.max(size);
    }
}

type Network<S> = Simulation<Replica<S, usize>, Sizes<S>>;

/// Replicas that come up with these states.
fn network<S: Decompose + 'static>(
    seed: u64,
    bound: Option<usize>,
    measure: Measure<S>,
    states: Vec<S>,
) -> Network<S> {
    let sizes = Sizes { measure, sum: 0, greatest: 0, count: 0 };
    let config = Config::default().max_message(bound.and_then(NonZeroUsize::new));
    let nodes = states.len();
    let mut states: Vec<Option<S>> = states.into_iter().map(Some).collect();
    let mut network = Simulation::observed(nodes, seed, sizes, move |node, now, epoch| {
        let state = states[node].take().unwrap_or_default();
        let mut replica = Replica::restore(now, epoch, config.clone(), state);
        replica.measure_by(measure);
        replica.join(now, &node, (0..nodes).collect::<Vec<_>>());
        replica
    });
    network.set_weather(Weather::calm(ONE_WAY).loss(0.1));
    network
}

/// How long they took to become equal, in seconds, and how many bytes that were.
fn until_equal<S: Decompose + PartialEq>(network: &mut Network<S>, bound: usize) -> (f64, usize) {
    let begin = network.now();
    while network.agreed().is_none() {
        assert!(network.now() < begin + Duration::from_secs(300), "they do not become equal");
        network.run_for(Duration::from_millis(100));
    }
    // Until they have come to rest.
    let took = network.now().saturating_sub(begin);
    network.run_for(Duration::from_secs(20));
    assert!(network.agreed().is_some());
    let Sizes { sum, greatest, .. } = *network.observer();
    assert!(greatest <= bound, "a message of {greatest}");
    (took.as_secs_f64(), sum)
}

fn values(range: std::ops::Range<u64>) -> GSet<u64> {
    range.map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40).collect()
}

/// Of several seeds, for what is lost is a matter of luck.
#[expect(clippy::print_stdout, reason = "the figures")]
fn compare(what: &str, seeds: u64, measure: Measure<GSet<u64>>, states: &[GSet<u64>], ratio: f64) {
    let total = |bound: Option<usize>| {
        let (mut bytes, mut worst) = (0, 0.0_f64);
        for seed in 1..=seeds {
            let mut network = network(seed, bound, measure, states.to_vec());
            let (took, sum) = until_equal(&mut network, bound.unwrap_or(usize::MAX));
            bytes += sum;
            worst = worst.max(took);
        }
        (bytes, worst)
    };
    let (free, _) = total(None);
    for bound in [60_000, 1_200] {
        let (bytes, worst) = total(Some(bound));
        #[expect(clippy::cast_precision_loss, reason = "far from the limit")]
        let of_free = bytes as f64 / free as f64;
        println!("{what}, {bound}: {bytes} of {free} bytes, {of_free:.3}; {worst:.1} s at worst");
        assert!(of_free <= ratio, "{what}, {bound}: {of_free:.3}");
    }
}

/// Three replicas, of which one has 100,000 values and the others nothing.
#[test]
fn who_joins_gets_everything_in_pieces() {
    let states = [GSet::default(), values(0..100_000), GSet::default()];
    compare("joining, JSON", 6, json, &states, 1.15);
    compare("joining, postcard", 6, postcard, &states, 1.15);
}

/// Two that have 10,000 values, of which 1,000 each the other lacks.
#[test]
fn what_is_compared_is_compared_in_pieces() {
    let states = [values(0..10_000), values(1_000..11_000)];
    compare("differing, JSON", 6, json, &states, 1.15);
    compare("differing, postcard", 6, postcard, &states, 1.25);
}

/// Two that have nothing in common.
#[test]
fn what_has_nothing_in_common_is_told_in_pieces() {
    let states = [values(0..10_000), values(50_000..60_000)];
    compare("disjoint, JSON", 12, json, &states, 1.15);
}

#[test]
fn all_delays_and_repetitions_are_borne() {
    for (seed, bound) in (1..).zip([700, 1_200, 3_000, 20_000]) {
        let states = vec![values(0..3_000), values(2_000..4_000), GSet::default(), values(0..40)];
        let mut network = network(seed, Some(bound), json, states);
        let delay = Delay::Exponential(ONE_WAY);
        network.set_weather(Weather::of(delay).loss(0.3).duplication(0.2));
        network.run_for(Duration::from_secs(3));
        network.restart(1);
        network.run_for(Duration::from_secs(2));
        network.cut(|from, to| (from == 0) != (to == 0));
        network.update(3, |set| {
            (1 << 30..(1 << 30) + 1_000).fold(GSet::default(), |mut new, n| {
                new.extend(set.insert(n));
                new
            })
        });
        network.run_for(Duration::from_secs(10));
        network.heal();
        network.set_weather(Weather::calm(ONE_WAY).loss(0.1));
        until_equal(&mut network, bound);
    }
}

/// By parts, if nothing else is told.
#[test]
fn parts_are_counted_by_themselves() {
    let config = Config::default().max_message(NonZeroUsize::new(100));
    let mut network: Simulation<Replica<GSet<u64>, usize>> = Simulation::joined(3, 1, config);
    network.update(1, |set| {
        set.extend(0..5_000);
        set.clone()
    });
    network.run_for(Duration::from_secs(60));
    assert_eq!(network.agreed().unwrap().len(), 5_000);
    assert!(network.counts().sent > 100);
}

/// What fits, with a little room for what a comparison says, is sent as if there were no bound.
#[test]
fn below_the_bound_nothing_changes() {
    let trace = |bound| {
        let states = vec![values(0..300), values(200..500), values(0..10), GSet::default()];
        let mut network = network(7, bound, json, states);
        for round in 0..200 {
            network.update(round % 4, |set| set.insert(1 << 40 | round as u64));
            network.run_for(Duration::from_millis(70));
        }
        let Sizes { sum, greatest, count, .. } = *network.observer();
        (sum, greatest, count, network.counts())
    };
    let free = trace(None);
    assert_eq!(trace(Some(free.1 * 21 / 20 + 300)), free);
}

#[test]
fn a_part_that_is_too_large_is_named_and_stops_nothing() {
    type Map = GMap<u32, MaxMap<String, u8>>;
    let mut map = Map::default();
    for key in 0..200 {
        let len = if key == 77 { 5_000 } else { 300 };
        map.update(key, |it: &mut MaxMap<String, u8>| it.insert("x".repeat(len), 1));
    }
    let mut network = network(1, Some(1_200), json, vec![Map::default(), map.clone()]);
    network.run_for(Duration::from_secs(60));
    let keys: BTreeSet<u32> = network.nodes()[0].state().iter().map(|(key, _)| *key).collect();
    assert!(keys.len() == 199 && !keys.contains(&77));
    assert!(network.observer().greatest <= 1_200);
    let mut told = Vec::new();
    network.input(1, |replica, _| {
        while let Some(event) = replica.poll_event() {
            told.push(event);
        }
        assert!(replica.too_large().iter().map(|(key, _)| *key).eq([77]));
    });
    assert!(
        matches!(told[..], [Event::PartTooLarge { peer: 0, size, .. }] if size > 5_000),
        "{told:?}"
    );
}
