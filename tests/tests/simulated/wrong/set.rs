use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::protocol::Error;
use glomers_shims::runtime::{Net, Node};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Every, Flawed, tell_peers};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    /// Right as long as no message is lost.
    None,
    /// One value in a hundred is acknowledged and dropped.
    Loses,
    /// What is acknowledged is stored, and told to others, only half a second later; between times
    /// the node's memory is wiped once.
    Forgets,
    /// Shows a value that nobody has added.
    Invents,
    /// Lists a value twice.
    Repeats,
    /// The last node does not listen to others.
    Deaf,
    /// Nobody listens to who comes after him.
    OneWay,
}

/// For both `broadcast` and `g-set`: a set whose values are told to every other node, once.
pub(crate) struct Set {
    net: Net,
    flaw: Flaw,
    /// The first workload's words, instead of the second's.
    broadcasts: Cell<bool>,
    values: RefCell<BTreeSet<u64>>,
    unsaved: RefCell<BTreeSet<u64>>,
    hundredth: Every,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Topology,
    Broadcast { message: u64 },
    Add { element: u64 },
    Read,
    Tell { value: u64 },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    Tell { value: u64 },
}

impl Set {
    fn add(self: &Rc<Self>, value: u64) {
        match self.flaw {
            Flaw::Loses if self.hundredth.strikes() => {}
            Flaw::Forgets => {
                self.unsaved.borrow_mut().insert(value);
                let set = Rc::clone(self);
                self.net.spawn(async move {
                    sleep(Duration::from_millis(500)).await;
                    if set.unsaved.borrow_mut().remove(&value) {
                        set.save(value);
                    }
                });
            }
            _ => self.save(value),
        }
    }

    fn save(&self, value: u64) {
        self.values.borrow_mut().insert(value);
        tell_peers(&self.net, &Wire::Tell { value });
    }

    fn read(&self) -> Value {
        let values = self.values.borrow();
        let mut shown: Vec<_> = values.union(&self.unsaved.borrow()).copied().collect();
        match (self.flaw, shown.first()) {
            (Flaw::Repeats, Some(&first)) => shown.push(first),
            (Flaw::Invents, Some(_)) => shown.push(1_000_000),
            _ => {}
        }
        let key = if self.broadcasts.get() { "messages" } else { "value" };
        json!({"type": "read_ok", key: shown})
    }
}

impl Node for Set {
    const NAME: &'static str = "wrong-set";
    const ABOUT: &'static str = "Keeps the values that it is given, or most of them";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let set = Rc::new(Self {
            net,
            flaw: args.flaw,
            broadcasts: Cell::default(),
            values: RefCell::default(),
            unsaved: RefCell::default(),
            hundredth: Every::new(100),
        });
        let wiped = Rc::clone(&set);
        set.net.spawn(async move {
            sleep(Duration::from_secs(5)).await;
            wiped.unsaved.borrow_mut().clear();
        });
        Ok(set)
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
                self.add(message);
                json!({"type": "broadcast_ok"})
            }
            Request::Add { element } => {
                self.add(element);
                json!({"type": "add_ok"})
            }
            Request::Read => self.read(),
            Request::Tell { value } => {
                let is_deaf = match self.flaw {
                    Flaw::Deaf => self.net.node_ids().last() == Some(self.net.id()),
                    Flaw::OneWay => *from > **self.net.id(),
                    _ => false,
                };
                if !is_deaf {
                    self.values.borrow_mut().insert(value);
                }
                return Ok(None);
            }
        }))
    }
}
