//! A node's program at work, with a seq-kv for those that need one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use glomers_tests::programs::program;
use serde::Deserialize;
use serde_json::value::RawValue;

/// How long a node may take for a good request, behind whatever it has got to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A message that the node has printed; its body's values are not looked into, for they may be
/// nested deeper than a parser likes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    pub(crate) src: String,
    pub(crate) dest: String,
    pub(crate) body: BTreeMap<String, Box<RawValue>>,
}

impl Message {
    pub(crate) fn field<T: for<'de> Deserialize<'de>>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.body.get(key)?.get()).ok()
    }

    pub(crate) fn kind(&self) -> String {
        self.field("type").unwrap_or_else(|| panic!("no type: {self:?}"))
    }
}

/// The node's STDIN: the test and seq-kv write to it, a line at a time.
type Input = Arc<Mutex<Option<ChildStdin>>>;

pub(crate) struct LiveNode {
    child: Child,
    input: Input,
    output: JoinHandle<()>,
    log: JoinHandle<String>,
    messages: Receiver<Message>,
    /// What the node has sent, other than to seq-kv.
    pub(crate) received: Vec<Message>,
}

/// What is left of a node.
pub(crate) struct Remains {
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
    pub(crate) received: Vec<Message>,
}

impl LiveNode {
    pub(crate) fn start(name: &str) -> Self {
        let mut child = Command::new(program(name))
            .args(["--log", "warn"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input: Input = Arc::new(Mutex::new(child.stdin.take()));
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, messages) = channel();
        let for_kv = Arc::clone(&input);
        let output = thread::spawn(move || listen(stdout, &for_kv, &sender));
        let log = thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            String::from_utf8_lossy(&log).into_owned()
        });
        Self { child, input, output, log, messages, received: Vec::new() }
    }

    /// Gives the node many lines. That it may have ended is found out later.
    pub(crate) fn feed(&self, lines: impl IntoIterator<Item = Vec<u8>>) {
        for line in lines {
            write(&self.input, &line);
        }
    }

    /// Gives the node a request and waits for its answer.
    pub(crate) fn ask(&mut self, (id, line): (u64, Vec<u8>)) -> &Message {
        write(&self.input, &line);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).unwrap_or_else(|error| {
                panic!("{error}: no answer to {}", String::from_utf8_lossy(&line))
            });
            let is_answer = message.field("in_reply_to") == Some(id);
            self.received.push(message);
            if is_answer {
                return self.received.last().unwrap();
            }
        }
    }

    /// Closes its STDIN and waits for its end.
    pub(crate) fn end(mut self) -> Remains {
        drop(self.input.lock().unwrap().take());
        let status = self.child.wait().unwrap();
        self.output.join().unwrap();
        self.received.extend(self.messages.iter());
        Remains { status, log: self.log.join().unwrap(), received: self.received }
    }
}

fn write(input: &Input, line: &[u8]) {
    if let Some(input) = &mut *input.lock().unwrap() {
        // In one piece, and not at all where the node has ended.
        let _ = input.write_all(&[line, b"\n"].concat());
    }
}

/// Reads what the node prints; answers for seq-kv, and acknowledges gossip for its peers.
fn listen(stdout: ChildStdout, input: &Input, messages: &Sender<Message>) {
    let mut store = BTreeMap::new();
    let mut held = 0;
    for line in BufReader::new(stdout).lines() {
        let line = line.expect("UTF-8");
        let message: Message = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error}: not a message: {line:.500}"));
        if message.dest == "seq-kv" {
            write(input, seq_kv(&mut store, &message).as_bytes());
        } else {
            if let Some(ack) = ack(&message, held) {
                write(input, ack.as_bytes());
                held = if held == 0 { u32::MAX } else { held / 7 };
            }
            // The test may have failed already.
            let _ = messages.send(message);
        }
    }
}

/// A peer's answer to a batch, with a claim about how long it has held it back.
fn ack(gossip: &Message, held: u32) -> Option<String> {
    let (_, seq, _): (u64, u64, Box<RawValue>) = gossip.field("b")?;
    let epoch: u64 = gossip.field("e")?;
    let Message { src, dest, .. } = gossip;
    Some(format!(
        "{{\"src\":\"{dest}\",\"dest\":\"{src}\",\"body\":{{\"type\":\"gossip\",\"e\":5,\
         \"a\":[{epoch},{seq},{held}]}}}}"
    ))
}

/// What seq-kv answers.
fn seq_kv(store: &mut BTreeMap<String, String>, request: &Message) -> String {
    let raw = |key: &str| request.body[key].get().to_owned();
    let key = raw("key");
    let found = store.get(&key).cloned();
    let create = request.field("create_if_not_exists").unwrap_or(false);
    let answer = match (&*request.kind(), found) {
        ("read", Some(value)) => format!("\"type\":\"read_ok\",\"value\":{value}"),
        ("write", _) => {
            store.insert(key, raw("value"));
            "\"type\":\"write_ok\"".to_owned()
        }
        ("cas", Some(value)) if value != raw("from") => {
            "\"type\":\"error\",\"code\":22,\"text\":\"\"".to_owned()
        }
        ("cas", found) if found.is_some() || create => {
            store.insert(key, raw("to"));
            "\"type\":\"cas_ok\"".to_owned()
        }
        ("read" | "cas", _) => "\"type\":\"error\",\"code\":20,\"text\":\"\"".to_owned(),
        (kind, _) => panic!("seq-kv knows no {kind}"),
    };
    let (dest, id) = (&request.src, raw("msg_id"));
    format!("{{\"src\":\"seq-kv\",\"dest\":\"{dest}\",\"body\":{{\"in_reply_to\":{id},{answer}}}}}")
}
