use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use clap::error::ErrorKind;

use super::values::positive;
use crate::run::{NodeNames, RunError};

/// How many nodes there are, and what they are called: Maelstrom's flags.
#[derive(Args, Clone, Debug)]
pub(super) struct NodeArgs {
    /// How many nodes: n0, n1 … [default: five, n1 to n5]
    #[arg(long, value_name = "N", value_parser = positive)]
    node_count: Option<usize>,

    /// What the nodes are called, separated by commas; --node-count goes before
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = trimmed, action = clap::ArgAction::Set)]
    nodes: Vec<String>,

    /// What a node is called; once for each
    #[arg(short, long, value_name = "NAME")]
    node: Vec<String>,

    /// A file with what the nodes are called, one a line
    #[arg(long, value_name = "FILE")]
    nodes_file: Option<PathBuf>,
}

/// Maelstrom's nodes, where nobody says anything about them.
const USUAL: [&str; 5] = ["n1", "n2", "n3", "n4", "n5"];

impl NodeArgs {
    /// The nodes. As in Maelstrom a number goes before names, and those of the file come before those
    /// of the list and those that are given one by one.
    pub(super) fn names(&self) -> Result<NodeNames, RunError> {
        if let Some(count) = self.node_count {
            return Ok(NodeNames::Numbered(count));
        }
        let mut names = match &self.nodes_file {
            Some(file) => {
                let text = fs::read_to_string(file)
                    .map_err(|error| wrong(&format!("cannot read {}: {error}", file.display())))?;
                text.lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .map(str::to_owned)
                    .collect()
            }
            None => Vec::new(),
        };
        names.extend(self.nodes.iter().chain(&self.node).cloned());
        if names.is_empty() {
            if let Some(file) = &self.nodes_file {
                return Err(wrong(&format!("there is no name in {}", file.display())));
            }
            names = USUAL.map(str::to_owned).to_vec();
        }
        let mut seen = BTreeSet::new();
        for name in &names {
            complaint(name).map_or(Ok(()), |why| {
                Err(wrong(&format!("{name:?} is no name of a node: {why}")))
            })?;
            if !seen.insert(name) {
                return Err(wrong(&format!("{name:?} is the name of two nodes")));
            }
        }
        Ok(NodeNames::Given(names))
    }
}

/// A name of a list, in which spaces may stand beside commas.
#[expect(clippy::unnecessary_wraps, reason = "clap has it so")]
fn trimmed(name: &str) -> Result<String, Infallible> {
    Ok(name.trim().to_owned())
}

/// Why a node cannot be called that: the network and the folder of a run have to tell it from others.
fn complaint(name: &str) -> Option<&'static str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if name.is_empty() || name.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control()) {
        Some("it is empty, or has a slash, a space or a control character in it")
    } else if name.starts_with('.') {
        Some("it begins with a dot, and names a file")
    } else if name.strip_prefix('c').is_some_and(is_number) {
        Some("clients are called so")
    } else if crate::service::NAMES.contains(&name) {
        Some("a service is called so")
    } else {
        None
    }
}

fn wrong(text: &str) -> RunError {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{text}\n")).into()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    #[command(args_override_self = true)]
    struct Cli {
        #[command(flatten)]
        args: NodeArgs,
    }

    fn names(flags: &str) -> Result<NodeNames, String> {
        let words = std::iter::once("test").chain(flags.split_whitespace());
        let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        cli.args.names().map_err(|error| error.to_string())
    }

    fn given(names: &[&str]) -> NodeNames {
        NodeNames::Given(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn nodes_are_called_as_in_maelstrom() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nodes");
        fs::write(&file, "x\n\n  y \r\n").unwrap();
        let file = file.display();
        for (flags, expected) in [
            (String::new(), given(&USUAL)),
            ("--node-count 3".to_owned(), NodeNames::Numbered(3)),
            ("--nodes a,b".to_owned(), given(&["a", "b"])),
            ("--nodes a --nodes b,d".to_owned(), given(&["b", "d"])),
            ("-n a --node carol".to_owned(), given(&["a", "carol"])),
            (format!("--nodes-file {file}"), given(&["x", "y"])),
            (format!("-n d --nodes a --nodes-file {file}"), given(&["x", "y", "a", "d"])),
            ("--nodes a,b --node-count 1 --node-count 2".to_owned(), NodeNames::Numbered(2)),
        ] {
            assert_eq!(names(&flags), Ok(expected), "{flags}");
        }
    }

    #[test]
    fn names_that_cannot_be_told_apart_are_refused() {
        for (flags, complaint) in [
            ("--nodes a,b,a", "the name of two nodes"),
            ("--nodes a,", "it is empty"),
            ("--nodes a/b", "a slash"),
            ("--nodes ..", "a dot"),
            ("--nodes n1,c12", "clients are called so"),
            ("--nodes lin-kv", "a service is called so"),
            ("--node-count 0", "must be positive"),
            ("--node-count x", "an integer of 100000 at most"),
            ("--nodes-file /no/such/file", "cannot read /no/such/file"),
        ] {
            let error = names(flags).unwrap_err();
            assert!(error.contains(complaint), "{flags}: {error}");
        }
    }
}
