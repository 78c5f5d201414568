use std::path::PathBuf;

use clap::Args;

/// Where results go.
#[derive(Args, Clone, Debug)]
pub(super) struct StoreArgs {
    /// The folder for the results of runs
    #[arg(long, value_name = "DIR", default_value = "store")]
    pub(super) store: PathBuf,
}
