//! Each fault really happens: a node that looks for it finds it, and finds none where there is none.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use glomers::nemesis::{Choice, Faults, Shape, Target};
use glomers::workload::Kind;
use glomers_check::check::Valid;
use glomers_shims::cli::NoArgs;
use glomers_shims::nodes::Running;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node, serve};
use glomers_store::Disk;
use glomers_tests::wrong::disk_of;
use glomers_tests::{Run, Scenario};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How often a canary looks at the clock and calls the others.
const TICK: Duration = Duration::from_millis(10);

/// What canaries have found out.
#[derive(Debug, Default)]
struct Seen {
    /// How often each has started.
    lives: BTreeMap<String, u64>,
    /// How many lives its disk told of at its last start.
    on_disk: BTreeMap<String, u64>,
    /// How long it did not run, in milliseconds, each time that it was late.
    stops: BTreeMap<String, Vec<u128>>,
    /// By how many milliseconds its clock was wrong about the time between two ticks, where it was.
    jumps: BTreeMap<String, Vec<i128>>,
    /// By how many microseconds at most it was wrong otherwise.
    drift: BTreeMap<String, i128>,
    /// The calls that came, by sender and recipient.
    calls: BTreeMap<(String, String), Vec<u64>>,
    /// When each was called last.
    called: BTreeMap<String, Instant>,
    /// For how many milliseconds none came, each time that it was longer than a tick.
    silences: BTreeMap<String, Vec<u128>>,
}

thread_local! {
    /// A run and its nodes are on one thread.
    static SEEN: RefCell<Seen> = RefCell::default();
}

fn seen<T>(look: impl FnOnce(&mut Seen) -> T) -> T {
    SEEN.with_borrow_mut(look)
}

/// A node that echoes, and looks around.
struct Canary(Net);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Echo { echo: Value },
    Call { number: u64 },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Response {
    EchoOk { echo: Value },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Cry {
    Call { number: u64 },
}

impl Node for Canary {
    const NAME: &'static str = "canary";
    const ABOUT: &'static str = "Notices faults";
    type Args = NoArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, _: NoArgs) -> Result<Rc<Self>, Error> {
        let id = net.id().to_string();
        let disk = disk_of(&net);
        // As many files as lives: each is a change, of which one may be the last.
        let known = disk.list().unwrap().len() as u64;
        disk.create(&known.to_string()).unwrap();
        seen(|seen| {
            *seen.lives.entry(id.clone()).or_default() += 1;
            seen.on_disk.insert(id, known);
        });
        net.spawn(watch(net.clone()));
        Ok(Rc::new(Self(net)))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        match request {
            Request::Echo { echo } => Ok(Some(Response::EchoOk { echo })),
            Request::Call { number } => {
                let (id, now) = (self.0.id().to_string(), Instant::now());
                seen(|seen| {
                    if let Some(before) = seen.called.insert(id.clone(), now)
                        && now - before > TICK
                    {
                        let silences = seen.silences.entry(id.clone()).or_default();
                        silences.push((now - before).as_millis());
                    }
                    seen.calls.entry((from.to_string(), id)).or_default().push(number);
                });
                Ok(None)
            }
        }
    }
}

async fn watch(net: Net) {
    let id = net.id().to_string();
    let start = Instant::now();
    // The others may not be there yet.
    sleep(Duration::from_secs(1)).await;
    let note_stop = |late: Duration| {
        if late > Duration::ZERO {
            seen(|seen| seen.stops.entry(id.clone()).or_default().push(late.as_millis()));
        }
    };
    note_stop(start.elapsed().saturating_sub(Duration::from_secs(1)));
    let (mut then, mut shown) = (Instant::now(), net.now());
    for number in 0.. {
        sleep(TICK).await;
        note_stop(then.elapsed().saturating_sub(TICK));
        let told = i128::try_from(net.now().as_micros()).unwrap()
            - i128::try_from(shown.as_micros()).unwrap();
        let wrong = told - i128::try_from(then.elapsed().as_micros()).unwrap();
        (then, shown) = (Instant::now(), net.now());
        seen(|seen| {
            // Within a tick, no drift is as much as that.
            if wrong.abs() > 501 {
                seen.jumps.entry(id.clone()).or_default().push(wrong / 1000);
            } else if wrong != 0 {
                let most = seen.drift.entry(id.clone()).or_default();
                *most = wrong.abs().max(*most);
            }
        });
        for peer in net.node_ids().iter().filter(|peer| net.is_peer(peer)) {
            net.send(peer, &Cry::Call { number });
        }
    }
}

/// What a minute with these faults looks like to those who are in it.
fn minute(faults: Faults) -> (Run, Seen) {
    let launch =
        |env, transport| -> Running { Box::pin(serve::<Canary>(NoArgs {}, env, transport)) };
    let scenario = Scenario::launched_by(Kind::Echo, "canary", Box::new(launch)).seconds(60);
    seen(std::mem::take);
    // Whether all echoes come is not the question.
    let run = scenario.faults(faults).seed(1).run().unwrap();
    assert_eq!(run.outcome.muted, [], "nobody says what it should not");
    (run, seen(std::mem::take))
}

fn often(faults: Faults) -> Faults {
    Faults { interval: Duration::from_secs(2), ..faults }
}

/// Of the history, what the nemesis did.
fn acts(run: &Run, f: &str) -> Vec<Value> {
    let ops = run.outcome.history.ops().iter();
    ops.filter(|op| !op.is_client() && op.f == f).map(|op| op.value.to_json()).collect()
}

fn of_interest(numbers: &[u64]) -> (usize, usize, usize) {
    let different: BTreeSet<_> = numbers.iter().collect();
    let span = numbers.iter().max().map_or(0, |max| usize::try_from(*max).unwrap() + 1);
    let overtaken = numbers.windows(2).filter(|pair| pair[0] > pair[1]).count();
    (span - different.len(), numbers.len() - different.len(), overtaken)
}

/// Over all links: calls that are missing, that came again, and that came after a later one.
fn irregular(seen: &Seen) -> (usize, usize, usize) {
    assert_eq!(seen.calls.len(), 20, "everyone calls everyone");
    let each = seen.calls.values().map(|numbers| of_interest(numbers));
    each.fold((0, 0, 0), |all, one| (all.0 + one.0, all.1 + one.1, all.2 + one.2))
}

#[test]
fn without_faults_nothing_is_noticed() {
    let (run, seen) = minute(Faults::default());
    assert_eq!(irregular(&seen), (0, 0, 0));
    assert!(seen.lives.values().all(|lives| *lives == 1) && seen.lives.len() == 5);
    assert!(seen.stops.is_empty() && seen.jumps.is_empty() && seen.drift.is_empty(), "{seen:?}");
    assert!(seen.silences.is_empty() && seen.called.len() == 5);
    assert_eq!(run.results.at(&["faults"]), Some(&serde_json::json!({})));
}

#[test]
fn who_is_killed_starts_anew_with_its_disk() {
    let (run, seen) =
        minute(often(Faults { kill: Choice::of(Target::EVERY), ..Faults::default() }));
    let kills = acts(&run, "start-kill");
    let mut killed = BTreeMap::<&str, u64>::new();
    for node in kills.iter().flat_map(|kill| kill["nodes"].as_array().unwrap()) {
        *killed.entry(node.as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(killed.len(), 5, "it gets round");
    for (node, times) in &killed {
        assert_eq!(seen.lives[*node], times + 1, "{node}");
        assert_eq!(seen.on_disk[*node], *times, "{node} finds what its last life has left");
    }
    let count = killed.values().sum::<u64>();
    assert_eq!(run.results.at(&["faults", "kill", "count"]), Some(&count.into()));
    assert_eq!(run.results.at(&["faults", "kill", "times"]), Some(&kills.len().into()));
    let targets = run.results.at(&["faults", "kill", "by-targets"]).unwrap();
    assert_eq!(targets.as_object().unwrap().len(), 4, "{targets}");
    assert!(run.figure(&["faults", "kill", "unheard-messages"]) > 1000.0);
    assert!(seen.stops.is_empty() && seen.jumps.is_empty(), "they do not see their own end");
}

#[test]
fn a_kill_strikes_as_many_as_it_should() {
    for (target, size) in
        [(Target::One, 1), (Target::Minority, 2), (Target::Majority, 3), (Target::All, 5)]
    {
        let faults = Faults { kill: Some(Choice::only(target)), ..Faults::default() };
        let (run, _) = minute(often(faults));
        for kill in acts(&run, "start-kill") {
            assert_eq!(kill["nodes"].as_array().unwrap().len(), size, "{kill}");
        }
    }
}

#[test]
fn who_is_paused_misses_that_time_and_nothing_else() {
    // Long enough for clients to give up.
    let interval = Duration::from_secs(5);
    let faults = Faults { interval, pause: Choice::of(Target::EVERY), ..Faults::default() };
    let (run, seen) = minute(faults);
    let mut expected = BTreeMap::<String, Vec<f64>>::new();
    let mut since = BTreeMap::<String, u64>::new();
    for op in run.outcome.history.ops().iter().filter(|op| !op.is_client()) {
        for node in op.value.to_json()["nodes"].as_array().unwrap() {
            let node = node.as_str().unwrap().to_owned();
            match since.remove(&node) {
                None => drop(since.insert(node, op.time)),
                // When the load is over, the nodes are taken down before they could notice.
                Some(_) if op.time >= 60_000_000_000 => {}
                Some(start) => {
                    let nanos = Duration::from_nanos(op.time - start);
                    expected.entry(node).or_default().push(nanos.as_secs_f64() * 1000.0);
                }
            }
        }
    }
    for (node, pauses) in &expected {
        // A tick that was to come anyway meanwhile takes off as much at most; so does the first second.
        let long: Vec<_> = pauses.iter().filter(|pause| **pause > 20.0).collect();
        let stops = &seen.stops[node];
        assert!(stops.len() + 1 >= long.len(), "{node}: {stops:?}, {pauses:?}");
        let (stopped, paused): (u128, f64) = (stops.iter().sum(), pauses.iter().sum());
        #[expect(clippy::cast_precision_loss, reason = "a minute at most")]
        let missing = paused - stopped as f64;
        assert!(
            (-1.0..1100.0 + 11.0 * 60.0).contains(&missing),
            "{node}: {missing} ms are missing"
        );
    }
    assert_eq!(expected.len(), 5);
    let size = |pause: &Value| pause["nodes"].as_array().unwrap().len();
    let count: usize = acts(&run, "start-pause").iter().map(size).sum();
    assert_eq!(run.results.at(&["faults", "pause", "count"]), Some(&count.into()));
    // What came meanwhile is there when they go on, in order, and nobody starts anew.
    assert_eq!(irregular(&seen), (0, 0, 0));
    assert!(seen.lives.values().all(|lives| *lives == 1));
    assert!(run.figure(&["faults", "pause", "excused-replies"]) > 0.0, "some were paused for long");
}

#[test]
fn messages_are_lost_doubled_and_overtaken() {
    use glomers::nemesis::{FaultKind, Reorder};
    use glomers::network::Percent;

    let tenth = Percent::new(10.0).unwrap();
    let of = |faults| {
        let (run, seen) = minute(faults);
        (run, irregular(&seen))
    };
    // Each of 20 links carries some 6000 to 7000 calls.
    let many = 10_000..15_000;
    let (run, (lost, twice, overtaken)) = of(Faults { loss: Some(tenth), ..Faults::default() });
    assert!(many.contains(&lost) && twice == 0 && overtaken == 0, "{lost}");
    assert!(run.figure(&["faults", "loss", "count"]) >= 10_000.0);
    let (run, (lost, twice, overtaken)) =
        of(Faults { duplicate: Some(tenth), ..Faults::default() });
    assert!(many.contains(&twice) && lost == 0 && overtaken == 0, "{twice}, {lost}, {overtaken}");
    assert!(run.figure(&["faults", "duplicate", "count"]) >= 10_000.0);
    let reorder = Some(Reorder { chance: tenth, ..Reorder::default() });
    let (run, (lost, twice, overtaken)) = of(Faults { reorder, ..Faults::default() });
    // Some are held up still when all ends.
    assert!(overtaken > 9_000 && lost < 300 && twice == 0, "{overtaken}, {lost}, {twice}");
    assert!(run.figure(&["faults", "reorder", "count"]) >= 10_000.0);
    assert_eq!(run.results.at(&["faults"]).unwrap().as_object().unwrap().len(), 1);
    assert_eq!(Faults { reorder, ..Faults::default() }.kinds(), [FaultKind::Reorder]);
}

#[test]
fn clocks_jump_and_run_wrong() {
    let skew = Some(Duration::from_millis(800));
    let (run, seen) = minute(often(Faults { skew, ..Faults::default() }));
    assert_eq!(seen.jumps.len(), 5, "everybody's: {seen:?}");
    let all: Vec<_> = seen.jumps.values().flatten().copied().collect();
    let skews = run.figure(&["faults", "skew", "count"]);
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let jumps = all.len() as f64;
    // There and back, but for those of less than a millisecond and those in the first second.
    assert!((skews * 1.6..=skews * 2.0).contains(&jumps), "{jumps} for {skews}");
    assert!(all.iter().all(|ms| ms.abs() <= 1001), "{all:?}");
    assert!(all.iter().any(|ms| *ms > 400) && all.iter().any(|ms| *ms < -400), "{all:?}");
    // A twentieth of a tick.
    assert!(seen.drift.values().all(|micros| (100..=501).contains(micros)), "{:?}", seen.drift);
    assert_eq!(irregular(&seen), (0, 0, 0), "the network does not mind");
    assert!(seen.stops.is_empty());
}

#[test]
fn the_network_stands_still_for_everyone_and_goes_on() {
    use glomers::nemesis::Stall;
    use glomers_check::history::Kind as Outcome;

    let [most, every] = [300, 2000].map(Duration::from_millis);
    let (run, seen) = minute(Faults { stall: Some(Stall { most, every }), ..Faults::default() });
    let ops = run.outcome.history.ops();
    let times = |f| ops.iter().filter(move |op| op.f == f).map(|op| op.time);
    let stalls: Vec<_> = times("start-stall").zip(times("stop-stall")).collect();
    assert!((20..40).contains(&stalls.len()), "{stalls:?}");
    for &(from, to) in &stalls {
        assert!(to - from <= 300_000_000, "{from} to {to}");
        let done = ops.iter().filter(|op| op.is_client() && op.kind == Outcome::Ok);
        assert_eq!(done.filter(|op| (from + 1..to).contains(&op.time)).count(), 0, "a client");
    }
    // Who is called every ten milliseconds notices all that are longer, but for those in the first
    // second, and one that lasts until the end.
    let long = stalls.iter().filter(|(from, to)| *from > 1_100_000_000 && to - from > 20_000_000);
    let long: Vec<_> = long.map(|(from, to)| u128::from((to - from) / 1_000_000)).collect();
    assert_eq!(seen.silences.len(), 5, "everyone: {:?}", seen.silences);
    for silences in seen.silences.values() {
        for stall in &long[..long.len() - 1] {
            let like_it = |ms: &u128| (*stall..=stall + TICK.as_millis()).contains(ms);
            assert!(silences.iter().any(like_it), "{stall} ms is not among {silences:?}");
        }
        assert!(silences.len() <= stalls.len(), "{silences:?}, {stalls:?}");
    }
    assert_eq!(irregular(&seen), (0, 0, 0), "all comes, in order");
    assert!(seen.stops.is_empty() && seen.jumps.is_empty(), "nodes run on");
    assert_eq!(run.results.at(&["faults", "stall", "times"]), Some(&stalls.len().into()));
    // 20 calls each ten milliseconds that it lasted.
    let lasted: u64 = stalls.iter().map(|(from, to)| (to - from) / 10_000_000).sum();
    let count = run.results.at(&["faults", "stall", "count"]).and_then(Value::as_u64).unwrap();
    assert!((lasted * 18..lasted * 25).contains(&count), "{count} in {lasted} ticks");
}

#[test]
fn a_cut_of_one_way_leaves_the_other() {
    let partition = Some(Choice::only(Shape::OneWay));
    let (run, seen) =
        minute(Faults { interval: Duration::from_secs(100), partition, ..Faults::default() });
    let cuts = acts(&run, "start-partition");
    assert_eq!(cuts.len(), 1, "it lasts for the whole minute");
    let (mut dead, mut live) = (0, 0);
    let calls = |src: &str, dest: &str| {
        let numbers = seen.calls.get(&(src.to_owned(), dest.to_owned()));
        numbers.map_or(&[][..], Vec::as_slice)
    };
    let grudge = cuts[0]["grudge"].as_object().unwrap();
    for (dest, snubbed) in grudge {
        for src in grudge.keys().filter(|src| *src != dest) {
            if snubbed.as_array().unwrap().contains(&Value::from(&**src)) {
                dead += 1;
                assert!(calls(src, dest).is_empty(), "{src} to {dest}");
            } else {
                live += 1;
                assert_eq!(of_interest(calls(src, dest)), (0, 0, 0), "{src} to {dest}");
                assert!(calls(src, dest).len() > 5000, "{src} to {dest}");
            }
        }
    }
    for (dest, snubbed) in grudge {
        for src in snubbed.as_array().unwrap() {
            let back = calls(dest, src.as_str().unwrap());
            assert!(back.len() > 5000, "{src} hears {dest} and is not heard");
        }
    }
    assert!(dead > 0 && dead + live == 20, "{dead} cut, {live} not");
    assert_eq!(run.results.at(&["faults", "partition", "by-shape", "one-way"]), Some(&1.into()));
}

/// A node that refuses to begin a second life.
struct Stubborn;

impl Node for Stubborn {
    const NAME: &'static str = "stubborn";
    const ABOUT: &'static str = "Lives once";
    type Args = NoArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, _: NoArgs) -> Result<Rc<Self>, Error> {
        let disk = disk_of(&net);
        if !disk.list().unwrap().is_empty() {
            return Err(Error::new(ErrorCode::Abort, "once is enough"));
        }
        disk.create("life").unwrap();
        Ok(Rc::new(Self))
    }

    async fn handle(
        self: Rc<Self>,
        _: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        match request {
            Request::Echo { echo } => Ok(Some(Response::EchoOk { echo })),
            Request::Call { .. } => Ok(None),
        }
    }
}

#[test]
fn who_does_not_come_back_has_crashed() {
    let launch =
        |env, transport| -> Running { Box::pin(serve::<Stubborn>(NoArgs {}, env, transport)) };
    let scenario = Scenario::launched_by(Kind::Echo, "stubborn", Box::new(launch)).seconds(20);
    let run = scenario.kills(5).targets(&[Target::One]).seed(1).run().unwrap();
    assert_eq!(run.results.valid, Valid::No);
    let crash = run.results.findings.iter().find(|finding| finding.anomaly == "crashed").unwrap();
    let why = "it was killed and did not come back";
    assert!(crash.text.contains(why) && crash.text.contains("once is enough"), "{}", crash.text);
    let crashed = run.results.at(&["nodes", "crashed"]).unwrap().as_array().unwrap();
    let size = |start: &Value| start["nodes"].as_array().unwrap().len();
    let killed: usize = acts(&run, "stop-kill").iter().map(size).sum();
    assert_eq!(crashed.len(), killed, "each time");
}
