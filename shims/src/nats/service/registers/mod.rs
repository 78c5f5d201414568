use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, timeout_at};

use super::entry::Entry;
use super::question::{Json, Question, Reply};
use crate::protocol::{Error, ErrorCode};

/// How many requests one write serves at most.
const TOGETHER: usize = 1000;

/// Of how many keys the last value is kept, and how long it may be: it saves a read, and is proved by the write.
const KEPT: usize = 10_000;
const KEPT_LEN: usize = 4096;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// Registers by key on a log that may answer late, twice, with what is old, or not at all.
pub(super) trait Log: 'static {
    /// The newest entry of a key as somebody knows it, which may be an old one; none has revision 0.
    async fn last(&self, key: &str) -> Result<Entry, String>;

    /// Appends to a key's entries if the newest has revision `expected`.
    async fn append(&self, key: &str, expected: u64, payload: Vec<u8>) -> Appended;
}

/// What became of a message.
#[derive(Debug)]
pub(super) enum Appended {
    /// It is in the log, at this revision.
    As(u64),
    /// It was looked at, and another revision found.
    Refused,
    /// Nobody has seen it, nor will.
    Unsent(String),
    /// It may be in the log, or come to be.
    Unknown(String),
}

/// A request that was carried out.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) reply: Reply,
    /// The write that proves it.
    pub(super) revision: u64,
}

/// Registers that are linearizable, key by key.
pub(super) struct Registers<L> {
    log: L,
    /// The beginning of all ids of this life.
    life: String,
    written: Cell<u64>,
    keys: RefCell<BTreeMap<String, Key>>,
}

#[derive(Default)]
struct Key {
    queue: VecDeque<Op>,
    /// The last entry that was seen; perhaps not the newest.
    known: Option<Entry>,
    is_busy: bool,
}

struct Op {
    question: Question,
    deadline: Instant,
    answer: oneshot::Sender<Result<Done, Error>>,
}

impl<L: Log> Registers<L> {
    pub(super) fn new(log: L) -> Result<Rc<Self>, String> {
        let life = format!("{:016x}", getrandom::u64().map_err(|error| error.to_string())?);
        let (written, keys) = (Cell::new(0), RefCell::default());
        Ok(Rc::new(Self { log, life, written, keys }))
    }

    /// Carries a request out. What is answered at the deadline, or for a write of which nobody knows what became of
    /// it, is error 0. Whoever asks must wait for the answer: what others ask of the key may wait for it, too.
    pub(super) async fn ask(
        self: &Rc<Self>,
        key: String,
        question: Question,
        deadline: Instant,
    ) -> Result<Done, Error> {
        let (answer, answered) = oneshot::channel();
        let is_busy = {
            let mut keys = self.keys.borrow_mut();
            let state = keys.entry(key.clone()).or_default();
            state.queue.push_back(Op { question, deadline, answer });
            std::mem::replace(&mut state.is_busy, true)
        };
        // The first carries its own request out, with whatever has come by then; only what comes meanwhile needs
        // a task of its own.
        if !is_busy && self.turn(&key).await && self.has_more(&key) {
            spawn_local(Rc::clone(self).work(key));
        }
        answered.await.unwrap_or_else(|_| Err(unknown("the service has ended")))
    }

    /// Carries out what waits for a key, and ends when nothing does.
    async fn work(self: Rc<Self>, key: String) {
        while self.turn(&key).await && self.has_more(&key) {}
    }

    /// Whether more waits for a key; if not, nobody carries anything out for it any more.
    fn has_more(&self, key: &str) -> bool {
        let mut keys = self.keys.borrow_mut();
        let Some(state) = keys.get_mut(key) else { return false };
        state.is_busy = !state.queue.is_empty();
        let is_busy = state.is_busy;
        if !is_busy && keys.len() > KEPT {
            keys.retain(|_, state| state.is_busy);
        }
        is_busy
    }

    /// Carries out what waits for a key now, with one write. Returns whether anything did.
    async fn turn(&self, key: &str) -> bool {
        let Some((ops, known)) = self.next(key) else { return false };
        let trouble = RefCell::new(String::from("no answer"));
        // The first has waited longest.
        let deadline = ops.first().map_or_else(Instant::now, |op| op.deadline);
        let done = timeout_at(deadline, self.carry_out(key, known, &ops, &trouble)).await;
        let known = match done {
            Ok(Some((entry, replies))) => {
                for (op, reply) in ops.into_iter().zip(replies) {
                    let revision = entry.revision;
                    // Who has given up needs no answer.
                    let _ = op.answer.send(reply.map(|reply| Done { reply, revision }));
                }
                Some(entry)
            }
            Ok(None) | Err(_) => {
                for op in ops {
                    let _ = op.answer.send(Err(unknown(&trouble.borrow())));
                }
                None
            }
        };
        let fits = |it: &Entry| it.value.as_ref().is_none_or(|value| value.len() <= KEPT_LEN);
        if let Some(state) = self.keys.borrow_mut().get_mut(key) {
            state.known = known.filter(fits);
        }
        true
    }

    /// The next requests of a key, and what is known of it.
    fn next(&self, key: &str) -> Option<(Vec<Op>, Option<Entry>)> {
        let mut keys = self.keys.borrow_mut();
        let state = keys.get_mut(key)?;
        let together = state.queue.len().min(TOGETHER);
        Some((state.queue.drain(..together).collect(), state.known.take()))
    }

    /// Writes once for all `ops`, which are all under way at that moment and so may take effect then, one after
    /// another. Returns none if nobody knows what became of that.
    async fn carry_out(
        &self,
        key: &str,
        known: Option<Entry>,
        ops: &[Op],
        trouble: &RefCell<String>,
    ) -> Option<(Entry, Vec<Result<Reply, Error>>)> {
        let mut base = match known {
            Some(known) => known,
            None => self.newest(key, None, trouble).await,
        };
        loop {
            let mut value = base.value.clone();
            let replies = ops.iter().map(|op| op.question.apply(&mut value)).collect();
            match self.replace(key, &base, value, trouble).await {
                Replaced::By(entry) => return Some((entry, replies)),
                Replaced::Not(newer) => base = newer,
                Replaced::Unknown => return None,
            }
        }
    }

    /// Puts `value` in the place of `base`. It is one write however often it is sent: what is sent late, or again,
    /// finds `base` replaced.
    async fn replace(
        &self,
        key: &str,
        base: &Entry,
        value: Option<Json>,
        trouble: &RefCell<String>,
    ) -> Replaced {
        self.written.set(self.written.get() + 1);
        let id = format!("{}-{}", self.life, self.written.get());
        let after = base.revision;
        let payload = Entry::payload(&id, after, value.as_ref()).into_bytes();
        let mut may_be_there = false;
        loop {
            match self.log.append(key, after, payload.clone()).await {
                Appended::As(revision) => {
                    return Replaced::By(Entry { revision, id, after, value });
                }
                Appended::Refused => break,
                Appended::Unsent(text) => *trouble.borrow_mut() = text,
                Appended::Unknown(text) => {
                    *trouble.borrow_mut() = text;
                    may_be_there = true;
                }
            }
            sleep(PAUSE).await;
        }
        let newest = self.newest(key, Some(after), trouble).await;
        if newest.id == id {
            Replaced::By(newest)
        } else if !may_be_there || newest.after == after {
            Replaced::Not(newest)
        } else {
            "others have written since".clone_into(&mut trouble.borrow_mut());
            Replaced::Unknown
        }
    }

    /// The newest entry that can be found, and one that is newer than `than`. Waits until there is one.
    async fn newest(&self, key: &str, than: Option<u64>, trouble: &RefCell<String>) -> Entry {
        loop {
            match self.log.last(key).await {
                Ok(entry) if than.is_none_or(|than| entry.revision > than) => return entry,
                Ok(_) => "only what is old is shown".clone_into(&mut trouble.borrow_mut()),
                Err(text) => *trouble.borrow_mut() = text,
            }
            sleep(PAUSE).await;
        }
    }
}

/// What became of a write.
enum Replaced {
    /// It has replaced what it should.
    By(Entry),
    /// This has, and the write never will.
    Not(Entry),
    /// That cannot be found out.
    Unknown,
}

fn unknown(trouble: &str) -> Error {
    Error::new(ErrorCode::Timeout, format!("{trouble}: it may have happened or not"))
}

#[cfg(test)]
mod tests;
