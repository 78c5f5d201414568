//! Random lives on a disk that loses what it may lose: whatever was acknowledged is there, in order, and
//! nothing that was not appended.
//!
//! `GLOMERS_SEEDS` is how many seeds there are of each kind; with `usual`, 3,000.

use std::io::Write;
use std::time::Duration;

use glomers_store::{
    CommitError, Config, Faults, Journal, OpenError, SimulatedDisk, SnapshotError, SyncPolicy,
};

use crate::common::{Read, open};

/// How often each is tried.
fn seeds() -> u64 {
    match std::env::var("GLOMERS_SEEDS").as_deref() {
        Err(_) => 1000,
        Ok("usual") => 3000,
        Ok(seeds) => seeds.parse().expect("a number of seeds"),
    }
}

/// `SplitMix64`, once more: the test's own draws are not the disk's.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What ends a life.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Kill,
    Power,
}

/// What was appended.
#[derive(Clone, Debug)]
struct Delta {
    id: u64,
    /// The journal's own number for it.
    number: u64,
    acknowledged: Option<Duration>,
}

/// What a journal should hold.
struct Model {
    seed: u64,
    sync: SyncPolicy,
    deltas: Vec<Delta>,
    next: u64,
    now: Duration,
    /// When the last commit succeeded.
    committed: Duration,
    /// Commits that found no room, and lives.
    full: u64,
    lives: u64,
}

impl Model {
    fn must_survive(&self, end: End, acknowledged: Option<Duration>) -> bool {
        match (acknowledged, self.sync, end) {
            (None, ..) | (Some(_), SyncPolicy::Never, End::Power) => false,
            (Some(_), SyncPolicy::Always, _) | (Some(_), _, End::Kill) => true,
            (Some(time), SyncPolicy::Every(delay), End::Power) => time + delay <= self.committed,
        }
    }

    /// Holds what was read against what should be there.
    fn check(&mut self, end: End, read: &Read) {
        let mut found = Vec::new();
        let snapshot = read.snapshot.as_deref().unwrap_or_default();
        found.extend(snapshot.chunks(8).map(|id| u64::from_le_bytes(id.try_into().unwrap())));
        for delta in &read.deltas {
            found.push(u64::from_le_bytes(delta[..8].try_into().unwrap()));
            assert!(delta[8..].iter().all(|byte| *byte == delta[0]), "a delta is as it was");
        }
        let appended: Vec<u64> = self.deltas.iter().map(|delta| delta.id).collect();
        assert!(appended.starts_with(&found), "{}: {found:?} of {appended:?}", self.seed);
        for Delta { id, acknowledged, .. } in self.deltas.iter().skip(found.len()) {
            assert!(!self.must_survive(end, *acknowledged), "{}: {id} is lost", self.seed);
        }
        // Whoever read it has it, so it must stay.
        let acknowledged = Some(self.now);
        self.deltas = found.into_iter().map(|id| Delta { id, number: 0, acknowledged }).collect();
    }

    fn append(&mut self, journal: &mut Journal, len: u64) {
        let id = self.next;
        self.next += 1;
        let mut delta = id.to_le_bytes().to_vec();
        delta.resize(8 + usize::try_from(len).unwrap(), id.to_le_bytes()[0]);
        if let Ok(number) = journal.append(&delta) {
            self.deltas.push(Delta { id, number, acknowledged: None });
        }
    }

    /// Takes note of a commit; says whether the journal can go on.
    fn settle(&mut self, journal: &Journal, result: Result<(), &CommitError>) -> bool {
        let now = self.now;
        for delta in &mut self.deltas {
            if delta.number <= journal.acknowledged() {
                delta.acknowledged.get_or_insert(now);
            }
        }
        match result {
            Ok(()) => {
                self.committed = now;
                true
            }
            Err(CommitError::Full(_)) => {
                self.full += 1;
                self.deltas.retain(|delta| delta.acknowledged.is_some());
                true
            }
            Err(_) => false,
        }
    }

    /// The journal was closed, so all is synced, whatever the policy.
    fn closed(&mut self, last: u64) {
        for delta in self.deltas.iter_mut().filter(|delta| delta.number <= last) {
            delta.acknowledged = Some(Duration::ZERO);
        }
        self.committed = self.now + Duration::from_secs(1);
    }

    /// A snapshot, while which something may be appended; says whether the journal can go on.
    fn snapshot(&mut self, journal: &mut Journal, appends: bool) -> bool {
        let state: Vec<u8> = self.deltas.iter().flat_map(|delta| delta.id.to_le_bytes()).collect();
        let Ok(cut) = journal.begin_snapshot() else { return false };
        let done = cut.run();
        if appends {
            self.append(journal, 50);
        }
        match journal.finish_cut(self.now, done) {
            Ok(mut writer) => {
                let can_go_on = self.settle(journal, Ok(()));
                let _ = writer.write_all(&state).and_then(|()| writer.finish());
                can_go_on
            }
            Err(SnapshotError::Commit(error)) => self.settle(journal, Err(&error)),
            // Without a snapshot, then.
            Err(_) => self.settle(journal, Ok(())),
        }
    }
}

fn live(
    model: &mut Model,
    journal: &mut Journal,
    disk: &SimulatedDisk,
    rng: &mut Rng,
    faults: &Faults,
) {
    for _ in 0..rng.below(40) {
        model.now += Duration::from_millis(rng.below(10));
        match rng.below(16) {
            0..=7 => {
                let len =
                    [0, 1, 20, 92, 300, 600, 2000, 5000][usize::try_from(rng.below(8)).unwrap()];
                model.append(journal, len);
            }
            8 => {
                let appends = rng.below(2) == 0;
                if !model.snapshot(journal, appends) {
                    return;
                }
            }
            9 => {
                let room = [None, Some(4000), Some(20_000)][usize::try_from(rng.below(3)).unwrap()];
                disk.set_faults(Faults { capacity: room, ..faults.clone() });
            }
            _ => {
                let result = journal.commit(model.now);
                if !model.settle(journal, result.as_ref().copied()) {
                    return;
                }
            }
        }
    }
}

fn lives(seed: u64, sync: SyncPolicy, faults: &Faults) -> Model {
    let mut rng = Rng(seed);
    let disk = SimulatedDisk::new(seed);
    let config = Config::with_sync(sync);
    let mut model = Model {
        seed,
        sync,
        deltas: Vec::new(),
        next: 0,
        now: Duration::ZERO,
        committed: Duration::ZERO,
        full: 0,
        lives: 0,
    };
    let mut end = End::Kill;
    for _ in 0..6 {
        disk.set_faults(faults.clone());
        if rng.below(3) == 0 {
            disk.die_after(rng.below(60));
        }
        match open(&disk, &config) {
            Err(error) => assert!(matches!(error, OpenError::Disk { .. }), "{seed}: {error}"),
            Ok((mut journal, _, read)) => {
                model.check(end, &read);
                model.lives += 1;
                end = End::Kill;
                live(&mut model, &mut journal, &disk, &mut rng, faults);
                if rng.below(4) == 0 && journal.broken().is_none() {
                    let last = journal.appended();
                    if journal.close(model.now).is_ok() {
                        model.closed(last);
                    }
                }
            }
        }
        if rng.below(3) == 0 {
            disk.kill();
        } else {
            end = End::Power;
            disk.power_cut();
        }
    }
    disk.set_faults(Faults::default());
    let (_, _, read) = open(&disk, &config).unwrap();
    model.check(end, &read);
    model
}

fn many(sync: SyncPolicy, faults: &Faults) {
    let (mut full, mut lived) = (0, 0);
    for seed in 0..seeds() {
        let model = lives(seed, sync, faults);
        full += model.full;
        lived += model.lives;
    }
    assert!(full > seeds() / 10, "the disk was full {full} times");
    assert!(lived > seeds() * 3, "{lived} lives");
}

const EVERY: SyncPolicy = SyncPolicy::Every(Duration::from_millis(50));

#[test]
fn what_is_acknowledged_after_a_sync_survives_everything() {
    many(SyncPolicy::Always, &Faults::default());
}

#[test]
fn what_is_synced_later_survives_a_kill_at_once_and_a_power_cut_in_time() {
    many(EVERY, &Faults::default());
}

#[test]
fn what_is_never_synced_survives_a_kill() {
    many(SyncPolicy::Never, &Faults::default());
}

#[test]
fn nothing_acknowledged_is_lost_where_syncs_fail() {
    let faults = Faults { sync_errors: 0.1, ..Faults::default() };
    many(SyncPolicy::Always, &faults);
    many(EVERY, &faults);
}

#[test]
fn nothing_acknowledged_is_lost_where_writes_fail() {
    let faults = Faults { write_errors: 0.05, ..Faults::default() };
    many(SyncPolicy::Always, &faults);
    many(SyncPolicy::Never, &faults);
}
