//! Ten thousand replicas on one machine: do they converge, after how many messages, how soon?
//!
//! ```sh
//! cargo run --release -p glomers-gossip --example ten_thousand
//! cargo run --release -p glomers-gossip --example ten_thousand -- --delay uniform
//! cargo run --release -p glomers-gossip --example ten_thousand -- --links tree10
//! cargo run --release -p glomers-gossip --example ten_thousand -- --help
//! ```
#![expect(clippy::print_stdout, reason = "an example's result")]

mod bits;
mod measure;
mod options;

use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use bits::{Bits, Values};
use glomers_crdt::GSet;
use glomers_gossip::simulation::{Dice, Simulation, Weather};
use glomers_gossip::{Config, Members, Replica};
use measure::Measure;
use options::{Options, State};

/// When the first value is written. By then the nodes have greeted each other.
const BEGIN: Duration = Duration::from_secs(10);

/// How long all may take to become equal after the last value.
const PATIENCE: Duration = Duration::from_secs(60);

type Network<S> = Simulation<Replica<S, usize>, Measure>;

fn main() -> ExitCode {
    if env::args().any(|word| word == "--help") {
        println!("{}", Options::HELP);
        return ExitCode::SUCCESS;
    }
    let options = match Options::parse() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{}", Options::HELP);
            return ExitCode::from(2);
        }
    };
    let converged = match options.state {
        State::Bits => run::<Bits>(&options),
        State::GSet => run::<GSet<u32>>(&options),
    };
    if converged { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs and reports; returns whether all became equal and nothing was lost.
fn run<S: Values>(options: &Options) -> bool {
    let begin = Instant::now();
    let mut network: Network<S> = network(options);
    eprintln!("{:>6.1} s  {} replicas made", begin.elapsed().as_secs_f64(), options.nodes);
    network.run_until(BEGIN);
    progress(begin, &network);
    let greetings = network.counts().sent;
    network.observer_mut().start(BEGIN);

    write_all(options, &mut network, begin);
    let written = network.now();
    while network.observer().missing() > 0 && network.now() < written + PATIENCE {
        network.run_for(Duration::from_millis(100));
    }
    progress(begin, &network);

    let converged = network.observer().missing() == 0 && network.agreed().is_some();
    report(options, &network, greetings);
    let wall = begin.elapsed().as_secs_f64();
    let memory = peak_memory().map_or_else(String::new, |mib| format!(", {mib} MiB at most"));
    println!("{} in {wall:.1} s{memory}", if converged { "converged" } else { "NOT CONVERGED" });
    converged
}

fn network<S: Values>(options: &Options) -> Network<S> {
    let Options { nodes, target, fan_out, delay, links, flush, seed, .. } = *options;
    let members: Members<usize> = (0..nodes).collect();
    let config = Config::default().latency_target(target).fan_out(fan_out);
    let mut network = Simulation::observed(nodes, seed, Measure::new(nodes), {
        move |me, now, epoch| {
            let mut replica = Replica::new(now, epoch, config.clone());
            match links {
                None => replica.join(now, &me, members.clone()),
                Some(topology) => replica.set_links(now, topology.links(&members, &me, flush)),
            }
            replica
        }
    });
    network.set_weather(Weather::of(delay));
    network
}

/// Each writer writes once a second, one after another, so that a value's number tells when it was
/// written.
fn write_all<S: Values>(options: &Options, network: &mut Network<S>, begin: Instant) {
    let writers = writers(options);
    let pause = Duration::from_secs(1) / u32::try_from(writers.len()).unwrap_or(u32::MAX);
    let mut value = 0;
    for _second in 0..options.seconds {
        for writer in &writers {
            network.update(*writer, |state| state.put(value));
            network.run_for(pause);
            value += 1;
        }
        progress(begin, network);
    }
}

/// Some of the nodes, by the seed.
fn writers(options: &Options) -> Vec<usize> {
    let mut dice = Dice::new(options.seed);
    let mut nodes: Vec<usize> = (0..options.nodes).collect();
    for place in 0..options.writers {
        nodes.swap(place, place + dice.below(options.nodes - place));
    }
    nodes.truncate(options.writers);
    nodes
}

fn progress<S: Values>(begin: Instant, network: &Network<S>) {
    eprintln!(
        "{:>6.1} s  virtual time {:>5.1} s, {} messages, {} of {} values not everywhere",
        begin.elapsed().as_secs_f64(),
        network.now().as_secs_f64(),
        network.counts().sent,
        network.observer().missing(),
        network.observer().written(),
    );
}

fn report<S: Values>(options: &Options, network: &Network<S>, greetings: u64) {
    let (counts, measure) = (network.counts(), network.observer());
    let messages = counts.sent - greetings;
    println!("{options:?}");
    println!("{greetings} messages before the first value, then {messages}");
    let took = network.now().saturating_sub(BEGIN).as_secs_f64();
    let rounds = match options.links {
        None => measure.rounds,
        Some(_) => took / options.flush.as_secs_f64(),
    };
    println!(
        "{:.0} messages for each of {rounds:.1} rounds, {:.0} ms apart; 2(n - 1) = {}",
        real(messages) / rounds,
        took * 1e3 / rounds,
        2 * options.nodes.saturating_sub(1),
    );
    println!("{:.3} messages a value", real(messages) / real(measure.written() as u64));
    println!("{:.1} MiB of deltas", real(measure.bytes as u64) / f64::from(1 << 20));
    if let Some((peers, node)) = measure.greatest_fan_out() {
        println!("greatest fan-out: node {node} sent batches to {peers} peers");
    }
    let mut latencies = measure.latencies.clone();
    latencies.sort_unstable();
    if let Some(last) = latencies.len().checked_sub(1) {
        let quantile = |percent: usize| latencies[last * percent / 100].as_millis();
        println!(
            "until everywhere, in ms: least {}, median {}, 95 % {}, 99 % {}, most {}",
            quantile(0),
            quantile(50),
            quantile(95),
            quantile(99),
            quantile(100),
        );
    }
    println!("{counts:?}");
}

#[expect(clippy::cast_precision_loss, reason = "some billions at most")]
fn real(count: u64) -> f64 {
    count as f64
}

/// The most memory that this process has had, in MiB; known on Linux.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_converge_whichever_way_they_hold_values() {
        for links in [None, "tree4".parse().ok()] {
            let few = Options { nodes: 100, writers: 10, seconds: 3, links, ..Options::default() };
            assert!(run::<Bits>(&few));
            assert!(run::<GSet<u32>>(&few));
        }
    }
}
