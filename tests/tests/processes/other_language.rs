//! Nodes in another language, as data files in `nodes`: right ones pass, and what breaks is told.

use glomers_tests::in_parallel;
use glomers_tests::programs::{Glomers, python_node};

#[test]
fn echo_in_python() {
    let run = Glomers::test(&python_node("echo.py"), "-w echo --node-count 2 --time-limit 2");
    run.assert_status(0).assert_tells(&["real time", "valid"]);
}

#[test]
fn broadcast_in_python() {
    let args = "-w broadcast --node-count 5 --time-limit 2 --rate 40 --latency 10";
    let run = Glomers::test(&python_node("broadcast.py"), args);
    run.assert_status(0);
    let results = run.results();
    assert_eq!(results["workload"]["lost-count"], 0);
    assert!(results["workload"]["stable-count"].as_u64() > Some(20), "{results:#}");
}

#[test]
fn lists_that_are_null_are_empty() {
    let args = "--node-count 1 --time-limit 2 --rate 40 --concurrency 2n";
    in_parallel(["broadcast", "g-set", "kafka"], |workload| {
        let run = Glomers::test(&python_node("null_lists.py"), &format!("-w {workload} {args}"));
        run.assert_status(0);
        assert_eq!(run.results()["exceptions"]["valid?"], true);
    });
}

#[test]
fn integers_of_any_size_go_through() {
    let args = "-w unique-ids --node-count 1 --concurrency 1 --time-limit 1 --rate 40";
    let run = Glomers::test(&python_node("large_numbers.py"), args);
    run.assert_status(0);
    let first = "1267650600228229401496703205377";
    assert!(run.kept("history.jsonl").contains(&format!("\"value\":{first},")));
    assert!(run.kept("results.json").contains(&format!("\n      {first},\n")), "the least id");
    // What is kept is judged as the run was.
    let history = run.folder.path().join("store/latest/history.jsonl");
    let again = Glomers::run(&format!("check {}", history.display()));
    again.assert_status(0);
}

#[test]
fn a_node_that_crashes_is_told_with_the_end_of_its_log() {
    let args = "-w echo --node-count 1 --time-limit 1 --rate 10";
    let run = Glomers::test(&python_node("crashes.py"), args);
    run.assert_status(1).assert_tells(&[
        "crashed: n0 ended before the test did: exit status: 1",
        "the end of its log:\n  | out of luck at echo",
    ]);
    assert_eq!(run.kept("node-logs/n0.log"), "out of luck at echo\n");
    assert_eq!(run.results()["nodes"]["crashed"], serde_json::json!(["n0"]));
}

#[test]
fn a_node_that_never_answers_init_is_told_with_its_log() {
    let run = Glomers::test(&python_node("mute.py"), "-w echo --node-count 1 --time-limit 1");
    run.assert_status(3).assert_tells(&[
        "error: node n0 failed to initialise: no init_ok within 10 s",
        "the end of its log:\n  | I hear you",
    ]);
}
