use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

use crate::nemesis::Faults;
use crate::network::{Distribution, Latency};
use crate::run::{Concurrency, NodeNames, Settings};

/// All about a run that an exploration varies: what nodes, clients, messages and faults there are,
/// and the seed. Beside it a run depends on its [subject](super::Subject) alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// How many nodes.
    pub node_count: usize,
    /// How many clients ask at a time.
    pub concurrency: Concurrency,
    /// Operations a second, over all clients.
    pub rate: f64,
    /// How long the load lasts.
    pub time_limit: Duration,
    /// How long messages travel.
    pub latency: Latency,
    /// What goes wrong meanwhile.
    pub faults: Faults,
    /// Whence all random choices of the run come.
    pub seed: u64,
}

impl Case {
    /// What these settings say about it.
    pub fn of(settings: &Settings) -> Self {
        Self {
            node_count: settings.node_count(),
            concurrency: settings.concurrency,
            rate: settings.rate,
            time_limit: settings.time_limit,
            latency: settings.latency,
            faults: settings.faults.clone(),
            seed: settings.seed,
        }
    }

    /// The settings with this case in the place of theirs.
    #[must_use]
    pub fn applied_to(&self, settings: Settings) -> Settings {
        Settings {
            names: NodeNames::Numbered(self.node_count),
            concurrency: self.concurrency,
            rate: self.rate,
            time_limit: self.time_limit,
            latency: self.latency,
            faults: self.faults.clone(),
            seed: self.seed,
            ..settings
        }
    }

    /// The same with another seed.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        Self { seed, ..self.clone() }
    }

    /// The flags of `glomers test` that give this case.
    ///
    /// ```
    /// use glomers::explore::{Case, Space};
    /// use glomers::workload::Kind;
    ///
    /// let case: Case = Space::fair().draw(7);
    /// let flags = case.to_flags();
    /// assert_eq!(flags[0], "--node-count");
    /// assert_eq!(flags[flags.len() - 2..], ["--seed", "7"]);
    /// ```
    pub fn to_flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut flag = |name: &str, value: String| flags.extend([format!("--{name}"), value]);
        flag("node-count", self.node_count.to_string());
        flag("concurrency", self.concurrency.to_string());
        flag("rate", self.rate.to_string());
        flag("time-limit", self.time_limit.as_secs_f64().to_string());
        if self.latency.mean_ms > 0 {
            flag("latency", self.latency.mean_ms.to_string());
            if self.latency.dist != Distribution::default() {
                flag("latency-dist", name_of(&self.latency.dist));
            }
        }
        flags.extend(self.faults.to_flags());
        flags.extend(["--seed".to_owned(), self.seed.to_string()]);
        flags
    }
}

/// The name of a value on the command line.
fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// In a line, without the seed.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node_count, concurrency, rate, time_limit, latency, faults, seed: _ } = self;
        let seconds = time_limit.as_secs_f64();
        write!(f, "nodes {node_count}, concurrency {concurrency}, rate {rate}, {seconds} s")?;
        if latency.mean_ms > 0 {
            write!(f, ", latency {} ms {}", latency.mean_ms, name_of(&latency.dist))?;
        }
        if !faults.is_empty() {
            write!(f, ", {faults}")?;
        }
        Ok(())
    }
}
