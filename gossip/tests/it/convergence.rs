//! Whatever the network did, replicas become equal once it works: by seed, over every topology.
//! `GLOMERS_SEEDS` is how many storms there are of each kind; a hundred thousand take minutes in a release
//! build.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use glomers_crdt::GSet;
use glomers_gossip::simulation::{Delay, Dice, Observer, Simulation, Weather};
use glomers_gossip::{Config, Exchange, Message, Replica, Topology};
use proptest::prelude::*;

type Node = Replica<GSet<u32>, usize>;
type Cluster = Simulation<Node>;

const TOPOLOGIES: [Topology; 5] =
    [Topology::Hub, Topology::Mesh, Topology::Tree { arity: 2 }, Topology::Grid, Topology::Line];

/// Latency targets and fan-outs: a mesh, hubs at several paces, trees of hubs.
const JOINED: [(u64, u32); 7] =
    [(100, 64), (300, 64), (600, 64), (1800, 64), (600, 2), (1800, 3), (600, 1)];

/// How long good weather lasts after a storm. The storm has taught the links to be patient: a hop
/// may wait for a probe for some seconds, and there are up to seven hops.
const CALM: Duration = Duration::from_secs(30);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn cluster(n: usize, topology: Topology, flush: Duration, seed: u64) -> Cluster {
    let nodes: Vec<usize> = (0..n).collect();
    Cluster::new(n, seed, move |me, now, epoch| {
        let mut replica = Node::new(now, epoch, Config::default());
        replica.set_links(now, topology.links(&nodes, &me, flush));
        replica
    })
}

/// By number: one of each topology, or links that are chosen by a target.
fn any_cluster(kind: usize, n: usize, seed: u64) -> Cluster {
    match TOPOLOGIES.get(kind) {
        Some(topology) => cluster(n, *topology, ms(100), seed),
        None => {
            let (target, fan_out) = JOINED[kind - TOPOLOGIES.len()];
            let latency_target = ms(target);
            let fan_out = NonZeroU32::new(fan_out).unwrap();
            Cluster::joined(n, seed, Config { latency_target, fan_out, ..Config::default() })
        }
    }
}

fn open(cluster: &mut Cluster) {
    for node in 0..cluster.nodes().len() {
        cluster.input(node, Node::open);
    }
}

/// All that can happen to messages, under one of three laws of delay.
fn bad_weather(dice: &mut Dice) -> Weather {
    let mean = ms(1) + dice.within(ms(400));
    let laws = [Delay::Constant(mean), Delay::Uniform(mean), Delay::Exponential(mean)];
    Weather { delay: laws[dice.below(laws.len())], loss: 0.2, duplication: 0.2 }
}

/// A storm: values, loss, duplication, reordering, partitions, pauses, restarts; then good weather.
/// Returns what must not be missing at the end: values of replicas that never restarted.
fn storm(cluster: &mut Cluster, seed: u64, restarts: bool) -> BTreeSet<u32> {
    let n = cluster.nodes().len();
    let mut dice = Dice::new(seed);
    let mut inserted: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); n];
    for step in 0..120_u32 {
        match dice.below(13) {
            0 => {
                let side: Vec<bool> = (0..n).map(|_| dice.chance(0.5)).collect();
                cluster.cut(move |from, to| side[from] != side[to]);
            }
            1 => {
                let way = (dice.below(n), dice.below(n));
                cluster.cut(move |from, to| (from, to) == way);
            }
            2 => {
                cluster.heal();
                cluster.set_weather(bad_weather(&mut dice));
            }
            3 if restarts => {
                let node = dice.below(n);
                cluster.restart(node);
                inserted[node].clear();
            }
            4 => {
                let node = dice.below(n);
                if cluster.is_running(node) { cluster.stop(node) } else { cluster.resume(node) }
            }
            _ => {
                let node = dice.below(n);
                if cluster.update(node, |set| set.insert(step)) {
                    inserted[node].insert(step);
                }
            }
        }
        cluster.run_for(dice.within(ms(800)));
    }
    (0..n).for_each(|node| cluster.resume(node));
    cluster.heal();
    cluster.set_weather(Weather::default());
    inserted.into_iter().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("GLOMERS_SEEDS").map_or(1000, |seeds| seeds.parse().unwrap()),
        // Seeds that failed become tests of their own, below.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn all_become_equal_and_nothing_is_lost(seed: u64, n in 2..12_usize, kind in 0..12_usize) {
        let mut cluster = any_cluster(kind, n, seed);
        let expected = storm(&mut cluster, seed, false);
        cluster.run_for(CALM);
        prop_assert_eq!(cluster.dissenter(), None);
        let agreed = cluster.agreed().unwrap();
        prop_assert!(agreed.iter().copied().eq(expected));
    }

    #[test]
    fn restarted_replicas_learn_what_the_others_know(seed: u64, n in 2..12_usize, kind in 0..12_usize) {
        let mut cluster = any_cluster(kind, n, seed);
        let expected = storm(&mut cluster, seed, true);
        cluster.run_for(CALM);
        prop_assert_eq!(cluster.dissenter(), None);
        let agreed = cluster.agreed().unwrap();
        for value in expected {
            prop_assert!(agreed.contains(&value), "{value} is lost");
        }
        prop_assert!(agreed.iter().all(|value| *value < 120), "a value out of nowhere");
    }
}

#[test]
fn storms_do_all_that_they_can() {
    let mut cluster = any_cluster(0, 5, 1);
    storm(&mut cluster, 1, true);
    let counts = cluster.counts();
    assert!(counts.lost > 0 && counts.duplicated > 0 && counts.stopped > 0, "{counts:?}");
    assert!(cluster.nodes().iter().any(|replica| replica.epoch() > 5), "none has restarted");
}

/// Both have restarted, and what an earlier life of one sent comes after its present life spoke: it
/// must not be taken for the present one for good.
#[test]
fn a_late_message_of_an_earlier_life_does_no_harm() {
    for late_from in [0, 1] {
        let mut cluster = cluster(2, Topology::Hub, ms(100), 1);
        open(&mut cluster);
        cluster.run_for(ms(1_000));
        cluster.set_weather(Weather::calm(ms(5_000)));
        cluster.update(late_from, |set| set.insert(1));
        cluster.run_for(ms(200));
        assert_eq!(cluster.counts().under_way, 1);

        cluster.set_weather(Weather::default());
        (0..2).for_each(|node| cluster.restart(node));
        open(&mut cluster);
        cluster.update(0, |set| set.insert(2));
        cluster.update(1, |set| set.insert(3));
        cluster.run_for(ms(4_000));
        assert_eq!(cluster.agreed().unwrap().len(), 2, "nothing of the earlier lives is known");
        cluster.run_for(ms(1_000));
        assert!(cluster.nodes()[1 - late_from].state().contains(&1), "the late message has come");

        cluster.update(0, |set| set.insert(4));
        cluster.update(1, |set| set.insert(5));
        cluster.run_for(ms(10_000));
        assert_eq!(cluster.agreed().unwrap().len(), 5);
        let sent = cluster.counts().sent;
        cluster.run_for(ms(60_000));
        assert_eq!(cluster.counts().sent, sent, "they are done with each other");
    }
}

#[test]
fn silence_follows_the_last_acknowledgement() {
    for topology in TOPOLOGIES {
        let mut cluster = cluster(9, topology, ms(50), 1);
        open(&mut cluster);
        cluster.update(4, |set| set.insert(7));
        cluster.run_for(ms(10_000));
        assert_eq!(cluster.agreed().unwrap().len(), 1, "{topology}");
        let sent = cluster.counts().sent;
        cluster.run_for(ms(60_000));
        assert_eq!(cluster.counts().sent, sent, "{topology} goes on talking");
    }
}

#[test]
fn nothing_is_sent_to_an_unheard_peer_before_the_hold_is_over() {
    let mut cluster = cluster(3, Topology::Mesh, ms(0), 1);
    cluster.update(0, |set| set.insert(7));
    cluster.run_for(ms(999));
    assert_eq!(cluster.counts().sent, 0);
    cluster.run_for(ms(101));
    assert_eq!(cluster.agreed().unwrap().len(), 1);
}

/// With the hub, a value takes a delay to the hub, at most a flush interval, and a delay back; and
/// what it costs is bounded by the rounds, not by the values.
#[test]
fn a_hub_meets_its_latency_at_few_messages() {
    let (n, flush, seconds) = (25, ms(200), 20_u32);
    let mut dice = Dice::new(1);
    let mut cluster = cluster(n, Topology::Hub, flush, 1);
    open(&mut cluster);
    cluster.run_for(ms(2_000));
    let before = cluster.counts().sent;
    let mut values = 0;
    for step in 0..seconds * 50 {
        cluster.update(dice.below(n), |set| set.insert(step));
        values += 1;
        cluster.run_for(ms(20));
        if step % 50 == 0 {
            cluster.run_for(ms(100) * 2 + flush);
            for replica in cluster.nodes() {
                assert!(replica.state().contains(&step), "{step} is late");
            }
        }
    }
    let sent = cluster.counts().sent - before;
    assert!(sent < 5 * values, "{sent} messages for {values} values");
}

/// Where processes have just been started, the first round trips take long.
#[test]
fn a_slow_start_does_not_cost_the_hub() {
    let latency_target = ms(300);
    let config = Config { latency_target, ..Config::default() };
    let mut cluster = Cluster::joined(25, 1, config);
    let mut dice = Dice::new(1);
    let mut values = 0..;
    let mut load = |cluster: &mut Cluster, millis: u64| {
        let sent = cluster.counts().sent;
        for value in values.by_ref().take(usize::try_from(millis).unwrap() / 20) {
            cluster.update(dice.below(25), |set| set.insert(value));
            cluster.run_for(ms(20));
        }
        cluster.counts().sent - sent
    };
    open(&mut cluster);
    cluster.set_weather(Weather::calm(ms(180)));
    load(&mut cluster, 500);
    cluster.set_weather(Weather::calm(ms(103)));
    load(&mut cluster, 9_000);
    let sent = load(&mut cluster, 10_000);
    assert!(sent < 500 * 14, "{sent} messages for 500 values: a mesh takes 18 for each");
}

#[test]
fn a_partition_costs_few_messages_and_its_end_is_noticed() {
    let mut cluster = cluster(5, Topology::Hub, ms(100), 1);
    open(&mut cluster);
    cluster.update(3, |set| set.insert(0));
    cluster.run_for(ms(5_000));
    cluster.cut(|from, to| (from == 0) != (to == 0));
    let before = cluster.counts().sent;
    for value in 1..600 {
        cluster.update(3, |set| set.insert(value));
        cluster.run_for(ms(100));
    }
    // Until the first acknowledgement is missed, every value leaves; then there is a probe every
    // three seconds.
    assert!(
        cluster.counts().sent - before < 65,
        "{} messages into the void",
        cluster.counts().sent - before
    );
    cluster.heal();
    cluster.run_for(Config::default().retry_max + ms(500));
    assert_eq!(cluster.agreed().unwrap().len(), 600);
}

#[test]
fn links_can_be_changed_under_way() {
    let mut cluster = cluster(4, Topology::Line, ms(50), 1);
    open(&mut cluster);
    cluster.update(0, |set| set.insert(1));
    cluster.run_for(ms(5_000));
    for node in 0..4 {
        let links = Topology::Hub.links(&[3, 2, 1, 0], &node, ms(50));
        cluster.input(node, |replica, now| replica.set_links(now, links));
    }
    cluster.update(0, |set| set.insert(2));
    cluster.run_for(ms(5_000));
    assert_eq!(cluster.agreed().unwrap().len(), 2);
}

/// Counts the elements that travel.
#[derive(Default)]
struct Elements(usize);

impl Observer<Node> for Elements {
    fn sent(&mut self, _now: Duration, _from: usize, _to: usize, message: &Message<GSet<u32>>) {
        self.0 += message.batch.as_ref().map_or(0, |batch| batch.delta.len());
        if let Some(Exchange::Whole { state, .. }) = &message.exchange {
            self.0 += state.len();
        }
    }
}

/// Whether two have never met or one has lost its links, what they have in common stays at home.
#[test]
fn who_meets_with_much_in_common_sends_the_difference() {
    for restarts in [false, true] {
        let mut sim = Simulation::observed(2, 1, Elements::default(), |_, now, epoch| {
            Node::new(now, epoch, Config::default())
        });
        let state = |node: u32| (0..20_000).chain(node * 30_000 + 50_000..).take(20_050).collect();
        for node in [0, 1] {
            sim.input(node, |replica, now| {
                replica.merge(now, &state(u32::try_from(node).unwrap()))
            });
        }
        sim.run_for(ms(20_000));
        if restarts {
            sim.restart(0);
            let rest = state(0);
            sim.input(0, |replica, now| replica.merge(now, &rest));
            sim.run_for(ms(20_000));
        }
        for node in [0, 1] {
            let links = Topology::Mesh.links(&[0, 1], &node, ms(50));
            sim.input(node, |replica, now| replica.set_links(now, links));
        }
        sim.run_for(ms(20_000));
        assert_eq!(sim.agreed().unwrap().len(), 20_100);
        assert_eq!(sim.observer().0, 100, "of 20,100");
    }
}

/// After storms that have left replicas silent and unequal once: by kind, size, seed, and whether there
/// were restarts.
fn assert_equal_after(storms: &[(usize, usize, u64, bool)]) {
    for (kind, n, seed, restarts) in storms {
        let mut cluster = any_cluster(*kind, *n, *seed);
        storm(&mut cluster, *seed, *restarts);
        cluster.run_for(CALM);
        assert_eq!(cluster.dissenter(), None, "{kind} {n} {seed} {restarts}");
    }
}

/// What was to be asked of a peer was forgotten when there was an answer to give first, and never came
/// up again once all was quiet.
#[test]
fn a_question_that_has_to_wait_is_asked_all_the_same() {
    assert_equal_after(&[
        (11, 3, 17_382_240_677_948_964_158, false),
        (9, 9, 16_966_516_862_032_026_579, true),
        (9, 8, 1_093_796_293_240_525_559, false),
        (11, 9, 7_982_334_712_748_249_535, true),
        (9, 6, 17_469_187_471_369_697_913, true),
    ]);
}

/// A replica had left its hub and come back. The hub heard of the first, the word of the second was
/// lost, and a late message made that go unnoticed: it passed nothing on, and was not asked.
#[test]
fn a_hub_hears_for_sure_that_it_is_one_again() {
    assert_equal_after(&[(9, 10, 8_664_885_034_393_757_415, false)]);
}

/// A question that meant the last life of a replica came in its present one. It was answered, the
/// answer was lost, and since the asker had what it wanted, neither spoke again.
#[test]
fn a_question_to_an_earlier_life_does_not_do_for_the_present_one() {
    assert_equal_after(&[(11, 2, 5_780_142_540_662_680_168, true)]);
}

/// A child had come back to its hub, and the hub's last life had acknowledged that. The next one heard
/// late that the child had left, and let it go before the child had heard of this life.
#[test]
fn a_hub_that_has_restarted_lets_no_child_go_in_silence() {
    assert_equal_after(&[
        (9, 11, 7_138_083_228_539_192_600, true),
        (11, 9, 12_766_484_912_357_817_643, true),
        (11, 9, 11_117_822_772_756_884_710, true),
    ]);
}

/// A replica was about to refuse another a place when it took that one for its hub. It refused its own
/// hub, which let it go.
#[test]
fn a_replica_does_not_refuse_its_own_hub() {
    assert_equal_after(&[
        (11, 7, 7_914_777_088_228_274_311, true),
        (9, 11, 2_698_791_625_093_937_501, true),
        (11, 11, 7_518_275_396_645_072_925, true),
    ]);
}
