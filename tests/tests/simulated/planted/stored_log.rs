use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use clap::ValueEnum;
use glomers_shims::protocol::Error;
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::Flawed;
use serde::Deserialize;
use serde_json::{Value, json};

use super::journal::{Journal, Slip};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// After a restart, offsets go on from where the last whole segment ended.
    ResumesBeforeTheLastSegment,
}

/// So many offsets are a segment.
const SEGMENT: i64 = 8;

/// As many messages of a key come in one poll.
const POLL_LIMIT: usize = 4;

/// For kafka, one node alone: each message and each commit is stored before it is acknowledged.
pub(crate) struct StoredLog {
    logs: RefCell<BTreeMap<i64, Log>>,
    journal: Journal,
}

#[derive(Default)]
struct Log {
    messages: BTreeMap<i64, i64>,
    next: i64,
    committed: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Send { key: String, msg: i64 },
    Poll { offsets: BTreeMap<String, i64> },
    CommitOffsets { offsets: BTreeMap<String, i64> },
    ListCommittedOffsets { keys: Vec<String> },
}

/// What a line is about.
const MESSAGE: i64 = 0;
const COMMIT: i64 = 1;

impl StoredLog {
    /// The load's keys are numbers.
    fn number(key: &str) -> i64 {
        key.parse().unwrap()
    }

    fn with_log<T>(&self, key: &str, look: impl FnOnce(&mut Log) -> T) -> T {
        look(self.logs.borrow_mut().entry(Self::number(key)).or_default())
    }

    fn send(&self, key: &str, msg: i64) -> Result<i64, Error> {
        // An offset that may be on the disk is never given out again.
        let offset = self.with_log(key, |log| {
            log.next += 1;
            log.next - 1
        });
        self.journal.write([MESSAGE, Self::number(key), offset, msg])?;
        self.with_log(key, |log| log.messages.insert(offset, msg));
        Ok(offset)
    }

    fn commit(&self, key: &str, offset: i64) -> Result<(), Error> {
        self.journal.write([COMMIT, Self::number(key), offset, 0])?;
        self.with_log(key, |log| log.committed = log.committed.max(Some(offset)));
        Ok(())
    }
}

impl Node for StoredLog {
    const NAME: &'static str = "planted-log";
    const ABOUT: &'static str = "Keeps logs on its disk, with one thought left out";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, Flawed { flaw }: Self::Args) -> Result<Rc<Self>, Error> {
        let (journal, lines) = Journal::open(&net, Slip::None);
        let mut logs = BTreeMap::<i64, Log>::new();
        for [what, key, offset, msg] in lines {
            let log = logs.entry(key).or_default();
            if what == COMMIT {
                log.committed = log.committed.max(Some(offset));
            } else {
                log.messages.entry(offset).or_insert(msg);
                let end = offset + 1;
                log.next = log.next.max(match flaw {
                    Flaw::None => end,
                    Flaw::ResumesBeforeTheLastSegment => end / SEGMENT * SEGMENT,
                });
            }
        }
        Ok(Rc::new(Self { logs: RefCell::new(logs), journal }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        Ok(Some(match request {
            Request::Send { key, msg } => {
                json!({"type": "send_ok", "offset": self.send(&key, msg)?})
            }
            Request::Poll { offsets } => {
                let mut msgs = BTreeMap::new();
                for (key, from) in offsets {
                    let shown = self.with_log(&key, |log| {
                        let shown = log.messages.range(from..).take(POLL_LIMIT);
                        shown.map(|(offset, msg)| (*offset, *msg)).collect::<Vec<_>>()
                    });
                    msgs.insert(key, shown);
                }
                json!({"type": "poll_ok", "msgs": msgs})
            }
            Request::CommitOffsets { offsets } => {
                for (key, offset) in offsets {
                    self.commit(&key, offset)?;
                }
                json!({"type": "commit_offsets_ok"})
            }
            Request::ListCommittedOffsets { keys } => {
                let committed = |key: String| {
                    let offset = self.with_log(&key, |log| log.committed)?;
                    Some((key, offset))
                };
                let offsets: BTreeMap<_, _> = keys.into_iter().filter_map(committed).collect();
                json!({"type": "list_committed_offsets_ok", "offsets": offsets})
            }
        }))
    }
}
