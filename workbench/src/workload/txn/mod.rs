//! Transactions over many keys: registers that are read and written, or lists that are read and
//! appended to.
//!
//! The load is that of Elle with the options that Maelstrom gives it. Finally, which Maelstrom does
//! not do, each worker reads every key that was ever in use, some at a time.

mod generator;
mod options;
mod session;

use std::collections::BTreeMap;

use glomers_check::check::Model;
use glomers_check::checker::Checker;
use serde_json::{Map, Value, json};

use self::generator::Generator;
use self::session::TxnSession;
use super::{Draft, Session, Workload};
use crate::rng::Rng;

pub use options::Options;

/// How many keys one of the last transactions reads.
const KEYS_AT_A_TIME: u64 = 32;

/// What the keys hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Datatype {
    Register,
    List,
}

/// The workloads `txn-rw-register` and `txn-list-append`.
#[derive(Debug)]
pub struct Txn {
    datatype: Datatype,
    generator: Generator,
    models: Vec<Model>,
    /// By process, the first key that it has yet to read in the end.
    finals: BTreeMap<u64, u64>,
}

impl Txn {
    /// The workload `txn-rw-register`: `["r", key, null]` and `["w", key, value]`.
    pub fn rw_register(options: &Options) -> Self {
        Self::new(Datatype::Register, "w", options)
    }

    /// The workload `txn-list-append`: `["r", key, null]` and `["append", key, element]`.
    pub fn list_append(options: &Options) -> Self {
        Self::new(Datatype::List, "append", options)
    }

    fn new(datatype: Datatype, write: &'static str, options: &Options) -> Self {
        let generator = Generator::new(write, options);
        Self { datatype, generator, models: options.models.clone(), finals: BTreeMap::new() }
    }
}

impl Workload for Txn {
    fn next(&mut self, rng: &mut Rng, _process: u64) -> Option<Draft> {
        Some(Draft { f: "txn", value: self.generator.next(rng), extra: Map::new() })
    }

    fn has_final(&self) -> bool {
        true
    }

    fn next_final(&mut self, _rng: &mut Rng, process: u64) -> Option<Draft> {
        let first = self.finals.entry(process).or_default();
        let keys = *first..self.generator.keys().min(*first + KEYS_AT_A_TIME);
        *first = keys.end;
        let reads: Vec<Value> = keys.map(|key| json!(["r", key, null])).collect();
        let extra = Map::from_iter([("final?".to_owned(), true.into())]);
        (!reads.is_empty()).then_some(Draft { f: "txn", value: Value::Array(reads), extra })
    }

    fn reuses_clients(&self) -> bool {
        true
    }

    fn session(&self) -> Box<dyn Session> {
        Box::new(TxnSession(self.datatype))
    }

    fn checker(&self) -> Checker {
        let models = self.models.clone();
        match self.datatype {
            Datatype::Register => Checker::TxnRwRegister(models),
            Datatype::List => Checker::TxnListAppend(models),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn in_the_end_everyone_reads_every_key_once() {
        let mut txn = Txn::rw_register(&Options::default());
        let mut rng = Rng::seed_from_u64(1);
        for _ in 0..500 {
            txn.next(&mut rng, 0);
        }
        for process in [0, 5] {
            let mut read = Vec::new();
            while let Some(draft) = txn.next_final(&mut rng, process) {
                assert_eq!(draft.extra["final?"], true);
                let mops = draft.value.as_array().unwrap().clone();
                read.extend(mops.iter().map(|mop| mop[1].as_u64().unwrap()));
            }
            assert!(read.len() > 32 && read.into_iter().eq(0..txn.generator.keys()));
        }
    }
}
