//! Once the faults are over, everything is everywhere within a bound, whatever the replicas have
//! measured meanwhile: by seed.
//!
//! `GLOMERS_SEEDS=1500 cargo test --release -p glomers-gossip --test it liveness` tries as many seeds.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::time::Duration;

use glomers_crdt::GSet;
use glomers_gossip::simulation::{Delay, Dice, Simulation, Weather};
use glomers_gossip::{Config, Replica};

type Cluster = Simulation<Replica<GSet<u32>, usize>>;

/// So many replicas, within so many milliseconds, with so many children to a hub at most.
type Kind = (usize, u64, u32);

const ONE_WAY: Duration = ms(50);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn config((_, target, fan_out): Kind) -> Config {
    let fan_out = NonZeroU32::new(fan_out).unwrap();
    Config { latency_target: ms(target), fan_out, ..Config::default() }
}

/// Until a loss is noticed, at the latest; then a round up the tree and one down it. A hub below the
/// root sends what was lost with the next push from above, for which it may wait in vain.
fn bound(kind: Kind, height: u32) -> Duration {
    let Config { ack_delay, retry_max, latency_target, .. } = config(kind);
    let wait = if height > 1 { retry_max } else { Duration::ZERO };
    ack_delay + retry_max + wait + latency_target * 2 + ONE_WAY * 4 * height
}

/// Of five messages one is lost, one comes twice, and one is held up for up to a second.
fn disorder(seed: u64) -> impl Fn(usize, usize) -> Weather + 'static {
    let dice = RefCell::new(Dice::new(seed));
    move |_, _| {
        let mut dice = dice.borrow_mut();
        let held_up = if dice.chance(0.2) { dice.within(ms(1000)) } else { Duration::ZERO };
        Weather { delay: Delay::Constant(ONE_WAY + held_up), loss: 0.2, duplication: 0.2 }
    }
}

/// Two sides, or a ring on which only neighbours hear each other.
fn part(cluster: &mut Cluster, dice: &mut Dice) {
    let n = cluster.nodes().len();
    if dice.chance(0.3) {
        let mut ring: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            ring.swap(last, dice.below(last + 1));
        }
        let reach = (n / 4).max(1);
        cluster.cut(move |from, to| {
            let gap = ring[from].abs_diff(ring[to]);
            gap.min(n - gap) > reach
        });
    } else {
        let side: Vec<bool> = (0..n).map(|_| dice.chance(0.5)).collect();
        cluster.cut(move |from, to| side[from] != side[to]);
    }
}

/// Twenty seconds of values, partitions, pauses and disorder; then the end of all faults.
fn ordeal(kind: Kind, seed: u64) -> Cluster {
    let mut cluster = Cluster::joined(kind.0, seed, config(kind));
    let nodes = 0..kind.0;
    nodes.clone().for_each(|node| cluster.input(node, Replica::open).unwrap());
    let mut dice = Dice::new(seed);
    cluster.set_weather_by(disorder(dice.roll()));
    let (mut next_partition, mut next_pause) = (Duration::ZERO, Duration::ZERO);
    let (mut is_parted, mut is_paused) = (false, false);
    let mut value = 0;
    while cluster.now() < ms(20_000) {
        if next_partition <= cluster.now() {
            is_parted = !is_parted;
            if is_parted {
                part(&mut cluster, &mut dice);
            } else {
                cluster.heal();
            }
            next_partition += dice.within(ms(6000));
        }
        if next_pause <= cluster.now() {
            is_paused = !is_paused;
            let share = [0.2, 0.4, 0.6, 1.0][dice.below(4)];
            for node in nodes.clone() {
                if !is_paused {
                    cluster.resume(node);
                } else if dice.chance(share) {
                    cluster.pause(node);
                }
            }
            next_pause += dice.within(ms(6000));
        }
        if cluster.update(dice.below(nodes.end), |set| set.insert(value)) {
            value += 1;
        }
        cluster.run_for(dice.within(ms(20)));
    }
    nodes.for_each(|node| cluster.resume(node));
    cluster.heal();
    cluster.set_weather(Weather::calm(ONE_WAY));
    assert!(value > 100, "values have come up");
    cluster
}

/// How long it takes from the end of all faults until all are equal.
fn lag(kind: Kind, seed: u64) -> Duration {
    let mut cluster = ordeal(kind, seed);
    let end = cluster.now();
    while cluster.agreed().is_none() && cluster.step(end + ms(60_000)) {}
    assert!(cluster.agreed().is_some(), "{kind:?}, seed {seed}: they never become equal");
    cluster.now().saturating_sub(end)
}

fn assert_in_time(kind: Kind, height: u32, seeds: impl IntoIterator<Item = u64>) {
    let bound = bound(kind, height);
    let (worst, seed) = seeds.into_iter().map(|seed| (lag(kind, seed), seed)).max().unwrap();
    assert!(worst <= bound, "{kind:?}, seed {seed}: {worst:?}, more than {bound:?}");
}

fn seeds(usual: u64) -> std::ops::Range<u64> {
    0..std::env::var("GLOMERS_SEEDS").map_or(usual, |seeds| seeds.parse().unwrap())
}

/// These took 10 to 19 s, when a batch that had lain at a paused replica made its sender wait as
/// long for every acknowledgement to come.
#[test]
fn seeds_that_taught_too_much_patience() {
    assert_in_time((5, 600, 64), 1, [39, 119, 167, 194]);
    assert_in_time((5, 100, 64), 1, [40]);
    assert_in_time((5, 300, 64), 1, [216, 232, 246]);
    assert_in_time((5, 1800, 64), 1, [5, 93, 185, 241]);
    assert_in_time((9, 600, 2), 3, [170, 215, 225, 283]);
    assert_in_time((9, 1800, 3), 2, [11, 16, 33, 285]);
    assert_in_time((6, 600, 1), 5, [26, 75, 148, 297]);
}

#[test]
fn a_mesh_is_in_time() {
    assert_in_time((5, 100, 64), 1, seeds(40));
}

#[test]
fn a_hub_is_in_time() {
    assert_in_time((5, 600, 64), 1, seeds(40));
    assert_in_time((5, 1800, 64), 1, seeds(40));
}

#[test]
fn a_tree_of_hubs_is_in_time() {
    assert_in_time((9, 600, 2), 3, seeds(30));
    assert_in_time((9, 1800, 3), 2, seeds(30));
}

#[test]
fn a_line_of_hubs_is_in_time() {
    assert_in_time((6, 600, 1), 5, seeds(40));
}

/// On a network whose round trips exceed what is ever waited for, everything is taken for lost at
/// first. It arrives all the same.
#[test]
fn a_network_slower_than_any_patience_does_its_work_too() {
    for kind in [(2, 600, 64), (5, 100, 64), (5, 1800, 64), (9, 600, 2)] {
        let mut cluster = Cluster::joined(kind.0, 1, config(kind));
        cluster.set_weather(Weather::calm(Config::default().retry_max));
        for value in 0..20 {
            let node = usize::try_from(value).unwrap() % kind.0;
            cluster.update(node, |set| set.insert(value));
            cluster.run_for(ms(500));
        }
        cluster.run_for(ms(60_000));
        assert_eq!(cluster.agreed().map(GSet::len), Some(20), "{kind:?}");
    }
}
