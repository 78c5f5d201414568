//! Transactions: which consistency models a history rules out.
//!
//! The manner is Elle's (Kingsbury, Alvaro, [Elle: Inferring Isolation Anomalies from Experimental
//! Observations](https://arxiv.org/abs/2003.10554), VLDB 2020), the theory Adya's (*Weak Consistency*,
//! 1999). From what transactions read follows how they depend on each other: `wr`, one read what the
//! other wrote; `ww`, one overwrote what the other wrote; `rw`, an *anti-dependency*, one overwrote
//! what the other read. Where these lead in a circle, the transactions cannot have been carried out
//! one after another, and what the circle consists of says which weaker promises are broken, too.
//!
//! | anomaly | what it means |
//! | --- | --- |
//! | `G0` | a circle of `ww`: writes were interleaved |
//! | `G1a` | a transaction read what one that failed wrote |
//! | `G1b` | a transaction read what another wrote, and itself overwrote |
//! | `G1c` | a circle of `ww` and `wr`: each depends on what the others wrote |
//! | `G-single-item` | one `rw` besides: a transaction saw a part of another, or not its past |
//! | `G-nonadjacent-item` | several `rw`, no two in succession |
//! | `G2-item` | any number of `rw` |
//! | `…-process`, `…-realtime` | the same by the help of the order in which a process did its transactions, or of what ended before what began; under models that hold both it is `…-realtime` |
//! | `internal` | a transaction read something else than what it read or wrote before |
//! | `future-read` | a transaction read what it wrote only later |
//! | `lost-update` | several read the same version and then wrote the key |
//! | `cyclic-versions` | a register's versions come before each other |
//! | `incompatible-order` | two reads of a list, neither of which is the beginning of the other |
//! | `duplicate-elements` | a list has an element twice |
//! | `dirty-update` | an append that lasted came after one of a transaction that failed |
//! | `unexpected` | a read shows what nobody wrote |
//! | `divergence` | after the faults, when all is quiet, not everyone reads the same |
//! | `lost-write` | what everyone reads then lacks what was acknowledged |
//!
//! A transaction whose outcome is unknown may have happened, and did if its writes were seen.
//!
//! # Where it is Elle's and where it is not
//!
//! Names, models and what they forbid are Elle's. Stricter: `unexpected`, where Elle breaks off or
//! passes over it; `future-read` of registers; a transaction that reads null and then something else,
//! without having written it; the last reads, which Maelstrom does not have, and with them `divergence`,
//! `lost-write` and the order of a register's last version, by which blind writes that were
//! interleaved show as `G0`; per key orders of registers by process and real time where the model
//! promises them, which Maelstrom does not ask Elle for. Such an order is an assumption, and a circle
//! by its help is given no worse name than is proved (see `cycles`). Searches are exact and bounded
//! by counting, so that there are no time-outs. More lenient: a history in which no transaction depends
//! on another is valid; Elle calls it `empty-transaction-graph` and unknown, and Maelstrom, of
//! registers, invalid.
//!
//! What Elle would say is found by its rules: a history that is not valid is looked at a second time.
//!
//! A model that forbids nothing that can be found here gets `unknown`.

mod analysis;
mod append;
mod cases;
mod cycles;
mod elle;
mod explain;
mod finals;
mod graph;
mod longest;
mod manner;
mod model;
mod mop;
mod orders;
mod phenomena;
mod reach;
mod register;
mod scc;
#[cfg(test)]
mod tests;
mod transactions;
mod walk;

use serde_json::json;

use self::analysis::analyse;
use self::manner::Manner;
use self::model::forbidden;
use self::transactions::Datatype;
use super::report::{Finding, Report, Valid};
use crate::history::History;

pub use model::Model;

/// Judges a run of the txn-rw-register workload: operations `txn` of which every value is a list of
/// `["r", key, value]` and `["w", key, value]`, in invocations with null for what is to be read. No
/// value is written to a key twice.
pub fn txn_rw_register(history: &History, models: &[Model]) -> Report {
    check(history, models, Datatype::Register)
}

/// Judges a run of the txn-list-append workload: as [`txn_rw_register`], but with
/// `["append", key, element]`, and reads of lists.
pub fn txn_list_append(history: &History, models: &[Model]) -> Report {
    check(history, models, Datatype::List)
}

/// What no model allows: the last reads tell it.
const NEVER: [&str; 2] = ["divergence", "lost-write"];

fn check(history: &History, models: &[Model], datatype: Datatype) -> Report {
    let mut forbidden = forbidden(models);
    let checkable = !forbidden.is_empty();
    forbidden.extend(NEVER.map(str::to_owned));
    let own = analyse(history, models, datatype, Manner::Own, |cases, graph| {
        let count = graph.transactions.list.len();
        let report = cases.report(models, &forbidden).figure("transaction-count", json!(count));
        (report, graph.has_dependencies())
    });
    let (mut report, has_dependencies) = match own {
        Ok(judged) => judged,
        Err(finding) => {
            let report = Report::unknown(finding.text.clone()).findings([*finding]);
            return report.maelstrom(Valid::Unknown, []);
        }
    };
    if !checkable {
        let names: Vec<_> = models.iter().map(|model| model.name()).collect();
        let text = format!("{} forbids nothing that is looked for", names.join(", "));
        report = report.or_unknown(text.clone());
        report = report.findings([Finding::new("nothing-forbidden", text, [])]);
    }
    // What is stricter here passes there; nothing else differs.
    if report.valid == Valid::Yes && has_dependencies {
        return report.maelstrom(Valid::Yes, []);
    }
    let (valid, anomalies) = elle::judge(history, models, datatype);
    report.maelstrom(valid, anomalies)
}
