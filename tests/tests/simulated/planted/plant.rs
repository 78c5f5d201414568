use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::ValueEnum;
use glomers::cli::settings_of;
use glomers::explore::{Case, Found, Mixture, Search, Shrink, Space, Subject, Trial};
use glomers::judged::Judged;
use glomers::nemesis::FaultKind;
use glomers::run::{Nodes, Settings};
use glomers::workload::{Kind, txn};
use glomers_gossip::Topology;
use glomers_shims::runtime::{Node, serve};
use glomers_tests::wrong::Flawed;

/// As many seeds must be enough.
pub(crate) const SEEDS: u64 = 200;

/// As many seeds the right node is tried with at least.
const RIGHT_SEEDS: u64 = 20;

/// No load that is longer than this needs to be looked at.
const SECONDS: u64 = 5;

/// A node with a flaw and the same without, and where the flaw is to be found.
pub(crate) struct Plant {
    pub(crate) name: &'static str,
    workload: Kind,
    wrong: Box<MakeNodes>,
    right: Box<MakeNodes>,
    pub(crate) space: Space,
    txn: txn::Options,
    /// Of these, one at least.
    anomalies: &'static [&'static str],
}

type MakeNodes = dyn Fn() -> Nodes + Send + Sync;

impl Plant {
    /// That `flaw` leads to one of `anomalies`, where these faults may be and `right` is right.
    pub(crate) fn new<N, F>(
        name: &'static str,
        workload: Kind,
        [flaw, right]: [F; 2],
        faults: &[FaultKind],
        anomalies: &'static [&'static str],
    ) -> Self
    where
        N: Node<Args = Flawed<F>>,
        F: ValueEnum + Debug + Copy + Send + Sync + 'static,
    {
        let space = Space {
            node_counts: vec![2, 3, 5],
            rates: vec![20.0, 50.0, 100.0],
            time_limits: [5, 10].map(Duration::from_secs).to_vec(),
            latencies: vec![0, 5, 20, 50],
            mixture: Mixture::Random(faults.to_vec()),
            ..Space::fair()
        };
        Self {
            name,
            workload,
            wrong: Box::new(move || nodes::<N, F>(flaw)),
            right: Box::new(move || nodes::<N, F>(right)),
            space,
            txn: txn::Options::default(),
            anomalies,
        }
    }

    /// With another space.
    pub(crate) fn within(mut self, change: impl FnOnce(&mut Space)) -> Self {
        change(&mut self.space);
        self
    }

    /// With transactions like these, held to these models.
    pub(crate) fn txn(self, txn: txn::Options) -> Self {
        Self { txn, ..self }
    }

    fn subject(make: Box<MakeNodes>, workload: Kind, txn: &txn::Options) -> Subject {
        let txn = txn.clone();
        Subject::new(
            move || Ok(Settings::of(make())),
            move |nodes| workload.workload_with(nodes, Topology::Grid, &txn),
        )
    }

    /// Finds it, shrinks it, replays it by its command line, and lets the right node pass.
    pub(crate) fn assert_found(self) -> String {
        let Self { name, workload, wrong, right, space, txn, anomalies } = self;
        let wrong = Self::subject(wrong, workload, &txn);
        let found = search(&wrong, &space, SEEDS);
        let [failure] = &found.failures[..] else {
            panic!("{name}: not found by {SEEDS} seeds");
        };
        let is_expected = anomalies.iter().any(|it| failure.anomalies.contains(*it));
        assert!(is_expected, "{name}: {failure:?}");

        let shrink = Shrink { seeds: 8, most_runs: 600, ..Shrink::default() };
        let result = shrink.run(&wrong, failure, &AtomicBool::new(false), |_, _| {});
        let smallest = &result.trial;
        assert!(result.is_smallest, "{name}: {} runs were not enough", result.runs);
        assert!(smallest.fails_like(failure), "{name}: {smallest:?} is not like {failure:?}");
        assert!(smallest.case.time_limit <= Duration::from_secs(SECONDS), "{name}: {smallest:?}");
        assert_eq!(replayed(workload, &txn, &wrong, smallest), *smallest, "{name}");

        let right = Self::subject(right, workload, &txn);
        let passed = search(&right, &space, RIGHT_SEEDS.max(failure.case.seed + 1));
        assert_eq!(passed.failures, [], "{name}: the right node is blamed");
        assert!(passed.coverage.valid > passed.coverage.runs / 2, "{name}: {:?}", passed.coverage);
        let small = right.try_case(&smallest.case).unwrap();
        assert!(!small.fails(), "{name}: the right node is blamed: {small:?}");
        let (seed, runs) = (failure.case.seed, result.runs);
        format!("{name}: seed {seed}, {}; {runs} runs later {}", failure.case, smallest.case)
    }
}

fn nodes<N, F>(flaw: F) -> Nodes
where
    N: Node<Args = Flawed<F>>,
    F: ValueEnum + Copy + Send + Sync + 'static,
{
    let launch: glomers_shims::nodes::Launch =
        Box::new(move |env, transport| Box::pin(serve::<N>(Flawed { flaw }, env, transport)));
    Nodes::launched_by(launch)
}

fn search(subject: &Subject, space: &Space, seeds: u64) -> Found {
    let search = Search { seeds: 0..seeds, jobs: NonZeroUsize::MIN, keep_going: false };
    search.run(subject, space, &AtomicBool::new(false), |_, _| {}).unwrap()
}

/// The run of the command line that replays a run, with this node: its words are all that it has of
/// the load, the case and the models.
fn replayed(workload: Kind, txn: &txn::Options, subject: &Subject, trial: &Trial) -> Trial {
    let words = ["glomers", "test", "-w", workload.name()].map(str::to_owned);
    let words = words.into_iter().chain(txn.to_flags()).chain(trial.case.to_flags());
    let (_, asked, mut load) = settings_of(words).unwrap();
    let nodes = subject.settings(&trial.case).unwrap().nodes;
    let judged = Judged::run(Settings { nodes, ..asked }, &mut *load, &()).unwrap();
    Trial::of(Case::of(&judged.settings), &judged)
}
