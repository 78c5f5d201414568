//! Every interleaving of a small cluster, of the replica as it is, under a model checker
//! ([stateright](https://www.stateright.rs)).
//!
//! Three replicas that have joined one cluster, with rounds through a hub; two values that come up
//! at any moment at two of them; messages that are delivered in any order and after any time, or
//! never, and twice; time that passes until somebody is to be woken, at any moment and so many
//! times; a hub that is cut off and comes back. From each of the states that can come about so, good
//! weather must lead to equal states and silence.
//!
//! The numbers of states are pinned: one that changes tells that the protocol did.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use glomers_crdt::{GSet, Lattice};
use glomers_gossip::{Config, Message, Replica};
use stateright::{Checker, Model, Property};

type Node = Replica<GSet<u8>, usize>;

const NODES: usize = 3;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Few and round times, so that few states differ by time alone.
fn config() -> Config {
    Config::default()
        .hold(Duration::ZERO)
        .latency_target(ms(1000))
        .assumed_delay(ms(100))
        .ack_delay(ms(1000))
        .retry(ms(1000))
        .retry_max(ms(1000))
}

/// What may still happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Budget {
    ticks: u8,
    losses: u8,
    duplications: u8,
    cuts: u8,
    /// States with more messages under way than this are not looked at.
    under_way: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Cluster {
    now: Duration,
    nodes: Vec<Node>,
    /// In an order that does not depend on how they came to be there.
    wire: Vec<Envelope>,
    /// The hub is cut off.
    is_cut: bool,
    inserted: GSet<u8>,
    has_shrunk: bool,
    /// Somewhere in what follows, the hub is gone for long enough.
    awaits_failover: bool,
    budget: Budget,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Envelope {
    from: usize,
    to: usize,
    message: Message<GSet<u8>>,
}

impl Envelope {
    fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Action {
    Insert(u8),
    Deliver(usize),
    Lose(usize),
    Duplicate(usize),
    /// Time passes until somebody is to be woken.
    Tick,
    Cut,
    Heal,
}

/// The values, and where they come up.
const VALUES: [usize; 2] = [1, 2];

struct Interleavings {
    from: Cluster,
}

impl Cluster {
    fn new(budget: Budget) -> Self {
        let node = |me: usize| {
            let epoch = u64::try_from(me).unwrap() + 1;
            let mut node = Node::new(Duration::ZERO, epoch, config());
            node.join(Duration::ZERO, &me, [0, 1, 2]);
            node
        };
        Self {
            now: Duration::ZERO,
            nodes: (0..NODES).map(node).collect(),
            wire: Vec::new(),
            is_cut: false,
            inserted: GSet::default(),
            has_shrunk: false,
            awaits_failover: false,
            budget,
        }
    }

    /// Gives a node an input, and puts on the wire what it says.
    fn input(&mut self, node: usize, act: impl FnOnce(&mut Node, Duration)) {
        let before = self.nodes[node].state().clone();
        act(&mut self.nodes[node], self.now);
        self.has_shrunk |= !self.nodes[node].state().includes(&before);
        while let Some((to, message)) = self.nodes[node].poll_transmit() {
            if !(self.is_cut && (node == 0 || to == 0)) {
                self.wire.push(Envelope { from: node, to, message });
            }
        }
        self.wire.sort_by_key(Envelope::key);
    }

    fn deliver(&mut self, at: usize) {
        let Envelope { from, to, message } = self.wire.remove(at);
        if !(self.is_cut && (from == 0 || to == 0)) {
            self.input(to, |node, now| drop(node.receive(now, &from, message)));
        }
    }

    /// All have greeted each other and fallen silent.
    fn warm(mut self) -> Self {
        let end = ms(20_000);
        self.calm(end);
        self.now = end;
        self
    }

    /// The faults stop. Good weather until `end`, in which messages take a while; or until nothing more happens.
    fn calm(&mut self, end: Duration) {
        const DELAY: Duration = Duration::from_millis(100);
        self.is_cut = false;
        let mut due = self.now + DELAY;
        while self.now < end {
            match self.next_wake() {
                Some(at) if self.wire.is_empty() || at < due => {
                    let was_silent = self.wire.is_empty();
                    self.tick();
                    if was_silent {
                        due = self.now + DELAY;
                    }
                }
                None if self.wire.is_empty() => break,
                _ => {
                    self.now = self.now.max(due);
                    for Envelope { from, to, message } in std::mem::take(&mut self.wire) {
                        self.input(to, |node, now| drop(node.receive(now, &from, message)));
                    }
                    due = self.now + DELAY;
                }
            }
        }
    }

    fn insert(&mut self, value: u8) {
        self.inserted.insert(value);
        let node = VALUES[usize::from(value)];
        self.input(node, |node, now| {
            node.update(now, |set| set.insert(value));
        });
    }

    fn next_wake(&self) -> Option<Duration> {
        self.nodes.iter().filter_map(Node::next_wake).min()
    }

    fn tick(&mut self) {
        if let Some(at) = self.next_wake() {
            self.now = self.now.max(at);
            (0..NODES).for_each(|node| self.input(node, Node::wake));
        }
    }

    /// Whether in good weather all become equal, with nothing lost, and fall silent.
    fn settles(&self) -> bool {
        let mut calm = self.clone();
        let end = self.now + Duration::from_secs(60);
        calm.calm(end);
        calm.now < end && calm.nodes.iter().all(|node| *node.state() == calm.inserted)
    }
}

impl Model for Interleavings {
    type State = Cluster;
    type Action = Action;

    fn init_states(&self) -> Vec<Cluster> {
        vec![self.from.clone()]
    }

    fn actions(&self, state: &Cluster, actions: &mut Vec<Action>) {
        let budget = &state.budget;
        let next = u8::try_from(state.inserted.len()).unwrap();
        if usize::from(next) < VALUES.len() {
            actions.push(Action::Insert(next));
        }
        for at in 0..state.wire.len() {
            actions.push(Action::Deliver(at));
            if budget.losses > 0 {
                actions.push(Action::Lose(at));
            }
            if budget.duplications > 0 {
                actions.push(Action::Duplicate(at));
            }
        }
        if budget.ticks > 0 && state.next_wake().is_some() {
            actions.push(Action::Tick);
        }
        if state.is_cut {
            actions.push(Action::Heal);
        } else if budget.cuts > 0 {
            actions.push(Action::Cut);
        }
    }

    fn next_state(&self, last: &Cluster, action: Action) -> Option<Cluster> {
        let mut state = last.clone();
        match action {
            Action::Insert(value) => state.insert(value),
            Action::Deliver(at) => state.deliver(at),
            Action::Lose(at) => {
                state.budget.losses -= 1;
                state.wire.remove(at);
            }
            Action::Duplicate(at) => {
                state.budget.duplications -= 1;
                let copy = state.wire[at].clone();
                state.wire.insert(at, copy);
            }
            Action::Tick => {
                state.budget.ticks -= 1;
                state.tick();
            }
            Action::Cut => {
                state.budget.cuts -= 1;
                state.is_cut = true;
            }
            Action::Heal => state.is_cut = false,
        }
        Some(state)
    }

    fn within_boundary(&self, state: &Cluster) -> bool {
        state.wire.len() <= state.budget.under_way
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing is invented", |_, state: &Cluster| {
                state.nodes.iter().all(|node| state.inserted.includes(node.state()))
            }),
            Property::always("states only grow", |_, state: &Cluster| !state.has_shrunk),
            Property::always(
                "once faults stop, all become equal and silent",
                |_, state: &Cluster| state.settles(),
            ),
            Property::sometimes("another hub takes over", |_, state: &Cluster| {
                let all_know = state.nodes[1..].iter().all(|node| node.state().len() == 2);
                !state.awaits_failover || (state.is_cut && all_know)
            }),
            Property::sometimes("all know all", |_, state: &Cluster| {
                state.nodes.iter().all(|node| node.state().len() == 2)
            }),
        ]
    }
}

/// How many states there are, after it was seen that each is as it should be.
fn check(from: Cluster) -> usize {
    let checker = Interleavings { from }.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

const NO_FAULTS: Budget = Budget { ticks: 0, losses: 0, duplications: 0, cuts: 0, under_way: 0 };

/// Replicas that have just been started, and do not know each other yet.
#[test]
fn from_a_cold_start() {
    let states = check(Cluster::new(Budget { ticks: 2, under_way: 4, ..NO_FAULTS }));
    assert_eq!(states, 73_283);
}

#[test]
fn one_message_is_lost_and_one_comes_twice() {
    let budget = Budget { ticks: 4, losses: 1, duplications: 1, under_way: 3, ..NO_FAULTS };
    assert_eq!(check(Cluster::new(budget).warm()), 378_860);
}

/// The hub is gone before the values come up.
#[test]
fn another_hub_takes_over() {
    let mut cluster = Cluster::new(Budget { ticks: 4, under_way: 3, ..NO_FAULTS }).warm();
    cluster.is_cut = true;
    cluster.awaits_failover = true;
    assert_eq!(check(cluster), 323_600);
}

#[test]
fn the_hub_goes_and_comes_while_messages_are_lost_and_repeated() {
    let budget = Budget { ticks: 4, losses: 1, duplications: 1, cuts: 1, under_way: 2 };
    let mut cluster = Cluster::new(budget).warm();
    cluster.awaits_failover = true;
    assert_eq!(check(cluster), 484_859);
}
