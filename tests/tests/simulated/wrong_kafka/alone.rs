use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use clap::ValueEnum;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::{Every, Flawed};
use serde::Deserialize;
use serde_json::{Value, json};

/// One send in twenty or one poll in five, as the case may be, is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// A message gets the offset of the one before it.
    SharesOffsets,
    /// A message is stored at two offsets.
    StoresTwice,
    /// A message is acknowledged and dropped.
    Loses,
    /// A message is refused for certain, and stored.
    StoresRefused,
    /// A message that nobody has sent is stored before the one that somebody has.
    Invents,
    /// Of any two messages the second gets the lower offset.
    FallingOffsets,
    /// A poll leaves out its first message.
    SkipsFirst,
    /// A poll leaves out a message among others.
    SkipsSecond,
    /// A poll begins with a message before the offset that was asked for.
    GoesBack,
    /// A poll shows its first two messages the wrong way round.
    Swaps,
    /// A poll shows the message that will be sent next.
    Foresees,
}

impl Flaw {
    fn spoils_sends(self) -> bool {
        matches!(
            self,
            Self::SharesOffsets
                | Self::StoresTwice
                | Self::Loses
                | Self::StoresRefused
                | Self::Invents
        )
    }
}

/// As many messages of a key come in one poll.
const POLL_LIMIT: usize = 4;

/// For one node alone.
pub(crate) struct Alone {
    flaw: Flaw,
    logs: RefCell<BTreeMap<String, Log>>,
    committed: RefCell<BTreeMap<String, u64>>,
    twentieth: Every,
    fifth: Every,
}

#[derive(Default)]
struct Log {
    slots: BTreeMap<u64, Vec<Value>>,
    next: u64,
}

impl Log {
    fn store(&mut self, offset: u64, message: Value) -> u64 {
        self.slots.entry(offset).or_default().push(message);
        self.next = self.next.max(offset + 1);
        offset
    }

    fn append(&mut self, message: Value) -> u64 {
        self.store(self.next, message)
    }

    fn poll(&self, from: u64) -> Vec<(u64, Value)> {
        let slots = self.slots.range(from..).take(POLL_LIMIT);
        slots.flat_map(|(&at, all)| all.iter().map(move |one| (at, one.clone()))).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Send { key: String, msg: Value },
    Poll { offsets: BTreeMap<String, u64> },
    CommitOffsets { offsets: BTreeMap<String, u64> },
    ListCommittedOffsets { keys: Vec<String> },
}

impl Alone {
    fn send(&self, key: String, msg: Value) -> Result<u64, Error> {
        let mut logs = self.logs.borrow_mut();
        let log = logs.entry(key).or_default();
        if self.flaw == Flaw::FallingOffsets {
            let count = log.slots.len() as u64;
            return Ok(log.store(count ^ 1, msg));
        }
        if !self.flaw.spoils_sends() || log.next == 0 || !self.twentieth.strikes() {
            return Ok(log.append(msg));
        }
        Ok(match self.flaw {
            Flaw::SharesOffsets => log.store(log.next - 1, msg),
            Flaw::StoresTwice => {
                log.append(msg.clone());
                log.append(msg)
            }
            Flaw::Invents => {
                log.append(json!(["made up", log.next]));
                log.append(msg)
            }
            Flaw::Loses => {
                log.next += 1;
                log.next - 1
            }
            _ => {
                log.append(msg);
                return Err(Error::new(ErrorCode::Abort, "not stored"));
            }
        })
    }

    fn poll(&self, key: &str, from: u64) -> Vec<(u64, Value)> {
        let logs = self.logs.borrow();
        let Some(log) = logs.get(key) else { return Vec::new() };
        let mut shown = log.poll(from);
        let spoils = !self.flaw.spoils_sends() && !shown.is_empty() && self.fifth.strikes();
        match self.flaw {
            _ if !spoils => {}
            Flaw::SkipsFirst if shown.len() > 1 => {
                shown.remove(0);
            }
            Flaw::SkipsSecond if shown.len() > 2 => {
                shown.remove(1);
            }
            Flaw::GoesBack if from > 0 => shown.insert(0, log.poll(from - 1).swap_remove(0)),
            Flaw::Swaps if shown.len() > 1 => shown.swap(0, 1),
            // The load numbers each key's messages from 1 to 16.
            Flaw::Foresees if log.next < 16 && shown.len() < POLL_LIMIT => {
                shown.push((log.next, json!(log.next + 1)));
            }
            _ => {}
        }
        shown
    }
}

impl Node for Alone {
    const NAME: &'static str = "wrong-kafka-alone";
    const ABOUT: &'static str = "Keeps logs, more or less";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(_net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self {
            flaw: args.flaw,
            logs: RefCell::default(),
            committed: RefCell::default(),
            twentieth: Every::new(20),
            fifth: Every::new(5),
        }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        Ok(Some(match request {
            Request::Send { key, msg } => {
                json!({"type": "send_ok", "offset": self.send(key, msg)?})
            }
            Request::Poll { offsets } => {
                let poll = |(key, from): (String, u64)| (self.poll(&key, from), key);
                let msgs = offsets.into_iter().map(poll).filter(|(shown, _)| !shown.is_empty());
                let msgs: BTreeMap<_, _> = msgs.map(|(shown, key)| (key, shown)).collect();
                json!({"type": "poll_ok", "msgs": msgs})
            }
            Request::CommitOffsets { offsets } => {
                self.committed.borrow_mut().extend(offsets);
                json!({"type": "commit_offsets_ok"})
            }
            Request::ListCommittedOffsets { keys } => {
                let committed = self.committed.borrow();
                let offset = |key: String| committed.get(&key).map(|&offset| (key, offset));
                let offsets: BTreeMap<_, _> = keys.into_iter().filter_map(offset).collect();
                json!({"type": "list_committed_offsets_ok", "offsets": offsets})
            }
        }))
    }
}
