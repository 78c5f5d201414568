//! Replicas that keep on disk what their inputs return, are stopped at any moment, and go on with what
//! they kept.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use glomers_crdt::{Decompose, GSet, Lattice, OrSet};
use glomers_gossip::simulation::{Delay, Dice, Node, Observer, Simulation, Weather};
use glomers_gossip::{Config, Event, Link, Message, Replica};

use crate::seeds;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a node's inputs have returned, in its order. Nothing is on it that was not put there in time.
type Disk<S> = Rc<RefCell<Vec<S>>>;

/// A replica with a disk, as the crate's page has it: what an input returns is written before the outputs
/// leave.
struct Durable<S> {
    replica: Replica<S, usize>,
    disk: Disk<S>,
    events: Vec<Event<usize>>,
}

impl<S: Decompose> Durable<S> {
    fn update(&mut self, now: Duration, mutate: impl FnOnce(&mut S) -> S) {
        let delta = self.replica.update(now, mutate);
        self.disk.borrow_mut().push(delta);
    }
}

impl<S: Decompose> Node for Durable<S> {
    type Message = Message<S>;
    type News = ();

    fn receive(&mut self, now: Duration, from: usize, message: Message<S>) {
        let novel = self.replica.receive(now, &from, message);
        if !novel.is_bottom() {
            self.disk.borrow_mut().push(novel);
        }
        self.events.extend(self.replica.poll_event());
    }

    fn wake(&mut self, now: Duration) {
        self.replica.wake(now);
    }

    fn poll_transmit(&mut self) -> Option<(usize, Message<S>)> {
        self.replica.poll_transmit()
    }

    fn next_wake(&self) -> Option<Duration> {
        self.replica.next_wake()
    }
}

/// The state that a disk holds.
fn kept<S: Lattice>(disk: &Disk<S>) -> S {
    let mut state = S::default();
    for delta in disk.borrow().iter() {
        state.merge(delta);
    }
    state
}

/// Nodes of one cluster with these disks, which live under the epochs that they are given: by number, and by
/// that of the life.
fn joined<S: Decompose + 'static>(
    seed: u64,
    disks: &[Disk<S>],
    epoch: fn(usize, u64) -> u64,
) -> Simulation<Durable<S>> {
    let disks = disks.to_vec();
    let nodes = disks.len();
    Simulation::new(nodes, seed, move |node, now, life| {
        let state = kept(&disks[node]);
        let mut replica = Replica::restore(now, epoch(node, life), Config::default(), state);
        replica.join(now, &node, (0..nodes).collect::<Vec<_>>());
        Durable { replica, disk: Rc::clone(&disks[node]), events: Vec::new() }
    })
}

fn disks<S>(nodes: usize) -> Vec<Disk<S>> {
    (0..nodes).map(|_| Disk::default()).collect()
}

fn assert_equal<S: Decompose + PartialEq + std::fmt::Debug>(
    sim: &Simulation<Durable<S>>,
    seed: u64,
) {
    for node in sim.nodes() {
        assert_eq!(node.replica.state(), sim.nodes()[0].replica.state(), "seed {seed}");
    }
}

/// Whoever is stopped, be it everyone at once: what was put in anywhere is everywhere in the end, a removal
/// like an addition.
#[test]
fn nothing_is_lost_whoever_is_stopped() {
    for seed in 0..u64::from(seeds(200)) {
        let mut dice = Dice::new(seed);
        let nodes = 2 + dice.below(6);
        let disks = disks(nodes);
        let mut sim = joined::<OrSet<u32, usize>>(seed, &disks, |_, life| life);
        sim.set_weather(Weather::of(Delay::Exponential(ms(40))).loss(0.1).duplication(0.1));
        let mut expected = BTreeSet::new();
        for value in 0..60 {
            let pick = |dice: &mut Dice| dice.below(nodes);
            let node = pick(&mut dice);
            sim.input(node, |it, now| it.update(now, |set| set.insert(node, value).unwrap()));
            expected.insert(value);
            if dice.chance(0.25) {
                let old = value / 2;
                let mut held = false;
                sim.input(node, |it, now| {
                    held = it.replica.state().contains(&old);
                    it.update(now, |set| set.remove(&old));
                });
                if held {
                    expected.remove(&old);
                }
            }
            match dice.roll() % 12 {
                0 => (0..nodes).for_each(|node| sim.restart(node)),
                1..=3 => sim.restart(pick(&mut dice)),
                4 => {
                    let alone = pick(&mut dice);
                    sim.cut(move |from, to| (from == alone) != (to == alone));
                }
                5 => sim.heal(),
                _ => {}
            }
            sim.run_for(ms(dice.roll() % 400));
        }
        sim.heal();
        sim.set_weather(Weather::default());
        sim.run_for(ms(30_000));
        assert_equal(&sim, seed);
        let held: BTreeSet<u32> = sim.nodes()[0].replica.state().iter().copied().collect();
        assert_eq!(held, expected, "seed {seed}");
        for (node, disk) in disks.iter().enumerate() {
            assert_eq!(
                kept(disk),
                *sim.nodes()[node].replica.state(),
                "what was returned is the state"
            );
        }
    }
}

/// A copy of a disk is put back, epoch and all: it is told, and all end equal. What the lost life did comes
/// back from its peers.
#[test]
fn an_epoch_that_comes_twice_is_told_and_harms_nothing() {
    for seed in 0..u64::from(seeds(100)) {
        let nodes = 2 + usize::try_from(seed % 4).unwrap();
        let disks = disks::<GSet<u32>>(nodes);
        // The same in every life: as if it had been on the disk that is put back.
        let mut sim = joined(seed, &disks, |node, _| u64::try_from(node).unwrap());
        let victim = usize::try_from(seed / 4).unwrap() % nodes;
        let mut value = 0;
        let mut put = |sim: &mut Simulation<Durable<GSet<u32>>>, times: u32| {
            for _ in 0..times {
                value += 1;
                for node in 0..nodes {
                    let it = value * 10 + u32::try_from(node).unwrap();
                    sim.input(node, |durable, now| durable.update(now, |set| set.insert(it)));
                }
                sim.run_for(ms(1_000));
            }
        };
        put(&mut sim, 2);
        let copy = disks[victim].borrow().clone();
        put(&mut sim, 6);
        // What it hears meanwhile is as late as it can be.
        sim.set_weather(Weather::of(Delay::Uniform(ms(150))).loss(0.2));
        *disks[victim].borrow_mut() = copy;
        sim.restart(victim);
        put(&mut sim, 3);
        sim.set_weather(Weather::default());
        sim.run_for(ms(30_000));
        assert_equal(&sim, seed);
        let all = usize::try_from(value).unwrap() * nodes;
        assert_eq!(sim.nodes()[victim].replica.state().len(), all, "seed {seed}");
        let events = &sim.nodes()[victim].events;
        let former = u64::try_from(victim).unwrap();
        let told = |event: &Event<usize>| {
            matches!(event, Event::EpochReused { former: it, epoch, .. }
                if *it == former && *epoch == sim.nodes()[victim].replica.epoch())
        };
        assert!(events.len() == 1 && told(&events[0]), "seed {seed}: {events:?}");
        let others = sim.nodes().iter().enumerate().filter(|(node, _)| *node != victim);
        assert!(others.into_iter().all(|(_, it)| it.events.is_empty()), "seed {seed}");
    }
}

/// Counts the bytes of all messages.
#[derive(Default)]
struct Bytes(usize);

impl Observer<Replica<GSet<u32>, usize>> for Bytes {
    fn sent(&mut self, _now: Duration, _from: usize, _to: usize, message: &Message<GSet<u32>>) {
        self.0 += serde_json::to_string(message).unwrap().len();
    }
}

/// What two have in common.
const ELEMENTS: u32 = 1_000_000;

type Pair = Simulation<Replica<GSet<u32>, usize>, Bytes>;

/// Two that are linked, with what is on their disks.
fn pair(disks: &Rc<RefCell<[GSet<u32>; 2]>>) -> Pair {
    let disks = Rc::clone(disks);
    Simulation::observed(2, 1, Bytes::default(), move |node, now, life| {
        let state = disks.borrow()[node].clone();
        let mut replica = Replica::restore(now, life, Config::default(), state);
        replica.set_links(now, [Link::new(1 - node, ms(50), None)]);
        replica
    })
}

/// What is new at each of the two.
fn news(node: usize) -> GSet<u32> {
    let first = ELEMENTS * (1 + u32::try_from(node).unwrap());
    (first..first + 10).collect()
}

fn assert_all_there(sim: &Pair) {
    assert_eq!(sim.agreed().map(GSet::len), Some(usize::try_from(ELEMENTS).unwrap() + 20));
}

/// The bytes until two are equal that have never met, and have so many elements in common and ten more each.
fn bytes_to_meet() -> usize {
    let common: GSet<u32> = (0..ELEMENTS).collect();
    let state = |node| {
        let mut state = common.clone();
        state.merge(&news(node));
        state
    };
    let mut sim = pair(&Rc::new(RefCell::new([state(0), state(1)])));
    sim.run_for(ms(20_000));
    assert_all_there(&sim);
    sim.observer().0
}

/// The bytes after one of two has restarted that were equal, and came by ten more each while they could not
/// hear each other.
fn bytes_to_meet_again(restarts: usize) -> usize {
    let common: GSet<u32> = (0..ELEMENTS).collect();
    let disks = Rc::new(RefCell::new([common.clone(), common]));
    let mut sim = pair(&disks);
    sim.run_for(ms(20_000));
    sim.cut(|_, _| true);
    for node in 0..2 {
        let delta = sim.input(node, |it, now| it.merge(now, &news(node))).unwrap();
        disks.borrow_mut()[node].merge(&delta);
    }
    sim.restart(restarts);
    sim.heal();
    sim.observer_mut().0 = 0;
    sim.run_for(ms(20_000));
    assert_all_there(&sim);
    sim.observer().0
}

/// A state that comes from disk is no news: not one element that both have is sent.
#[test]
fn a_restart_costs_what_is_new() {
    let plain = bytes_to_meet();
    assert!(plain < 10_000, "{plain} bytes for twenty elements");
    for node in 0..2 {
        let restarted = bytes_to_meet_again(node);
        println!("a restart of node {node}: {restarted} bytes, of two strangers: {plain}");
        assert!(restarted * 2 <= plain * 3, "{restarted} of {plain}");
    }
}
