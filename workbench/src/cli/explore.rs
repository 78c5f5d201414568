use std::collections::BTreeSet;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::error::ErrorKind;
use clap::{Args, Command};
use glomers_check::check::Valid;
use serde_json::json;

use super::exploring::Exploring;
use super::faults::FaultArgs;
use super::given::{Given, quoted};
use super::output::{if_kept, keep, log, or_abandon, print, unkept};
use super::pictures::own_command_line;
use super::stop::stop_on_signals;
use super::test::TestArgs;
use super::values::{count, seconds, seed};
use super::{covered, report};
use crate::explore::{Case, Found, Mixture, Search, Shrink, Shrunk, Space, Subject, Trial};
use crate::judged::{About, Judged};
use crate::node_logs::NodeLogs;
use crate::paths::all;
use crate::run::RunError;
use crate::store::RunFolder;

/// Runs one case after another, each with nodes, load, latency and faults that its seed draws, until
/// one fails; then looks for the smallest case that fails in the same way, and prints the command
/// that replays it.
///
/// Every flag of `test` may be given, and fixes what it says. What is not given varies, and so do the
/// faults: a built-in node survives all of them, a program those of the network, and pauses. Transactions of
/// the built-in nodes are held to what these promise, unless --consistency-models says otherwise.
#[derive(Args, Clone)]
pub(super) struct ExploreArgs {
    /// How many seeds to try
    #[arg(long, value_name = "N", default_value_t = NonZeroU64::MIN.saturating_add(99), value_parser = count::<NonZeroU64>, help_heading = EXPLORATION)]
    seeds: NonZeroU64,

    /// The first seed
    #[arg(long, value_name = "SEED", default_value_t = 0, value_parser = seed, help_heading = EXPLORATION)]
    from: u64,

    /// How many runs at a time; as many as there are processors if not given. Programs run one
    /// after another
    #[arg(long, value_name = "N", conflicts_with = "bin", value_parser = count::<NonZeroUsize>, help_heading = EXPLORATION)]
    jobs: Option<NonZeroUsize>,

    /// Go on after a failure, and shrink one of each kind
    #[arg(long, help_heading = EXPLORATION)]
    keep_going: bool,

    /// Have no faults, instead of some at random
    #[arg(long, help_heading = EXPLORATION)]
    no_nemesis: bool,

    /// Shrink to a failure of any kind, instead of the same
    #[arg(long, help_heading = EXPLORATION)]
    any_anomaly: bool,

    /// How many seeds to try at each size when shrinking; 0 does not shrink [default: 16, and 2 if
    /// the nodes are programs]
    #[arg(long, value_name = "N", value_parser = count::<u64>, help_heading = EXPLORATION)]
    shrink_seeds: Option<u64>,

    /// How many runs shrinking may take
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = count::<u64>, help_heading = EXPLORATION)]
    shrink_runs: u64,

    /// How many seconds shrinking may take [default: 60, and 600 if the nodes are programs]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = EXPLORATION)]
    shrink_time: Option<Duration>,

    #[command(flatten)]
    pub(super) test: TestArgs,
}

const EXPLORATION: &str = "Exploration";

/// Flags of `test` that have no meaning here, with what to do instead.
const REFUSED: [(&[&str], &str); 3] = [
    (
        &["seed", "test_count"],
        "explore takes --from and --seeds in the place of --seed and --test-count",
    ),
    (
        &["nodes", "node", "nodes_file"],
        "explore takes --node-count: its nodes are n0, n1 and so on",
    ),
    (
        &["as_maelstrom"],
        "explore looks for what is wrong here; --as-maelstrom is one of test and check",
    ),
];

/// Flags of `test` whose values are drawn where they are not given.
const DRAWN: [&str; 6] =
    ["node_count", "concurrency", "rate", "time_limit", "latency", "latency_dist"];

/// The command with the help of what it takes here.
pub(super) fn with_own_help(mut command: Command) -> Command {
    for id in REFUSED.iter().flat_map(|(ids, _)| *ids) {
        command = command.mut_arg(id, |arg| arg.hide(true));
    }
    for id in DRAWN {
        command = command.mut_arg(id, |arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let help = help.split(" [default").next().unwrap_or_default();
            arg.help(format!("{help} [default: drawn by the seed]")).hide_default_value(true)
        });
    }
    let faults = FaultArgs::augment_args(Command::new("faults"));
    for arg in faults.get_arguments().filter(|arg| !arg.get_default_values().is_empty()) {
        let default: Vec<_> =
            arg.get_default_values().iter().map(|it| it.to_string_lossy()).collect();
        let text = format!("[default: drawn with the faults; {} with others]", default.join(","));
        command = command.mut_arg(arg.get_id(), |arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.help(format!("{help} {text}")).hide_default_value(true)
        });
    }
    command.mut_arg("nemesis", |arg| {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        arg.help(format!(
            "{help} [default: some of those that a right node survives, drawn by the seed]"
        ))
    })
}

impl ExploreArgs {
    fn space(&self, base: &Case, given: &Given) -> Space {
        let mut space =
            if self.test.bin.is_some() { Space::fair_to_programs() } else { Space::fair() };
        let fixed = Space::fixed(base);
        for (id, fix) in [
            ("node_count", (|to, from| to.node_counts = from.node_counts) as fn(&mut Space, Space)),
            ("concurrency", |to, from| to.concurrencies = from.concurrencies),
            ("rate", |to, from| to.rates = from.rates),
            ("time_limit", |to, from| to.time_limits = from.time_limits),
            ("latency", |to, from| to.latencies = from.latencies),
            ("latency_dist", |to, from| to.distributions = from.distributions),
        ] {
            if given.has(id) {
                fix(&mut space, fixed.clone());
            }
        }
        if self.no_nemesis || given.has_faults() {
            space.mixture = Mixture::Fixed(base.faults.clone());
        }
        space
    }

    /// The flags of `test` that give a case, with what transactions are like and held to.
    fn flags(&self, case: &Case) -> Vec<String> {
        self.test.txn_flags().into_iter().chain(case.to_flags()).collect()
    }

    /// The command line of `test` that gives a case.
    fn command(&self, given: &Given, case: &Case) -> String {
        quoted(&given.command(&self.flags(case)))
    }

    /// Tells what contradicts itself.
    fn check(&self, given: &Given) -> Result<(), clap::Error> {
        let (kind, text) = if self.no_nemesis && given.has_faults() {
            let text = "--no-nemesis wants no faults, and another flag says what they are like\n";
            (ErrorKind::ArgumentConflict, text.to_owned())
        } else if self.from.checked_add(self.seeds.get()).is_none() {
            let (from, seeds) = (self.from, self.seeds);
            let text = format!(
                "--from {from} --seeds {seeds} goes beyond the last seed, which is {}\n",
                u64::MAX - 1
            );
            (ErrorKind::ValueValidation, text)
        } else {
            return Ok(());
        };
        Err(clap::Error::raw(kind, text))
    }

    fn search(&self) -> Search {
        let processors = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let jobs = if self.test.bin.is_some() { NonZeroUsize::MIN } else { processors() };
        Search {
            seeds: self.from..self.from.saturating_add(self.seeds.get()),
            jobs: self.jobs.unwrap_or(jobs),
            keep_going: self.keep_going,
        }
    }

    fn shrink(&self, jobs: NonZeroUsize) -> Shrink {
        let (seeds, minutes) = if self.test.bin.is_some() { (2, 10) } else { (16, 1) };
        Shrink {
            seeds: self.shrink_seeds.unwrap_or(seeds),
            most_runs: self.shrink_runs,
            most_time: self.shrink_time.unwrap_or(Duration::from_secs(60 * minutes)),
            any_anomaly: self.any_anomaly,
            jobs,
        }
    }
}

pub(super) fn run(args: &ExploreArgs, given: &Given) -> Result<Valid, RunError> {
    for (ids, text) in REFUSED {
        if ids.iter().any(|id| given.has(id)) {
            return Err(clap::Error::raw(ErrorKind::ArgumentConflict, format!("{text}\n")).into());
        }
    }
    args.check(given)?;
    args.test.check_nodes()?;
    let base = Case::of(&args.test.settings(0, None)?);
    let stop = stop_on_signals("what was covered so far is told")?;
    let folder = RunFolder::create(&args.test.store.store, "explore")?;
    let exploration = Exploration {
        args,
        given,
        subject: subject(&args.test, &folder),
        search: args.search(),
        stop: &stop,
        folder,
    };
    exploration.run(&args.space(&base, given))
}

/// The nodes of the command line under its workload. Runs of programs are kept when they fail: no
/// seed brings them back.
fn subject(args: &TestArgs, folder: &RunFolder) -> Subject {
    let (of_settings, of_workload) = (args.clone(), args.clone());
    // Written anew by each run, of which there is one at a time where there are logs.
    let running = folder.path().join("running");
    let logs = running.join("node-logs");
    let subject = Subject::new(
        move || of_settings.settings(0, Some(logs.clone())),
        move |nodes| of_workload.workload(nodes),
    );
    if args.bin.is_none() {
        return subject;
    }
    let (folder, workload) = (folder.clone(), args.workload.name());
    let bin = args.bin.clone().unwrap_or_default().display().to_string();
    subject.keeping(move |trial, judged| {
        let flags = trial.case.to_flags().join(" ");
        let command = format!("glomers test -w {workload} --bin {bin} {flags}");
        let kept = folder.path().join(name(trial));
        std::fs::rename(&running, &kept)?;
        let about = About { workload, command: &command, name: None };
        judged.keep(&RunFolder::at(kept)?, &NodeLogs::default(), about)
    })
}

/// The name of a failing run's folder.
fn name(trial: &Trial) -> String {
    let history = trial.history.get(..8).unwrap_or_default();
    format!("seed-{}-{history}", trial.case.seed)
}

struct Exploration<'a> {
    args: &'a ExploreArgs,
    given: &'a Given,
    subject: Subject,
    search: Search,
    stop: &'a AtomicBool,
    folder: RunFolder,
}

/// A run that was carried out once more.
struct Kept {
    folder: RunFolder,
    judged: Option<Judged>,
    report: Option<PathBuf>,
}

impl Exploration<'_> {
    fn run(&self, space: &Space) -> Result<Valid, RunError> {
        let is_virtual = self.args.test.bin.is_none();
        print(&covered::heading(&self.args.test, space, &self.search));
        let began = Instant::now();
        let found = or_abandon(&self.folder, self.look(space))?;
        print(&covered::table(&found, &self.search, began.elapsed()));
        let seeds = &self.search.seeds;
        let about = json!({
            "workload": self.args.test.workload.name(),
            "heading": format!("seeds {} to {}", seeds.start, seeds.end.saturating_sub(1)),
            "command": own_command_line(),
        });
        let coverage = covered::json(&found, |case| self.args.flags(case));
        let described = self.folder.write_json("run.json", &about);
        let written = self.folder.write_json("coverage.json", &coverage);
        if let Err(error) = all([described, written]) {
            unkept("the coverage is not kept", &error);
        }
        // Only now does anyone listen to what nodes log: runs side by side would all be heard.
        let shown = self.args.test.log_stderr && is_virtual;
        let logs = log(if shown { NodeLogs::shown() } else { NodeLogs::default() });
        let mut classes = BTreeSet::new();
        for trial in &found.failures {
            if classes.insert(&trial.anomalies) {
                self.explain(trial, &logs)?;
            }
        }
        if found.failures.is_empty() {
            // There is nothing in it but the coverage.
            print(&format!("  {:<16} {}\n", "kept in", self.folder.path().display()));
        }
        let verdict = found.coverage.verdict();
        if_kept(if found.interrupted { verdict.max(Valid::Unknown) } else { verdict })
    }

    fn look(&self, space: &Space) -> Result<Found, RunError> {
        let seeds = &self.search.seeds;
        let mut progress = Exploring::new(seeds.end - seeds.start);
        let found = self.search.run(&self.subject, space, self.stop, |_, found| {
            let failures = found.failures.len();
            progress.show(found.coverage.runs, || format!("{failures} failed"));
        });
        progress.clear();
        found
    }

    /// Tells of a failing run, and of the smallest that fails in the same way.
    fn explain(&self, found: &Trial, logs: &NodeLogs) -> Result<(), RunError> {
        print(&format!("\nseed {} fails: {}\n", found.case.seed, covered::class(found)));
        print(&format!("  {:<16} {}\n", "case", found.case));
        let kept = self.keep("found", found, logs)?;
        print(&format!("  {:<16} {}\n", "kept in", kept.folder.path().display()));
        let shrink = self.args.shrink(self.search.jobs);
        if shrink.seeds == 0 || self.stop.load(Ordering::Relaxed) {
            self.tell_command(&found.case);
            return Ok(());
        }
        let mut progress = Exploring::new(shrink.most_runs);
        let result = shrink.run(&self.subject, found, self.stop, |runs, smallest| {
            progress.show(runs, || format!("smallest so far: {smallest}"));
        });
        progress.clear();
        let Shrunk { trial: smallest, runs, is_smallest } = &result;
        let end =
            if *is_smallest { "" } else { ", where the search for a smaller one was broken off" };
        print(&format!("\nthe smallest case that fails like it, after {runs} runs{end}\n"));
        print(&format!("  {:<16} {}\n", "case", smallest.case));
        let Kept { folder, judged, report } = self.keep("smallest", smallest, logs)?;
        match judged {
            Some(judged) => print(&report::body(&judged, &folder, report.as_deref())),
            None => print(&format!("  {:<16} {}\n", "kept in", folder.path().display())),
        }
        self.tell_command(&smallest.case);
        Ok(())
    }

    /// The same run once more, in a folder to which a link leads; programs' runs are there already.
    fn keep(&self, link: &str, trial: &Trial, logs: &NodeLogs) -> Result<Kept, RunError> {
        let name = name(trial);
        let folder = RunFolder::at(self.folder.path().join(&name))?;
        let test = &self.args.test;
        let mut kept = Kept { folder, judged: None, report: None };
        if test.bin.is_none() {
            let recorder = test.pictures.recorder(&kept.folder);
            let judged = self.subject.run_recorded(&trial.case, &(), recorder)?;
            let command = self.command(&trial.case);
            let about = About { workload: test.workload.name(), command: &command, name: None };
            keep(&judged, &kept.folder, logs, about);
            kept.report = test.pictures.draw(&kept.folder, &judged, about);
            kept.judged = Some(judged);
        }
        self.folder.link(link, Path::new(&name))?;
        Ok(kept)
    }

    fn command(&self, case: &Case) -> String {
        self.args.command(self.given, case)
    }

    fn tell_command(&self, case: &Case) {
        let command = self.command(case);
        let replays = if self.args.test.bin.is_some() {
            "this command runs it again, in real time, where a failure may take several attempts"
        } else {
            "this command replays it"
        };
        print(&format!("  {replays}:\n    {command}\n"));
    }
}

#[cfg(test)]
mod tests;
