//! A counter's program, killed outright: what it has acknowledged is on its disk.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use glomers_tests::programs::program;
use serde_json::{Value, json};

/// The program, alone in its cluster, and who serves it.
struct Node<'a> {
    child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    seq_kv: &'a mut BTreeMap<String, Value>,
}

impl<'a> Node<'a> {
    fn start(data_dir: &Path, seq_kv: &'a mut BTreeMap<String, Value>) -> Self {
        let mut child = Command::new(program("g-counter"))
            .args(["--store-every", "86400000", "--log", "error", "--data-dir"])
            .arg(data_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut node = Self { child, stdin, stdout, seq_kv };
        let init = json!({ "type": "init", "node_id": "n0", "node_ids": ["n0"] });
        assert_eq!(node.ask(init)["type"], "init_ok");
        node
    }

    fn send(&mut self, src: &str, body: &Value) {
        let line = json!({ "src": src, "dest": "n0", "body": body });
        writeln!(self.stdin, "{line}").unwrap();
    }

    /// Asks, and answers what the node asks of seq-kv meanwhile.
    fn ask(&mut self, mut body: Value) -> Value {
        body["msg_id"] = json!(1);
        self.send("c1", &body);
        loop {
            let mut message: Value =
                serde_json::from_str(&self.stdout.next().unwrap().unwrap()).unwrap();
            if message["dest"] != "seq-kv" {
                return message["body"].take();
            }
            let answer = self.stored(&message["body"]);
            self.send("seq-kv", &answer);
        }
    }

    fn stored(&mut self, request: &Value) -> Value {
        let key = request["key"].as_str().unwrap().to_owned();
        let to = match request["type"].as_str().unwrap() {
            "read" => None,
            "write" => Some(&request["value"]),
            _ => Some(&request["to"]),
        };
        let mut answer = match (to, self.seq_kv.get(&key)) {
            (None, None) => json!({ "type": "error", "code": 20, "text": "" }),
            (None, Some(value)) => json!({ "type": "read_ok", "value": value }),
            (Some(to), _) => {
                self.seq_kv.insert(key, to.clone());
                json!({ "type": format!("{}_ok", request["type"].as_str().unwrap()) })
            }
        };
        answer["in_reply_to"] = request["msg_id"].clone();
        answer
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn what_was_acknowledged_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut seq_kv = BTreeMap::new();
    let mut sum = 0;
    for life in 0..4 {
        // The folder need not be there.
        let mut node = Node::start(&folder.path().join("data"), &mut seq_kv);
        for delta in 1..=50 {
            assert_eq!(node.ask(json!({ "type": "add", "delta": delta }))["type"], "add_ok");
            sum += delta;
            assert_eq!(node.ask(json!({ "type": "read" }))["value"], sum, "life {life}");
        }
        node.kill();
        assert!(seq_kv["g-counter/n0"]["entries"][0].as_u64() < Some(sum), "it is behind");
        let folders = folder.path().join("data").read_dir().unwrap();
        let names: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["g-counter-n0"]);
    }
}
