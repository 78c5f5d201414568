use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::kv::{Kv, Service};
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Flawed;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    /// Right.
    None,
    /// Reads of what the node itself has seen before are answered from memory.
    Caches,
    /// A write is acknowledged first, and done a little later.
    AcksEarly,
    /// A compare-and-set does not compare.
    CasIsWrite,
    /// A compare-and-set compares and sets in two steps.
    CasHasAGap,
    /// What is read is told as a string.
    Spells,
}

/// Registers on lin-kv.
pub(crate) struct Registers {
    net: Net,
    kv: Kv,
    flaw: Flaw,
    cache: RefCell<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Read { key: Value },
    Write { key: Value, value: Value },
    Cas { key: Value, from: Value, to: Value },
}

impl Registers {
    async fn read(&self, key: &str) -> Result<Value, Error> {
        if self.flaw == Flaw::Caches
            && let Some(value) = self.cache.borrow().get(key)
        {
            return Ok(value.clone());
        }
        let missing = || Error::new(ErrorCode::KeyDoesNotExist, "no such key");
        let value: Value = self.kv.read(key).await?.ok_or_else(missing)?;
        self.remember(key, &value);
        Ok(value)
    }

    async fn write(&self, key: &str, value: Value) -> Result<(), Error> {
        if self.flaw == Flaw::AcksEarly {
            let (kv, key) = (self.kv.clone(), key.to_owned());
            self.net.spawn(async move {
                sleep(Duration::from_millis(100)).await;
                let _ = kv.write(&key, &value).await;
            });
            return Ok(());
        }
        self.kv.write(key, &value).await?;
        self.remember(key, &value);
        Ok(())
    }

    async fn cas(&self, key: &str, from: Value, to: Value) -> Result<(), Error> {
        let differs = || Error::new(ErrorCode::PreconditionFailed, "it is another");
        let done = match self.flaw {
            Flaw::CasIsWrite => {
                self.kv.write(key, &to).await?;
                true
            }
            Flaw::CasHasAGap => {
                let holds = self.kv.read::<Value>(key).await?.as_ref() == Some(&from);
                if holds {
                    self.kv.write(key, &to).await?;
                }
                holds
            }
            _ => self.kv.cas(key, &from, &to, false).await?,
        };
        if done { Ok(()) } else { Err(differs()) }
    }

    fn remember(&self, key: &str, value: &Value) {
        self.cache.borrow_mut().insert(key.to_owned(), value.clone());
    }
}

impl Node for Registers {
    const NAME: &'static str = "wrong-registers";
    const ABOUT: &'static str = "Keeps values by key, more or less";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let kv = Kv::new(net.clone(), Service::LinKv, Duration::from_secs(1));
        Ok(Rc::new(Self { net, kv, flaw: args.flaw, cache: RefCell::default() }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        Ok(Some(match request {
            Request::Read { key } => {
                let value = self.read(&key.to_string()).await?;
                let told = if self.flaw == Flaw::Spells { json!(value.to_string()) } else { value };
                json!({"type": "read_ok", "value": told})
            }
            Request::Write { key, value } => {
                self.write(&key.to_string(), value).await?;
                json!({"type": "write_ok"})
            }
            Request::Cas { key, from, to } => {
                self.cas(&key.to_string(), from, to).await?;
                json!({"type": "cas_ok"})
            }
        }))
    }
}
