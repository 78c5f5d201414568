//! The challenges, and what they demand.

use std::time::Duration;

use glomers_check::check::{Availability, Model, Valid};
use glomers_check::results::Results;

use crate::judged::Judged;
use crate::nemesis::{FaultKind, Faults};
use crate::network::Latency;
use crate::run::{Concurrency, NodeNames, Nodes, RunError, Settings};
use crate::workload::Kind;

/// One challenge with its parameters.
pub(super) struct Challenge {
    pub(super) name: &'static str,
    pub(super) workload: Kind,
    nodes: usize,
    clients_per_node: usize,
    rate: f64,
    seconds: u64,
    latency_ms: u64,
    partitions: bool,
    total_availability: bool,
    /// What transactions are held to.
    pub(super) model: Model,
    pub(super) target: Option<Target>,
}

/// What a challenge demands beside a valid run: fewer messages an operation, and stable latencies
/// below these, in milliseconds.
pub(super) struct Target {
    messages: f64,
    median: f64,
    max: f64,
}

impl Challenge {
    const fn new(
        name: &'static str,
        workload: Kind,
        nodes: usize,
        rate: f64,
        seconds: u64,
    ) -> Self {
        Self {
            name,
            workload,
            nodes,
            clients_per_node: 1,
            rate,
            seconds,
            latency_ms: 0,
            partitions: false,
            total_availability: false,
            model: Model::STRICT_SERIALIZABLE,
            target: None,
        }
    }

    /// Whether that is its number, its workload, or all.
    pub(super) fn is_called(&self, word: &str) -> bool {
        let mut words = self.name.split([' ', ',']);
        let is_number =
            word.starts_with(|it: char| it.is_ascii_digit()) && words.any(|it| it == word);
        is_number || word == self.workload.name() || word == "all"
    }

    /// Its line of the table.
    pub(super) fn row(&self, judged: &Judged, missed: Option<&str>) -> String {
        let results = &judged.results;
        let verdict = match (results.valid, missed) {
            (Valid::Yes, None) => "valid".to_owned(),
            (Valid::Yes, Some(missed)) => missed.to_owned(),
            (Valid::No, _) => "INVALID".to_owned(),
            (Valid::Unknown, _) if judged.outcome.is_interrupted => {
                "unknown: interrupted".to_owned()
            }
            (Valid::Unknown, _) => "unknown".to_owned(),
        };
        let figure = |path: &[&str], unit: &str| {
            let figure = results.at(path).and_then(serde_json::Value::as_f64);
            figure.map_or(String::new(), |f| format!("{}{unit}", (f * 100.0).round() / 100.0))
        };
        let latency = |q| figure(&["workload", "stable-latencies", q], " ms");
        row([
            self.name,
            &self.nodes.to_string(),
            &format!("{}/s", self.rate),
            &figure(&["stats", "count"], ""),
            &figure(&["net", "servers", "msgs-per-op"], ""),
            &latency("0.5"),
            &latency("1"),
            &format!("{:.2} s", judged.wall.as_secs_f64()),
            &verdict,
        ])
    }

    pub(super) fn settings(&self, seed: u64) -> Result<Settings, RunError> {
        Ok(Settings {
            names: NodeNames::Numbered(self.nodes),
            concurrency: Concurrency::PerNode(self.clients_per_node),
            rate: self.rate,
            time_limit: Duration::from_secs(self.seconds),
            latency: Latency { mean_ms: self.latency_ms, ..Latency::default() },
            faults: Faults::usual(self.partitions.then_some(FaultKind::Partition)),
            availability: self.total_availability.then_some(Availability::Total),
            seed,
            ..Settings::of(Nodes::built_in(self.workload, &[])?)
        })
    }
}

/// All of them.
pub(super) fn challenges() -> Vec<Challenge> {
    let broadcast = |name, nodes, rate| Challenge::new(name, Kind::Broadcast, nodes, rate, 20);
    let large = |name, target| Challenge {
        latency_ms: 100,
        target: Some(target),
        ..broadcast(name, 25, 100.0)
    };
    let log = |name, nodes| Challenge {
        clients_per_node: 2,
        ..Challenge::new(name, Kind::Kafka, nodes, 1000.0, 20)
    };
    let transactions = |name, nodes, model| Challenge {
        clients_per_node: 2,
        partitions: nodes > 1,
        total_availability: true,
        model,
        ..Challenge::new(name, Kind::TxnRwRegister, nodes, 1000.0, 20)
    };
    vec![
        Challenge::new("1 echo", Kind::Echo, 1, 5.0, 10),
        Challenge {
            partitions: true,
            total_availability: true,
            ..Challenge::new("2 unique ids", Kind::UniqueIds, 3, 1000.0, 30)
        },
        broadcast("3a broadcast, one node", 1, 10.0),
        broadcast("3b broadcast, five nodes", 5, 10.0),
        Challenge { partitions: true, ..broadcast("3c broadcast, partitions", 5, 10.0) },
        large("3d broadcast, efficient", Target { messages: 30.0, median: 400.0, max: 600.0 }),
        large("3e broadcast, thrifty", Target { messages: 20.0, median: 1000.0, max: 2000.0 }),
        Challenge {
            partitions: true,
            ..Challenge::new("4 grow-only counter", Kind::GCounter, 3, 100.0, 20)
        },
        log("5a Kafka-style log", 1),
        log("5b, 5c Kafka-style log", 2),
        transactions("6a transactions, one node", 1, Model::READ_UNCOMMITTED),
        transactions("6b read uncommitted", 2, Model::READ_UNCOMMITTED),
        transactions("6c read committed", 2, Model::READ_COMMITTED),
        Challenge { partitions: true, ..log("– log, partitions", 5) },
        Challenge {
            partitions: true,
            latency_ms: 5,
            ..Challenge::new("– strictly serializable", Kind::TxnListAppend, 5, 100.0, 20)
        },
        Challenge { partitions: true, ..Challenge::new("– g-set", Kind::GSet, 5, 100.0, 20) },
        Challenge {
            partitions: true,
            ..Challenge::new("– pn-counter", Kind::PnCounter, 3, 100.0, 20)
        },
        Challenge {
            clients_per_node: 2,
            partitions: true,
            ..Challenge::new("– lin-kv", Kind::LinKv, 5, 100.0, 20)
        },
    ]
}

impl Target {
    /// What of it was missed.
    pub(super) fn missed(&self, results: &Results) -> Option<String> {
        let at = |path: &[&str]| {
            results.at(path).and_then(serde_json::Value::as_f64).unwrap_or(f64::INFINITY)
        };
        let latency = |q| at(&["workload", "stable-latencies", q]);
        [
            (at(&["net", "servers", "msgs-per-op"]), self.messages, "msgs/op"),
            (latency("0.5"), self.median, "median ms"),
            (latency("1"), self.max, "max ms"),
        ]
        .into_iter()
        .find(|(figure, target, _)| figure >= target)
        .map(|(_, target, what)| format!("MISSED: {what} < {target}"))
    }
}

/// A line of the table.
pub(super) fn row(cells: [&str; 9]) -> String {
    let [name, nodes, rate, ops, messages, median, max, wall, verdict] = cells;
    format!(
        "{name:<25} {nodes:>5} {rate:>7} {ops:>6} {messages:>8} {median:>8} {max:>8} {wall:>7}  \
         {verdict}\n"
    )
}
