use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use glomers::journal::Recorder;
use glomers::judged::judge;
use glomers::nemesis::{Choice, FaultKind, Faults, Reorder, Stall, Target};
use glomers::network::{Distribution, Latency, Percent};
use glomers::report::{MESSAGES, Report};
use glomers::run::{self, Concurrency, NodeNames, Nodes, Outcome, RunError, Settings};
use glomers::workload::{Kind, txn};
use glomers_check::check::{Availability, Valid};
use glomers_check::history::{self as op, Op};
use glomers_check::results::Results;
use glomers_gossip::Topology;
use glomers_shims::nodes::Launch;
use glomers_shims::runtime::{Node, serve};

/// A run in virtual time: five nodes, 100 operations a second for ten seconds, no faults, no
/// latency, unless said otherwise.
#[derive(Clone)]
pub struct Scenario {
    workload: Kind,
    node: String,
    txn: txn::Options,
    settings: Settings,
}

/// What came of it.
pub struct Run {
    /// What happened.
    pub outcome: Outcome,
    /// What the checkers say.
    pub results: Results,
}

impl Scenario {
    /// With the built-in node for `workload`, which gets these arguments.
    ///
    /// # Panics
    ///
    /// If there is none, or the arguments are wrong.
    pub fn built_in(workload: Kind, args: &[&str]) -> Self {
        let name = format!("built-in {args:?}");
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        let nodes = Nodes::built_in(workload, &args).expect("a built-in node, the right arguments");
        Self::of(workload, name, nodes)
    }

    /// With a node of the test's own.
    pub fn of_node<N: Node<Args: fmt::Debug>>(workload: Kind, args: N::Args) -> Self {
        let name = format!("{} {args:?}", N::NAME);
        let launch = move |env, transport| -> glomers_shims::nodes::Running {
            Box::pin(serve::<N>(args.clone(), env, transport))
        };
        Self::launched_by(workload, name, Box::new(launch))
    }

    /// With nodes started by `launch`, called `node` where something is wrong.
    pub fn launched_by(workload: Kind, node: impl Into<String>, launch: Launch) -> Self {
        Self::of(workload, node.into(), Nodes::launched_by(launch))
    }

    fn of(workload: Kind, node: String, nodes: Nodes) -> Self {
        let settings =
            Settings { rate: 100.0, time_limit: Duration::from_secs(10), ..Settings::of(nodes) };
        Self { workload, node, txn: txn::Options::default(), settings }
    }

    /// With so many nodes.
    #[must_use]
    pub fn nodes(mut self, count: usize) -> Self {
        self.settings.names = NodeNames::Numbered(count);
        self
    }

    /// With so many clients a node.
    #[must_use]
    pub fn clients_per_node(mut self, count: usize) -> Self {
        self.settings.concurrency = Concurrency::PerNode(count);
        self
    }

    /// With so many operations a second.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.settings.rate = rate;
        self
    }

    /// With a load that lasts so many seconds.
    #[must_use]
    pub fn seconds(mut self, seconds: u64) -> Self {
        self.settings.time_limit = Duration::from_secs(seconds);
        self
    }

    /// With messages that take time.
    #[must_use]
    pub fn latency(mut self, mean_ms: u64, dist: Distribution) -> Self {
        self.settings.latency = Latency { mean_ms, dist };
        self
    }

    /// With a partition about every so many seconds.
    #[must_use]
    pub fn partitions(self, seconds: u64) -> Self {
        self.usual(FaultKind::Partition, seconds)
    }

    /// With nodes that are killed about every so many seconds: one, some or all of them.
    #[must_use]
    pub fn kills(self, seconds: u64) -> Self {
        self.usual(FaultKind::Kill, seconds)
    }

    /// With the power cut about every so many seconds: of one node, some or all of them.
    #[must_use]
    pub fn power_cuts(self, seconds: u64) -> Self {
        self.usual(FaultKind::Power, seconds)
    }

    /// With disks that fill up about every so many seconds.
    #[must_use]
    pub fn full_disks(self, seconds: u64) -> Self {
        self.usual(FaultKind::DiskFull, seconds)
    }

    /// With disks of which some writes and syncs fail about every so many seconds: so many per cent.
    ///
    /// # Panics
    ///
    /// If that is no percentage.
    #[must_use]
    pub fn sync_errors(mut self, percent: f64, seconds: u64) -> Self {
        self.settings.faults.sync_error = Some(Percent::new(percent).expect("a percentage"));
        self.every(seconds)
    }

    /// With bits that flip on disks about every so many seconds.
    #[must_use]
    pub fn bit_flips(self, seconds: u64) -> Self {
        self.usual(FaultKind::BitFlip, seconds)
    }

    /// With syncs that take up to so many milliseconds.
    #[must_use]
    pub fn slow_syncs(mut self, most_ms: u64) -> Self {
        self.settings.faults.slow_sync = Some(Duration::from_millis(most_ms));
        self
    }

    /// With nodes that are stopped for about so many seconds: one, some or all of them.
    #[must_use]
    pub fn pauses(self, seconds: u64) -> Self {
        self.usual(FaultKind::Pause, seconds)
    }

    /// With clocks that are put wrong, by up to so many milliseconds, about every so many seconds.
    #[must_use]
    pub fn skew(mut self, most_ms: u64, seconds: u64) -> Self {
        self.settings.faults.skew = Some(Duration::from_millis(most_ms));
        self.every(seconds)
    }

    /// With messages between nodes that are held up for up to a second: so many per cent.
    ///
    /// # Panics
    ///
    /// If that is no percentage.
    #[must_use]
    pub fn reordering(mut self, percent: f64) -> Self {
        let chance = Percent::new(percent).expect("a percentage");
        self.settings.faults.reorder = Some(Reorder { chance, ..Reorder::default() });
        self
    }

    /// With a network that stands still for up to so many milliseconds, about so many after the last
    /// time.
    #[must_use]
    pub fn stalls(mut self, most_ms: u64, every_ms: u64) -> Self {
        let [most, every] = [most_ms, every_ms].map(Duration::from_millis);
        self.settings.faults.stall = Some(Stall { most, every });
        self
    }

    /// With these faults, and no others.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.settings.faults = faults;
        self
    }

    /// With these targets of kills, power cuts and pauses, where there are any.
    ///
    /// # Panics
    ///
    /// If there are none.
    #[must_use]
    pub fn targets(mut self, targets: &[Target]) -> Self {
        let targets = Choice::of(targets.iter().copied()).expect("a target");
        let faults = &mut self.settings.faults;
        for fault in [&mut faults.kill, &mut faults.power, &mut faults.pause].into_iter().flatten()
        {
            fault.clone_from(&targets);
        }
        self
    }

    fn usual(mut self, kind: FaultKind, seconds: u64) -> Self {
        let Faults { partition, kill, pause, power, disk_full, bit_flip, .. } =
            Faults::usual([kind]);
        let faults = &mut self.settings.faults;
        faults.partition = partition.or(faults.partition.take());
        faults.power = power.or(faults.power.take());
        faults.disk_full = disk_full.or(faults.disk_full.take());
        faults.bit_flip = bit_flip.or(faults.bit_flip.take());
        faults.kill = kill.or(faults.kill.take());
        faults.pause = pause.or(faults.pause.take());
        self.every(seconds)
    }

    fn every(mut self, seconds: u64) -> Self {
        self.settings.faults.interval = Duration::from_secs(seconds);
        self
    }

    /// With messages between nodes that are lost: so many per cent.
    ///
    /// # Panics
    ///
    /// If that is no percentage.
    #[must_use]
    pub fn loss(mut self, percent: f64) -> Self {
        self.settings.faults.loss = Some(Percent::new(percent).expect("a percentage"));
        self
    }

    /// With messages between nodes that come twice: so many per cent of those that are not lost.
    ///
    /// # Panics
    ///
    /// If that is no percentage.
    #[must_use]
    pub fn duplication(mut self, percent: f64) -> Self {
        self.settings.faults.duplicate = Some(Percent::new(percent).expect("a percentage"));
        self
    }

    /// With transactions made up like this.
    #[must_use]
    pub fn txn(mut self, options: txn::Options) -> Self {
        self.txn = options;
        self
    }

    /// With transactions that are held to these models.
    ///
    /// # Panics
    ///
    /// If there is one that does not exist.
    #[must_use]
    pub fn models(mut self, names: &[&str]) -> Self {
        self.txn.models = names.iter().map(|name| name.parse().expect("a model")).collect();
        self
    }

    /// With a promise to keep.
    #[must_use]
    pub fn availability(mut self, promised: Availability) -> Self {
        self.settings.availability = Some(promised);
        self
    }

    /// With other random choices.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Carries it out, and judges it as the command does.
    ///
    /// # Errors
    ///
    /// If there is nothing to judge.
    pub fn run(&self) -> Result<Run, RunError> {
        let nodes = self.settings.node_ids();
        let mut workload = self.workload.workload_with(&nodes, Topology::Grid, &self.txn);
        let outcome = run::run(&self.settings, &mut *workload, &())?;
        let results = judge(&*workload, &self.settings, &outcome);
        Ok(Run { outcome, results })
    }

    /// As [`run`](Self::run), with the report of it in a folder, which is made; the report's path.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with_report(&self, folder: &Path) -> Result<(Run, PathBuf), RunError> {
        std::fs::create_dir_all(folder)?;
        let nodes = self.settings.node_ids();
        let mut workload = self.workload.workload_with(&nodes, Topology::Grid, &self.txn);
        let recorder = Recorder::create(&folder.join(MESSAGES))?;
        let outcome = run::run_recorded(&self.settings, &mut *workload, &(), Some(recorder))?;
        let results = judge(&*workload, &self.settings, &outcome);
        let differs = results.maelstrom_differs();
        let path = Report {
            workload: self.workload.name(),
            heading: &self.to_string(),
            command: "glomers test",
            replays: true,
            figures: &[],
            nodes: &nodes,
            history: &outcome.history,
            observations: outcome.observations.as_ref(),
            valid: results.valid,
            maelstrom: differs.as_deref(),
            findings: &results.findings,
        }
        .write(folder)?;
        Ok((Run { outcome, results }, path))
    }

    /// As [`run`](Self::run), where the verdict must be that nothing is wrong.
    ///
    /// # Panics
    ///
    /// With the scenario and what was found, if it is not.
    pub fn assert_valid(&self) -> Run {
        let run = self.run().unwrap_or_else(|error| panic!("{self}: {error}"));
        assert_eq!(run.results.valid, Valid::Yes, "{self}: {:#?}", run.results.findings);
        run
    }
}

/// Enough to replay it.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { names, concurrency, rate, time_limit, latency, faults, seed, .. } =
            &self.settings;
        write!(
            f,
            "{}, {} nodes: {}, concurrency {concurrency}, rate {rate}, {time_limit:?}, \
             {latency:?}, {faults:?}, seed {seed}",
            self.workload.name(),
            names.count(),
            self.node,
        )
    }
}

impl Run {
    /// The names of all that was found.
    pub fn anomalies(&self) -> BTreeSet<&str> {
        self.results.findings.iter().map(|finding| finding.anomaly.as_str()).collect()
    }

    /// The operations that did not succeed, but for clients that crash on purpose: how each ended,
    /// or its invocation if it never did.
    pub fn unsuccessful(&self) -> Vec<&Op> {
        let ends = self.outcome.history.pairs().into_iter();
        let ends = ends.map(|(invoked, completed)| completed.unwrap_or(invoked));
        ends.filter(|op| op.kind != op::Kind::Ok && op.f != "crash").collect()
    }

    /// The history, as it is kept in a file.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn history(&self) -> String {
        let mut lines = Vec::new();
        self.outcome.history.write_jsonl(&mut lines).expect("a history can be written");
        String::from_utf8(lines).expect("JSON is UTF-8")
    }

    /// A figure of the results, by its path.
    ///
    /// # Panics
    ///
    /// If there is no such number.
    pub fn figure(&self, path: &[&str]) -> f64 {
        let figure = self.results.at(path).and_then(serde_json::Value::as_f64);
        figure.unwrap_or_else(|| panic!("no number at {path:?} in {:?}", self.results.json))
    }
}
