use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::kv::{Kv, Service};
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
    /// One addition in twenty is acknowledged and dropped.
    Drops,
    /// One addition in twenty is done twice.
    AddsTwice,
    /// What is acknowledged is stored, and told to others, only half a second later; between times
    /// the node's memory is wiped once.
    Forgets,
    /// The sum is read from lin-kv and written back, whatever others have written meanwhile.
    Races,
    /// The sum is told as a string.
    Spells,
}

/// For both counters: a sum whose changes are told to every other node, once.
pub(crate) struct Counter {
    net: Net,
    kv: Kv,
    flaw: Flaw,
    sum: Cell<i64>,
    unsaved: Cell<i64>,
    life: Cell<u64>,
    twentieth: Every,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Add { delta: i64 },
    Read,
    Tell { delta: i64 },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    Tell { delta: i64 },
}

impl Counter {
    fn save(&self, delta: i64) {
        self.sum.set(self.sum.get() + delta);
        tell_peers(&self.net, &Wire::Tell { delta });
    }

    async fn stored(&self) -> Result<i64, Error> {
        Ok(self.kv.read("sum").await?.unwrap_or_default())
    }

    async fn add(self: &Rc<Self>, delta: i64) -> Result<(), Error> {
        match self.flaw {
            Flaw::Races => {
                let sum = self.stored().await? + delta;
                self.kv.write("sum", &sum).await?;
            }
            Flaw::Forgets => {
                self.unsaved.set(self.unsaved.get() + delta);
                let (counter, life) = (Rc::clone(self), self.life.get());
                self.net.spawn(async move {
                    sleep(Duration::from_millis(500)).await;
                    if counter.life.get() == life {
                        counter.unsaved.set(counter.unsaved.get() - delta);
                        counter.save(delta);
                    }
                });
            }
            Flaw::Drops if delta != 0 && self.twentieth.strikes() => {}
            Flaw::AddsTwice if delta != 0 && self.twentieth.strikes() => self.save(2 * delta),
            _ => self.save(delta),
        }
        Ok(())
    }
}

impl Node for Counter {
    const NAME: &'static str = "wrong-counter";
    const ABOUT: &'static str = "Counts, more or less";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let counter = Rc::new(Self {
            kv: Kv::new(net.clone(), Service::LinKv, Duration::from_secs(1)),
            net,
            flaw: args.flaw,
            sum: Cell::new(0),
            unsaved: Cell::new(0),
            life: Cell::new(0),
            twentieth: Every::new(20),
        });
        let wiped = Rc::clone(&counter);
        counter.net.spawn(async move {
            sleep(Duration::from_secs(5)).await;
            wiped.unsaved.set(0);
            wiped.life.set(1);
        });
        Ok(counter)
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        Ok(Some(match request {
            Request::Add { delta } => {
                self.add(delta).await?;
                json!({"type": "add_ok"})
            }
            Request::Read => {
                let sum = match self.flaw {
                    Flaw::Races => self.stored().await?,
                    _ => self.sum.get() + self.unsaved.get(),
                };
                let value =
                    if self.flaw == Flaw::Spells { json!(sum.to_string()) } else { json!(sum) };
                json!({"type": "read_ok", "value": value})
            }
            Request::Tell { delta } => {
                self.sum.set(self.sum.get() + delta);
                return Ok(None);
            }
        }))
    }
}
