use clap::{Args, Subcommand};
use glomers_check::check::Valid;

use super::output::{print, size, tell};
use super::store::StoreArgs;
use super::values::count;
use crate::run::RunError;
use crate::store::{Prune, Pruned};

/// What is done with the runs that were kept.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum StoreCommand {
    /// Remove all runs but the latest
    ///
    /// Only what a run leaves is removed: a folder WORKLOAD/TIME whose run is over, with nothing in it
    /// but what a run writes. Anything else stays, and is told.
    Prune(PruneArgs),
}

#[derive(Args, Clone, Debug)]
pub(super) struct PruneArgs {
    /// So many runs of each workload stay, the latest
    #[arg(long, value_name = "N", value_parser = count::<usize>)]
    keep: usize,

    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) fn run(command: &StoreCommand) -> Result<Valid, RunError> {
    let StoreCommand::Prune(PruneArgs { keep, dry_run, store }) = command;
    let store = &store.store;
    // A misspelt folder would look like one without runs.
    std::fs::read_dir(store).map_err(|error| {
        std::io::Error::new(error.kind(), format!("{}: {error}", store.display()))
    })?;
    let pruned = Prune { keep: *keep, dry_run: *dry_run }.run(store)?;
    print(&told(&pruned, *dry_run));
    for (path, why) in &pruned.left {
        tell(&format!("left alone: {}: {why}", path.display()));
    }
    Ok(Valid::Yes)
}

fn told(pruned: &Pruned, dry_run: bool) -> String {
    let verb = if dry_run { "would be removed" } else { "removed" };
    let mut text = format!("{:<16} {:>5} {verb:>17} {:>10}\n", "workload", "kept", "bytes");
    let (mut kept, mut removed, mut bytes) = (0, 0, 0);
    for it in &pruned.workloads {
        text += &format!(
            "{:<16} {:>5} {:>17} {:>10}\n",
            it.name,
            it.kept,
            it.removed.len(),
            size(it.bytes)
        );
        (kept, removed, bytes) = (kept + it.kept, removed + it.removed.len(), bytes + it.bytes);
    }
    text + &format!("{:<16} {kept:>5} {removed:>17} {:>10}\n", "all", size(bytes))
}
