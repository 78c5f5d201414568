//! Clusters whose deltas are delayed, reordered, repeated and lost, by random scripts.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;

use glomers_crdt::{Lattice, laws};
use glomers_log::{Acks, AppendError, ExcludeError, Member, Rank, ReplicatedLog, Reset, Retention};
use proptest::prelude::*;
use proptest::sample::Index;

type Log = ReplicatedLog<u8, u32>;

/// Members, what each has of the log, and the deltas on their way.
struct Cluster {
    members: Vec<Member<u8, u32>>,
    logs: Vec<Log>,
    wire: Vec<(usize, Log)>,
    /// What is owed to each member since it was last sent something.
    owed: Vec<Log>,
    /// By key and offset.
    appended: BTreeMap<(u8, u64), u32>,
    /// What each member has shown of each key, and up to where.
    shown: BTreeMap<(usize, u8), (Vec<(u64, u32)>, u64)>,
    count: u32,
}

impl Cluster {
    fn of(members: impl IntoIterator<Item = Member<u8, u32>>) -> Self {
        let members: Vec<_> = members.into_iter().collect();
        let size = members.len();
        Self {
            members,
            logs: vec![Log::default(); size],
            wire: Vec::new(),
            owed: vec![Log::default(); size],
            appended: BTreeMap::new(),
            shown: BTreeMap::new(),
            count: 0,
        }
    }

    fn new(size: Rank) -> Self {
        Self::of((0..size).map(|rank| Member::new(rank, size).unwrap()))
    }

    fn spread(&mut self, from: usize, delta: &Log) {
        for (to, owed) in self.owed.iter_mut().enumerate() {
            if to != from {
                owed.merge(delta);
            }
        }
    }

    fn append(&mut self, at: usize, key: u8) -> u64 {
        let value = self.count;
        self.count += 1;
        let (place, delta) = self.members[at].append(&mut self.logs[at], &key, value).unwrap();
        let rival = self.appended.insert((key, place.offset), value);
        assert_eq!(rival, None, "offset {} of key {key} is given out twice", place.offset);
        self.spread(at, &delta);
        self.look(at, key);
        place.offset
    }

    /// Sends a member what it is owed.
    fn send(&mut self, to: usize) {
        let delta = std::mem::take(&mut self.owed[to]);
        if !delta.is_bottom() {
            self.wire.push((to, delta));
        }
    }

    fn deliver(&mut self, to: usize, delta: &Log) {
        let before = self.logs[to].clone();
        let novel = delta.difference(&before);
        self.logs[to].merge(&novel);
        let answer = self.members[to].follow(&mut self.logs[to], &novel);
        assert!(self.logs[to].includes(&before) && self.logs[to].includes(&answer));
        self.spread(to, &answer);
        // From one who passes things on.
        self.spread(to, &novel);
        let keys: Vec<u8> = self.logs[to].keys().copied().collect();
        for key in keys {
            self.look(to, key);
        }
    }

    /// Polls a key, and sees whether that goes with what was shown before.
    fn look(&mut self, at: usize, key: u8) {
        let (member, log) = (&self.members[at], &self.logs[at]);
        let batch = member.poll(log, &key, 0, usize::MAX, Reset::Earliest).unwrap();
        let now: Vec<(u64, u32)> = batch.iter().map(|(offset, value)| (offset, *value)).collect();
        let (shown, end) = self.shown.entry((at, key)).or_default();
        let start = log.start(&key);
        assert!(batch.next_offset() >= *end, "the frontier never goes back");
        let kept = shown.iter().filter(|(offset, _)| *offset >= start);
        assert!(
            kept.copied().eq(now.iter().copied().filter(|(offset, _)| *offset < *end)),
            "nothing goes away or appears behind {end}: {shown:?}, {now:?}"
        );
        for (offset, value) in &now {
            assert_eq!(self.appended.get(&(key, *offset)), Some(value));
        }
        (*shown, *end) = (now, batch.next_offset());
    }

    /// Everything arrives, until nobody has anything more to say.
    fn settle(&mut self) {
        self.wire.clear();
        let all: Log = self.logs.iter().fold(Log::default(), |mut all, log| {
            all.merge(log);
            all
        });
        for at in 0..self.members.len() {
            self.deliver(at, &all);
        }
        for _ in 0..20 {
            (0..self.members.len()).for_each(|to| self.send(to));
            for (to, delta) in std::mem::take(&mut self.wire) {
                self.deliver(to, &delta);
            }
        }
        assert!(self.owed.iter().all(Lattice::is_bottom), "all fall silent");
    }

    fn visible(&self, at: usize, key: u8) -> Vec<(u64, u32)> {
        let (member, log) = (&self.members[at], &self.logs[at]);
        let batch = member.poll(log, &key, 0, usize::MAX, Reset::Earliest).unwrap();
        batch.iter().map(|(offset, value)| (offset, *value)).collect()
    }

    fn assert_all_see_all(&self) {
        for at in 0..self.members.len() {
            for key in 0..3 {
                let all = self.appended.range((key, 0)..=(key, u64::MAX));
                let all: Vec<_> = all.map(|((_, offset), value)| (*offset, *value)).collect();
                assert_eq!(self.visible(at, key), all, "key {key} at {at}");
            }
            assert!(self.logs[at] == self.logs[0]);
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append { at: Index, key: u8, times: u8 },
    Send(Index),
    Deliver(Index),
    Duplicate(Index),
    Lose(Index),
    Settle,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (any::<Index>(), 0_u8..3, 1_u8..12)
            .prop_map(|(at, key, times)| Step::Append { at, key, times }),
        4 => any::<Index>().prop_map(Step::Send),
        6 => any::<Index>().prop_map(Step::Deliver),
        1 => any::<Index>().prop_map(Step::Duplicate),
        1 => any::<Index>().prop_map(Step::Lose),
        1 => Just(Step::Settle),
    ];
    prop::collection::vec(step, 0..120)
}

fn run(cluster: &mut Cluster, steps: Vec<Step>) {
    for step in steps {
        let size = cluster.members.len();
        match step {
            Step::Append { at, key, times } => {
                for _ in 0..times {
                    cluster.append(at.index(size), key);
                }
            }
            Step::Send(to) => cluster.send(to.index(size)),
            Step::Settle => cluster.settle(),
            Step::Deliver(_) | Step::Duplicate(_) | Step::Lose(_) if cluster.wire.is_empty() => {}
            Step::Deliver(at) => {
                let (to, delta) = cluster.wire.remove(at.index(cluster.wire.len()));
                cluster.deliver(to, &delta);
            }
            Step::Duplicate(at) => cluster.wire.push(at.get(&cluster.wire).clone()),
            Step::Lose(at) => drop(cluster.wire.remove(at.index(cluster.wire.len()))),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Losses are made good by the comparison of states in [`Cluster::settle`].
    #[test]
    fn no_offset_is_given_out_twice_and_nothing_appears_behind(
        size in 1_u32..6,
        steps in steps(),
    ) {
        let mut cluster = Cluster::new(size);
        run(&mut cluster, steps);
        cluster.settle();
        cluster.assert_all_see_all();
    }

    #[test]
    fn what_is_kept_is_bounded_everywhere(limit in 1_u64..20, steps in steps()) {
        let kept = Retention::forever().messages(limit);
        let member = |rank| Member::new(rank, 3).unwrap().with_retention(kept);
        let mut cluster = Cluster::of((0..3).map(member));
        run(&mut cluster, steps);
        cluster.settle();
        for key in 0..3 {
            let visible = cluster.visible(0, key);
            let most = limit + limit / 8 + 1;
            prop_assert!(visible.len() as u64 <= most, "{} of {limit}", visible.len());
            let appended = cluster.appended.range((key, 0)..=(key, u64::MAX));
            prop_assert!(visible.len() as u64 >= limit.min(appended.count() as u64));
            prop_assert!(cluster.logs.iter().all(|log| *log == cluster.logs[0]));
        }
    }

    /// The last member is gone; all that any of the others has seen of it stays.
    #[test]
    fn who_is_gone_is_left_out(size in 2_u32..6, steps in steps(), more in steps()) {
        let mut cluster = Cluster::new(size);
        run(&mut cluster, steps);
        let mut gone = (cluster.members.pop().unwrap(), cluster.logs.pop().unwrap());
        cluster.owed.pop();
        cluster.wire.retain(|(to, _)| *to < cluster.members.len());
        let delta = cluster.members[0].exclude(&mut cluster.logs[0], [size - 1]).unwrap();
        cluster.spread(0, &delta);
        run(&mut cluster, more);
        cluster.settle();
        for log in &cluster.logs {
            prop_assert!(log.excluded().eq([size - 1]));
            prop_assert!(*log == cluster.logs[0]);
        }
        for key in 0..3 {
            let all = cluster.visible(0, key);
            let theirs = all.len();
            prop_assert_eq!(theirs, cluster.logs[0].len(&key), "all that is there is visible");
            for at in 0..cluster.members.len() {
                prop_assert_eq!(&cluster.visible(at, key), &all);
            }
        }
        // It comes back, with what it has appended meanwhile: that is void.
        let (member, log) = &mut gone;
        let before = cluster.logs[0].clone();
        member.append(log, &0, u32::MAX).unwrap();
        let theirs = log.clone();
        for at in 0..cluster.members.len() {
            cluster.deliver(at, &theirs);
            prop_assert!(cluster.visible(at, 0).iter().all(|(_, value)| *value != u32::MAX));
        }
        log.merge(&before);
        let refused = member.append(log, &0, 1).map(|(place, _)| place);
        prop_assert_eq!(refused, Err(AppendError::Excluded));
    }

    #[test]
    fn it_is_a_lattice(steps in steps(), more in steps(), at in prop::array::uniform3(0_usize..3)) {
        let kept = Retention::forever().messages(9);
        let member = |rank| Member::new(rank, 3).unwrap().with_retention(kept).with_acks(Acks::All);
        let mut cluster = Cluster::of((0..3).map(member));
        run(&mut cluster, steps);
        let mut states = cluster.logs.clone();
        states.extend(cluster.wire.iter().map(|(_, delta)| delta.clone()));
        let delta = cluster.logs[0].commit("readers", 1, 5);
        cluster.spread(0, &delta);
        run(&mut cluster, more);
        states.extend(cluster.logs.iter().cloned());
        let pick = |at: usize| &states[at * states.len() / 3];
        laws::check(pick(at[0]), pick(at[1]), pick(at[2])).unwrap();
        laws::check_decomposition(pick(at[0]), pick(at[1])).unwrap();
    }
}

#[test]
fn a_message_is_visible_after_two_rounds() {
    let mut cluster = Cluster::new(3);
    cluster.append(1, 0);
    for round in 0..2 {
        for to in 0..3 {
            assert!(cluster.visible(to, 0).is_empty(), "not yet in round {round}");
        }
        (0..3).for_each(|to| cluster.send(to));
        for (to, delta) in std::mem::take(&mut cluster.wire) {
            cluster.deliver(to, &delta);
        }
    }
    (0..3).for_each(|to| assert_eq!(cluster.visible(to, 0).len(), 1));
}

#[test]
fn acknowledgements_come_with_the_answers() {
    for (acks, needed) in [(Acks::Local, 0), (Acks::Majority, 2), (Acks::All, 4)] {
        let member = |rank| Member::new(rank, 5).unwrap().with_acks(acks);
        let mut cluster = Cluster::of((0..5).map(member));
        cluster.append(0, 0);
        for others in 0..5 {
            let is_acknowledged = cluster.members[0].is_acknowledged(&cluster.logs[0], 1);
            assert_eq!(is_acknowledged, others >= needed, "{acks:?} with {others} others");
            if others < 4 {
                let to = others + 1;
                cluster.owed[0] = Log::default();
                cluster.deliver(to, &cluster.logs[0].clone());
                let answer = cluster.owed[0].clone();
                cluster.deliver(0, &answer);
            }
        }
    }
}

#[test]
fn each_message_is_acknowledged_for_itself() {
    let member = |rank| Member::new(rank, 2).unwrap().with_acks(Acks::All);
    let mut cluster = Cluster::of((0..2).map(member));
    cluster.append(0, 0);
    cluster.deliver(1, &cluster.logs[0].clone());
    cluster.append(0, 1);
    cluster.deliver(0, &cluster.logs[1].clone());
    let is_acknowledged = |seq| cluster.members[0].is_acknowledged(&cluster.logs[0], seq);
    assert!(is_acknowledged(1) && !is_acknowledged(2));
}

/// A delta that nobody can read is worse than one that is lost: it is sent again and again.
#[cfg(feature = "serde")]
#[test]
fn who_lacks_the_first_message_answers_what_others_can_read() {
    let member = |rank| Member::new(rank, 2).unwrap().with_acks(Acks::All);
    let mut cluster = Cluster::of((0..2).map(member));
    cluster.append(0, 0);
    cluster.owed[1] = Log::default();
    cluster.append(0, 0);
    cluster.send(1);
    let (_, second) = cluster.wire.remove(0);
    cluster.deliver(1, &second);
    let answer = cluster.owed[0].clone();
    assert!(!answer.is_bottom());
    let text = serde_json::to_string(&answer).unwrap();
    let read: Log = serde_json::from_str(&text).unwrap();
    assert!(read == answer, "{text}");
}

/// What one has seen of who is gone, all get to see, and in its place.
#[test]
fn the_frontier_waits_for_what_was_seen_of_who_is_gone() {
    let mut cluster = Cluster::new(3);
    cluster.append(2, 0);
    let theirs = cluster.logs[2].clone();
    cluster.deliver(0, &theirs);
    let all_of_0 = cluster.logs[0].clone();
    let exclusion = cluster.members[0].exclude(&mut cluster.logs[0], [2]).unwrap();
    cluster.deliver(1, &exclusion);
    assert!(cluster.logs[1].excluded().eq([2]), "both who stay agree to it");
    let before = cluster.logs[0].clone();
    cluster.append(0, 0);
    cluster.deliver(1, &cluster.logs[0].difference(&before));
    assert_eq!(cluster.logs[1].len(&0), 1);
    assert!(cluster.visible(1, 0).is_empty(), "something comes before it");
    cluster.deliver(1, &all_of_0);
    assert_eq!(cluster.visible(1, 0).len(), 2);
}

/// What nobody had seen when all agreed is void, even where it came before the last had.
#[test]
fn what_was_appended_beyond_the_fence_is_void() {
    let mut cluster = Cluster::new(4);
    let exclusion = cluster.members[0].exclude(&mut cluster.logs[0], [3]).unwrap();
    cluster.deliver(1, &exclusion);
    cluster.append(3, 0);
    let theirs = cluster.logs[3].clone();
    cluster.deliver(1, &theirs);
    assert_eq!(cluster.logs[1].len(&0), 1, "it may count still");
    cluster.deliver(2, &exclusion);
    cluster.deliver(1, &cluster.logs[2].clone());
    assert_eq!(cluster.logs[1].len(&0), 0);
    cluster.members.pop();
    cluster.logs.pop();
    cluster.owed.pop();
    cluster.settle();
    assert!(cluster.logs.iter().all(|log| log.len(&0) == 0 && *log == cluster.logs[0]));
}

#[test]
fn nobody_is_left_out_by_mistake() {
    let mut cluster = Cluster::new(3);
    let (member, log) = (&mut cluster.members[1], &mut cluster.logs[1]);
    let mut exclude = |gone: &[Rank]| member.exclude(log, gone.iter().copied()).map(|_| ());
    assert_eq!(exclude(&[]), Err(ExcludeError::Nobody));
    assert_eq!(exclude(&[1]), Err(ExcludeError::Oneself));
    assert_eq!(exclude(&[0, 3]), Err(ExcludeError::Unknown(3)));
    assert_eq!(exclude(&[0]), Ok(()));
    assert_eq!(exclude(&[2]), Err(ExcludeError::UnderWay));
    let delta = cluster.logs[1].clone();
    cluster.deliver(2, &delta);
    let answer = cluster.logs[2].clone();
    cluster.deliver(1, &answer);
    let again = cluster.members[1].exclude(&mut cluster.logs[1], [0]).map(|_| ());
    assert_eq!(again, Err(ExcludeError::Already(0)));
}
