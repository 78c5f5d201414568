//! Exploration: our nodes pass whatever is drawn for them, what is found does not depend on how many
//! look, and the command tells how to see it again. For what it finds see `planted`.
//!
//! `GLOMERS_SEEDS=1000 cargo test --release -p glomers-tests --test simulated explore::` tries as many seeds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::ValueEnum;
use glomers::explore::{Found, Mixture, Search, Shrink, Space, Subject};
use glomers::nemesis::{FaultKind, Faults};
use glomers::network::Distribution;
use glomers::run::Concurrency;
use glomers::workload::Kind;
use glomers_check::check::{Availability, Valid};
use glomers_tests::programs::{Glomers, program, python_node};
use glomers_tests::{in_parallel, seeds};

fn search(seeds: u64, jobs: usize, keep_going: bool) -> Search {
    Search { seeds: 0..seeds, jobs: NonZeroUsize::new(jobs).unwrap(), keep_going }
}

fn run(search: &Search, subject: &Subject, space: &Space) -> Found {
    search.run(subject, space, &AtomicBool::new(false), |_, _| {}).unwrap()
}

/// Some seeds of these fail: values are in memory, and are lost with it.
fn failing() -> (Subject, Space) {
    let args = ["--durability", "none"].map(str::to_owned);
    let subject = Subject::built_in(Kind::GSet, &args).unwrap();
    let space = Space {
        node_counts: vec![1, 2, 3],
        concurrencies: vec![Concurrency::PerNode(1)],
        rates: vec![50.0],
        time_limits: vec![Duration::from_secs(10)],
        latencies: vec![0, 10],
        distributions: vec![Distribution::Uniform],
        mixture: Mixture::Random(vec![FaultKind::Kill, FaultKind::Loss]),
    };
    (subject, space)
}

#[test]
fn our_nodes_pass_whatever_is_drawn_for_them() {
    let seeds = seeds(60);
    in_parallel(Kind::value_variants(), |&kind| {
        let (subject, space) = (Subject::built_in(kind, &[]).unwrap(), Space::fair());
        let found = run(&search(seeds, 1, true), &subject, &space);
        for failure in &found.failures {
            let flags = failure.case.to_flags().join(" ");
            println!("glomers test -w {} {flags}: {:?}", kind.name(), failure.anomalies);
        }
        assert_eq!(found.failures, [], "{}", kind.name());
        let coverage = &found.coverage;
        // Where most is down for most of the time, there may be nothing to tell.
        assert_eq!(coverage.valid + coverage.unknown, seeds, "{}", kind.name());
        assert!(coverage.unknown * 20 <= seeds, "{}: {} unknown", kind.name(), coverage.unknown);
        assert!(coverage.histories() as u64 > seeds * 9 / 10, "{}", coverage.histories());
        // All that may be was there.
        assert_eq!(space.mixture, Mixture::Random(FaultKind::value_variants().to_vec()));
        let kinds = FaultKind::value_variants().len();
        assert_eq!(coverage.faults.len(), kinds, "{}: {coverage:?}", kind.name());
        let values = |values: &[usize]| values.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(
            coverage.nodes.keys().copied().collect::<BTreeSet<_>>(),
            values(&space.node_counts)
        );
    });
}

#[test]
fn what_is_found_does_not_depend_on_the_number_of_jobs() {
    let (subject, space) = failing();
    for keep_going in [false, true] {
        let alone = run(&search(40, 1, keep_going), &subject, &space);
        assert!(!alone.failures.is_empty());
        assert!(alone.failures.len() > 1 || !keep_going, "{}", alone.failures.len());
        for jobs in [2, 5] {
            assert_eq!(run(&search(40, jobs, keep_going), &subject, &space), alone);
        }
    }
    let all = run(&search(40, 2, true), &subject, &space);
    assert_eq!(all.coverage.runs, 40);
    assert_eq!(all.coverage.verdict(), Valid::No);
    let first = run(&search(40, 2, false), &subject, &space);
    assert_eq!(first.failures, all.failures[..1]);
    assert_eq!(first.coverage.runs, first.failures[0].case.seed + 1);
}

#[test]
fn who_stops_a_search_is_told_what_was_covered() {
    let (subject, space) = (Subject::built_in(Kind::Echo, &[]).unwrap(), Space::fair());
    let stop = AtomicBool::new(false);
    let found = search(1_000_000, 2, false)
        .run(&subject, &space, &stop, |_, found| {
            stop.fetch_or(found.coverage.runs == 5, Ordering::Relaxed);
        })
        .unwrap();
    assert!(found.interrupted);
    assert!((5..1000).contains(&found.coverage.runs), "{}", found.coverage.runs);
}

#[test]
fn what_is_shrunk_is_the_same_each_time_and_for_any_number_of_jobs() {
    let (subject, space) = failing();
    let found = run(&search(40, 2, false), &subject, &space);
    let stop = AtomicBool::new(false);
    let shrink = |jobs, most_runs| {
        let jobs = NonZeroUsize::new(jobs).unwrap();
        let shrink = Shrink { seeds: 4, most_runs, jobs, ..Shrink::default() };
        shrink.run(&subject, &found.failures[0], &stop, |_, _| {})
    };
    let smallest = shrink(1, 1000);
    assert!(smallest.is_smallest);
    assert!(smallest.trial.fails_like(&found.failures[0]));
    assert_eq!(subject.try_case(&smallest.trial.case).unwrap(), smallest.trial, "it replays");
    for jobs in [2, 3] {
        assert_eq!(shrink(jobs, 1000), smallest);
    }
    let hurried = shrink(2, 3);
    assert!(hurried.runs <= 3 && !hurried.is_smallest, "{hurried:?}");
    assert!(hurried.trial.fails());
}

#[test]
fn operations_that_do_not_succeed_can_be_held_against_a_node() {
    let space = Space::fair();
    let first = |subject: Subject| subject.try_case(&space.draw(0)).unwrap().anomalies;
    let subject = || Subject::built_in(Kind::Kafka, &[]).unwrap();
    assert_eq!(first(subject()), BTreeSet::new());
    // Clients crash on purpose.
    let found = first(subject().demanding(Availability::Total));
    assert_eq!(found, BTreeSet::from(["unavailable".to_owned()]));
}

#[test]
fn a_thing_that_is_fixed_leaves_the_others_what_they_are() {
    let space = Space::fair();
    let fixed = Space { rates: vec![7.0], ..space.clone() };
    let mixture = Mixture::Fixed(Faults::default());
    let calm = Space { mixture, ..space.clone() };
    for seed in 0..50 {
        let case = space.draw(seed);
        assert_eq!(case, space.draw(seed));
        let mut seventh = fixed.draw(seed);
        assert!((seventh.rate - 7.0).abs() < f64::EPSILON);
        seventh.rate = case.rate;
        assert_eq!(seventh, case);
        let mut without = calm.draw(seed);
        assert!(without.faults.is_empty());
        // Where nodes are killed, loads are long.
        without.time_limit = case.time_limit;
        without.faults = case.faults.clone();
        assert_eq!(without, case);
    }
}

/// The command that is printed, without the program's name.
fn command(run: &Glomers) -> String {
    let text = run.stdout();
    let line = text.lines().rev().find_map(|line| line.trim().strip_prefix("glomers "));
    line.unwrap_or_else(|| panic!("no command in {text}")).to_owned()
}

#[test]
fn the_command_that_is_printed_replays_the_smallest_case() {
    let args = "explore -w broadcast --seeds 50 --topology line --latency 10 --nemesis kill,loss \
                --jobs 2 -- --latency-target 500 --durability none";
    let run = Glomers::run(args);
    run.assert_status(1).assert_tells(&["lost", "INVALID", "this command replays it"]);
    let smallest: serde_json::Value =
        serde_json::from_str(&run.kept("smallest/results.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&run.kept("coverage.json")).unwrap()["valid?"],
        false
    );
    assert!(run.kept("found/history.jsonl").lines().count() > 10);
    let command = command(&run);
    for part in [
        "--workload broadcast",
        "--topology line",
        "-- --latency-target 500 --durability none",
        "kill",
    ] {
        assert!(command.contains(part), "{part} is missing in {command}");
    }
    let again = Glomers::run(&command);
    again.assert_status(1).assert_tells(&["lost"]);
    assert_eq!(again.results()["determinism"], smallest["determinism"], "{command}");
    assert_eq!(Glomers::run(args).stdout().lines().last(), run.stdout().lines().last());
}

/// Our node for registers promises less than the most that there is.
#[test]
fn a_node_is_blamed_only_for_what_it_promises_or_is_asked_for() {
    let args = "explore -w txn-rw-register --no-nemesis --node-count 2 --rate 100 --latency 20 \
                --time-limit 3 --seeds 4";
    let kept = Glomers::run(args);
    kept.assert_status(0).assert_tells(&["held to          read-atomic", "valid, all of them"]);

    let asked = format!("{args} --consistency-models serializable --shrink-runs 40");
    let run = Glomers::run(&asked);
    run.assert_status(1).assert_tells(&["held to          serializable", "INVALID"]);
    let results: serde_json::Value =
        serde_json::from_str(&run.kept("smallest/results.json")).unwrap();
    let command = command(&run);
    let again = Glomers::run(&command);
    again.assert_status(1);
    assert_eq!(again.results()["workload"], results["workload"], "{command}");

    // So it is with `test`.
    let test =
        "test -w txn-rw-register --node-count 2 --rate 100 --latency 20 --time-limit 3 --seed 0";
    let asked = format!("{test} --consistency-models strict-serializable");
    for (args, status, model) in [(test, 0, "read-atomic"), (&asked, 1, "strict-serializable")] {
        let run = Glomers::run(args);
        run.assert_status(status);
        let models = &run.results()["workload"]["consistency-models"];
        assert_eq!(*models, serde_json::json!([model]));
    }
}

#[test]
fn the_exit_status_is_that_of_test() {
    Glomers::run("explore -w g-set --seeds 3 --time-limit 2").assert_status(0).assert_tells(&[
        "g-set: seeds 0 to 2",
        "runs             3: 3 valid, 0 invalid, 0 unknown",
        "valid, all of them",
    ]);
    let unknown = Glomers::run("explore -w g-set --seeds 3 --rate 0 --no-nemesis");
    unknown.assert_status(2).assert_tells(&["3 unknown", "faults           none"]);
    for (args, told) in [
        ("explore -w g-set --seed 3", "--from and --seeds"),
        ("explore -w dance", "invalid value 'dance'"),
        ("explore -w g-set --jobs 0", "--jobs"),
        ("explore -w g-set --bin no/such/program", "cannot run no/such/program"),
        ("explore -w echo -- --flush 5", "unexpected argument '--flush'"),
    ] {
        let run = Glomers::run(args);
        run.assert_status(3);
        assert!(run.stderr().contains(told), "glomers {args}: {told:?} not in {}", run.stderr());
        assert_eq!(run.stdout(), "", "glomers {args}");
    }
}

#[test]
fn programs_are_explored_in_real_time() {
    let node = python_node("wrong_echo.py");
    let args = format!(
        "explore -w echo --bin {} --seeds 2 --rate 20 --time-limit 1 --node-count 1 --no-nemesis \
         --shrink-runs 3",
        node.display()
    );
    let run = Glomers::run(&args);
    run.assert_status(1).assert_tells(&[
        "real time",
        "seed 0 fails: wrong-echo",
        "where a failure may take several attempts",
    ]);
    for kept in ["found", "smallest"] {
        assert!(run.kept(&format!("{kept}/results.json")).contains("wrong-echo"));
        run.kept(&format!("{kept}/node-logs/n0.log"));
    }
}

#[test]
fn an_interrupt_tells_what_was_covered() {
    in_parallel(["-INT", "-TERM"], interrupt);
}

fn interrupt(signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(program("glomers"))
        .current_dir(&folder)
        .args(["explore", "-w", "g-set", "--seeds", "1000000"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs(2));
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for part in ["covered", "interrupted: ", " of 1000000 seeds were tried"] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
}
