use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use super::Env;
use crate::protocol::{Body, DecodeError, Error, ErrorCode, OwnedBody, write_line};
use crate::storage::{Durability, Keeper, Outgoing, Reply, Storage};

/// A node's handle to its network. Clones are cheap and stand for the same node.
#[derive(Clone)]
pub struct Net(Rc<Inner>);

struct Inner {
    workload: &'static str,
    id: Rc<str>,
    node_ids: RefCell<Rc<[Rc<str>]>>,
    members_changed: Notify,
    max_message: Option<usize>,
    env: Env,
    /// What the clock showed when the node's life began.
    started: i128,
    next_msg_id: Cell<u64>,
    waiting: RefCell<BTreeMap<u64, Waiter>>,
    outbox: Rc<Outbox>,
    keeper: OnceCell<Rc<Keeper>>,
    background: RefCell<JoinSet<()>>,
}

/// Who waits for an answer, and from whom.
struct Waiter {
    dest: Box<str>,
    answer: oneshot::Sender<OwnedBody>,
}

/// What is on its way out, and the loop's call to take it.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) outgoing: RefCell<Outgoing>,
    /// Whether answers are told apart from the rest, since they may have to wait.
    pub(super) tells_replies: Cell<bool>,
    pub(super) filled: Notify,
}

impl Outbox {
    pub(super) fn push<B: Serialize>(
        &self,
        src: &str,
        dest: &str,
        payload: &B,
        msg_id: Option<u64>,
        in_reply_to: Option<u64>,
    ) {
        let mut outgoing = self.outgoing.borrow_mut();
        if outgoing.is_empty() {
            self.filled.notify_one();
        }
        let written = match in_reply_to.filter(|_| self.tells_replies.get()) {
            None => write_line(&mut outgoing.lines, src, dest, payload, msg_id, in_reply_to),
            Some(request) => {
                let mut line = Vec::new();
                let written = write_line(&mut line, src, dest, payload, msg_id, in_reply_to);
                if written.is_ok() {
                    let dest = dest.into();
                    outgoing.replies.push(Reply { dest, in_reply_to: request, line });
                }
                written
            }
        };
        if let Err(error) = written {
            tracing::error!(%error, dest, "a message cannot be written as JSON and is dropped");
        }
    }
}

impl Net {
    pub(super) fn new(
        workload: &'static str,
        id: Rc<str>,
        node_ids: Vec<Rc<str>>,
        max_message: Option<usize>,
        env: Env,
        outbox: Rc<Outbox>,
    ) -> Self {
        // An answer to an earlier life may still come: it must not fit a request of this one.
        let first = env.entropy[1] >> 16;
        let started = env.clock.shown_at(Instant::now());
        Self(Rc::new(Inner {
            workload,
            id,
            node_ids: RefCell::new(node_ids.into()),
            members_changed: Notify::new(),
            max_message,
            env,
            started,
            next_msg_id: Cell::new(first),
            waiting: RefCell::default(),
            outbox,
            keeper: OnceCell::new(),
            background: RefCell::default(),
        }))
    }

    /// The node's [`NAME`](super::Node::NAME).
    pub fn workload(&self) -> &'static str {
        self.0.workload
    }

    /// The node's own name.
    pub fn id(&self) -> &Rc<str> {
        &self.0.id
    }

    /// All nodes' names, this one's included, in the order in which every node is told them; where nodes come and
    /// go, those of now, by name.
    pub fn node_ids(&self) -> Rc<[Rc<str>]> {
        Rc::clone(&self.0.node_ids.borrow())
    }

    /// Whether `name` is another node of the cluster.
    pub fn is_peer(&self, name: &str) -> bool {
        *name != *self.0.id && self.0.node_ids.borrow().iter().any(|node| **node == *name)
    }

    /// How many bytes a message between nodes may have as a line, if the network sets a limit.
    pub fn max_message(&self) -> Option<usize> {
        self.0.max_message
    }

    /// Waits until nodes have come or gone: for ever, where the network's nodes are always the same. One task of a
    /// node can wait for it.
    pub async fn members_changed(&self) {
        self.0.members_changed.notified().await;
    }

    pub(super) fn set_members(&self, names: Vec<Rc<str>>) {
        self.0.node_ids.replace(names.into());
        self.0.members_changed.notify_one();
    }

    /// How long the node has been running, by the only [clock](Env::clock) that it has.
    pub fn now(&self) -> Duration {
        let passed = self.0.env.clock.shown_at(Instant::now()) - self.0.started;
        // Of a clock that was put back to before the node's beginning, nothing is left.
        Duration::from_nanos(u64::try_from(passed.max(0)).unwrap_or(u64::MAX))
    }

    /// The instant at which [`now`](Self::now) will be `time`, if the clock goes on as it does.
    pub fn instant_at(&self, time: Duration) -> Instant {
        let passed = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        self.0.env.clock.instant_at(self.0.started.saturating_add(passed))
    }

    /// Random bits that no other life of any node has.
    pub fn entropy(&self) -> [u64; 2] {
        self.0.env.entropy
    }

    /// The name of this life, which no other life of any node has.
    pub(crate) fn life(&self) -> String {
        let [high, low] = self.entropy();
        format!("{high:016x}{low:016x}")
    }

    /// Where what outlives the node is kept, if anything is to.
    pub fn storage(&self) -> Option<&Storage> {
        self.0.env.storage.as_ref().filter(|_| self.durability() != Durability::None)
    }

    /// What the node's acknowledgements are to outlive.
    pub(crate) fn durability(&self) -> Durability {
        self.0.env.durability
    }

    /// Has everything that leaves the node wait for the journal. There is one at most.
    pub(crate) fn wait_for(&self, keeper: &Rc<Keeper>) {
        self.0.outbox.tells_replies.set(true);
        let is_first = self.0.keeper.set(Rc::clone(keeper)).is_ok();
        debug_assert!(is_first, "a node has one journal");
    }

    pub(super) fn keeper(&self) -> Option<&Rc<Keeper>> {
        self.0.keeper.get()
    }

    /// Tells whoever watches the node that it holds `value` now.
    pub fn observe(&self, value: &impl Serialize) {
        if let Some(observer) = &self.0.env.observer
            && let Ok(json) = serde_json::to_string(value)
        {
            observer(&json);
        }
    }

    /// Whether anyone watches; saves the work of telling where not.
    pub fn is_observed(&self) -> bool {
        self.0.env.observer.is_some()
    }

    /// Sends a message that asks for no answer.
    pub fn send(&self, dest: &str, payload: &impl Serialize) {
        self.0.outbox.push(&self.0.id, dest, payload, None, None);
    }

    pub(super) fn reply<B: Serialize>(&self, dest: &str, in_reply_to: u64, payload: &B) {
        self.0.outbox.push(&self.0.id, dest, payload, None, Some(in_reply_to));
    }

    /// Sends a request and waits for its answer for at most `patience`. The waiter is registered
    /// before the request leaves; an answer that comes too late is dropped.
    ///
    /// # Errors
    ///
    /// See [`RpcError`].
    pub async fn rpc<R: DeserializeOwned>(
        &self,
        dest: &str,
        payload: &impl Serialize,
        patience: Duration,
    ) -> Result<R, RpcError> {
        let body = self.call(dest, payload, patience).await?;
        if body.kind() == "error" {
            return Err(RpcError::Refused(body.decode_fields().map_err(RpcError::Malformed)?));
        }
        body.decode().map_err(RpcError::Malformed)
    }

    async fn call(
        &self,
        dest: &str,
        payload: &impl Serialize,
        patience: Duration,
    ) -> Result<OwnedBody, RpcError> {
        let msg_id = self.0.next_msg_id.get() + 1;
        self.0.next_msg_id.set(msg_id);
        let (answer, answered) = oneshot::channel();
        self.0.waiting.borrow_mut().insert(msg_id, Waiter { dest: dest.into(), answer });
        // Whoever drops this future waits no longer.
        let _forget = OnDrop(|| {
            self.0.waiting.borrow_mut().remove(&msg_id);
        });
        self.0.outbox.push(&self.0.id, dest, payload, Some(msg_id), None);
        match timeout(patience, answered).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(_)) => Err(RpcError::Closed),
            Err(_) => Err(RpcError::Timeout),
        }
    }

    /// Hands an answer to whoever waits for it from there.
    pub(super) fn answer(&self, src: &str, in_reply_to: u64, body: &Body<'_>) {
        let mut waiting = self.0.waiting.borrow_mut();
        if waiting.get(&in_reply_to).is_none_or(|waiter| *waiter.dest != *src) {
            tracing::debug!(src, in_reply_to, "an answer that nobody waits for");
        } else if let Some(waiter) = waiting.remove(&in_reply_to) {
            // A waiter that has gone in this very moment does not mind.
            drop(waiter.answer.send(body.to_owned()));
        }
    }

    /// Lets a task run beside the handlers, for as long as the node lives.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        while let Some(ended) = self.0.background.borrow_mut().try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "a task did not finish");
            }
        }
        // In a box, so that one kind of task is compiled, and not one for each that is spawned.
        let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
        self.0.background.borrow_mut().spawn_local(task.in_current_span());
    }

    /// Ends everything that waits: no answer can come any more.
    pub(super) fn close(&self) {
        self.0.waiting.borrow_mut().clear();
    }

    /// Stops the tasks. Must be called at the end: they hold the node, and the node them.
    pub(super) fn shut_down(&self) {
        self.close();
        self.0.background.borrow_mut().abort_all();
    }
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Why a request to another node or a service got no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError {
    /// No answer in time: it may have happened or not, and may yet.
    #[error("no answer in time")]
    Timeout,
    /// The network is gone: as after a time-out.
    #[error("the network is gone")]
    Closed,
    /// The other side answered with an error.
    #[error(transparent)]
    Refused(Error),
    /// The other side's answer makes no sense: it may have happened or not.
    #[error("the answer makes no sense: {0}")]
    Malformed(DecodeError),
}

impl RpcError {
    /// The code, if the other side answered with an error.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(error) => Some(error.code),
            _ => None,
        }
    }
}

/// As a handler passes it on to its client.
impl From<RpcError> for Error {
    fn from(error: RpcError) -> Self {
        match error {
            RpcError::Refused(error) => error,
            other => Self::new(ErrorCode::Timeout, other.to_string()),
        }
    }
}
