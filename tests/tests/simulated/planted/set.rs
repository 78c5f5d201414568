use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::protocol::Error;
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::Flawed;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::journal::{Journal, Slip};
use super::retrying::{Patience, Retrying};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// A value is told once.
    NeverRetries,
    /// A value is told three times at most.
    GivesUp,
    /// When one peer has acknowledged a value, all are taken to have.
    TakesOneForAll,
    /// A client's value is acknowledged half a second before it is stored and told.
    AcknowledgesFirst,
    /// A peer's value is acknowledged and kept in memory alone.
    KeepsPeersInMemory,
    /// What is written is taken for synced.
    NeverSyncs,
    /// A sync that fails is taken for one that succeeds.
    IgnoresFailedSyncs,
    /// What was cut off when the last life ended is not removed.
    KeepsTornEnds,
    /// A snapshot is of what there was when it was begun, and what came meanwhile is removed.
    ForgetsTheTail,
}

impl Flaw {
    fn slip(self) -> Slip {
        match self {
            Self::NeverSyncs => Slip::NeverSyncs,
            Self::IgnoresFailedSyncs => Slip::IgnoresFailedSyncs,
            Self::KeepsTornEnds => Slip::KeepsTornEnds,
            Self::ForgetsTheTail => Slip::ForgetsTheTail,
            _ => Slip::None,
        }
    }
}

/// For both `broadcast` and `g-set`: a set whose values are stored, and told until acknowledged.
pub(crate) struct Set {
    net: Net,
    flaw: Flaw,
    /// The first workload's words, instead of the second's.
    broadcasts: Cell<bool>,
    values: RefCell<BTreeSet<i64>>,
    journal: Journal,
    peers: Rc<Retrying>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Topology,
    Broadcast { message: i64 },
    Add { element: i64 },
    Read,
    Things { things: Vec<(i64, i64)> },
    Known { numbers: Vec<i64> },
}

impl Set {
    fn add(self: &Rc<Self>, value: i64) -> Result<(), Error> {
        if self.flaw == Flaw::AcknowledgesFirst {
            self.values.borrow_mut().insert(value);
            let set = Rc::clone(self);
            self.net.spawn(async move {
                sleep(Duration::from_millis(500)).await;
                // Nobody is there any more to be told of a failure.
                let _ = set.journal.write([value]);
                set.shown(value);
            });
            return Ok(());
        }
        self.store(value)
    }

    /// Nobody sees it before it is stored; if it is not now, it will be.
    fn store(self: &Rc<Self>, value: i64) -> Result<(), Error> {
        let stored = self.journal.write([value]);
        if stored.is_ok() {
            self.shown(value);
        } else {
            let set = Rc::clone(self);
            self.net.spawn(async move {
                while set.journal.flush().is_err() {
                    sleep(Duration::from_millis(200)).await;
                }
                set.shown(value);
            });
        }
        stored
    }

    fn shown(&self, value: i64) {
        self.values.borrow_mut().insert(value);
        self.peers.tell_all(value, 0);
    }
}

impl Node for Set {
    const NAME: &'static str = "planted-set";
    const ABOUT: &'static str = "Keeps the values that it is given, with one thought left out";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let patience = match args.flaw {
            Flaw::NeverRetries => Patience::Times(1),
            Flaw::GivesUp => Patience::Times(3),
            Flaw::TakesOneForAll => Patience::UntilOneKnows,
            _ => Patience::Endless,
        };
        let (journal, lines) = Journal::open(&net, args.flaw.slip());
        let peers = Retrying::start(&net, patience);
        let values = lines.into_iter().map(|[value]| value).collect::<BTreeSet<_>>();
        // Whom an earlier life has told is not known.
        for value in &values {
            peers.tell_all(*value, 0);
        }
        let values = RefCell::new(values);
        Ok(Rc::new(Self {
            net,
            flaw: args.flaw,
            broadcasts: Cell::default(),
            values,
            journal,
            peers,
        }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        Ok(Some(match request {
            Request::Topology => {
                self.broadcasts.set(true);
                json!({"type": "topology_ok"})
            }
            Request::Broadcast { message } => {
                self.add(message)?;
                json!({"type": "broadcast_ok"})
            }
            Request::Add { element } => {
                self.add(element)?;
                json!({"type": "add_ok"})
            }
            Request::Read => {
                let key = if self.broadcasts.get() { "messages" } else { "value" };
                json!({"type": "read_ok", key: *self.values.borrow()})
            }
            Request::Things { things } => {
                for (value, _) in &things {
                    let is_new = !self.values.borrow().contains(value);
                    if is_new && self.flaw != Flaw::KeepsPeersInMemory {
                        self.journal.write([*value])?;
                    }
                    self.values.borrow_mut().insert(*value);
                }
                let numbers = things.into_iter().map(|(value, _)| value).collect();
                self.peers.acknowledge(&from, numbers);
                return Ok(None);
            }
            Request::Known { numbers } => {
                self.peers.acknowledged(&from, &numbers);
                return Ok(None);
            }
        }))
    }
}
