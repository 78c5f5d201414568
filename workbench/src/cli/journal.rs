use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use glomers_check::check::Valid;
use glomers_store::{Directory, Verdict, inspect, salvage};

use super::output::print;
use crate::run::RunError;

/// A journal to look at.
#[derive(Args, Clone, Debug)]
pub(super) struct JournalArgs {
    /// Where it is: for a node, WORKLOAD-NODE in its --data-dir
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// Make another journal of all that is whole in it, in this folder. The first one stays as it is
    #[arg(long, value_name = "NEW-FOLDER")]
    salvage: Option<PathBuf>,
}

pub(super) fn run(args: &JournalArgs) -> Result<Valid, RunError> {
    let journal = open(&args.folder)?;
    if let Some(new) = &args.salvage {
        let saved = Directory::new(new).map_err(named(new))?;
        let saved =
            salvage(&journal, Arc::new(saved)).map_err(io::Error::other).map_err(named(new))?;
        print(&format!("{saved}\n"));
        return Ok(Valid::Yes);
    }
    let inspection = inspect(&journal).map_err(named(&args.folder))?;
    print(&format!("{inspection}\n"));
    match inspection.verdict {
        Verdict::Whole | Verdict::Torn(_) => Ok(Valid::Yes),
        Verdict::Empty => Err(named(&args.folder)(io::ErrorKind::NotFound.into()).into()),
        _ => Ok(Valid::No),
    }
}

/// The folder, which must be there: to look at a journal is not to make one.
fn open(folder: &Path) -> io::Result<Directory> {
    std::fs::read_dir(folder).map_err(named(folder))?;
    Directory::new(folder).map_err(named(folder))
}

fn named(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
