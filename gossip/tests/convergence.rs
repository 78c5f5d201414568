//! Whatever the network did, replicas become equal once it works: by seed, over every topology.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod cluster;

use std::collections::BTreeSet;
use std::time::Duration;

use cluster::{Cluster, Dice, QUIET, Weather};
use glomers_gossip::{Config, Topology};
use proptest::prelude::*;

const TOPOLOGIES: [Topology; 5] =
    [Topology::Hub, Topology::Mesh, Topology::Tree { arity: 2 }, Topology::Grid, Topology::Line];

/// How long good weather lasts after a storm. The storm has taught the links to be patient: a hop
/// may wait for a probe for some seconds, and there are up to seven hops.
const CALM: Duration = Duration::from_secs(30);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn cluster(n: usize, topology: Topology, flush: Duration, seed: u64) -> Cluster {
    let nodes: Vec<usize> = (0..n).collect();
    Cluster::new(n, Config::default(), seed, move |replica, now, me| {
        replica.set_links(now, topology.links(&nodes, &me, flush));
    })
}

/// A cluster that chooses its links itself.
fn joined(n: usize, latency_target: Duration, seed: u64) -> Cluster {
    let config = Config { latency_target, ..Config::default() };
    Cluster::new(n, config, seed, move |replica, now, me| replica.join(now, me, 0..n))
}

/// By number: one of each topology, or chosen by a target.
fn any_cluster(kind: usize, n: usize, seed: u64) -> Cluster {
    match TOPOLOGIES.get(kind) {
        Some(topology) => cluster(n, *topology, ms(100), seed),
        None => joined(n, ms([100, 300, 600, 1800][kind - TOPOLOGIES.len()]), seed),
    }
}

/// A storm: values, loss, duplication, reordering, partitions, restarts; then good weather.
/// Returns what must not be missing at the end: values of replicas that never restarted.
fn storm(cluster: &mut Cluster, restarts: bool) -> BTreeSet<u32> {
    let n = cluster.replicas.len();
    let mut dice = Dice(cluster.dice.roll(u64::MAX));
    let mut pick = move |below: usize| usize::try_from(dice.roll(below as u64)).unwrap();
    let mut inserted: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); n];
    for step in 0..120_u32 {
        match pick(12) {
            0 => {
                let side: Vec<bool> = (0..n).map(|_| pick(2) == 0).collect();
                cluster.partition(move |from, to| side[from] != side[to]);
            }
            1 => {
                let (from, to) = (pick(n), pick(n));
                cluster.partition(move |f, t| (f, t) == (from, to));
            }
            2 => {
                cluster.heal();
                cluster.weather = Weather {
                    loss: 20,
                    duplication: 20,
                    delay: ms(1 + pick(400) as u64),
                    jitter: true,
                };
            }
            3 if restarts => {
                let node = pick(n);
                cluster.restart(node);
                inserted[node].clear();
            }
            _ => {
                let node = pick(n);
                cluster.insert(node, step);
                inserted[node].insert(step);
            }
        }
        cluster.run(ms(pick(800) as u64));
    }
    cluster.heal();
    inserted.into_iter().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        // Seeds that failed become tests of their own, below.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn all_become_equal_and_nothing_is_lost(seed: u64, n in 2..9_usize, kind in 0..9_usize) {
        let mut cluster = any_cluster(kind, n, seed);
        let expected = storm(&mut cluster, false);
        cluster.run(CALM);
        let agreed = cluster.agreed().map_err(|(a, b)| {
            TestCaseError::fail(format!("{a} and {b} differ"))
        })?;
        prop_assert!(agreed.iter().copied().eq(expected));
    }

    #[test]
    fn restarted_replicas_learn_what_the_others_know(seed: u64, n in 2..9_usize, kind in 0..9_usize) {
        let mut cluster = any_cluster(kind, n, seed);
        let expected = storm(&mut cluster, true);
        cluster.run(CALM);
        let agreed = cluster.agreed().map_err(|(a, b)| {
            TestCaseError::fail(format!("{a} and {b} differ"))
        })?;
        for value in expected {
            prop_assert!(agreed.contains(&value), "{value} is lost");
        }
        prop_assert!(agreed.iter().all(|value| *value < 120), "a value out of nowhere");
    }
}

/// Both have restarted, and what an earlier life of one sent comes after its present life spoke: it
/// must not be taken for the present one for good.
#[test]
fn a_late_message_of_an_earlier_life_does_no_harm() {
    let mut cluster = cluster(2, Topology::Hub, ms(100), 15_358_017_832_496_658_533);
    let expected = storm(&mut cluster, true);
    cluster.run(CALM);
    let agreed = cluster.agreed().unwrap();
    assert!(expected.iter().all(|value| agreed.contains(value)));
}

#[test]
fn silence_follows_the_last_acknowledgement() {
    for topology in TOPOLOGIES {
        let mut cluster = cluster(9, topology, ms(50), 1);
        cluster.open();
        cluster.insert(4, 7);
        cluster.run(ms(10_000));
        assert_eq!(cluster.agreed().unwrap().len(), 1, "{topology}");
        let sent = cluster.sent;
        cluster.run(ms(60_000));
        assert_eq!(cluster.sent, sent, "{topology} goes on talking");
    }
}

#[test]
fn nothing_is_sent_to_an_unheard_peer_before_the_hold_is_over() {
    let mut cluster = cluster(3, Topology::Mesh, ms(0), 1);
    cluster.insert(0, 7);
    cluster.run(ms(999));
    assert_eq!(cluster.sent, 0);
    cluster.run(ms(101));
    assert_eq!(cluster.agreed().unwrap().len(), 1);
}

/// With the hub, a value takes a delay to the hub, at most a flush interval, and a delay back; and
/// what it costs is bounded by the rounds, not by the values.
#[test]
fn a_hub_meets_its_latency_at_few_messages() {
    let (n, flush, seconds) = (25, ms(200), 20_u32);
    let mut cluster = cluster(n, Topology::Hub, flush, 1);
    cluster.open();
    cluster.run(ms(2_000));
    let before = cluster.sent;
    let mut values = 0;
    for step in 0..seconds * 50 {
        let node = usize::try_from(cluster.dice.roll(n as u64)).unwrap();
        cluster.insert(node, step);
        values += 1;
        cluster.run(ms(20));
        if step % 50 == 0 {
            cluster.run(QUIET.delay * 2 + flush);
            for replica in &cluster.replicas {
                assert!(replica.state().contains(&step), "{step} is late");
            }
        }
    }
    let sent = cluster.sent - before;
    assert!(sent < 5 * values, "{sent} messages for {values} values");
}

#[test]
fn a_partition_costs_few_messages_and_its_end_is_noticed() {
    let mut cluster = cluster(5, Topology::Hub, ms(100), 1);
    cluster.open();
    cluster.insert(3, 0);
    cluster.run(ms(5_000));
    cluster.partition(|from, to| (from == 0) != (to == 0));
    let before = cluster.sent;
    for value in 1..600 {
        cluster.insert(3, value);
        cluster.run(ms(100));
    }
    // Minutes of trying: a probe every three seconds from each of the two that have something.
    assert!(cluster.sent - before < 60, "{} messages into the void", cluster.sent - before);
    cluster.heal();
    cluster.run(Config::default().retry_max + ms(500));
    assert_eq!(cluster.agreed().unwrap().len(), 600);
}

#[test]
fn links_can_be_changed_under_way() {
    let mut cluster = cluster(4, Topology::Line, ms(50), 1);
    cluster.open();
    cluster.insert(0, 1);
    cluster.run(ms(5_000));
    for node in 0..4 {
        let now = cluster.now;
        let links = Topology::Hub.links(&[3, 2, 1, 0], &node, ms(50));
        cluster.replicas[node].set_links(now, links);
    }
    cluster.insert(0, 2);
    cluster.run(ms(5_000));
    assert_eq!(cluster.agreed().unwrap().len(), 2);
}
