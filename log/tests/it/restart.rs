//! Members that end at any moment and come back with what they had written down, or without.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use glomers_crdt::{Decompose, Lattice};
use glomers_log::{
    Acks, AppendError, ExcludeError, Member, Part, Rank, ReplicatedLog, Reset, Retention,
};
use proptest::prelude::*;
use proptest::sample::Index;

type Log = ReplicatedLog<u8, u32>;

/// A member with its journal. What it says waits until what it rests on is written down.
struct Node {
    rank: Rank,
    size: Rank,
    setup: fn(Member<u8, u32>) -> Member<u8, u32>,
    member: Member<u8, u32>,
    log: Log,
    journal: Vec<Log>,
    /// Deltas that are not written down yet, and what is to leave after each of them.
    pending: Vec<(Log, Leaving)>,
    /// All that it has said itself, and written down.
    said: Log,
}

#[derive(Default)]
struct Leaving {
    to_all: Log,
    is_own: bool,
    acknowledged: Option<(u8, u64, u32)>,
}

fn plain(member: Member<u8, u32>) -> Member<u8, u32> {
    member
}

fn elaborate(member: Member<u8, u32>) -> Member<u8, u32> {
    member.with_acks(Acks::Majority).with_retention(Retention::forever().messages(40))
}

impl Node {
    fn new(rank: Rank, size: Rank, setup: fn(Member<u8, u32>) -> Member<u8, u32>) -> Self {
        let member = setup(Member::new(rank, size).unwrap());
        let (log, said) = (Log::default(), Log::default());
        Self { rank, size, setup, member, log, journal: Vec::new(), pending: Vec::new(), said }
    }

    fn append(&mut self, key: u8, value: u32) {
        let (place, delta) = self.member.append(&mut self.log, &key, value).unwrap();
        let acknowledged = Some((key, place.offset, value));
        self.pending.push((delta.clone(), Leaving { to_all: delta, is_own: true, acknowledged }));
    }

    fn commit(&mut self, key: u8, offset: u64) {
        let delta = self.log.commit("readers", key, offset);
        self.say(delta, false);
    }

    fn say(&mut self, delta: Log, is_own: bool) {
        if !delta.is_bottom() {
            let leaving = Leaving { to_all: delta.clone(), is_own, acknowledged: None };
            self.pending.push((delta, leaving));
        }
    }

    fn deliver(&mut self, delta: &Log) {
        let novel = delta.difference(&self.log);
        self.log.merge(&novel);
        let answer = self.member.follow(&mut self.log, &novel);
        assert!(!self.member.has_forgotten(), "what is written down is not forgotten");
        self.say(novel, false);
        self.say(answer, true);
    }

    /// Writes so many deltas down; what then leaves.
    fn write(&mut self, count: usize) -> Vec<Leaving> {
        let written = self.pending.drain(..count);
        let (deltas, leaving): (Vec<_>, Vec<_>) = written.unzip();
        self.journal.extend(deltas);
        for own in leaving.iter().filter(|it| it.is_own) {
            self.said.merge(&own.to_all);
        }
        leaving
    }

    /// Ends, and comes back with what is written down.
    fn restart(&mut self, has_snapshot: bool) {
        self.pending.clear();
        self.log = Log::default();
        for delta in &self.journal {
            self.log.merge(delta);
        }
        if has_snapshot {
            // One large delta.
            self.journal = vec![self.log.clone()];
            self.log = self.log.difference(&Log::default());
        }
        self.member = (self.setup)(Member::restore(self.rank, self.size, &self.log).unwrap());
        let rest = self.member.resume(&mut self.log);
        self.say(rest, true);
    }
}

struct Cluster {
    nodes: Vec<Node>,
    owed: Vec<Log>,
    /// By key and offset.
    acknowledged: BTreeMap<(u8, u64), u32>,
    /// What each has shown of each key, and up to where.
    shown: BTreeMap<(usize, u8), (Vec<(u64, u32)>, u64)>,
    count: u32,
}

impl Cluster {
    fn new(size: Rank, setup: fn(Member<u8, u32>) -> Member<u8, u32>) -> Self {
        let nodes: Vec<_> = (0..size).map(|rank| Node::new(rank, size, setup)).collect();
        let owed = vec![Log::default(); nodes.len()];
        let (acknowledged, shown) = (BTreeMap::new(), BTreeMap::new());
        Self { nodes, owed, acknowledged, shown, count: 0 }
    }

    fn write(&mut self, at: usize, count: usize) {
        for Leaving { to_all, acknowledged, .. } in self.nodes[at].write(count) {
            for (to, owed) in self.owed.iter_mut().enumerate() {
                if to != at {
                    owed.merge(&to_all);
                }
            }
            if let Some((key, offset, value)) = acknowledged {
                let rival = self.acknowledged.insert((key, offset), value);
                assert_eq!(rival, None, "offset {offset} of key {key} is given out twice");
            }
        }
        // Nothing is shown that rests on what is not written down.
        if self.nodes[at].pending.is_empty() {
            (0..3).for_each(|key| self.look(at, key));
        }
    }

    fn look(&mut self, at: usize, key: u8) {
        let Node { member, log, .. } = &self.nodes[at];
        let batch = member.poll(log, &key, 0, usize::MAX, Reset::Earliest).unwrap();
        let now: Vec<(u64, u32)> = batch.iter().map(|(offset, value)| (offset, *value)).collect();
        let (shown, end) = self.shown.entry((at, key)).or_default();
        // After a restart it may see less far for a while.
        let (start, both) = (log.start(&key), batch.next_offset().min(*end));
        let within = |(offset, _): &&(u64, u32)| (start..both).contains(offset);
        assert!(
            shown.iter().filter(within).eq(now.iter().filter(within)),
            "nothing goes away or appears before {both}: {shown:?}, {now:?}"
        );
        for (offset, value) in &now {
            let acknowledged = self.acknowledged.get(&(key, *offset));
            assert!(acknowledged.is_none_or(|it| it == value), "{offset} of {key} is another");
        }
        if batch.next_offset() >= *end {
            (*shown, *end) = (now, batch.next_offset());
        }
    }

    fn settle(&mut self) {
        for _ in 0..8 {
            for at in 0..self.nodes.len() {
                let all = self.nodes[at].pending.len();
                self.write(at, all);
            }
            let states: Vec<Log> = self.nodes.iter().map(|node| node.log.clone()).collect();
            for node in &mut self.nodes {
                for state in &states {
                    node.deliver(state);
                }
            }
        }
        assert!(self.nodes.iter().all(|node| node.pending.is_empty()), "all fall silent");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append { at: Index, key: u8, times: u8 },
    Commit { at: Index, key: u8, offset: u64 },
    Write { at: Index, count: Index },
    Send { to: Index, is_lost: bool },
    Crash { at: Index, has_snapshot: bool },
    Settle,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (any::<Index>(), 0_u8..3, 1_u8..9)
            .prop_map(|(at, key, times)| Step::Append { at, key, times }),
        1 => (any::<Index>(), 0_u8..3, 0_u64..50)
            .prop_map(|(at, key, offset)| Step::Commit { at, key, offset }),
        6 => (any::<Index>(), any::<Index>()).prop_map(|(at, count)| Step::Write { at, count }),
        6 => (any::<Index>(), prop::bool::weighted(0.1))
            .prop_map(|(to, is_lost)| Step::Send { to, is_lost }),
        3 => (any::<Index>(), any::<bool>())
            .prop_map(|(at, has_snapshot)| Step::Crash { at, has_snapshot }),
        1 => Just(Step::Settle),
    ];
    prop::collection::vec(step, 0..150)
}

fn run(cluster: &mut Cluster, steps: Vec<Step>) {
    let size = cluster.nodes.len();
    for step in steps {
        match step {
            Step::Append { at, key, times } => {
                for _ in 0..times {
                    cluster.nodes[at.index(size)].append(key, cluster.count);
                    cluster.count += 1;
                }
            }
            Step::Commit { at, key, offset } => cluster.nodes[at.index(size)].commit(key, offset),
            Step::Write { at, count } => {
                let at = at.index(size);
                let count = count.index(cluster.nodes[at].pending.len() + 1);
                cluster.write(at, count);
            }
            Step::Send { to, is_lost } => {
                let to = to.index(size);
                let delta = std::mem::take(&mut cluster.owed[to]);
                if !is_lost {
                    cluster.nodes[to].deliver(&delta);
                }
            }
            Step::Crash { at, has_snapshot } => {
                cluster.nodes[at.index(size)].restart(has_snapshot);
            }
            Step::Settle => cluster.settle(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn who_comes_back_with_its_journal_goes_on(size in 1_u32..5, steps in steps()) {
        let mut cluster = Cluster::new(size, elaborate);
        run(&mut cluster, steps);
        cluster.settle();
        for at in 0..cluster.nodes.len() {
            for key in 0..3 {
                cluster.look(at, key);
                let log = &cluster.nodes[at].log;
                let (shown, end) = &cluster.shown[&(at, key)];
                prop_assert!(*end >= log.end(&key), "all is visible");
                let all = cluster.acknowledged.range((key, log.start(&key))..=(key, u64::MAX));
                for ((_, offset), value) in all {
                    prop_assert!(shown.contains(&(*offset, *value)), "{offset} of {key} is lost");
                }
            }
            prop_assert!(cluster.nodes[at].log == cluster.nodes[0].log);
        }
    }

    /// In whatever order what it once said comes back, and however little of it.
    #[test]
    fn who_has_lost_its_journal_is_told(
        steps in steps(),
        kept in any::<Index>(),
        seed in any::<u64>(),
    ) {
        let mut cluster = Cluster::new(3, plain);
        run(&mut cluster, steps);
        cluster.settle();
        let Node { journal, log: all, said, .. } = &cluster.nodes[0];
        let mut log = Log::default();
        for delta in &journal[..kept.index(journal.len() + 1)] {
            log.merge(delta);
        }
        let lost = said.difference(&log);
        let mut member = Member::restore(0, 3, &log).unwrap();

        let lacking = all.difference(&log);
        let mut parts: Vec<_> = lacking.parts().collect();
        let hash = |seed: u64, part: &Part<'_, u8, u32>| {
            BuildHasherDefault::<DefaultHasher>::default().hash_one((seed, part))
        };
        parts.sort_by_key(|part| hash(seed, part));
        let own: BTreeSet<u64> = lost.parts().map(|part| hash(0, &part)).collect();
        let (mut has_met, mut is_told, mut said_again) = (false, false, Log::default());
        for part in parts {
            let is_own = own.contains(&hash(0, &part));
            has_met |= is_own;
            let novel = Log::from_parts([part]);
            // A promise that a later one of this life goes beyond is as good as kept.
            is_told |= is_own && !said_again.includes(&novel);
            log.merge(&novel);
            let answer = member.follow(&mut log, &novel);
            let has_forgotten = member.has_forgotten();
            prop_assert!(has_forgotten || !is_told, "{novel:?}");
            prop_assert!(has_met || !has_forgotten, "{novel:?}");
            prop_assert!(!has_forgotten || answer.is_bottom(), "{answer:?}");
            said_again.merge(&answer);
        }
        let is_told = member.has_forgotten();
        prop_assert!(is_told || lost.keys().all(|key| lost.len(key) == 0), "{lost:?}");
        let before = log.clone();
        let excluded = member.clone().exclude(&mut log.clone(), [1]).map(drop);
        let appended = member.append(&mut log, &0, 0).map(drop);
        if is_told {
            prop_assert!(matches!(appended, Err(AppendError::Forgotten { .. })), "{:?}", appended);
            prop_assert!(matches!(excluded, Err(ExcludeError::Forgotten { .. })), "{:?}", excluded);
            prop_assert!(member.resume(&mut log).is_bottom() && log == before);
        } else {
            prop_assert_eq!((appended, excluded), (Ok(()), Ok(())));
        }
    }
}
