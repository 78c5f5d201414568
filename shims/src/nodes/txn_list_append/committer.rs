use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use super::database::{Leaf, ROOT, Root, Slot, Working, slot};
use super::{Action, Element, Outcome};
use crate::kv::{Kv, Service};
use crate::protocol::{Error, ErrorCode};
use crate::runtime::{Net, RpcError};

/// How long a transaction that comes too late again and again is tried anew.
const PERSISTENCE: Duration = Duration::from_secs(2);

/// How long lin-kv may take for one answer.
const KV_PATIENCE: Duration = Duration::from_secs(1);

type Txn = Vec<(Action, Element, Element)>;
type Done = Vec<(Action, Element, Outcome)>;

/// A transaction under way.
struct Pending {
    txn: Txn,
    since: Duration,
    answer: oneshot::Sender<Result<Done, Error>>,
}

/// Carries out the transactions of one node, all that are waiting at a time.
///
/// The lists lie in leaves under names that are used once, so what a name stands for never changes and
/// is kept in memory; the root says which leaves there are now. To commit, the leaves that change are
/// written under new names, and then the root is exchanged for one with these names by a single
/// compare-and-set. If that succeeds, the root was what the transactions had read from all the time,
/// and they happen at that moment, one after another; if it fails, another node was faster, nothing
/// has happened, and they are tried anew on the new root. Transactions that only read happen when
/// the root is read. As every transaction happens at a moment between its request and its answer, all
/// are strictly serializable.
///
/// This is how Datomic does it: immutable values, and one reference that changes.
///
/// # Errors
///
/// 30, in conflict with others for too long: nothing happened. 11, lin-kv does not answer, or not with
/// what was put there, before the compare-and-set was sent: nothing happened. 0, the answer to that
/// does not come: it may happen.
pub(super) struct Committer {
    net: Net,
    kv: Kv,
    queue: RefCell<Vec<Pending>>,
    filled: Notify,
    /// The root as it was last seen, if it is likely to be so still.
    root: RefCell<Option<Root>>,
    leaves: RefCell<BTreeMap<Slot, (Rc<str>, Rc<Leaf>)>>,
    named: Cell<u64>,
}

/// What became of an attempt.
enum Attempt {
    Done(Vec<Done>),
    /// Another node was faster.
    Conflict,
    /// Whether those that write have happened is known to nobody.
    Unknown,
    Failed(Error),
}

impl Committer {
    pub(super) fn start(net: &Net) -> Rc<Self> {
        let committer = Rc::new(Self {
            kv: Kv::new(net.clone(), Service::LinKv, KV_PATIENCE),
            net: net.clone(),
            queue: RefCell::default(),
            filled: Notify::new(),
            root: RefCell::default(),
            leaves: RefCell::default(),
            named: Cell::new(0),
        });
        let task = Rc::clone(&committer);
        net.spawn(async move { task.run().await });
        committer
    }

    /// Takes a transaction in.
    pub(super) fn submit(&self, txn: Txn, answer: oneshot::Sender<Result<Done, Error>>) {
        self.queue.borrow_mut().push(Pending { txn, since: self.net.now(), answer });
        self.filled.notify_one();
    }

    async fn run(self: Rc<Self>) {
        loop {
            let mut batch = std::mem::take(&mut *self.queue.borrow_mut());
            if batch.is_empty() {
                self.filled.notified().await;
                continue;
            }
            // Whoever has gone needs no answer, nor a transaction.
            batch.retain(|pending| !pending.answer.is_closed());
            match self.attempt(&batch).await {
                Attempt::Done(done) => {
                    for (pending, done) in batch.into_iter().zip(done) {
                        answer(pending, Ok(done));
                    }
                }
                Attempt::Conflict => self.postpone(batch),
                Attempt::Unknown => {
                    for pending in batch {
                        let error = if writes(&pending.txn) {
                            Error::new(
                                ErrorCode::Timeout,
                                "lin-kv does not say whether it happened",
                            )
                        } else {
                            unavailable("lin-kv does not answer")
                        };
                        answer(pending, Err(error));
                    }
                }
                Attempt::Failed(error) => {
                    for pending in batch {
                        answer(pending, Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Puts transactions back to the front, but for those that have waited for too long.
    fn postpone(&self, batch: Vec<Pending>) {
        let mut waiting = Vec::with_capacity(batch.len());
        for pending in batch {
            if self.net.now() < pending.since + PERSISTENCE {
                waiting.push(pending);
            } else {
                let text = "others changed the lists again and again meanwhile";
                answer(pending, Err(Error::new(ErrorCode::TxnConflict, text)));
            }
        }
        let mut queue = self.queue.borrow_mut();
        waiting.append(&mut queue);
        *queue = waiting;
    }

    async fn attempt(self: &Rc<Self>, batch: &[Pending]) -> Attempt {
        match self.try_on(batch).await {
            Ok(attempt) => attempt,
            Err(error) => {
                *self.root.borrow_mut() = None;
                Attempt::Failed(error)
            }
        }
    }

    async fn try_on(self: &Rc<Self>, batch: &[Pending]) -> Result<Attempt, Error> {
        let changes = batch.iter().any(|pending| writes(&pending.txn));
        // A root that is exchanged successfully was the right one; what is only read must be new.
        let known = self.root.borrow_mut().take().filter(|_| changes);
        let root = match known {
            Some(root) => root,
            None => self.kv.read(ROOT).await.map_err(|error| lost(&error))?.unwrap_or_default(),
        };
        let mut working = Working { leaves: self.fetch(&root, batch).await?, ..Working::default() };
        let done: Vec<_> = batch.iter().map(|pending| working.carry_out(&pending.txn)).collect();
        if !changes {
            *self.root.borrow_mut() = Some(root);
            return Ok(Attempt::Done(done));
        }
        let next = self.store(&root, working.changed).await?;
        match self.kv.cas(ROOT, &root, &next, root.0.is_empty()).await {
            Ok(true) => {
                *self.root.borrow_mut() = Some(next);
                Ok(Attempt::Done(done))
            }
            Ok(false) => Ok(Attempt::Conflict),
            Err(RpcError::Refused(error)) if error.code.is_definite() => {
                Err(lost(&RpcError::Refused(error)))
            }
            Err(_) => Ok(Attempt::Unknown),
        }
    }

    /// The leaves that the transactions need, those not at hand fetched side by side.
    async fn fetch(
        self: &Rc<Self>,
        root: &Root,
        batch: &[Pending],
    ) -> Result<BTreeMap<Slot, Rc<Leaf>>, Error> {
        let mut leaves = BTreeMap::new();
        let mut fetching = JoinSet::new();
        for (_, key, _) in batch.iter().flat_map(|pending| &pending.txn) {
            let slot = slot(key);
            let Some(name) = root.0.get(&slot).filter(|_| !leaves.contains_key(&slot)) else {
                continue;
            };
            let known = self.leaves.borrow().get(&slot).filter(|(known, _)| known == name).cloned();
            if let Some((_, leaf)) = known {
                leaves.insert(slot, leaf);
                continue;
            }
            leaves.insert(slot, Rc::default());
            let (kv, name) = (self.kv.clone(), Rc::clone(name));
            fetching.spawn_local(async move {
                let leaf = kv.read::<Leaf>(&name).await;
                (slot, name, leaf)
            });
        }
        while let Some(fetched) = fetching.join_next().await {
            let broken = |error| Error::new(ErrorCode::TemporarilyUnavailable, format!("{error}"));
            let (slot, name, leaf) = fetched.map_err(broken)?;
            let leaf = leaf.map_err(|error| lost(&error))?;
            let leaf = Rc::new(leaf.ok_or_else(|| unavailable("a leaf is missing in lin-kv"))?);
            leaves.insert(slot, Rc::clone(&leaf));
            self.leaves.borrow_mut().insert(slot, (name, leaf));
        }
        Ok(leaves)
    }

    /// Writes leaves under new names, side by side; the root that has these.
    async fn store(
        self: &Rc<Self>,
        root: &Root,
        changed: BTreeMap<Slot, Leaf>,
    ) -> Result<Root, Error> {
        let mut next = root.clone();
        let mut storing = JoinSet::new();
        for (slot, leaf) in changed {
            self.named.set(self.named.get() + 1);
            let life = self.net.entropy()[0];
            let name: Rc<str> = format!("{}-{life:x}-{}", self.net.id(), self.named.get()).into();
            let leaf = Rc::new(leaf);
            self.leaves.borrow_mut().insert(slot, (Rc::clone(&name), Rc::clone(&leaf)));
            next.0.insert(slot, Rc::clone(&name));
            let kv = self.kv.clone();
            storing.spawn_local(async move { kv.write(&name, &*leaf).await });
        }
        while let Some(stored) = storing.join_next().await {
            let broken = |error| Error::new(ErrorCode::TemporarilyUnavailable, format!("{error}"));
            stored.map_err(broken)?.map_err(|error| lost(&error))?;
        }
        Ok(next)
    }
}

fn writes(txn: &Txn) -> bool {
    txn.iter().any(|(action, ..)| *action == Action::Append)
}

fn answer(pending: Pending, result: Result<Done, Error>) {
    // A client that is gone does not mind.
    let _ = pending.answer.send(result);
}

/// Something went wrong before the root was touched: nothing has happened.
fn lost(error: &RpcError) -> Error {
    unavailable(&format!("lin-kv: {error}"))
}

fn unavailable(text: &str) -> Error {
    Error::new(ErrorCode::TemporarilyUnavailable, text)
}
