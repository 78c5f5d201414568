//! Checkers by name: what a workload is judged by.

use crate::check::{self, Model, Report, anomalies};
use crate::history::History;

/// What a history is judged for.
#[derive(Clone, Debug, PartialEq)]
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

    /// Judges a history.
    pub fn check(&self, history: &History) -> Report {
        let report = match self {
            Self::Echo => check::echo(history),
            Self::UniqueIds => check::unique_ids(history),
            Self::SetFull { add } => check::set_full(history, add),
            Self::Counter => check::counter(history),
            Self::Kafka => check::kafka(history),
            Self::LinKv => check::lin_kv(history),
            Self::TxnRwRegister(models) => check::txn_rw_register(history, models),
            Self::TxnListAppend(models) => check::txn_list_append(history, models),
        };
        let names = self.anomalies();
        let known = report.findings.iter().all(|it| names.contains(&it.anomaly.as_str()));
        debug_assert!(known, "an anomaly that is not declared");
        report
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
