use std::num::{NonZeroU8, NonZeroU64, NonZeroUsize};

use clap::error::ErrorKind;
use clap::{ArgAction, Args};
use glomers_check::check::Model;

use super::values::count;
use crate::workload::txn::Options;

/// The flags of the workloads with transactions: Maelstrom's, with its defaults.
#[derive(Args, Clone, Debug)]
pub(super) struct TxnArgs {
    /// How many keys transactions use at a time
    #[arg(long, value_name = "N", default_value_t = Options::default().key_count, value_parser = keys)]
    key_count: NonZeroU8,

    /// How many operations a transaction has at least
    #[arg(long, value_name = "N", default_value_t = Options::default().min_txn_length, value_parser = length)]
    min_txn_length: NonZeroUsize,

    /// How many operations a transaction has at most
    #[arg(long, value_name = "N", default_value_t = Options::default().max_txn_length, value_parser = length)]
    max_txn_length: NonZeroUsize,

    /// How often transactions write to a key before a fresh one takes its place
    #[arg(long, value_name = "N", default_value_t = Options::default().max_writes_per_key, value_parser = count::<NonZeroU64>)]
    max_writes_per_key: NonZeroU64,

    /// What transactions are held to, separated by commas: read-uncommitted, read-committed,
    /// repeatable-read, snapshot-isolation, serializable, strict-serializable, and what else Elle
    /// knows [default: what the built-in node promises, read-atomic for txn-rw-register and
    /// strict-serializable for txn-list-append; strict-serializable for programs, as in Maelstrom]
    #[arg(long, value_name = "MODELS", value_delimiter = ',', action = ArgAction::Set, value_parser = model)]
    consistency_models: Option<Vec<Model>>,
}

impl TxnArgs {
    /// What transactions are held to, if the user says so.
    pub(super) fn given_models(&self) -> Option<&[Model]> {
        self.consistency_models.as_deref()
    }

    /// Tells what contradicts itself.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        let (min, max) = (self.min_txn_length, self.max_txn_length);
        if min > max {
            let text = format!("--min-txn-length {min} is more than --max-txn-length {max}\n");
            return Err(clap::Error::raw(ErrorKind::ArgumentConflict, text));
        }
        Ok(())
    }

    /// All of them, with the models that transactions are held to.
    pub(super) fn options(&self, models: Vec<Model>) -> Options {
        Options {
            key_count: self.key_count,
            min_txn_length: self.min_txn_length,
            max_txn_length: self.max_txn_length,
            max_writes_per_key: self.max_writes_per_key,
            models,
        }
    }
}

fn keys(text: &str) -> Result<NonZeroU8, String> {
    match text.parse::<NonZeroU8>() {
        Ok(keys) if keys.get() <= Options::MOST_KEYS => Ok(keys),
        Ok(_) => Err(format!("must be {} at most", Options::MOST_KEYS)),
        Err(_) => Err(format!("must be an integer from 1 to {}", Options::MOST_KEYS)),
    }
}

/// Nobody waits for longer transactions.
const LONGEST: usize = 10_000;

fn length(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(length) if length.get() <= LONGEST => Ok(length),
        Ok(_) => Err(format!("must be {LONGEST} at most")),
        Err(_) => Err(format!("must be an integer from 1 to {LONGEST}")),
    }
}

pub(super) fn model(text: &str) -> Result<Model, String> {
    text.trim().parse()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: TxnArgs,
    }

    fn parsed<W: Into<std::ffi::OsString> + Clone>(words: impl IntoIterator<Item = W>) -> Options {
        let args = Cli::try_parse_from(words).unwrap().args;
        args.options(args.given_models().unwrap().to_vec())
    }

    #[test]
    fn the_defaults_are_the_workloads() {
        let args = Cli::try_parse_from(["test"]).unwrap().args;
        assert_eq!(args.given_models(), None);
        let models = Options::default().models;
        assert_eq!(args.options(models), Options::default());
    }

    #[test]
    fn options_are_those_of_their_flags() {
        let options = Options {
            key_count: NonZeroU8::new(3).unwrap(),
            min_txn_length: NonZeroUsize::new(2).unwrap(),
            max_txn_length: NonZeroUsize::new(7).unwrap(),
            max_writes_per_key: NonZeroU64::new(5).unwrap(),
            models: ["read-atomic", "PL-SI"].map(|name| name.parse().unwrap()).to_vec(),
        };
        let flags = options.to_flags();
        assert_eq!(flags.len(), 10, "{flags:?}");
        let words = ["test".to_owned()].into_iter().chain(flags);
        assert_eq!(parsed(words), options);
    }

    #[test]
    fn models_are_a_list_and_numbers_have_bounds() {
        let words = ["test", "--consistency-models", "read-committed, PL-SI", "--key-count", "63"];
        let options = parsed(words);
        let names: Vec<_> = options.models.iter().map(|model| model.name()).collect();
        assert_eq!(names, ["read-committed", "snapshot-isolation"]);
        for wrong in [
            ["--consistency-models", "strict"],
            ["--key-count", "64"],
            ["--key-count", "0"],
            ["--max-txn-length", "0"],
            ["--max-writes-per-key", "0"],
        ] {
            assert!(Cli::try_parse_from(["test"].iter().chain(&wrong)).is_err(), "{wrong:?}");
        }
    }
}
