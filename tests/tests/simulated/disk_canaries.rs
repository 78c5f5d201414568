//! Each fault of disks is what it should be, and no more: a node that looks at its disk sees it. And who
//! refuses to start for no good reason has crashed.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use glomers::nemesis::{Choice, FaultKind, Faults, Target};
use glomers::workload::Kind;
use glomers_check::check::Valid;
use glomers_shims::cli::NoArgs;
use glomers_shims::nodes::Running;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node, serve};
use glomers_store::{Disk, SimulatedDisk};
use glomers_tests::wrong::disk_of;
use glomers_tests::{Run, Scenario};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::sleep;

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
    /// How often somebody heard of it.
    heard: u64,
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

/// A node that echoes, and writes to its disk; and complains to another if that fails.
struct Scribe;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Echo { echo: Value },
    Complain,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    Complain,
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
        let complaining = net.clone();
        net.spawn(async move {
            if let Err(error) = write(&disk, &id).await {
                let nodes = complaining.node_ids();
                let peer = nodes.iter().find(|peer| complaining.is_peer(peer));
                complaining.send(peer.unwrap(), &Wire::Complain);
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
        request: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(match request {
            Request::Echo { echo } => Some(Response::EchoOk { echo }),
            Request::Complain => {
                seen(|seen| seen.heard += 1);
                None
            }
        })
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
    assert_eq!(seen.heard, 0, "who has ended says nothing");
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
    assert_eq!(seen.heard, 3);
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
        request: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(match request {
            Request::Echo { echo } => Some(Response::EchoOk { echo }),
            Request::Complain => {
                seen(|seen| seen.heard += 1);
                None
            }
        })
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
    assert_eq!(silent.results.at(&["faults", "bit-flip", "refused-count"]), None);
    // It says so, but goes on saying it when all is as it was.
    let run = run("book is damaged", flips);
    assert_eq!(run.results.at(&["faults", "bit-flip", "refused-count"]), Some(&1.into()));
    assert_eq!((run.results.valid, crashes(&run)), (Valid::No, 1));
    let refused = run.results.at(&["nodes", "refused"]).unwrap();
    assert!(refused[0]["why"].as_str().unwrap().contains("book is damaged"), "{refused}");
}
