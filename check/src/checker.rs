//! Checkers by name: what a workload is judged by.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::check::{self, Model, Report, Valid, anomalies};
use crate::history::{History, Kind, Op};
use crate::value::View;

/// What a history is judged for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Checker {
    /// Payloads come back as they were: [`check::echo`].
    Echo,
    /// No id is given out twice: [`check::unique_ids`].
    UniqueIds,
    /// Nothing that was added to a set is lost: [`check::set_full`].
    SetFull {
        /// What an addition is called in the history: `add`, `broadcast`.
        add: String,
    },
    /// A counter comes to the sum of what was added: [`check::counter`].
    Counter,
    /// Logs keep what was sent, in one order: [`check::kafka`].
    Kafka,
    /// Registers are linearizable: [`check::lin_kv`].
    LinKv,
    /// Transactions over registers keep all these models: [`check::txn_rw_register`].
    TxnRwRegister(Vec<Model>),
    /// Transactions over lists keep all these models: [`check::txn_list_append`].
    TxnListAppend(Vec<Model>),
}

impl Checker {
    /// The names of Maelstrom's workloads, each of which has its checker.
    pub const WORKLOADS: [&str; 10] = [
        "echo",
        "unique-ids",
        "broadcast",
        "g-set",
        "g-counter",
        "pn-counter",
        "kafka",
        "lin-kv",
        "txn-rw-register",
        "txn-list-append",
    ];

    /// The checker of the workload of that name; if it is one of transactions, they are held to
    /// `models`.
    ///
    /// ```
    /// use glomers_check::checker::Checker;
    ///
    /// assert_eq!(Checker::of_workload("g-set", &[]), Some(Checker::SetFull { add: "add".into() }));
    /// assert_eq!(Checker::of_workload("g-bag", &[]), None);
    /// ```
    pub fn of_workload(name: &str, models: &[Model]) -> Option<Self> {
        Some(match name {
            "echo" => Self::Echo,
            "unique-ids" => Self::UniqueIds,
            "broadcast" => Self::SetFull { add: "broadcast".to_owned() },
            "g-set" => Self::SetFull { add: "add".to_owned() },
            "g-counter" | "pn-counter" => Self::Counter,
            "kafka" => Self::Kafka,
            "lin-kv" => Self::LinKv,
            "txn-rw-register" => Self::TxnRwRegister(models.to_vec()),
            "txn-list-append" => Self::TxnListAppend(models.to_vec()),
            _ => return None,
        })
    }

    /// Judges a history. Where there is nothing to judge, or the history is not of the kind that is
    /// judged here, the verdict is unknown, and says why.
    pub fn check(&self, history: &History) -> Report {
        if let Some(stray) = self.stray(history) {
            return Report::unknown(stray);
        }
        let mut report = self.judge(history);
        if history.ops().iter().any(Op::is_client) {
            return report;
        }
        let says = report.maelstrom_says();
        report.cause = None;
        report
            .or_unknown("clients asked for nothing, so there is nothing to judge")
            .maelstrom(says.valid, says.anomalies)
    }

    fn judge(&self, history: &History) -> Report {
        let report = match self {
            Self::Echo => check::echo(history),
            Self::UniqueIds => check::unique_ids(history),
            Self::SetFull { add } => check::set_full(history, add),
            Self::Counter => check::counter(history),
            Self::Kafka => check::kafka(history),
            Self::LinKv => as_knossos(check::lin_kv(history), history),
            Self::TxnRwRegister(models) => check::txn_rw_register(history, models),
            Self::TxnListAppend(models) => check::txn_list_append(history, models),
        };
        let names = self.anomalies();
        let known = report.findings.iter().all(|it| names.contains(&it.anomaly.as_str()));
        debug_assert!(known, "an anomaly that is not declared");
        report
    }

    /// What is in a history that this checker is not for, if there is such a thing: a word, or an answer
    /// of another kind.
    fn stray(&self, history: &History) -> Option<String> {
        let words = self.words();
        let clients = || history.ops().iter().filter(|op| op.is_client());
        if let Some(op) = clients().find(|op| !words.contains(&op.f.as_str())) {
            return Some(format!(
                "op {} is a {:?}, of which this checker knows nothing: it judges {}",
                op.index,
                op.f,
                words.join(", "),
            ));
        }
        let answers = clients().filter(|op| op.kind == Kind::Ok && op.f == "read");
        let (kind, other): (_, fn(View<'_>) -> bool) = match self {
            Self::SetFull { .. } => ("no list", |it| !it.is_list() && !it.is_null()),
            Self::Counter => ("a list", |it| it.is_list()),
            _ => return None,
        };
        let mut others = answers.filter(|op| other(op.value.view()));
        others.next().map(|op| format!("what the read of op {} shows is {kind}", op.index))
    }

    /// What operations are called that this checker judges, or passes over.
    fn words(&self) -> Vec<&str> {
        match self {
            Self::Echo => vec!["echo"],
            Self::UniqueIds => vec!["generate"],
            Self::SetFull { add } => vec![add, "read"],
            Self::Counter => vec!["add", "read"],
            Self::Kafka => {
                vec!["send", "poll", "assign", "subscribe", "crash", "debug-topic-partitions"]
            }
            Self::LinKv => vec!["read", "write", "cas"],
            Self::TxnRwRegister(_) | Self::TxnListAppend(_) => vec!["txn"],
        }
    }

    /// The names of all anomalies that [`check`](Self::check) can find.
    pub fn anomalies(&self) -> &'static [&'static str] {
        match self {
            Self::Echo => &anomalies::ECHO,
            Self::UniqueIds => &anomalies::UNIQUE_IDS,
            Self::SetFull { .. } => &anomalies::SET_FULL,
            Self::Counter => &anomalies::COUNTER,
            Self::Kafka => &anomalies::KAFKA,
            Self::LinKv => &anomalies::LIN_KV,
            Self::TxnRwRegister(_) => &anomalies::TXN_RW_REGISTER,
            Self::TxnListAppend(_) => &anomalies::TXN_LIST_APPEND,
        }
    }
}

/// Says what Knossos would: it believes a read that shows null whatever the key holds.
fn as_knossos(report: Report, history: &History) -> Report {
    if report.valid != Valid::No {
        // Of a history in which nothing succeeded it finds nothing wrong.
        let gave_up = report.figures.contains_key("unknown");
        return report.maelstrom(if gave_up { Valid::Unknown } else { Valid::Yes }, []);
    }
    let nulls: BTreeSet<usize> = history
        .pairs()
        .into_iter()
        .filter(|(invoked, _)| invoked.f == "read")
        .filter_map(|(invoked, completed)| Some((invoked, completed?)))
        .filter(|(_, read)| {
            read.kind == Kind::Ok && read.value.view().nth(1).is_some_and(View::is_null)
        })
        .flat_map(|(invoked, read)| [invoked.index, read.index])
        .collect();
    if nulls.is_empty() {
        return report;
    }
    let others = history.ops().iter().filter(|op| !nulls.contains(&op.index));
    let judged = check::lin_kv(&others.cloned().collect());
    let names = (judged.valid == Valid::No).then(|| "nonlinearizable".to_owned());
    report.maelstrom(if names.is_some() { Valid::No } else { Valid::Yes }, names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::Script;
    use crate::check::{Model, Valid};

    fn checkers() -> impl Iterator<Item = (&'static str, Checker)> {
        Checker::WORKLOADS.into_iter().map(|name| {
            let models = [Model::STRICT_SERIALIZABLE];
            (name, Checker::of_workload(name, &models).unwrap())
        })
    }

    #[test]
    fn where_nobody_asked_for_anything_nothing_is_known() {
        for (name, checker) in checkers() {
            let report = checker.check(&History::default());
            assert_eq!(report.valid, Valid::Unknown, "{name}");
            assert!(report.cause.unwrap().contains("asked for nothing"), "{name}");
        }
    }

    #[test]
    fn a_history_of_another_workload_is_not_judged() {
        let call =
            |f: &str, value: serde_json::Value| Script::default().call(0, Kind::Ok, f, value);
        let histories = [
            ("echo", call("echo", json!("a"))),
            ("unique-ids", call("generate", json!(1))),
            ("broadcast", call("broadcast", json!(1)).read(0, json!([1]))),
            ("g-set", call("add", json!(1)).read(0, json!([1]))),
            ("g-counter", call("add", json!(1)).with("final?").read(0, json!(1))),
            ("kafka", Script::default().send(0, "k", 1, 0).poll(0, json!({"k": [[0, 1]]}))),
            ("lin-kv", call("write", json!([0, 1]))),
            ("txn-rw-register", call("txn", json!([["w", 1, 1]]))),
            ("txn-list-append", call("txn", json!([["append", 1, 1]]))),
        ];
        for (of, script) in histories {
            let history = script.history();
            for (name, checker) in checkers() {
                let report = checker.check(&history);
                let same = name == of || (of, name) == ("g-counter", "pn-counter");
                let expected = if same { Valid::Yes } else { Valid::Unknown };
                assert_eq!(report.valid, expected, "{of} as {name}: {report:#?}");
                assert_eq!(report.cause.is_some(), !same, "{of} as {name}");
            }
        }
    }
}
