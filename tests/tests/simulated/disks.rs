//! Nodes that are killed, and machines whose power is cut, and disks that fail: nothing that our nodes have
//! acknowledged is lost, or they refuse to serve and say why. That the faults are what they should be, a node
//! sees that looks at its disk.
//!
//! `GLOMERS_SEEDS=1000 cargo test --release -p glomers-tests --test simulated disks::` tries as many seeds.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use clap::ValueEnum;
use glomers::explore::promised_models;
use glomers::nemesis::{Choice, FaultKind, Faults, Target};
use glomers::network::Distribution::Exponential;
use glomers::network::Percent;
use glomers::workload::Kind;
use glomers_check::check::Valid;
use glomers_shims::cli::NoArgs;
use glomers_shims::nodes::Running;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node, serve};
use glomers_store::{Disk, SimulatedDisk};
use glomers_tests::wrong::disk_of;
use glomers_tests::{Run, Scenario, in_parallel, seeds};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::sleep;

/// As many seeds of each workload are tried, unless the environment asks for more or fewer.
const SEEDS: u64 = 20;

/// Those that keep something on a disk, all of it.
const KEEPERS: [Kind; 6] = [
    Kind::Broadcast,
    Kind::GSet,
    Kind::GCounter,
    Kind::PnCounter,
    Kind::Kafka,
    Kind::TxnRwRegister,
];

/// With a network that parts, loses messages and lets them come twice.
fn rough(kind: Kind, seed: u64) -> Scenario {
    let of = |values: &[u64]| values[usize::try_from(seed).unwrap() % values.len()];
    let nodes = usize::try_from(of(&[1, 3, 5])).unwrap();
    let scenario = Scenario::built_in(kind, &[]).nodes(nodes).seconds(20).seed(seed);
    let models: Vec<_> = promised_models(kind).iter().map(|model| model.name()).collect();
    let scenario = scenario.models(&models).latency(of(&[0, 5, 20, 50]), Exponential);
    scenario.partitions(2).loss(10.0).duplication(10.0)
}

/// Nothing may be found but that some operation never succeeded: its clients may have waited for who was
/// down. Returns the sum of some figures.
fn assert_sound<const N: usize>(
    kinds: &[Kind],
    scenario: impl Fn(Scenario) -> Scenario + Sync,
    figures: [&[&str]; N],
) -> [u64; N] {
    let runs = kinds.iter().flat_map(|kind| (0..seeds(SEEDS)).map(move |seed| (*kind, seed)));
    let sums = [(); N].map(|()| AtomicU64::new(0));
    in_parallel(runs.collect::<Vec<_>>(), |(kind, seed)| {
        let scenario = scenario(rough(kind, seed));
        let run = scenario.run().unwrap();
        let found = run.anomalies();
        assert!(found.iter().all(|it| *it == "none-ok"), "{scenario}: {:#?}", run.results.findings);
        for (sum, path) in sums.iter().zip(figures) {
            let figure = run.results.at(path).and_then(Value::as_u64).unwrap_or_default();
            sum.fetch_add(figure, Relaxed);
        }
    });
    sums.map(AtomicU64::into_inner)
}

#[test]
fn what_is_acknowledged_survives_kills_of_any_nodes() {
    let figures = [&["faults", "kill", "by-targets", "all"][..], &["faults", "kill", "count"]];
    let [all, killed] = assert_sound(Kind::value_variants(), |it| it.kills(2), figures);
    assert!(all > 0 && killed > all, "{all} times all, {killed} nodes");
}

#[test]
fn what_is_acknowledged_survives_power_cuts_of_any_machines() {
    let figures = [&["faults", "power", "by-targets", "all"][..], &["faults", "power", "count"]];
    let [all, cut] = assert_sound(Kind::value_variants(), |it| it.power_cuts(2), figures);
    assert!(all > 0 && cut > all, "{all} times all, {cut} nodes");
}

#[test]
fn who_cannot_sync_gives_up_and_loses_nothing() {
    let figures = [&["faults", "sync-error", "gave-up-count"][..]];
    let scenario = |it: Scenario| it.sync_errors(20.0, 2).power_cuts(2);
    let [gave_up] = assert_sound(&KEEPERS, scenario, figures);
    assert!(gave_up > 0, "some must");
}

#[test]
fn who_has_no_room_goes_on_when_there_is_some_and_loses_nothing() {
    let figures = [&["faults", "disk-full", "count"][..], &["stats", "info-count"]];
    let [full, unknown] = assert_sound(&KEEPERS, |it| it.full_disks(2).kills(3), figures);
    assert!(full > 0 && unknown > 0, "{full} disks, {unknown} operations");
}

/// In the end the bit is what it was, and all must be there.
#[test]
fn whose_bits_have_flipped_refuses_to_serve_and_loses_nothing() {
    let figures = [&["faults", "bit-flip", "refused-count"][..], &["faults", "bit-flip", "count"]];
    let [refused, flipped] = assert_sound(&KEEPERS, |it| it.bit_flips(3), figures);
    // Of what a file holds beside records, and of what is replaced by now, it need not know.
    assert!(refused > 0 && refused * 3 > flipped * 2, "{refused} of {flipped}");
}

#[test]
fn all_at_once_loses_nothing() {
    let scenario = |it: Scenario| {
        let it = it.kills(3).power_cuts(3).sync_errors(5.0, 3).full_disks(3).bit_flips(6);
        it.slow_syncs(50).pauses(3).skew(1000, 3).reordering(10.0)
    };
    assert_sound(&KEEPERS, scenario, []);
}

#[test]
fn what_is_only_written_does_not_survive_a_power_cut() {
    for (kind, args, anomaly) in [
        (Kind::GSet, ["--durability", "process"], "lost"),
        (Kind::Broadcast, ["--durability", "none"], "lost"),
    ] {
        let found = (0..5).any(|seed| {
            let scenario = Scenario::built_in(kind, &args).nodes(2).power_cuts(2).seed(seed);
            scenario.targets(&[Target::All]).run().unwrap().anomalies().contains(anomaly)
        });
        assert!(found, "{kind:?} {args:?}");
    }
}

/// What nodes have found on their disks.
#[derive(Debug, Default)]
struct Seen {
    /// By node, what its life has written, and how much of it was synced.
    written: BTreeMap<String, (Vec<u8>, usize)>,
    lives: u64,
    /// Of all that was written, and of what was synced: how much was not there.
    all: Damage,
    synced: Damage,
    /// How often a write or a sync failed, for want of room and otherwise.
    full: u64,
    failed: u64,
    /// How long a sync took at most.
    slowest: Duration,
}

#[derive(Debug, Default, PartialEq)]
struct Damage {
    missing_bytes: usize,
    other_bits: u32,
}

impl Damage {
    fn add(&mut self, written: &[u8], found: &[u8]) {
        self.missing_bytes += written.len().saturating_sub(found.len());
        let pairs = written.iter().zip(found);
        self.other_bits += pairs.map(|(one, other)| (one ^ other).count_ones()).sum::<u32>();
    }
}

thread_local! {
    /// A run and its nodes are on one thread.
    static SEEN: RefCell<Seen> = RefCell::default();
}

fn seen<T>(look: impl FnOnce(&mut Seen) -> T) -> T {
    SEEN.with_borrow_mut(look)
}

/// A node that echoes, and writes to its disk.
struct Scribe;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Echo { echo: Value },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Response {
    EchoOk { echo: Value },
}

impl Node for Scribe {
    const NAME: &'static str = "scribe";
    const ABOUT: &'static str = "Notices what befalls its disk";
    type Args = NoArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, _: NoArgs) -> Result<Rc<Self>, Error> {
        let (disk, id) = (disk_of(&net), net.id().to_string());
        let mut found = Vec::new();
        if let Ok(file) = disk.open("book") {
            found.resize(usize::try_from(file.len().unwrap()).unwrap(), 0);
            file.read_at(&mut found, 0).unwrap();
        }
        seen(|seen| {
            seen.lives += 1;
            let (written, synced) = seen.written.remove(&id).unwrap_or_default();
            seen.all.add(&written, &found);
            seen.synced.add(&written[..synced], &found);
        });
        net.spawn(async move {
            if let Err(error) = write(&disk, &id).await {
                seen(|seen| match error.kind() {
                    io::ErrorKind::StorageFull => seen.full += 1,
                    _ => seen.failed += 1,
                });
            }
        });
        Ok(Rc::new(Self))
    }

    async fn handle(
        self: Rc<Self>,
        _: Rc<str>,
        Request::Echo { echo }: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(Some(Response::EchoOk { echo }))
    }
}

/// A hundred bytes every five milliseconds, of which every other hundred is synced, until something
/// fails.
async fn write(disk: &SimulatedDisk, id: &str) -> io::Result<()> {
    let file = disk.create("book")?;
    file.sync()?;
    disk.sync_names()?;
    let mine = |look: &dyn Fn(&mut (Vec<u8>, usize))| {
        seen(|seen| look(seen.written.entry(id.to_owned()).or_default()));
    };
    for number in 1_u64.. {
        sleep(Duration::from_millis(5)).await;
        let block = [u8::try_from(number % 255 + 1).unwrap(); 100];
        file.write_at(&block, (number - 1) * 100)?;
        mine(&|(written, _)| written.extend(block));
        if number.is_multiple_of(2) {
            file.sync()?;
            mine(&|(written, synced)| *synced = written.len());
            seen(|seen| seen.slowest = seen.slowest.max(disk.sync_time()));
        }
    }
    Ok(())
}

/// What twenty seconds with these faults look like to who writes.
fn twenty_seconds(faults: Faults) -> (Run, Seen) {
    let launch =
        |env, transport| -> Running { Box::pin(serve::<Scribe>(NoArgs {}, env, transport)) };
    let scenario = Scenario::launched_by(Kind::Echo, "scribe", Box::new(launch));
    seen(std::mem::take);
    let faults = Faults { interval: Duration::from_secs(1), ..faults };
    let run = scenario.seconds(20).nodes(3).faults(faults).seed(1).run().unwrap();
    (run, seen(std::mem::take))
}

#[test]
fn without_faults_nothing_befalls_a_disk() {
    let (_, seen) = twenty_seconds(Faults::default());
    let nothing = Damage::default();
    assert_eq!((seen.lives, seen.full, seen.failed, seen.slowest), (3, 0, 0, Duration::ZERO));
    assert_eq!((seen.all, seen.synced), (nothing, Damage::default()));
}

#[test]
fn a_kill_loses_nothing_and_may_come_in_the_middle_of_a_write() {
    let (run, seen) = twenty_seconds(Faults::usual([FaultKind::Kill]));
    assert_eq!(seen.all, Damage::default());
    assert_eq!(seen.lives, 3 + count(&run, "kill", "count"));
    assert!(seen.failed > 0 && seen.failed < seen.lives - 3, "{seen:?}: some ends, and not all");
}

#[test]
fn a_power_cut_loses_what_was_not_synced_and_nothing_else() {
    let (run, seen) = twenty_seconds(Faults::usual([FaultKind::Power]));
    assert_eq!(seen.synced, Damage::default());
    assert!(seen.all.missing_bytes > 0, "{:?}", seen.all);
    assert_eq!(seen.lives, 3 + count(&run, "power", "count"));
}

/// The power of a machine is cut even if its node is down.
#[test]
fn a_power_cut_befalls_who_was_killed() {
    let both = Faults::usual([FaultKind::Kill, FaultKind::Power]);
    let (run, seen) = twenty_seconds(both);
    let were_down = run
        .outcome
        .history
        .ops()
        .iter()
        .any(|op| op.f == "start-power" && op.value.to_json().get("were-down").is_some());
    assert!(were_down);
    assert_eq!(seen.synced, Damage::default());
    let ended = count(&run, "kill", "count") + count(&run, "power", "count");
    assert_eq!(seen.lives, 3 + ended, "each that was ended came back once");
}

#[test]
fn a_disk_fills_up_and_fails_and_is_slow() {
    let (run, seen) = twenty_seconds(Faults::usual([FaultKind::DiskFull]));
    assert!(seen.full > 0 && seen.failed == 0, "{seen:?}");
    assert!(count(&run, "disk-full", "count") > 3);

    let (run, seen) = twenty_seconds(Faults::usual([FaultKind::SyncError]));
    assert!(seen.full == 0 && seen.failed == 3, "{seen:?}: each fails in the end");
    assert!(count(&run, "sync-error", "count") > 3);
    assert_eq!(seen.lives, 3, "who does not give up is left alone");

    let (_, seen) = twenty_seconds(Faults::usual([FaultKind::SlowSync]));
    let usual = Faults::SLOWEST_SYNC;
    assert!(seen.slowest > usual / 2 && seen.slowest <= usual, "{:?}", seen.slowest);
    assert_eq!((seen.full, seen.failed), (0, 0));
}

#[test]
fn a_bit_flips_and_no_more() {
    let (run, seen) = twenty_seconds(Faults::usual([FaultKind::BitFlip]));
    let flipped = count(&run, "bit-flip", "count");
    assert!(flipped > 3);
    // Who minds none begins another life; one may be in a part that is not yet noted down as written.
    let bits = u64::from(seen.all.other_bits);
    assert!(bits <= flipped && bits + 1 >= flipped, "{bits} of {flipped}");
    assert_eq!(seen.all.missing_bytes, 0);
}

fn count(run: &Run, kind: &str, key: &str) -> u64 {
    run.results.at(&["faults", kind, key]).and_then(Value::as_u64).unwrap()
}

/// A node that ends, or does not begin, in its own way.
struct Odd;

#[derive(clap::Args, Clone, Debug)]
struct Oddity {
    #[arg(long)]
    says: String,
}

impl Node for Odd {
    const NAME: &'static str = "odd";
    const ABOUT: &'static str = "Does not begin a second life";
    type Args = Oddity;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, Oddity { says }: Oddity) -> Result<Rc<Self>, Error> {
        let disk = disk_of(&net);
        if !disk.list().unwrap().is_empty() {
            return Err(Error::new(ErrorCode::Crash, says));
        }
        let file = disk.create("book").unwrap();
        file.write_at(&[0xff; 100], 0).unwrap();
        Ok(Rc::new(Self))
    }

    async fn handle(
        self: Rc<Self>,
        _: Rc<str>,
        Request::Echo { echo }: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(Some(Response::EchoOk { echo }))
    }
}

#[test]
fn who_refuses_must_say_why_and_must_not_when_the_bit_is_turned_back() {
    let run = |says: &str, faults| {
        let says = says.to_owned();
        let scenario = Scenario::of_node::<Odd>(Kind::Echo, Oddity { says });
        scenario.seconds(20).nodes(3).faults(faults).seed(1).run().unwrap()
    };
    let crashes = |run: &Run| run.outcome.crashes.len();
    let flips = Faults { bit_flip: Some(Choice::only(Target::One)), ..Faults::default() };
    let flips = Faults { interval: Duration::from_secs(8), ..flips };
    let silent = run("no", flips.clone());
    assert_eq!((silent.results.valid, crashes(&silent)), (Valid::No, 1));
    // It says so, but goes on saying it when all is as it was.
    let run = run("book is damaged", flips);
    assert_eq!(run.results.at(&["faults", "bit-flip", "refused-count"]), Some(&1.into()));
    assert_eq!((run.results.valid, crashes(&run)), (Valid::No, 1));
    let refused = run.results.at(&["nodes", "refused"]).unwrap();
    assert!(refused[0]["why"].as_str().unwrap().contains("book is damaged"), "{refused}");
}

#[test]
fn who_gives_up_is_told_and_starts_again_and_has_not_crashed() {
    let scenario = Scenario::built_in(Kind::GSet, &[]).nodes(3).seconds(20).seed(1);
    let faults = Faults {
        interval: Duration::from_secs(3),
        sync_error: Percent::new(100.0),
        ..Faults::default()
    };
    let run = scenario.faults(faults).assert_valid();
    let gave_up = run.results.at(&["nodes", "gave-up"]).unwrap().as_array().unwrap();
    assert!(gave_up.len() > 2, "{gave_up:?}");
    for end in gave_up {
        let why = end["why"].as_str().unwrap();
        assert!(why.contains("a simulated fault"), "{why}");
    }
    assert_eq!(run.results.at(&["nodes", "crashed"]), Some(&serde_json::json!([])));
    let different: BTreeSet<_> = gave_up.iter().map(|end| end["node"].to_string()).collect();
    assert_eq!(different.len(), 3);
}
