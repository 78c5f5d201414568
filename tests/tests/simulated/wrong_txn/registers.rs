use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::{Every, Flawed, tell_peers};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::sleep;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    /// Right as long as no message is lost.
    None,
    /// Operations are carried out one by one, and others' in between; each write for itself.
    OneByOne,
    /// One transaction in twenty is refused for certain, and yet carried out.
    RefusesWhatItKeeps,
    /// Of two writes at the same time the one stays that came first.
    KeepsTheFirstOfATie,
    /// Reads come from a copy that is a second old.
    ReadsFromACache,
    /// One transaction in ten is acknowledged and dropped.
    Loses,
}

type Key = u64;
/// A Lamport time, and whose it is.
type Stamp = (u64, Rc<str>);

/// Registers that are told to every other node, once; the last write wins.
pub(crate) struct Registers {
    net: Net,
    flaw: Flaw,
    time: Cell<u64>,
    held: RefCell<BTreeMap<Key, (Stamp, Value)>>,
    cache: RefCell<BTreeMap<Key, (Stamp, Value)>>,
    tenth: Every,
    twentieth: Every,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Txn { txn: Vec<(String, Key, Value)> },
    Tell { time: u64, node: Rc<str>, writes: Vec<(Key, Value)> },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire<'a> {
    Tell { time: u64, node: &'a Rc<str>, writes: &'a [(Key, Value)] },
}

impl Registers {
    fn write(&self, writes: &[(Key, Value)]) {
        let stamp = (self.time.get() + 1, Rc::clone(self.net.id()));
        self.take(&stamp, writes);
        tell_peers(&self.net, &Wire::Tell { time: stamp.0, node: &stamp.1, writes });
    }

    fn take(&self, stamp: &Stamp, writes: &[(Key, Value)]) {
        self.time.set(self.time.get().max(stamp.0));
        let mut registers = self.held.borrow_mut();
        for (key, value) in writes {
            let is_later = registers.get(key).is_none_or(|(held, _)| match self.flaw {
                Flaw::KeepsTheFirstOfATie => held.0 < stamp.0,
                _ => held < stamp,
            });
            if is_later {
                registers.insert(*key, (stamp.clone(), value.clone()));
            }
        }
    }

    fn read(&self, key: Key) -> Value {
        let source = if self.flaw == Flaw::ReadsFromACache { &self.cache } else { &self.held };
        source.borrow().get(&key).map_or(Value::Null, |(_, value)| value.clone())
    }

    async fn one_by_one(&self, txn: &mut [(String, Key, Value)]) {
        for (f, key, value) in txn {
            if f == "r" {
                *value = self.read(*key);
            } else {
                self.write(&[(*key, value.clone())]);
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn at_once(&self, txn: &mut [(String, Key, Value)]) {
        let mut writes: BTreeMap<Key, Value> = BTreeMap::new();
        for (f, key, value) in txn {
            if f != "r" {
                writes.insert(*key, value.clone());
            } else if let Some(own) = writes.get(key)
                && self.flaw != Flaw::ReadsFromACache
            {
                *value = own.clone();
            } else {
                *value = self.read(*key);
            }
        }
        let writes: Vec<_> = writes.into_iter().collect();
        let lost = self.flaw == Flaw::Loses && self.tenth.strikes();
        if !writes.is_empty() && !lost {
            self.write(&writes);
        }
    }
}

impl Node for Registers {
    const NAME: &'static str = "wrong-registers";
    const ABOUT: &'static str = "Carries out transactions on registers, or so it says";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let registers = Rc::new(Self {
            net,
            flaw: args.flaw,
            time: Cell::default(),
            held: RefCell::default(),
            cache: RefCell::default(),
            tenth: Every::new(10),
            twentieth: Every::new(20),
        });
        let cached = Rc::clone(&registers);
        registers.net.spawn(async move {
            loop {
                sleep(Duration::from_secs(1)).await;
                cached.cache.replace(cached.held.borrow().clone());
            }
        });
        Ok(registers)
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        match request {
            Request::Txn { mut txn } => {
                if self.flaw == Flaw::OneByOne {
                    self.one_by_one(&mut txn).await;
                } else {
                    self.at_once(&mut txn);
                }
                if self.flaw == Flaw::RefusesWhatItKeeps && self.twentieth.strikes() {
                    return Err(Error::new(ErrorCode::Abort, "as if nothing had happened"));
                }
                Ok(Some(json!({"type": "txn_ok", "txn": txn})))
            }
            Request::Tell { time, node, writes } => {
                self.take(&(time, node), &writes);
                Ok(None)
            }
        }
    }
}
