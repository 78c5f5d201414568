//! A node on a transport in memory, in virtual time.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use glomers_shims::runtime::{Env, Node, serve};
use glomers_shims::transport::MemoryTransport;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::sleep;

/// Runs a test's body in virtual time.
pub(crate) fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, test)
}

/// A node under test.
pub(crate) struct Harness {
    input: Option<UnboundedSender<Vec<u8>>>,
    output: Rc<RefCell<Vec<Value>>>,
    node: JoinHandle<std::io::Result<()>>,
}

impl Harness {
    /// A node that was not told its name yet.
    pub(crate) fn uninitialised<N: Node>(args: N::Args) -> Self {
        let (input, lines) = unbounded_channel();
        let output = Rc::<RefCell<Vec<Value>>>::default();
        let printed = Rc::clone(&output);
        let transport = MemoryTransport::new(lines, move |line| {
            printed.borrow_mut().push(serde_json::from_slice(line).unwrap());
        });
        let env = Env::new([1 << 20, 2]);
        let node = tokio::task::spawn_local(serve::<N>(args, env, transport));
        Self { input: Some(input), output, node }
    }

    /// A node called n1, among n1 and n2.
    pub(crate) async fn started<N: Node>(args: N::Args) -> Self {
        let harness = Self::uninitialised::<N>(args);
        let body = json!({
            "type": "init", "msg_id": 1, "node_id": "n1", "node_ids": ["n1", "n2"],
        });
        harness.send("c0", &body);
        let init_ok = json!({ "type": "init_ok", "in_reply_to": 1 });
        assert_eq!(harness.printed().await[0], reply("c0", &init_ok));
        harness
    }

    /// Gives the node any line.
    pub(crate) fn line(&self, line: impl AsRef<[u8]>) {
        self.input.as_ref().unwrap().send(line.as_ref().to_vec()).unwrap();
    }

    /// Gives the node a message.
    pub(crate) fn send(&self, src: &str, body: &Value) {
        self.line(json!({ "src": src, "dest": "n1", "body": body }).to_string());
    }

    /// What the node has printed since the last call, after a moment to think.
    pub(crate) async fn printed(&self) -> Vec<Value> {
        sleep(Duration::from_millis(1)).await;
        self.output.take()
    }

    /// Asks, and returns the body of the one reply.
    pub(crate) async fn ask(&self, body: &Value) -> Value {
        self.send("c9", body);
        let mut printed = self.printed().await;
        printed.retain(|message| message["dest"] == "c9");
        assert_eq!(printed.len(), 1, "{body} was answered by {printed:?}");
        printed.remove(0)["body"].take()
    }

    /// Ends the input; returns what the node still prints, once it has ended.
    pub(crate) async fn end(mut self) -> Vec<Value> {
        self.input = None;
        self.node.await.unwrap().unwrap();
        self.output.take()
    }
}

/// A message of the node.
pub(crate) fn reply(dest: &str, body: &Value) -> Value {
    json!({ "src": "n1", "dest": dest, "body": body })
}
