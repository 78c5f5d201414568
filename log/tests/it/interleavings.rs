//! Every interleaving of a small cluster, of the replicated log as it is, under a model checker
//! ([stateright](https://www.stateright.rs)).
//!
//! Three members and two keys; messages that are appended at any moment, some to one key at two
//! members at once; deltas that arrive in any order, or never. Whoever hears of something answers,
//! and passes nothing on: so a delta that is lost leaves a gap, behind which later promises must
//! not count. From each state, when everything that was lost is made good, all must see all.
//!
//! The numbers of states are pinned: one that changes tells that the log did.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use glomers_crdt::Lattice;
use glomers_log::{Member, ReplicatedLog, Reset};
use stateright::{Checker, Model, Property};

type Log = ReplicatedLog<u8, u8>;

const SIZE: usize = 3;

#[derive(Clone, Debug)]
struct Cluster {
    members: Vec<Member<u8, u8>>,
    logs: Vec<Log>,
    /// In an order that does not depend on how they came to be there.
    wire: Vec<(usize, Log)>,
    /// Key, offset and value, as they were acknowledged.
    appended: Vec<(u8, u64, u8)>,
    /// What each member has shown of each key, and up to where.
    shown: Vec<[(Vec<(u64, u8)>, u64); 2]>,
    /// Something was shown that goes against what was shown before.
    is_inconsistent: bool,
    losses: u8,
}

/// All that there is to be seen of it, and what each will do next depends on.
impl Hash for Cluster {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let mut text = String::new();
        write!(text, "{self:?}").unwrap();
        text.hash(hasher);
    }
}

impl PartialEq for Cluster {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Action {
    /// Appends the next of the script.
    Append,
    Deliver(usize),
    Lose(usize),
}

/// What is appended in this order, at any moments: where, and to which key.
struct Interleavings {
    script: Vec<(usize, u8)>,
    losses: u8,
    /// States with more on the wire are not looked at.
    under_way: usize,
}

fn key_of((to, delta): &(usize, Log)) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{to} {delta:?}").hash(&mut hasher);
    hasher.finish()
}

impl Cluster {
    fn new(losses: u8) -> Self {
        let member = |rank| Member::new(u32::try_from(rank).unwrap(), 3).unwrap();
        Self {
            members: (0..SIZE).map(member).collect(),
            logs: vec![Log::default(); SIZE],
            wire: Vec::new(),
            appended: Vec::new(),
            shown: vec![Default::default(); SIZE],
            is_inconsistent: false,
            losses,
        }
    }

    fn append(&mut self, at: usize, key: u8) {
        let value = u8::try_from(self.appended.len()).unwrap();
        let (place, delta) = self.members[at].append(&mut self.logs[at], &key, value).unwrap();
        self.appended.push((key, place.offset, value));
        self.send(at, &delta);
        self.look(at);
    }

    fn send(&mut self, from: usize, delta: &Log) {
        if !delta.is_bottom() {
            let others = (0..SIZE).filter(|to| *to != from);
            self.wire.extend(others.map(|to| (to, delta.clone())));
            self.wire.sort_by_key(key_of);
        }
    }

    fn deliver(&mut self, to: usize, delta: &Log) {
        let novel = delta.difference(&self.logs[to]);
        self.logs[to].merge(&novel);
        let answer = self.members[to].follow(&mut self.logs[to], &novel);
        self.send(to, &answer);
        self.look(to);
    }

    fn look(&mut self, at: usize) {
        for key in 0..2 {
            let batch = self.members[at].poll(&self.logs[at], &key, 0, 99, Reset::Error).unwrap();
            let now: Vec<(u64, u8)> =
                batch.iter().map(|(offset, value)| (offset, *value)).collect();
            let (shown, end) = &mut self.shown[at][usize::from(key)];
            let before = now.iter().filter(|(offset, _)| offset < end);
            self.is_inconsistent |= !before.eq(shown.iter()) || batch.next_offset() < *end;
            (*shown, *end) = (now, batch.next_offset());
        }
    }

    fn has_rivals(&self) -> bool {
        let mut places: Vec<_> = self.appended.iter().map(|(key, at, _)| (key, at)).collect();
        places.sort_unstable();
        places.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Whether all see all once everything arrives, with nothing that goes against what was shown.
    fn settles(&self) -> bool {
        let mut calm = self.clone();
        for _ in 0..4 {
            let all = calm.logs.iter().fold(Log::default(), |mut all, log| {
                all.merge(log);
                all
            });
            (0..SIZE).for_each(|to| calm.deliver(to, &all));
        }
        let mut appended = calm.appended.clone();
        appended.sort_unstable();
        let sees_all = |at: usize| {
            let shown = (0_u8..).zip(&calm.shown[at]);
            let all = shown.flat_map(|(key, (shown, _))| {
                shown.iter().map(move |(offset, value)| (key, *offset, *value))
            });
            all.eq(appended.iter().copied())
        };
        !calm.is_inconsistent && (0..SIZE).all(sees_all)
    }
}

impl Model for Interleavings {
    type State = Cluster;
    type Action = Action;

    fn init_states(&self) -> Vec<Cluster> {
        vec![Cluster::new(self.losses)]
    }

    fn actions(&self, state: &Cluster, actions: &mut Vec<Action>) {
        if state.appended.len() < self.script.len() {
            actions.push(Action::Append);
        }
        for at in 0..state.wire.len() {
            actions.push(Action::Deliver(at));
            if state.losses > 0 {
                actions.push(Action::Lose(at));
            }
        }
    }

    fn next_state(&self, last: &Cluster, action: Action) -> Option<Cluster> {
        let mut state = last.clone();
        match action {
            Action::Append => {
                let (at, key) = self.script[state.appended.len()];
                state.append(at, key);
            }
            Action::Deliver(at) => {
                let (to, delta) = state.wire.remove(at);
                state.deliver(to, &delta);
            }
            Action::Lose(at) => {
                state.losses -= 1;
                state.wire.remove(at);
            }
        }
        Some(state)
    }

    fn within_boundary(&self, state: &Cluster) -> bool {
        state.wire.len() <= self.under_way
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no two messages at one offset", |_, state: &Cluster| {
                !state.has_rivals()
            }),
            Property::always("nothing appears behind what was shown", |_, state: &Cluster| {
                !state.is_inconsistent
            }),
            Property::always(
                "everything acknowledged becomes visible once faults stop",
                |_, state: &Cluster| state.settles(),
            ),
            Property::sometimes("something is visible to all", |_, state: &Cluster| {
                (0..2).any(|key| state.shown.iter().all(|shown| !shown[key].0.is_empty()))
            }),
        ]
    }
}

/// How many states there are, after it was seen that each is as it should be.
fn check(script: &[(usize, u8)], losses: u8, under_way: usize) -> usize {
    let model = Interleavings { script: script.to_vec(), losses, under_way };
    let checker = model.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

#[test]
fn two_members_append_to_one_key_at_once() {
    assert_eq!(check(&[(1, 0), (2, 0), (1, 0)], 0, 6), 83_234);
}

#[test]
fn two_keys_and_a_message_is_lost() {
    assert_eq!(check(&[(0, 0), (0, 1), (1, 0)], 1, 5), 92_572);
}

#[test]
fn one_writes_and_the_others_lend() {
    assert_eq!(check(&[(2, 0), (2, 0), (2, 0), (2, 0), (1, 0)], 1, 3), 9_378);
}
