use std::path::PathBuf;

/// Why there was no run to judge.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The program cannot be started.
    #[error("cannot run {}: {source}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The node's arguments are wrong.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// There is no node of ours for the workload.
    #[error("there is no built-in node for {0}: name a program with --bin")]
    NoShim(String),
    /// The clocks of programs cannot be put wrong.
    #[error("skew is for built-in nodes alone: a program sees the clock of this machine")]
    ForeignClock,
    /// The disks of programs cannot be made to fail.
    #[error(
        "{fault} is for built-in nodes alone: a program's disk is that of this machine (kill is for both)"
    )]
    ForeignDisk {
        /// What was to befall them.
        fault: String,
    },
    /// A node did not answer `init` as it should.
    #[error("node {node} failed to initialise: {why}{log}")]
    Init {
        /// Which.
        node: String,
        /// What came instead.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// A node refused the workload's first request.
    #[error("node {node} failed to answer {request:?} before the load: {why}")]
    Setup {
        /// Which.
        node: String,
        /// The request's type.
        request: &'static str,
        /// What came instead.
        why: String,
    },
    /// One of many runs could not be judged.
    #[error("{source}\nin the run with {flags}")]
    OfMany {
        /// What tells it from the others.
        flags: String,
        /// Why.
        source: Box<RunError>,
    },
    /// Something of the surroundings does not work.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It was ended before the load began.
    #[error("interrupted before the load: there is nothing to judge")]
    Interrupted,
}
