mod challenge;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use clap::error::ErrorKind;
use glomers_check::check::Valid;
use glomers_gossip::Topology;

use self::challenge::{Challenge, challenges, row};
use super::output::{if_kept, is_all_kept, keep, or_abandon, print, size};
use super::pictures::{PictureArgs, own_command};
use super::report;
use super::stop::{Stopped, stop_on_signals};
use super::store::StoreArgs;
use super::values::{fresh_seed, seed};
use crate::judged::{About, Judged};
use crate::node_logs::NodeLogs;
use crate::run::RunError;
use crate::store::RunFolder;
use crate::workload::txn;

/// The challenges are those of <https://fly.io/dist-sys/>.
#[derive(Args, Clone, Debug)]
pub(super) struct DemoArgs {
    /// Whence all random choices come
    #[arg(long, value_name = "N", value_parser = seed)]
    seed: Option<u64>,

    /// Keep all messages, pictures and report.html of these challenges, too, and not only of what
    /// failed: their numbers (3d), their workloads (kafka), or all
    #[arg(long, value_name = "CHALLENGES", value_delimiter = ',')]
    keep: Vec<String>,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) fn run(args: &DemoArgs, logs: &NodeLogs) -> Result<Valid, RunError> {
    let seed = args.seed.map_or_else(fresh_seed, Ok)?;
    let challenges = challenges();
    if let Some(word) =
        args.keep.iter().find(|word| !challenges.iter().any(|it| it.is_called(word)))
    {
        let text =
            format!("--keep {word}: there is no such challenge, and no such workload in one\n");
        return Err(clap::Error::raw(ErrorKind::InvalidValue, text).into());
    }
    print(&format!("The challenges in virtual time, seed {seed}:\n\n"));
    print(&row([
        "challenge",
        "nodes",
        "rate",
        "ops",
        "msgs/op",
        "median",
        "max",
        "wall",
        "verdict",
    ]));
    let stop = stop_on_signals("the challenge under way is judged as it stands")?;
    let started = Instant::now();
    let mut demo = Demo {
        args,
        seed,
        logs,
        stop,
        worst: Valid::Yes,
        failures: String::new(),
        written: Written::default(),
    };
    // What was carried out is told, however the rest went.
    let carried_out = challenges.iter().try_for_each(|challenge| demo.carry_out(challenge));
    demo.conclude(started.elapsed(), carried_out)
}

/// The challenges as they are carried out.
struct Demo<'a> {
    args: &'a DemoArgs,
    seed: u64,
    logs: &'a NodeLogs,
    stop: Arc<AtomicBool>,
    worst: Valid,
    /// The reports on those that failed.
    failures: String,
    written: Written,
}

impl Demo<'_> {
    /// Carries one out, and prints its line.
    ///
    /// # Errors
    ///
    /// [`RunError::Interrupted`] if it was the last, by somebody's wish.
    fn carry_out(&mut self, challenge: &Challenge) -> Result<(), RunError> {
        let settings = challenge.settings(self.seed)?;
        let models = vec![challenge.model];
        let txn = txn::Options { models, ..txn::Options::default() };
        let nodes = settings.node_ids();
        let name = challenge.workload.name();
        let mut workload = challenge.workload.workload_with(&nodes, Topology::Grid, &txn);
        let folder = RunFolder::create(&self.args.store.store, name)?;
        let recorder = PictureArgs::of_every_run(true).recorder(&folder);
        let watcher = Stopped(Arc::clone(&self.stop));
        let judged = Judged::run_recorded(settings, &mut *workload, &watcher, recorder);
        let judged = or_abandon(&folder, judged)?;
        let command = own_command(judged.settings.seed);
        let called = format!("demo: {}", challenge.name);
        let about = About { workload: name, command: &command, name: Some(&called) };
        keep(&judged, &folder, self.logs, about);
        let results = &judged.results;
        let missed = challenge.target.as_ref().and_then(|target| target.missed(results));
        let is_named = self.args.keep.iter().any(|word| challenge.is_called(word));
        let pictures = PictureArgs::of_every_run(missed.is_some() || is_named);
        let drawn = pictures.draw(&folder, &judged, about);
        self.written.add(&folder, drawn.is_some())?;
        print(&challenge.row(&judged, missed.as_deref()));
        if results.valid != Valid::Yes {
            self.failures += &format!("\n{}: ", challenge.name);
            self.failures += &report::heading(name, &judged.settings);
            self.failures += &report::body(&judged, &folder, drawn.as_deref());
            self.failures += &report::replay(&judged);
        }
        self.worst = self.worst.max(results.valid.max(Valid::from(missed.is_none())));
        if self.is_stopped() { Err(RunError::Interrupted) } else { Ok(()) }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Tells what came of them all.
    fn conclude(
        self,
        took: Duration,
        carried_out: Result<(), RunError>,
    ) -> Result<Valid, RunError> {
        let summary = summary(&carried_out, self.worst, is_all_kept());
        let Self { failures, written, .. } = &self;
        print(&format!(
            "{failures}\n{summary} in {:.1} s. {}\n",
            took.as_secs_f64(),
            written.told(&self.args.store.store),
        ));
        match carried_out {
            Ok(()) => if_kept(self.worst),
            Err(RunError::Interrupted) => Ok(self.worst.max(Valid::Unknown)),
            Err(error) => Err(error),
        }
    }
}

fn summary(carried_out: &Result<(), RunError>, worst: Valid, is_all_kept: bool) -> &'static str {
    match (carried_out, worst) {
        (Err(RunError::Interrupted), _) => "Interrupted: not all challenges were carried out",
        (Err(_), _) => "Broken off: not all challenges were carried out",
        (Ok(()), Valid::Yes) if !is_all_kept => "All valid, but NOT all is kept",
        (Ok(()), Valid::Yes) => "All valid",
        (Ok(()), _) => "NOT all valid",
    }
}

/// What is in the store now.
#[derive(Default)]
struct Written {
    runs: usize,
    reports: usize,
    bytes: u64,
}

impl Written {
    fn add(&mut self, folder: &RunFolder, has_report: bool) -> io::Result<()> {
        self.runs += 1;
        self.reports += usize::from(has_report);
        self.bytes += folder.bytes()?;
        Ok(())
    }

    fn told(&self, store: &Path) -> String {
        let Self { runs, reports, bytes } = self;
        let store = store.display();
        let but = if is_all_kept() { "" } else { " but for what the warnings name" };
        let pictures = match *reports {
            0 => "without messages and pictures (but for those that --keep names)".to_owned(),
            reports if reports == *runs => "with all messages and pictures".to_owned(),
            reports => format!("{reports} of them with all messages and pictures"),
        };
        format!(
            "Kept in {store}/: {runs} runs{but}, {pictures}, {}.\n\
             `glomers store prune --keep 1` removes those of before.",
            size(*bytes)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_all_of_it_is_all_valid() {
        for (carried_out, worst, is_all_kept, told) in [
            (Ok(()), Valid::Yes, true, "All valid"),
            (Ok(()), Valid::Yes, false, "All valid, but NOT all is kept"),
            (Ok(()), Valid::No, false, "NOT all valid"),
            (Err(RunError::Interrupted), Valid::Yes, true, "Interrupted: not all challenges"),
            (Err(RunError::ForeignClock), Valid::Yes, true, "Broken off: not all challenges"),
        ] {
            let summary = summary(&carried_out, worst, is_all_kept);
            assert!(summary.starts_with(told), "{summary}");
            assert_eq!(summary == "All valid", is_all_kept && told == summary);
        }
    }
}
