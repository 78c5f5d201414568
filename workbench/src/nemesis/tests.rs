use std::cell::RefCell;
use std::collections::BTreeSet;

use rand::SeedableRng;

use super::*;
use crate::network::testing::{body, drain, in_virtual_time, network};
use crate::network::{Percent, Stats};

/// Machines that note what is done to them.
#[derive(Default)]
struct Notes {
    down: RefCell<BTreeSet<String>>,
    paused: RefCell<BTreeSet<String>>,
    wrong: RefCell<BTreeSet<String>>,
}

impl Machines for Notes {
    fn kill(&self, node: &str) -> bool {
        self.down.borrow_mut().insert(node.to_owned())
    }

    fn start(&self, node: &str) {
        assert!(self.down.borrow_mut().remove(node), "{node} is running");
    }

    fn pause(&self, node: &str) -> bool {
        !self.down.borrow().contains(node) && self.paused.borrow_mut().insert(node.to_owned())
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
        [&self.down, &self.paused, &self.wrong].iter().all(|it| it.borrow().is_empty())
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
    ] {
        let interval = Duration::from_secs(1);
        let faults = Faults { interval, ..Faults::usual([kind]) };
        let (done, _) = minute(&faults);
        assert_eq!(done[0].0, Duration::ZERO, "the first comes at once");
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
        // Whom a kill has taken down meanwhile cannot be paused.
        let told = |(time, fault): &(Duration, Fault)| match kind {
            FaultKind::Pause => (time.as_secs(), fault.f, fault.value["targets"].clone()),
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
    assert_eq!(acts(&all)[..3], ["start-loss", "start-duplicate", "start-reorder"]);
    let ends = ["stop-loss", "stop-duplicate", "stop-reorder"];
    assert_eq!(acts(&all)[all.len() - 3..], ends);
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
