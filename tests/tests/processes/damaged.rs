//! A journal that was damaged while its node was down: told by the node, looked at and saved by hand.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use glomers_tests::programs::{Glomers, program};
use serde_json::{Value, json};

/// What broadcast's program answers to these requests before it is killed.
fn life(data: &Path, requests: &[Value]) -> Vec<Value> {
    let mut child = Command::new(program("broadcast"))
        .args(["--log", "off", "--data-dir"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let init = json!({ "type": "init", "node_id": "n1", "node_ids": ["n1"] });
    let mut answers = Vec::new();
    for body in [&init].into_iter().chain(requests) {
        let mut body = body.clone();
        body["msg_id"] = json!(1);
        writeln!(input, "{}", json!({ "src": "c1", "dest": "n1", "body": body })).unwrap();
        let mut answer: Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
        answers.push(answer["body"].take());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    answers.split_off(1.min(requests.len()))
}

fn read() -> Value {
    json!({ "type": "read" })
}

#[test]
fn a_damaged_journal_is_told_looked_at_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let messages: Vec<Value> =
        (0..20).map(|message| json!({ "type": "broadcast", "message": message })).collect();
    life(&data, &messages);
    assert_eq!(life(&data, &[read()])[0]["messages"].as_array().unwrap().len(), 20);
    let journal = data.join("broadcast-n1");
    let look = |folder: &Path| Glomers::run(&format!("journal {}", folder.display()));
    look(&journal).assert_status(0).assert_tells(&["22 deltas", "whole"]);

    let file = journal.join("journal-0000000000000000");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let refusal = &life(&data, &[])[0];
    assert_eq!(refusal["type"], "error");
    let told = refusal["text"].as_str().unwrap();
    let command = format!("`glomers journal {}`", journal.display());
    assert!(told.contains(&format!("a bit of byte {middle} has flipped")), "{told}");
    assert!(told.contains(&command), "{told}");
    look(&journal).assert_status(1).assert_tells(&[&format!("byte {middle}")]);
    assert_eq!(fs::read(&file).unwrap(), bytes, "whoever looks changes nothing");

    let saved = folder.path().join("saved");
    let salvage = |to: &Path| {
        Glomers::run(&format!("journal {} --salvage {}", journal.display(), to.display()))
    };
    salvage(&saved.join("broadcast-n1"))
        .assert_status(0)
        .assert_tells(&["saved 21 deltas", "lost"]);
    assert_eq!(life(&saved, &[read()])[0]["messages"].as_array().unwrap().len(), 19);
    salvage(&saved.join("broadcast-n1")).assert_status(3).assert_tells(&["a journal already"]);
    look(folder.path()).assert_status(3);
}
