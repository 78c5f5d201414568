use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use glomers_check::check::Valid;
use glomers_gossip::Topology;
use serde_json::Value;

use super::pictures::{PictureArgs, own_command};
use super::progress::Progress;
use super::test::{fresh_seed, rate};
use super::{StoreArgs, print};
use crate::judged::Judged;
use crate::network::Latency;
use crate::node_logs::NodeLogs;
use crate::run::{Nodes, RunError, Settings};
use crate::store::RunFolder;
use crate::workload::Kind;

/// Runs broadcast once for each latency target and holds the messages it takes against the least
/// that is possible.
///
/// The floor of rounds with period T, for n nodes and r operations a second of which half are
/// broadcasts, is (n−1)·(2 − e^(−rT/2n)) / rT messages an operation, at latencies up to T plus two
/// delays; where the target leaves no such time, the floor is n−1 messages a broadcast.
#[derive(Args, Clone, Debug)]
pub(super) struct FrontierArgs {
    /// The latency targets, in milliseconds
    #[arg(long, value_name = "MS", value_delimiter = ',', default_value = "100,300,600,1000,1800")]
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
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    time_limit: u64,

    /// The latency of messages between nodes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 100)]
    latency: u32,

    /// Whence all random choices come
    #[arg(long, value_name = "N")]
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
    floor: f64,
    median: f64,
    max: f64,
    /// Until every node holds a value, at worst; unknown of programs.
    converged: Option<f64>,
    bytes: f64,
}

pub(super) fn run(args: &FrontierArgs, logs: &NodeLogs) -> Result<Valid, RunError> {
    let seed = args.seed.map_or_else(fresh_seed, Ok)?;
    print(&format!(
        "broadcast: {} nodes, rate {}, {} s, latency {} ms, seed {seed}\n\n",
        args.node_count, args.rate, args.time_limit, args.latency
    ));
    print("  target  msgs/op   floor  ratio   median      max  converged  bytes/value  verdict\n");
    let mut points = Vec::new();
    let mut worst = Valid::Yes;
    for &target in &args.targets {
        let (point, valid) = measure(args, target, seed, logs)?;
        let converged = point.converged.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms"));
        print(&format!(
            "{:>5} ms {:>8.2} {:>7.2} {:>6.2} {:>5} ms {:>5} ms {converged:>10} {:>12.0}  {}\n",
            point.target,
            point.messages,
            point.floor,
            point.messages / point.floor,
            point.median,
            point.max,
            point.bytes,
            if valid == Valid::Yes { "valid" } else { "NOT VALID" },
        ));
        worst = worst.max(valid);
        points.push(point);
    }
    if let Some(file) = &args.svg {
        fs::write(file, draw(&points))?;
        print(&format!("\ndrawn in {}\n", file.display()));
    }
    Ok(worst)
}

fn measure(
    args: &FrontierArgs,
    target: u32,
    seed: u64,
    logs: &NodeLogs,
) -> Result<(Point, Valid), RunError> {
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
    let settings = Settings {
        node_count: usize::try_from(args.node_count).unwrap_or(usize::MAX),
        rate: args.rate,
        time_limit: std::time::Duration::from_secs(args.time_limit),
        latency: Latency { mean_ms: args.latency.into(), ..Latency::default() },
        seed,
        ..Settings::of(nodes)
    };
    let mut workload = Kind::Broadcast.workload(&settings.node_ids(), Topology::Grid);
    let progress = Progress::new(true);
    let recorder = args.pictures.recorder(&folder)?;
    let judged = Judged::run_recorded(settings, &mut *workload, &progress, recorder)?;
    progress.clear();
    judged.keep(&folder, logs)?;
    args.pictures.draw(&folder, Kind::Broadcast, &judged, &own_command(judged.settings.seed));
    let figure = |path: &[&str]| judged.results.at(path).and_then(Value::as_f64);
    let values = figure(&["workload", "attempt-count"]).unwrap_or(0.0).max(1.0);
    let point = Point {
        target,
        messages: figure(&["net", "servers", "msgs-per-op"]).unwrap_or(0.0),
        floor: floor(args, target),
        median: figure(&["workload", "stable-latencies", "0.5"]).unwrap_or(f64::NAN),
        max: figure(&["workload", "stable-latencies", "1"]).unwrap_or(f64::NAN),
        converged: figure(&["workload", "convergence", "quantiles-ms", "1"]),
        bytes: figure(&["net", "servers", "bytes"]).unwrap_or(0.0) / values,
    };
    Ok((point, judged.results.valid))
}

fn floor(args: &FrontierArgs, target: u32) -> f64 {
    let others = f64::from(args.node_count.saturating_sub(1));
    let period = f64::from(target.saturating_sub(args.latency.saturating_mul(2))) / 1000.0;
    if period <= 0.0 {
        return others / 2.0;
    }
    let silent = (-args.rate * period / (2.0 * f64::from(args.node_count))).exp();
    others * (2.0 - silent) / (args.rate * period)
}

/// The chart's size, and the margins for its axes.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 50.0;
const TOP: f64 = 30.0;
const RIGHT: f64 = 20.0;

/// Messages over the target, on logarithmic scales, with the floor beneath.
fn draw(points: &[Point]) -> String {
    let range = |values: Vec<f64>| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        ((low * 0.8).ln(), (high * 1.25).ln())
    };
    let (x_low, x_high) = range(points.iter().map(point_target).collect());
    let (y_low, y_high) = range(points.iter().flat_map(|p| [p.messages, p.floor]).collect());
    let x = |ms: f64| LEFT + (ms.ln() - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT);
    let y = |messages: f64| {
        HEIGHT - BOTTOM - (messages.ln() - y_low) / (y_high - y_low) * (HEIGHT - BOTTOM - TOP)
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\" font-size=\"14\">Messages an operation over the latency \
         target</text>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">latency target [ms]</text>\n",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 10.0,
    );
    let bottom = HEIGHT - BOTTOM;
    let _ = writeln!(
        svg,
        "<path d=\"M{LEFT} {TOP}V{bottom}H{}\" fill=\"none\" stroke=\"black\"/>",
        WIDTH - RIGHT
    );
    let line = |value: fn(&Point) -> f64| {
        let corner = |point| format!("{:.1},{:.1}", x(point_target(point)), y(value(point)));
        points.iter().map(corner).collect::<Vec<_>>().join(" ")
    };
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#999\" stroke-dasharray=\"5 4\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>",
        line(|point| point.floor),
        line(|point| point.messages),
    );
    for point in points {
        let (at_x, at_y) = (x(point_target(point)), y(point.messages));
        let _ = writeln!(
            svg,
            "<circle cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"4\" fill=\"#06c\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{:.2}</text>\n\
             <text x=\"{at_x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            at_x + 7.0,
            at_y - 7.0,
            point.messages,
            bottom + 16.0,
            point.target,
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"end\" fill=\"#06c\">measured</text>\n\
         <text x=\"{0:.1}\" y=\"{2:.1}\" text-anchor=\"end\" fill=\"#777\">floor</text>\n</svg>",
        WIDTH - RIGHT,
        TOP + 14.0,
        TOP + 30.0,
    );
    svg
}

fn point_target(point: &Point) -> f64 {
    f64::from(point.target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_holds_every_point() {
        let point = |target, messages| Point {
            target,
            messages,
            floor: messages / 1.1,
            median: 0.0,
            max: 0.0,
            converged: None,
            bytes: 0.0,
        };
        let svg = draw(&[point(100, 12.0), point(600, 1.03)]);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains(">12.00<") && svg.contains(">1.03<") && !svg.contains("NaN"));
    }
}
