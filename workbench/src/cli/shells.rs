use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use glomers_check::check::Valid;

use super::output::print;
use crate::paths::at;
use crate::run::RunError;

/// Prints a script for a shell, as in
///
///   glomers completions bash > ~/.local/share/bash-completion/completions/glomers
///   glomers completions zsh > ~/.zfunc/_glomers
///   glomers completions fish > ~/.config/fish/completions/glomers.fish
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub(super) struct CompletionsArgs {
    /// Whose
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Writes a page for the command and one for each subcommand, to be installed with a release.
#[derive(Args, Clone, Debug)]
pub(super) struct ManArgs {
    /// Where to; it is made unless it is there
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Valid {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script));
    Valid::Yes
}

pub(super) fn man(args: &ManArgs, command: Command) -> Result<Valid, RunError> {
    at(&args.folder, std::fs::create_dir_all(&args.folder))?;
    at(&args.folder, clap_mangen::generate_to(command, &args.folder))?;
    print(&format!("written to {}\n", args.folder.display()));
    Ok(Valid::Yes)
}
