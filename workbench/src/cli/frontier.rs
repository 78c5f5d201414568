use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use clap::error::ErrorKind;
use glomers_check::check::{Valid, convergence_times};
use glomers_gossip::{Floor, Topology};
use rustix::fs::Access;
use serde_json::Value;

use self::chart::{Line, draw};
use super::faults::FaultArgs;
use super::output::{if_kept, keep, or_abandon, print};
use super::pictures::{PictureArgs, own_command};
use super::progress::Progress;
use super::report;
use super::stop::stop_on_signals;
use super::store::StoreArgs;
use super::test::check_program;
use super::values::{count, fresh_seed, rate, seed, within};
use crate::judged::{About, Judged};
use crate::nemesis::{Faults, Reorder};
use crate::network::{Distribution, Latency, Percent};
use crate::node_logs::NodeLogs;
use crate::paths::{at, is_same};
use crate::run::{NodeNames, Nodes, RunError, Settings};
use crate::store::RunFolder;
use crate::workload::Kind;

mod chart;

/// Runs broadcast once for each latency target, in steady weather and then in one that is not, and
/// holds the messages it takes against the least that is possible.
///
/// The weather of the second table is what the flags about faults say; without any, one message in a
/// hundred is late by up to 60 ms (--reorder 1 --reorder-delay 60).
///
/// The floor of rounds with period T, for n nodes and r operations a second of which half are
/// broadcasts, is (n−1)·(2 − e^(−rT/2n)) / rT messages an operation, at latencies up to T plus two
/// delays; where the target leaves no such time, the floor is n−1 messages a broadcast. Where messages
/// are held up (--reorder), T is by so much less as it takes to keep the target for all: see
/// `glomers_gossip::Floor`. A ratio below 1 tells that it is not.
#[derive(Args, Clone, Debug)]
pub(super) struct FrontierArgs {
    /// The latency targets, in milliseconds
    #[arg(long, value_name = "MS", value_delimiter = ',', default_value = "100,300,600,1000,1800", value_parser = count::<u32>)]
    targets: Vec<u32>,

    /// The program of a node that takes --latency-target, run in real time; without it our own in
    /// virtual time
    #[arg(long, value_name = "PROGRAM")]
    bin: Option<PathBuf>,

    /// How many nodes
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    node_count: u32,

    /// About how many operations a second
    #[arg(long, value_name = "HZ", default_value_t = 100.0, value_parser = rate)]
    rate: f64,

    /// How long each load lasts, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = within::<1, 1_000_000>)]
    time_limit: u64,

    /// The mean latency of messages between nodes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 100)]
    latency: u32,

    /// How single latencies spread around the mean
    #[arg(long, value_name = "TYPE", default_value = "constant")]
    latency_dist: Distribution,

    /// Leave the second table out
    #[arg(long, conflicts_with = "FaultArgs")]
    steady: bool,

    #[command(flatten)]
    faults: FaultArgs,

    /// Whence all random choices come
    #[arg(long, value_name = "N", value_parser = seed)]
    seed: Option<u64>,

    /// Also draw the frontier into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    #[command(flatten)]
    store: StoreArgs,

    #[command(flatten)]
    pictures: PictureArgs,
}

/// What one target costs.
struct Point {
    target: u32,
    messages: f64,
    /// The least that is possible; nothing if nothing need be sent.
    floor: Option<f64>,
    median: Option<f64>,
    max: Option<f64>,
    /// What nodes themselves tell; unknown of programs.
    reported: Option<Reported>,
    bytes: f64,
    valid: Valid,
    /// Whether it is of a part of the load alone.
    is_interrupted: bool,
    /// The report on the run, if it was not valid.
    why: Option<String>,
}

/// Until every node holds a value.
struct Reported {
    /// At worst, in milliseconds.
    worst: Option<u64>,
    /// The share that took no longer than the target, in per cent.
    in_time: f64,
}

impl FrontierArgs {
    /// The weather of the second table.
    fn weather(&self) -> Option<Faults> {
        if self.steady {
            return None;
        }
        let given = self.faults.faults();
        if given.is_empty() { Some(late()) } else { Some(given) }
    }

    fn settings(&self, nodes: Nodes, faults: Faults, seed: u64) -> Settings {
        Settings {
            names: NodeNames::Numbered(usize::try_from(self.node_count).unwrap_or(usize::MAX)),
            rate: self.rate,
            time_limit: Duration::from_secs(self.time_limit),
            latency: Latency { mean_ms: self.latency.into(), dist: self.latency_dist },
            faults,
            seed,
            ..Settings::of(nodes)
        }
    }

    /// The least that rounds cost where messages are held up as the weather has it; of other faults it
    /// knows nothing.
    fn floor(&self, target: u32, weather: &Faults) -> Option<f64> {
        let delay = Duration::from_millis(self.latency.into());
        let target = Duration::from_millis(target.into());
        let values = self.rate / 2.0;
        let (share, late) = weather
            .reorder
            .map_or((0.0, Duration::ZERO), |reorder| (reorder.chance.value(), reorder.delay));
        let others = f64::from(self.node_count.saturating_sub(1));
        if target <= delay * 2 {
            return Some(others / 2.0).filter(|floor| *floor > 0.0);
        }
        let rounds = Floor { replicas: self.node_count, values, delay, target };
        rounds.messages(share / 100.0, late).map(|floor| floor / 2.0)
    }
}

/// One message in a hundred is late, by up to 60 ms.
fn late() -> Faults {
    let delay = Duration::from_millis(60);
    let reorder = Percent::new(1.0).map(|chance| Reorder { chance, delay });
    Faults { reorder, ..Faults::default() }
}

pub(super) fn run(args: &FrontierArgs, logs: &NodeLogs) -> Result<Valid, RunError> {
    check_program(args.bin.as_deref(), &args.faults.faults())?;
    let svg = args.svg.as_deref().zip(args.bin.as_deref());
    if let Some((svg, program)) = svg.filter(|(svg, program)| is_same(svg, program)) {
        let text =
            format!("--svg {} would overwrite the program {}\n", svg.display(), program.display());
        return Err(clap::Error::raw(ErrorKind::ArgumentConflict, text).into());
    }
    // Before anything is measured.
    if let Some(file) = &args.svg {
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let writable = fs::metadata(folder).and_then(|it| {
            if !it.is_dir() {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            Ok(rustix::fs::access(folder, Access::WRITE_OK)?)
        });
        at(file, writable)?;
    }
    let stop = stop_on_signals("what was measured so far is told")?;
    measure_all(args, logs, &stop)
}

/// Both tables, as far as they come until `stop` is raised.
fn measure_all(
    args: &FrontierArgs,
    logs: &NodeLogs,
    stop: &Arc<AtomicBool>,
) -> Result<Valid, RunError> {
    let seed = args.seed.map_or_else(fresh_seed, Ok)?;
    print(&format!(
        "broadcast: {} nodes, rate {}, {} s, latency {} ms, seed {seed}\n",
        args.node_count, args.rate, args.time_limit, args.latency
    ));
    let steady = table(args, &Faults::default(), None, seed, logs, stop)?;
    let is_stopped = || stop.load(Ordering::Relaxed);
    let other = match args.weather() {
        Some(weather) if !is_stopped() => table(args, &weather, Some(&steady), seed, logs, stop)?,
        _ => Vec::new(),
    };
    if let Some(file) = &args.svg {
        at(file, fs::write(file, picture(&steady, &other)))?;
        print(&format!("\ndrawn in {}\n", file.display()));
    }
    let points = || steady.iter().chain(&other);
    for why in points().filter_map(|point| point.why.as_deref()) {
        print(&format!("\n{why}"));
    }
    let worst = points().map(|point| point.valid).max().unwrap_or(Valid::Yes);
    if !is_stopped() {
        return if_kept(worst);
    }
    print("\nunknown: interrupted; not all targets were measured\n");
    Ok(worst.max(Valid::Unknown))
}

/// Measures one point after the other in that weather, and prints it at once.
fn table(
    args: &FrontierArgs,
    weather: &Faults,
    steady: Option<&[Point]>,
    seed: u64,
    logs: &NodeLogs,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<Point>, RunError> {
    let name = if weather.is_empty() { "steady weather".to_owned() } else { weather.to_string() };
    let price = if steady.is_some() { "  ×steady" } else { "" };
    print(&format!(
        "\n{name}\n  target  msgs/op   floor  ratio{price}   median      max  converged  in time  \
         bytes/value  verdict\n"
    ));
    let mut points = Vec::new();
    for (at, &target) in args.targets.iter().enumerate() {
        let point = match measure(args, target, weather, seed, logs, stop) {
            // So early that there is nothing of it.
            Err(RunError::Interrupted) => break,
            point => point?,
        };
        let before = steady.and_then(|points| points.get(at));
        print(&row(&point, before));
        points.push(point);
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(points)
}

/// A point as a line, with what it costs more than `steady`.
fn row(point: &Point, steady: Option<&Point>) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let number = |value: Option<f64>| or_dash(value.map(|value| format!("{value:.2}")));
    let millis = |ms: Option<f64>| or_dash(ms.map(|ms| format!("{ms} ms")));
    let share = |of: f64| (of > 0.0).then(|| point.messages / of);
    let price = steady.map(|it| format!("{:>9}", number(share(it.messages))));
    let reported = point.reported.as_ref();
    let worst = reported.and_then(|it| it.worst).map(|ms| format!("{ms} ms"));
    let in_time = reported.map(|it| format!("{:.1} %", it.in_time));
    format!(
        "{:>5} ms {:>8.2} {:>7} {:>6}{} {:>8} {:>8} {:>10} {:>8} {:>12.0}  {}\n",
        point.target,
        point.messages,
        number(point.floor),
        number(point.floor.and_then(share)),
        price.unwrap_or_default(),
        millis(point.median),
        millis(point.max),
        or_dash(worst),
        or_dash(in_time),
        point.bytes,
        match point.valid {
            Valid::Yes => "valid",
            _ if point.is_interrupted => "unknown: interrupted",
            Valid::Unknown => "unknown",
            Valid::No => "INVALID",
        },
    )
}

fn measure(
    args: &FrontierArgs,
    target: u32,
    weather: &Faults,
    seed: u64,
    logs: &NodeLogs,
    stop: &Arc<AtomicBool>,
) -> Result<Point, RunError> {
    let folder = RunFolder::create(&args.store.store, Kind::Broadcast.name())?;
    let node_args = ["--latency-target".to_owned(), target.to_string()];
    let nodes = match &args.bin {
        Some(program) => Nodes::Processes {
            program: program.clone(),
            args: node_args.to_vec(),
            logs: Some(folder.node_logs()),
        },
        None => Nodes::built_in(Kind::Broadcast, &node_args)?,
    };
    let settings = args.settings(nodes, weather.clone(), seed);
    let mut workload = Kind::Broadcast.workload(&settings.node_ids(), Topology::Grid);
    let progress = Progress::new(true, Arc::clone(stop));
    let recorder = args.pictures.recorder(&folder);
    let judged = Judged::run_recorded(settings, &mut *workload, &progress, recorder);
    progress.clear();
    let judged = or_abandon(&folder, judged)?;
    let command = own_command(judged.settings.seed);
    let name = format!("frontier: {target} ms");
    let about = About { workload: Kind::Broadcast.name(), command: &command, name: Some(&name) };
    keep(&judged, &folder, logs, about);
    let drawn = args.pictures.draw(&folder, &judged, about);
    let is_interrupted = judged.outcome.is_interrupted;
    let why = (judged.results.valid != Valid::Yes && !is_interrupted).then(|| {
        report::heading(&format!("{target} ms: broadcast"), &judged.settings)
            + &report::body(&judged, &folder, drawn.as_deref())
    });
    let figure = |path: &[&str]| judged.results.at(path).and_then(Value::as_f64);
    let values = figure(&["workload", "attempt-count"]).unwrap_or(0.0).max(1.0);
    Ok(Point {
        target,
        messages: figure(&["net", "servers", "msgs-per-op"]).unwrap_or(0.0),
        floor: args.floor(target, weather),
        median: figure(&["workload", "stable-latencies", "0.5"]),
        max: figure(&["workload", "stable-latencies", "1"]),
        reported: reported(&judged, target),
        bytes: figure(&["net", "servers", "bytes"]).unwrap_or(0.0) / values,
        valid: judged.results.valid,
        is_interrupted,
        why,
    })
}

/// How soon every node held the values; nothing if there were none.
fn reported(judged: &Judged, target: u32) -> Option<Reported> {
    let observations = judged.outcome.observations.as_ref()?;
    let nodes = judged.settings.node_ids();
    let times = convergence_times(&judged.outcome.history, "broadcast", &nodes, observations);
    let in_time = times.iter().flatten().filter(|ms| **ms <= u64::from(target)).count();
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let share = |part: usize| 100.0 * part as f64 / times.len() as f64;
    let worst = times.iter().copied().flatten().max();
    (!times.is_empty()).then(|| Reported { worst, in_time: share(in_time) })
}

/// Messages over the target: the floor, steady weather, and the other.
fn picture(steady: &[Point], other: &[Point]) -> String {
    let at = |points: &[Point], value: fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        let whole = points.iter().filter(|it| !it.is_interrupted);
        let each = whole.filter_map(|it| Some((f64::from(it.target), value(it)?)));
        each.collect()
    };
    let messages = |points| at(points, |point| Some(point.messages));
    draw(&[
        Line {
            name: "floor",
            color: "#777",
            dashes: "5 4",
            is_marked: false,
            points: at(steady, |it| it.floor),
        },
        Line {
            name: "late deliveries",
            color: "#c60",
            dashes: "2 3",
            is_marked: true,
            points: messages(other),
        },
        Line {
            name: "steady weather",
            color: "#06c",
            dashes: "",
            is_marked: true,
            points: messages(steady),
        },
    ])
}

#[cfg(test)]
mod tests;
