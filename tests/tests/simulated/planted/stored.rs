use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::kv::{Kv, Service};
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::Flawed;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// What seq-kv shows is taken for what is there now.
    TrustsStaleReads,
    /// That an exchange has timed out is taken for that it has not happened.
    RefusesWhatMayHappen,
}

/// For g-counter: one sum in seq-kv, which is exchanged for a greater one.
pub(crate) struct Stored {
    net: Net,
    kv: Kv,
    flaw: Flaw,
    /// One exchange at a time: those of one node need not hinder each other.
    turn: Mutex<()>,
    fresh: Cell<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Add { delta: i64 },
    Read,
}

impl Stored {
    async fn sum(&self) -> Result<i64, Error> {
        if self.flaw != Flaw::TrustsStaleReads {
            // A write that changes something pulls its client up to the newest state.
            self.fresh.set(self.fresh.get() + 1);
            let [life, _] = self.net.entropy();
            let key = format!("fresh-{}", self.net.id());
            self.kv.write(&key, &json!([life, self.fresh.get()])).await?;
        }
        Ok(self.kv.read("sum").await?.unwrap_or_default())
    }

    async fn add(&self, delta: i64) -> Result<(), Error> {
        if delta == 0 {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        loop {
            let sum = self.sum().await?;
            match self.kv.cas("sum", &sum, &(sum + delta), true).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if self.flaw == Flaw::RefusesWhatMayHappen => {
                    return Err(Error::new(ErrorCode::TemporarilyUnavailable, error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Node for Stored {
    const NAME: &'static str = "planted-stored";
    const ABOUT: &'static str = "Counts in seq-kv, with one thought left out";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let kv = Kv::new(net.clone(), Service::SeqKv, Duration::from_millis(500));
        let (turn, fresh) = (Mutex::default(), Cell::default());
        Ok(Rc::new(Self { net, kv, flaw: args.flaw, turn, fresh }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        let answer = match request {
            Request::Read => json!({"type": "read_ok", "value": self.sum().await?}),
            Request::Add { delta } => self.add(delta).await.map(|()| json!({"type": "add_ok"}))?,
        };
        Ok(Some(answer))
    }
}
