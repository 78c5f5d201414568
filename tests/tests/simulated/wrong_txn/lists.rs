use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::kv::{Kv, Service};
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::{Every, Flawed};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// Stores what it has made of the lists, whatever they are by now.
    WritesBlindly,
    /// Who only reads is shown the lists as they were a second ago.
    ReadsFromACache,
    /// One transaction in twenty is refused for certain when it has happened.
    RefusesWhatItKeeps,
    /// In one transaction in twenty, elements are appended twice.
    AppendsTwice,
    /// Every operation by itself.
    PartByPart,
    /// In one transaction in twenty, elements come to the front.
    Prepends,
}

type Mop = (String, u64, Value);
type ByKey = BTreeMap<String, Vec<Value>>;

/// Lists that lie all together in lin-kv.
pub(crate) struct Lists {
    flaw: Flaw,
    kv: Kv,
    seen: RefCell<ByKey>,
    twentieth: Every,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Txn { txn: Vec<Mop> },
}

const LISTS: &str = "lists";

impl Lists {
    /// Carries out operations on the lists as they are in lin-kv, until nobody has changed them
    /// meanwhile.
    async fn carry_out(&self, txn: &[Mop], strange: bool) -> Result<Vec<Mop>, Error> {
        let reads_only = txn.iter().all(|(f, ..)| f == "r");
        for _ in 0..100 {
            let cached = reads_only && self.flaw == Flaw::ReadsFromACache;
            let before = if cached {
                self.seen.borrow().clone()
            } else {
                self.kv.read::<ByKey>(LISTS).await?.unwrap_or_default()
            };
            let (mut lists, mut done) = (before.clone(), txn.to_vec());
            for (f, key, value) in &mut done {
                if f == "r" {
                    *value = json!(lists.get(&key.to_string()));
                    continue;
                }
                let list = lists.entry(key.to_string()).or_default();
                match self.flaw {
                    Flaw::AppendsTwice if strange => list.extend([value.clone(), value.clone()]),
                    Flaw::Prepends if strange => list.insert(0, value.clone()),
                    _ => list.push(value.clone()),
                }
            }
            let stored = if reads_only {
                true
            } else if self.flaw == Flaw::WritesBlindly {
                self.kv.write(LISTS, &lists).await?;
                true
            } else {
                self.kv.cas(LISTS, &before, &lists, before.is_empty()).await?
            };
            if stored {
                return Ok(done);
            }
        }
        Err(Error::new(ErrorCode::TxnConflict, "again and again"))
    }
}

impl Node for Lists {
    const NAME: &'static str = "wrong-lists";
    const ABOUT: &'static str = "Carries out transactions on lists, or so it says";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let kv = Kv::new(net.clone(), Service::LinKv, Duration::from_secs(1));
        let (seen, twentieth) = (RefCell::default(), Every::new(20));
        let lists = Rc::new(Self { flaw: args.flaw, kv, seen, twentieth });
        if args.flaw == Flaw::ReadsFromACache {
            let lists = Rc::clone(&lists);
            net.spawn(async move {
                loop {
                    if let Ok(Some(seen)) = lists.kv.read(LISTS).await {
                        lists.seen.replace(seen);
                    }
                    sleep(Duration::from_secs(1)).await;
                }
            });
        }
        Ok(lists)
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        let Request::Txn { txn } = request;
        let strange = txn.iter().any(|(f, ..)| f != "r") && self.twentieth.strikes();
        let mut done = Vec::new();
        if self.flaw == Flaw::PartByPart {
            for mop in &txn {
                done.extend(self.carry_out(std::slice::from_ref(mop), strange).await?);
            }
        } else {
            done = self.carry_out(&txn, strange).await?;
        }
        if self.flaw == Flaw::RefusesWhatItKeeps && strange {
            return Err(Error::new(ErrorCode::TxnConflict, "as if nothing had happened"));
        }
        Ok(Some(json!({"type": "txn_ok", "txn": done})))
    }
}
