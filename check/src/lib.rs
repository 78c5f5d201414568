//! Judges histories: what clients asked of a system, what they were told and when, held against what
//! the system promises.
//!
//! A [`History`] is a list of operations, each with its beginning and its end. It comes from threads of
//! one's own by a [`Recorder`], from an iterator of [`Op`]s, or from a file that Jepsen, Maelstrom or
//! `glomers test` has written ([`Recorded`]). A [`Checker`] judges it; its [`Report`] has a verdict,
//! figures, and [`Finding`]s, each with the operations that prove it. What a finding is called, means,
//! and where to look for its cause, tells [`Anomaly`].
//!
//! ```
//! use glomers_check::{Checker, Recorder, Valid};
//! use serde_json::json;
//!
//! let recorder = Recorder::default();
//! let (mut ann, mut bob) = (recorder.client(), recorder.client());
//! ann.invoke("write", json!(["x", 1])).ok(json!(["x", 1]));
//! bob.invoke("read", json!(["x", null])).ok(json!(["x", null]));
//!
//! let report = Checker::LinKv.check(&recorder.history());
//! assert_eq!(report.valid, Valid::No);
//! let finding = &report.findings[0];
//! assert_eq!(finding.anomaly, "nonlinearizable");
//! assert_eq!(finding.ops, [0, 1, 2, 3], "both operations, from beginning to end");
//! ```
//!
//! # What finds what
//!
//! | the system keeps | operations | checker | anomalies | after |
//! | --- | --- | --- | --- | --- |
//! | registers, one for each key, as if there were one copy | `read` `[k, null]` → `[k, v]`, `write` `[k, v]`, `cas` `[k, [from, to]]` | [`Checker::LinKv`]: *linearizability* | `nonlinearizable` | Herlihy and Wing, [Linearizability](https://doi.org/10.1145/78969.78972) (1990); Wing and Gong, [Testing and verifying concurrent objects](https://doi.org/10.1006/jpdc.1993.1015) (1993); Lowe, [Testing for linearizability](https://doi.org/10.1002/cpe.3928) (2017); Knossos |
//! | lists, in transactions | `txn` `[["r", k, null], ["append", k, v], …]` | [`Checker::TxnListAppend`] with [models](#models-of-transactions) | see there | Adya, [Weak Consistency](https://pmg.csail.mit.edu/papers/adya-phd.pdf) (1999); Kingsbury and Alvaro, [Elle](https://arxiv.org/abs/2003.10554) (2020) |
//! | registers, in transactions | `txn` `[["r", k, null], ["w", k, v], …]` | [`Checker::TxnRwRegister`] with models | see there | the same; weaker, as overwritten values leave no trace |
//! | a set that grows | `add` `v`, `read` → `[v, …]` | [`Checker::SetFull`] | `lost`, `unexpected`, `duplicated` | `set-full` of [Jepsen](https://github.com/jepsen-io/jepsen) |
//! | a counter | `add` `n`, `read` → `n`; the last reads [`finally`](Op::finally) | [`Checker::Counter`] | `wrong-sum` | Maelstrom's `pn-counter` |
//! | ids | `generate` → `v` | [`Checker::UniqueIds`] | `duplicated` | Maelstrom's `unique-ids` |
//! | logs with offsets | `send`, `poll`, `assign` | [`Checker::Kafka`] | `lost-write`, `poll-skip`, `inconsistent-offsets` … | `jepsen.tests.kafka` |
//! | nothing: it answers | `echo` `v` → `v` | [`Checker::Echo`] | `wrong-echo` | Maelstrom's `echo` |
//!
//! [`check`] has each of them as a function, with what it is stricter in than its forerunner.
//! [`Results`] adds what holds for every history: how many operations succeeded, how available the
//! system was.
//!
//! # Models of transactions
//!
//! | [`Model`] | forbids, besides what the weaker ones forbid |
//! | --- | --- |
//! | read uncommitted (Adya's PL-1) | `G0`, dirty write |
//! | read committed (PL-2) | `G1a`, aborted read; `G1b`, intermediate read; `G1c`, circular information flow |
//! | read atomic | `internal`, `future-read` |
//! | snapshot isolation (PL-SI) | `G-single-item`, read skew; `G-nonadjacent-item`; `lost-update` |
//! | repeatable read (PL-2.99) | `G2-item`, write skew; `lost-update` |
//! | serializable (PL-3) | all these |
//! | strong session … | the same with `-process`: as the session's own order has it |
//! | strict serializable, strong … | the same with `-realtime`: as the order of what did not overlap has it |
//!
//! There are [more](Model::all), with the relations that Bailis et al., [Highly Available
//! Transactions](https://doi.org/10.14778/2732232.2732237) (2013), and Cerone, Bernardi and Gotsman, [A
//! Framework for Transactional Consistency Models with Atomic
//! Visibility](https://doi.org/10.4230/LIPIcs.CONCUR.2015.58) (2015), give them. Which model does a store
//! keep? Hold it to the strongest, and ask [`Model::not_ruled_out`].
//!
//! # What a verdict means
//!
//! *No* is a proof: the findings name the operations, and no correct system can have given these answers.
//! *Yes* says that this history can have come about, not that the next one can: what was tried under no
//! faults, with few clients or with values that collide, proves little. *Unknown*: nothing was shown, or
//! a search has reached its limit and says so.
//!
//! An operation whose outcome is not known must be recorded as [unknown](Pending::unknown), never as
//! failed: it may have happened, or may yet.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod anomaly;
pub mod check;
pub mod checker;
mod direct;
pub mod edn;
pub mod exact;
pub mod fingerprint;
pub mod history;
pub mod recorded;
pub mod results;
pub mod value;

pub use anomaly::Anomaly;
pub use check::{Availability, Finding, Model, Report, Valid};
pub use checker::Checker;
pub use history::{Client, History, Kind, Op, Pending, Process, Recorder};
pub use recorded::Recorded;
pub use results::Results;
pub use value::Value;
