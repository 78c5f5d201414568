use clap::Args;

use super::output::tell;

/// What Maelstrom's command line has for machines that nodes are installed on: it is taken, so that
/// commands can be copied, and changes nothing.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(next_help_heading = "Of Maelstrom's command line, without effect here")]
pub(super) struct IgnoredArgs {
    /// Whether to keep from logging in to machines
    #[arg(long)]
    no_ssh: bool,

    /// As whom to log in
    #[arg(long, value_name = "USER")]
    username: Option<String>,

    /// With which password
    #[arg(long, value_name = "PASS")]
    password: Option<String>,

    /// With which key
    #[arg(long, value_name = "FILE")]
    ssh_private_key: Option<String>,

    /// Whether to check the keys of machines
    #[arg(long)]
    strict_host_key_checking: bool,

    /// Whether to leave nodes running
    #[arg(long)]
    leave_db_running: bool,

    /// Whether to log as JSON
    #[arg(long)]
    logging_json: bool,
}

impl IgnoredArgs {
    /// Tells which of them were given.
    pub(super) fn warn(&self) {
        for flag in self.given() {
            tell(&format!("note: {flag} has no effect here"));
        }
    }

    fn given(&self) -> Vec<&'static str> {
        let Self { no_ssh, username, password, ssh_private_key, .. } = self;
        let flags = [
            ("--no-ssh", *no_ssh),
            ("--username", username.is_some()),
            ("--password", password.is_some()),
            ("--ssh-private-key", ssh_private_key.is_some()),
            ("--strict-host-key-checking", self.strict_host_key_checking),
            ("--leave-db-running", self.leave_db_running),
            ("--logging-json", self.logging_json),
        ];
        flags.into_iter().filter_map(|(flag, is_given)| is_given.then_some(flag)).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: IgnoredArgs,
    }

    #[test]
    fn what_was_given_is_told() {
        let given = |flags: &str| {
            let words = std::iter::once("test").chain(flags.split_whitespace());
            Cli::try_parse_from(words).unwrap().args.given()
        };
        assert!(given("").is_empty());
        let all = "--no-ssh --username a --password b --ssh-private-key c \
                   --strict-host-key-checking --leave-db-running --logging-json";
        let flags: Vec<_> = all.split_whitespace().filter(|word| word.starts_with("--")).collect();
        assert_eq!(given(all), flags);
    }
}
