//! How much higher a log's offsets are than the number of its messages, by who writes.
//!
//! `cargo run --release -p glomers-log --example density`

use std::process::ExitCode;

use glomers_crdt::Lattice;
use glomers_log::{AppendError, Member, Rank, ReplicatedLog};

type Log = ReplicatedLog<(), u32>;

/// How many messages each member appends in a round.
struct Load {
    name: &'static str,
    of: fn(round: u32, member: u32) -> u32,
    /// At most so many times as high as there are messages.
    bar: f64,
}

const ROUNDS: u32 = 200;
const SIZE: Rank = 5;

const LOADS: [Load; 8] = [
    Load { name: "one writes, 20 a round", of: |_, it| if it == 3 { 20 } else { 0 }, bar: 1.1 },
    Load {
        name: "one writes, 1 every other round",
        of: |round, it| if it == 3 { (round + 1) % 2 } else { 0 },
        bar: 1.3,
    },
    Load { name: "two write, 20 a round", of: |_, it| if it < 2 { 20 } else { 0 }, bar: 1.7 },
    Load { name: "all write, 4 a round", of: |_, _| 4, bar: 1.5 },
    Load { name: "all write, 1 to 7 a round", of: |round, it| dice(round, it) % 7 + 1, bar: 2.0 },
    Load {
        name: "one writes 20, the others 1",
        of: |_, it| if it == 3 { 20 } else { 1 },
        bar: 3.0,
    },
    Load {
        name: "they take turns, 50 rounds each",
        of: |round, it| if round / 50 % SIZE == it { 20 } else { 0 },
        bar: 1.2,
    },
    Load {
        name: "a message now and then, from anywhere",
        of: |round, it| u32::from(dice(round, it).is_multiple_of(10)),
        bar: 4.0,
    },
];

fn dice(round: u32, member: u32) -> u32 {
    let mixed = (round * SIZE + member).wrapping_add(1).wrapping_mul(0x9E37_79B1);
    (mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA77) >> 8
}

/// Messages, and the end of the log.
fn run(load: &Load) -> Result<(u32, u64), AppendError> {
    let mut members: Vec<(Member<(), u32>, Log)> =
        (0..SIZE).filter_map(|rank| Some((Member::new(rank, SIZE)?, Log::default()))).collect();
    let mut count = 0;
    for round in 0..ROUNDS {
        // What a round says arrives in the next.
        let mut said = Log::default();
        for (rank, (member, log)) in (0..).zip(&mut members) {
            for _ in 0..(load.of)(round, rank) {
                said.merge(&member.append(log, &(), count)?.1);
                count += 1;
            }
        }
        let mut answers = Log::default();
        for (member, log) in &mut members {
            let novel = said.difference(log);
            log.merge(&novel);
            answers.merge(&member.follow(log, &novel));
        }
        for (_, log) in &mut members {
            log.merge(&answers);
        }
    }
    Ok((count, members.iter().map(|(_, log)| log.end(&())).max().unwrap_or(0)))
}

#[expect(clippy::print_stdout, reason = "its purpose")]
fn main() -> ExitCode {
    println!("{SIZE} members, {ROUNDS} rounds");
    println!("{:<40}{:>10}{:>14}{:>8}{:>7}", "", "messages", "highest + 1", "ratio", "limit");
    for load in &LOADS {
        match run(load) {
            Ok((count, end)) => {
                let ratio = ratio(count, end);
                println!("{:<40}{count:>10}{end:>14}{ratio:>8.2}{:>7}", load.name, load.bar);
            }
            Err(error) => {
                eprintln!("{}: {error}", load.name);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn ratio(count: u32, end: u64) -> f64 {
    end as f64 / f64::from(count)
}

#[test]
fn offsets_stay_dense() {
    for load in &LOADS {
        let (count, end) = run(load).unwrap();
        assert!(ratio(count, end) <= load.bar, "{}: {count} messages up to {end}", load.name);
    }
}
