#![expect(clippy::expect_used, reason = "what is not as a test expects shall panic")]

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep, timeout_at};

use crate::runtime::{Env, Node, PATIENCE, serve};
use crate::transport::MemoryTransport;

/// The client that asks.
const ASKER: &str = "c9";

/// How long a node is given to do what it does without waiting for anything.
const MOMENT: Duration = Duration::from_millis(1);

/// A node under test. All others are played by whoever holds it; if it is dropped, the node's input ends.
///
/// Messages are [`Value`]s with `src`, `dest` and `body`, as they are on the wire.
///
/// ```
/// # use std::rc::Rc;
/// # use glomers_shims::protocol::Error;
/// # use glomers_shims::runtime::{Net, Node};
/// # use serde::{Deserialize, Serialize};
/// #
/// # struct Greeter(Net);
/// #
/// # #[derive(Deserialize)]
/// # #[serde(rename_all = "snake_case")]
/// # enum Request { Greet { name: String } }
/// #
/// # #[derive(Serialize)]
/// # #[serde(tag = "type", rename_all = "snake_case")]
/// # enum Response { GreetOk { greeting: String } }
/// #
/// # impl Node for Greeter {
/// #     const NAME: &'static str = "greeter";
/// #     const ABOUT: &'static str = "Greets people";
/// #     type Args = NoArgs;
/// #     type Request = Request;
/// #     type Response = Response;
/// #
/// #     fn start(net: Net, _args: Self::Args) -> Result<Rc<Self>, Error> {
/// #         Ok(Rc::new(Self(net)))
/// #     }
/// #
/// #     async fn handle(self: Rc<Self>, _from: Rc<str>, request: Request)
/// #     -> Result<Option<Response>, Error> {
/// #         let Request::Greet { name } = request;
/// #         Ok(Some(Response::GreetOk { greeting: format!("{} greets {name}", self.0.id()) }))
/// #     }
/// # }
/// use glomers_shims::cli::NoArgs;
/// use glomers_shims::testing::{TestNode, in_virtual_time};
/// use serde_json::json;
///
/// in_virtual_time(async {
///     // The greeter of `runtime::Node`.
///     let node = TestNode::started::<Greeter>(NoArgs {}, &["n1", "n2"]).await;
///     let reply = node.ask(json!({ "type": "greet", "name": "Ada" })).await;
///     assert_eq!((&reply["type"], &reply["greeting"]), (&json!("greet_ok"), &json!("n1 greets Ada")));
///     let refusal = node.ask(json!({ "type": "dance" })).await;
///     assert_eq!(refusal["code"], 10, "not supported");
///     assert!(node.end().await.is_empty(), "it has nothing more to say");
/// });
/// ```
pub struct TestNode {
    /// What it is called; until it is told, what it will be.
    id: RefCell<String>,
    input: UnboundedSender<Vec<u8>>,
    output: Rc<Output>,
    running: JoinHandle<io::Result<()>>,
    /// Of the last request.
    msg_id: Cell<u64>,
}

/// What the node has said and nobody has looked at yet.
#[derive(Default)]
struct Output {
    messages: RefCell<Vec<Value>>,
    filled: Notify,
}

impl Output {
    fn push(&self, line: &[u8]) {
        let message = serde_json::from_slice(line).expect("a line of a node is JSON");
        self.messages.borrow_mut().push(message);
        self.filled.notify_one();
    }

    /// Takes the first message of that kind.
    fn take(&self, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        let mut messages = self.messages.borrow_mut();
        let at = messages.iter().position(is_it)?;
        Some(messages.remove(at))
    }
}

impl TestNode {
    /// A node that was not told its name yet, and whose random bits are the same each time.
    ///
    /// Must be called within a [`LocalSet`](tokio::task::LocalSet), as [`in_virtual_time`] has one.
    ///
    /// ```
    /// use glomers_shims::cli::NoArgs;
    /// use glomers_shims::nodes::Echo;
    /// use glomers_shims::testing::{TestNode, in_virtual_time};
    /// use serde_json::json;
    ///
    /// in_virtual_time(async {
    ///     let node = TestNode::new::<Echo>(NoArgs {});
    ///     let early = node.ask(json!({ "type": "echo", "echo": 7 })).await;
    ///     assert_eq!(early["code"], 11, "not initialised");
    ///     assert_eq!(node.init(&["n1"]).await["type"], "init_ok");
    /// });
    /// ```
    ///
    /// [`in_virtual_time`]: super::in_virtual_time
    pub fn new<N: Node>(args: N::Args) -> Self {
        Self::with_env::<N>(args, Env::new([1 << 20, 2]))
    }

    /// As [`new`](Self::new), with a disk, a clock or random bits of its own: with the same disk and
    /// other bits it is the next life of a node.
    ///
    /// ```
    /// use glomers_shims::cli::NoArgs;
    /// use glomers_shims::nodes::UniqueIds;
    /// use glomers_shims::runtime::Env;
    /// use glomers_shims::testing::{TestNode, in_virtual_time};
    /// use serde_json::json;
    ///
    /// in_virtual_time(async {
    ///     let mut ids = Vec::new();
    ///     for life in 1..=2 {
    ///         let node = TestNode::with_env::<UniqueIds>(NoArgs {}, Env::new([life, life]));
    ///         node.init(&["n1"]).await;
    ///         ids.push(node.ask(json!({ "type": "generate" })).await["id"].take());
    ///         node.kill();
    ///     }
    ///     assert_ne!(ids[0], ids[1], "no id is given out twice");
    /// });
    /// ```
    pub fn with_env<N: Node>(args: N::Args, env: Env) -> Self {
        let (input, lines) = unbounded_channel();
        let output = Rc::<Output>::default();
        let said = Rc::clone(&output);
        let transport = MemoryTransport::new(lines, move |line| said.push(line));
        let running = spawn_local(serve::<N>(args, env, transport));
        Self { id: RefCell::new("n1".to_owned()), input, output, running, msg_id: Cell::new(0) }
    }

    /// A [`new`](Self::new) node that was told its name: it is the first of these.
    ///
    /// # Panics
    ///
    /// If it does not begin its life, or if there are no names.
    pub async fn started<N: Node>(args: N::Args, nodes: &[&str]) -> Self {
        let node = Self::new::<N>(args);
        let answer = node.init(nodes).await;
        assert_eq!(answer["type"], "init_ok", "{answer}");
        node
    }

    /// Tells it its name, the first of these; returns the body of its answer.
    ///
    /// # Panics
    ///
    /// If it does not answer, or if there are no names.
    pub async fn init(&self, nodes: &[&str]) -> Value {
        let id = *nodes.first().expect("a node is one of the nodes");
        id.clone_into(&mut self.id.borrow_mut());
        self.ask(json!({ "type": "init", "node_id": id, "node_ids": nodes })).await
    }

    /// Gives it a line, be it a message or not.
    pub fn line(&self, line: impl AsRef<[u8]>) {
        // To whom it is given has ended, if not taken: then it says nothing, as the test will find.
        let _ = self.input.send(line.as_ref().to_vec());
    }

    /// Gives it a message.
    pub fn send(&self, src: &str, body: &Value) {
        self.line(json!({ "src": src, "dest": *self.id.borrow(), "body": body }).to_string());
    }

    /// Answers a message of the node's in the place of its recipient: a peer, or a service. The answer's
    /// `in_reply_to` is filled in.
    ///
    /// ```
    /// use glomers_shims::cli;
    /// use glomers_shims::nodes::LinKv;
    /// use glomers_shims::testing::{TestNode, in_virtual_time};
    /// use serde_json::json;
    ///
    /// in_virtual_time(async {
    ///     let args = cli::parse::<LinKv>(&[]).expect("there is nothing wrong with it");
    ///     let node = TestNode::started::<LinKv>(args, &["n1"]).await;
    ///     node.send("c1", &json!({ "type": "read", "msg_id": 1, "key": "k" }));
    ///     let asked = node.said().await;
    ///     assert_eq!(asked[0]["dest"], "lin-kv");
    ///     node.answer(&asked[0], json!({ "type": "read_ok", "value": 7 }));
    ///     let replies = node.said().await;
    ///     assert_eq!((&replies[0]["dest"], &replies[0]["body"]["value"]), (&json!("c1"), &json!(7)));
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// If the message is not a node's, or does not ask for an answer.
    pub fn answer(&self, message: &Value, mut body: Value) {
        let asks = !message["body"]["msg_id"].is_null();
        assert!(asks && body.is_object(), "{body} cannot be an answer to {message}");
        body["in_reply_to"] = message["body"]["msg_id"].clone();
        self.send(message["dest"].as_str().expect("a message is for someone"), &body);
    }

    /// What it has said since anyone looked, after a moment (a millisecond) in which it does what it
    /// has been given.
    pub async fn said(&self) -> Vec<Value> {
        sleep(MOMENT).await;
        self.output.messages.take()
    }

    /// Asks it something as a client; returns the body of its reply. A request without `msg_id` is
    /// given one. What else it says meanwhile is left for [`said`](Self::said).
    ///
    /// # Panics
    ///
    /// If it does not reply for longer than it may take, or replies twice.
    pub async fn ask(&self, mut body: Value) -> Value {
        if body["msg_id"].is_null() {
            self.msg_id.set(self.msg_id.get() + 1);
            body["msg_id"] = self.msg_id.get().into();
        }
        let is_reply = |message: &Value| {
            message["dest"] == ASKER && message["body"]["in_reply_to"] == body["msg_id"]
        };
        self.send(ASKER, &body);
        let deadline = Instant::now() + PATIENCE + Duration::from_secs(1);
        let mut reply = self.output.take(is_reply);
        while reply.is_none() {
            let filled = timeout_at(deadline, self.output.filled.notified()).await;
            reply = self.output.take(is_reply);
            let is_late = filled.is_err() && reply.is_none();
            assert!(!is_late, "{body} has no reply among {:?}", self.output.messages.borrow());
        }
        sleep(MOMENT).await;
        let second = self.output.take(is_reply);
        assert!(second.is_none(), "{body} is answered by {reply:?} and again by {second:?}");
        reply.map(|mut reply| reply["body"].take()).unwrap_or_default()
    }

    /// Waits until it ends by itself, as it does when it can keep nothing any more.
    ///
    /// # Errors
    ///
    /// Why it did.
    ///
    /// # Panics
    ///
    /// If it panics, or goes on for an hour.
    pub async fn ended(self) -> io::Result<()> {
        let hour = Instant::now() + Duration::from_secs(3600);
        let ended = timeout_at(hour, self.running).await.expect("it goes on and on");
        ended.expect("a node does not panic")
    }

    /// Ends it at once, as SIGKILL does: what it was about to do does not happen.
    pub fn kill(self) {
        self.running.abort();
    }

    /// Ends its input; returns what it still had to say, once it has ended.
    ///
    /// # Panics
    ///
    /// If it breaks.
    pub async fn end(self) -> Vec<Value> {
        drop(self.input);
        let ended = self.running.await.expect("a node does not panic");
        ended.expect("there is nothing that could not be written");
        self.output.messages.take()
    }
}
