use std::io;

use glomers_check::check::Availability;
use glomers_gossip::Topology;

use super::{Case, Trial, promised_models};
use crate::journal::Recorder;
use crate::judged::Judged;
use crate::run::{Nodes, RunError, Settings, Watcher};
use crate::workload::{Kind, Workload, txn};

/// What is explored: nodes under a workload. It can be made to run on every thread, though a run
/// itself never leaves its own.
pub struct Subject {
    settings: Box<MakeSettings>,
    workload: Box<MakeWorkload>,
    keep: Box<Keep>,
}

type MakeSettings = dyn Fn() -> Result<Settings, RunError> + Send + Sync;
type MakeWorkload = dyn Fn(&[String]) -> Box<dyn Workload> + Send + Sync;
type Keep = dyn Fn(&Trial, &Judged) -> io::Result<()> + Send + Sync;

impl Subject {
    /// Nodes and what is demanded of them come from `settings`, which is called once a run, so that
    /// no run finds what another has left; what a [`Case`] decides is replaced. `workload` makes
    /// the load for nodes of these names.
    pub fn new(
        settings: impl Fn() -> Result<Settings, RunError> + Send + Sync + 'static,
        workload: impl Fn(&[String]) -> Box<dyn Workload> + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings: Box::new(settings),
            workload: Box::new(workload),
            keep: Box::new(|_, _| Ok(())),
        }
    }

    /// The same, with a share of the operations that must succeed.
    #[must_use]
    pub fn demanding(self, availability: Availability) -> Self {
        let settings = self.settings;
        let demanding = move || {
            let settings = settings()?;
            Ok(Settings { availability: Some(availability), ..settings })
        };
        Self { settings: Box::new(demanding), ..self }
    }

    /// The same, with what to do with a run that fails: for those that no seed brings back.
    #[must_use]
    pub fn keeping(
        self,
        keep: impl Fn(&Trial, &Judged) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { keep: Box::new(keep), ..self }
    }

    /// Our own node for a workload, with these arguments, held to what it promises.
    ///
    /// # Errors
    ///
    /// As [`Nodes::built_in`].
    pub fn built_in(workload: Kind, args: &[String]) -> Result<Self, RunError> {
        // Wrong arguments are told now.
        Nodes::built_in(workload, args)?;
        let args = args.to_vec();
        Ok(Self::new(
            move || Ok(Settings::of(Nodes::built_in(workload, &args)?)),
            move |nodes| {
                let models = promised_models(workload);
                let txn = txn::Options { models, ..txn::Options::default() };
                workload.workload_with(nodes, Topology::Grid, &txn)
            },
        ))
    }

    /// The settings of a case.
    ///
    /// # Errors
    ///
    /// Whatever the making of settings reports.
    pub fn settings(&self, case: &Case) -> Result<Settings, RunError> {
        Ok(case.applied_to((self.settings)()?))
    }

    /// Carries a case out, and judges it.
    ///
    /// # Errors
    ///
    /// [`RunError`], if there is nothing to judge.
    pub fn run(&self, case: &Case, watcher: &dyn Watcher) -> Result<Judged, RunError> {
        self.run_recorded(case, watcher, None)
    }

    /// [`run`](Self::run), with every message recorded if there is a `recorder`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_recorded(
        &self,
        case: &Case,
        watcher: &dyn Watcher,
        recorder: Option<Recorder>,
    ) -> Result<Judged, RunError> {
        let settings = self.settings(case)?;
        let mut workload = (self.workload)(&settings.node_ids());
        Judged::run_recorded(settings, &mut *workload, watcher, recorder)
    }

    /// Carries a case out, and keeps of it only what an exploration needs.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn try_case(&self, case: &Case) -> Result<Trial, RunError> {
        let judged = self.run(case, &())?;
        if judged.outcome.is_interrupted {
            return Err(RunError::Interrupted);
        }
        let trial = Trial::of(case.clone(), &judged);
        if trial.fails() {
            (self.keep)(&trial, &judged)?;
        }
        Ok(trial)
    }
}
