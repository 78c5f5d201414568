use std::cell::RefCell;
use std::collections::BTreeSet;

use rand::SeedableRng;

use super::*;
use crate::network::testing::{body, drain, in_virtual_time, network};
use crate::network::{Percent, Stats};

/// Machines that note what is done to them.
#[derive(Default)]
struct Notes {
    /// By whom each is kept down.
    down: RefCell<Vec<String>>,
    paused: RefCell<BTreeSet<String>>,
    wrong: RefCell<BTreeSet<String>>,
    /// Whose disk is full, fails or is slow, and how.
    disturbed: RefCell<BTreeSet<String>>,
    flipped: RefCell<BTreeSet<String>>,
}

impl Machines for Notes {
    fn kill(&self, node: &str) -> Condition {
        let was = self.condition(node);
        self.down.borrow_mut().push(node.to_owned());
        was
    }

    fn cut_power(&self, node: &str) -> Condition {
        self.kill(node)
    }

    fn start(&self, node: &str) {
        let mut down = self.down.borrow_mut();
        let at = down.iter().position(|it| it == node);
        down.remove(at.unwrap_or_else(|| panic!("{node} is running")));
    }

    fn disturb(&self, node: &str, disturbance: Disturbance) {
        let (what, is_on) = match disturbance {
            Disturbance::Errors(chance) => ("errors", chance > 0.0),
            Disturbance::Room(room) => ("room", room.is_some()),
            Disturbance::SlowestSync(most) => ("slow", !most.is_zero()),
        };
        let (mut disturbed, what) = (self.disturbed.borrow_mut(), format!("{node} {what}"));
        let changed = if is_on { disturbed.insert(what) } else { disturbed.remove(&what) };
        assert!(changed, "{node}: {disturbance:?}");
    }

    fn revive(&self, _: &str) {}

    fn flip_bit(&self, node: &str) -> Option<Flip> {
        assert_eq!(self.condition(node), Condition::Down);
        self.flipped.borrow_mut().insert(node.to_owned());
        Some(Flip { file: "x".to_owned(), byte: 7 })
    }

    fn restore(&self, node: &str) {
        self.flipped.borrow_mut().remove(node);
    }

    fn pause(&self, node: &str) -> bool {
        self.condition(node) == Condition::Running
            && self.paused.borrow_mut().insert(node.to_owned())
    }

    fn resume(&self, node: &str) {
        assert!(self.paused.borrow_mut().remove(node), "{node} is not stopped");
    }

    fn skew(&self, node: &str, skew: Skew) {
        let mut wrong = self.wrong.borrow_mut();
        let is_right = skew == Skew::default();
        let changed = if is_right { wrong.remove(node) } else { wrong.insert(node.to_owned()) };
        assert!(changed, "{node}: {skew:?}");
    }
}

impl Notes {
    fn all_is_well(&self) -> bool {
        let all = [&self.paused, &self.wrong, &self.disturbed, &self.flipped];
        self.down.borrow().is_empty() && all.iter().all(|it| it.borrow().is_empty())
    }

    fn condition(&self, node: &str) -> Condition {
        let is_down = self.down.borrow().iter().any(|it| it == node);
        if is_down { Condition::Down } else { Condition::Running }
    }
}

/// A minute with these faults: what the nemesis did, and what became of 1000 messages before
/// the start, 1000 at the end and 1000 after the healing.
fn minute(faults: &Faults) -> (Vec<(Duration, Fault)>, [Stats; 3]) {
    in_virtual_time(async {
        let network = network(0);
        let nodes = ["n0", "n1"].map(str::to_owned);
        let mut inboxes = [network.register("n0"), network.register("n1")];
        let mut send = async || {
            for n in 0..1000 {
                network.send("n0", "n1", body(json!({ "n": n }))).unwrap();
            }
            drain(&mut inboxes[1]).await;
            network.stats()
        };
        let rng = |kind| Rng::seed_from_u64(kind as u64);
        let machines = Rc::new(Notes::default());
        let before = send().await;
        let as_machines: Rc<dyn Machines> = Rc::<Notes>::clone(&machines);
        let mut nemesis = Nemesis::new(faults, &network, &as_machines, &nodes, rng);
        let began = network.elapsed();
        let mut done = Vec::new();
        let mut record = |fault| done.push((network.elapsed().saturating_sub(began), fault));
        nemesis.start().into_iter().for_each(&mut record);
        let end = Instant::now() + Duration::from_secs(60);
        nemesis.run_until(end, &mut record).await;
        let longest = faults.stall.map_or(Duration::ZERO, |stall| stall.most);
        assert!(Instant::now() < end + longest);
        let during = send().await;
        nemesis.heal().into_iter().for_each(record);
        assert!(machines.all_is_well() && network.cuts().is_empty());
        (done, [before, during, send().await])
    })
}

fn acts(done: &[(Duration, Fault)]) -> Vec<&str> {
    done.iter().map(|(_, fault)| fault.f).collect()
}

#[test]
fn what_befalls_messages_lasts_until_the_healing() {
    let chance = Percent::new(100.0);
    let (done, [before, during, after]) = minute(&Faults { loss: chance, ..Faults::default() });
    assert_eq!(acts(&done), ["start-loss", "stop-loss"]);
    assert_eq!(
        done[0],
        (Duration::ZERO, Fault { f: "start-loss", value: json!({"percent": 100.0}) })
    );
    let lost = |stats: Stats| (stats.servers.sent, stats.servers.received, stats.lost);
    assert_eq!(
        [before, during, after].map(lost),
        [(1000, 1000, 0), (2000, 1000, 1000), (3000, 2000, 1000)]
    );

    let (done, [before, during, after]) =
        minute(&Faults { duplicate: chance, ..Faults::default() });
    assert_eq!(acts(&done), ["start-duplicate", "stop-duplicate"]);
    let twice = |stats: Stats| (stats.servers.sent, stats.servers.received, stats.duplicated);
    assert_eq!(
        [before, during, after].map(twice),
        [(1000, 1000, 0), (2000, 3000, 1000), (3000, 4000, 1000)]
    );

    let reorder = chance.map(|chance| Reorder { chance, ..Reorder::default() });
    let (done, [before, during, after]) = minute(&Faults { reorder, ..Faults::default() });
    assert_eq!(acts(&done), ["start-reorder", "stop-reorder"]);
    assert_eq!(done[0].1.value, json!({"percent": 100.0, "most-ms": 1000}));
    let held_up = |stats: Stats| (stats.servers.sent, stats.servers.received, stats.held_up);
    assert_eq!(
        [before, during, after].map(held_up),
        [(1000, 1000, 0), (2000, 2000, 1000), (3000, 3000, 1000)]
    );
}

#[test]
fn without_faults_nothing_happens() {
    let (done, [.., after]) = minute(&Faults::default());
    assert_eq!(done, []);
    let befell = (after.lost, after.duplicated, after.held_up, after.unheard);
    assert_eq!((after.servers.received, befell), (3000, (0, 0, 0, 0)));
}

#[test]
fn what_comes_and_goes_does_so_in_turn() {
    for (kind, name) in [
        (FaultKind::Partition, "partition"),
        (FaultKind::Kill, "kill"),
        (FaultKind::Pause, "pause"),
        (FaultKind::Skew, "skew"),
        (FaultKind::Power, "power"),
        (FaultKind::DiskFull, "disk-full"),
        (FaultKind::SyncError, "sync-error"),
        (FaultKind::BitFlip, "bit-flip"),
    ] {
        let interval = Duration::from_secs(1);
        let faults = Faults { interval, ..Faults::usual([kind]) };
        let (done, _) = minute(&faults);
        let first = done[0].0;
        match kind {
            FaultKind::DiskFull | FaultKind::SyncError | FaultKind::BitFlip => {
                let some_time = interval / 2..interval * 2;
                assert!(some_time.contains(&first), "{name} after {first:?}: nodes have begun");
            }
            _ => assert_eq!(first, Duration::ZERO, "the first comes at once"),
        }
        for (n, (_, fault)) in done.iter().take(done.len() - 1).enumerate() {
            assert_eq!(fault.f, format!("{}-{name}", ["start", "stop"][n % 2]));
        }
        assert_eq!(done[done.len() - 1].1.f, format!("stop-{name}"));
        assert!((40..90).contains(&done.len()), "{name}: {} in 60 s", done.len());
    }
}

/// How long each stall lasts and how long each gap between two, in milliseconds.
fn stalls(done: &[(Duration, Fault)]) -> [Vec<u128>; 2] {
    let mut lengths = [Vec::new(), Vec::new()];
    for (n, pair) in done.windows(2).enumerate() {
        assert_eq!(pair[0].1.f, ["start-stall", "stop-stall"][n % 2]);
        lengths[n % 2].push(pair[1].0.saturating_sub(pair[0].0).as_millis());
    }
    lengths
}

#[test]
fn stalls_are_short_and_as_often_as_they_should_be() {
    let stall = Some(Stall { most: Duration::from_millis(40), every: Duration::from_millis(500) });
    let (done, _) = minute(&Faults { stall, ..Faults::default() });
    assert_eq!(done[0].1.value, json!({"most-ms": 40}));
    // The last one is the healing.
    let [lengths, gaps] = stalls(&done[..done.len() - 1]);
    assert!(lengths.iter().all(|ms| *ms <= 40) && lengths.iter().any(|ms| *ms > 30));
    let mean = |times: &[u128]| times.iter().sum::<u128>() / times.len() as u128;
    assert!((15..=25).contains(&mean(&lengths)), "{lengths:?}");
    assert!((400..=600).contains(&mean(&gaps)), "{gaps:?}");
}

#[test]
fn a_stall_ends_though_the_load_is_over() {
    in_virtual_time(async {
        let network = network(0);
        let machines: Rc<dyn Machines> = Rc::new(Notes::default());
        let most = Duration::from_secs(10);
        let stall = Some(Stall { most, every: most });
        let (faults, nodes) = (Faults { stall, ..Faults::default() }, ["n0".to_owned()]);
        let rng = |_| Rng::seed_from_u64(1);
        let mut nemesis = Nemesis::new(&faults, &network, &machines, &nodes, rng);
        let (_c0, mut n0) = (network.register("c0"), network.register("n0"));
        let (end, mut done) = (Instant::now() + Duration::from_millis(1), Vec::new());
        nemesis.run_until(end, |fault| done.push(fault.f)).await;
        assert_eq!(done, ["start-stall", "stop-stall"]);
        assert!(Instant::now() > end);
        network.send("c0", "n0", body(json!({ "n": 1 }))).unwrap();
        assert_eq!(drain(&mut n0).await.len(), 1);
    });
}

#[test]
fn one_fault_does_not_shift_another() {
    use clap::ValueEnum;

    let interval = Duration::from_secs(5);
    let all = Faults { interval, ..Faults::usual(FaultKind::value_variants().iter().copied()) };
    let (all, [_, during, after]) = minute(&all);
    for kind in FaultKind::value_variants() {
        let alone = minute(&Faults { interval, ..Faults::usual([*kind]) }).0;
        let value = kind.to_possible_value().unwrap();
        let same = all.iter().filter(|(_, fault)| fault.f.ends_with(value.get_name()));
        // Whom a kill has taken down meanwhile cannot be paused, nor killed.
        let told = |(time, fault): &(Duration, Fault)| match kind {
            FaultKind::Pause | FaultKind::Kill | FaultKind::Power | FaultKind::BitFlip => {
                (time.as_secs(), fault.f, fault.value["targets"].clone())
            }
            _ => (time.as_secs(), fault.f, fault.value.clone()),
        };
        let (mut same, mut alone): (Vec<_>, Vec<_>) =
            (same.map(told).collect(), alone.iter().map(told).collect());
        // How long it takes until all messages are there, and the healing comes, is another matter.
        for last in [same.last_mut(), alone.last_mut()].into_iter().flatten() {
            last.0 = 0;
        }
        assert_eq!(same, alone, "{kind:?}");
    }
    let begun = ["start-loss", "start-duplicate", "start-reorder", "start-slow-sync"];
    assert_eq!(acts(&all)[..4], begun);
    let ends = ["stop-loss", "stop-duplicate", "stop-reorder", "stop-slow-sync"];
    assert_eq!(acts(&all)[all.len() - 4..], ends);
    assert_eq!(after.lost, during.lost);
    assert!((150..250).contains(&during.lost), "{}", during.lost);
}

#[test]
fn a_seed_replays() {
    let faults =
        Faults { interval: Duration::from_secs(2), ..Faults::usual([FaultKind::Partition]) };
    let done = minute(&faults).0;
    assert_eq!(done, minute(&faults).0);
    let shapes: BTreeSet<_> =
        done.iter().filter_map(|(_, fault)| fault.value["shape"].as_str()).collect();
    assert!(shapes.len() > 2, "{shapes:?}");
}
