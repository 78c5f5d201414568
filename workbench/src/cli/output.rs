//! What the command says.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use glomers_check::check::Valid;
use glomers_shims::cli::is_coloured;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::status::{NO_RUN, VALID};
use crate::judged::{About, Judged};
use crate::node_logs::NodeLogs;
use crate::run::RunError;
use crate::store::RunFolder;

/// Tells the user, on STDERR.
pub(super) fn tell(text: &str) {
    // Without a STDERR there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Why something that should stand on STDOUT does not.
static UNPRINTED: OnceLock<io::Error> = OnceLock::new();

/// Prints a result, on STDOUT. If it cannot be written, what is under way goes on, and [`ended`] tells.
pub(super) fn print(text: &str) {
    note(io::stdout().write_all(text.as_bytes()));
}

/// Prints what clap has to say: help on STDOUT, errors on STDERR.
pub(super) fn print_clap(error: &clap::Error) {
    let printed = error.print();
    if !error.use_stderr() {
        note(printed);
    }
}

fn note(written: io::Result<()>) {
    let written = written.and_then(|()| io::stdout().flush());
    // A reader that has gone (`| head`) has seen enough.
    if let Some(error) = written.err().filter(|it| it.kind() != io::ErrorKind::BrokenPipe) {
        UNPRINTED.get_or_init(|| error);
    }
}

/// The command's end: where not all of its results could be printed, it was no success.
pub(super) fn ended(status: u8) -> ExitCode {
    let Some(error) = UNPRINTED.get() else { return ExitCode::from(status) };
    tell(&format!("error: STDOUT cannot be written: {error}"));
    ExitCode::from(if status == VALID { NO_RUN } else { status })
}

/// Whether something of a run could not be written to its folder.
static IS_UNKEPT: AtomicBool = AtomicBool::new(false);

/// Writes a run to its folder. What cannot be written is told, and changes no verdict.
pub(super) fn keep(judged: &Judged, folder: &RunFolder, logs: &NodeLogs, about: About<'_>) {
    if let Err(error) = judged.keep(folder, logs, about) {
        unkept("not all is kept", &error);
    }
}

/// Warns that something of a run cannot be written.
pub(super) fn unkept(what: &str, error: &io::Error) {
    IS_UNKEPT.store(true, Ordering::Relaxed);
    tell(&format!("warning: {what}: {error}"));
}

pub(super) fn is_all_kept() -> bool {
    !IS_UNKEPT.load(Ordering::Relaxed)
}

/// The verdict on many runs that were to be kept: it is no success if they are not.
///
/// # Errors
///
/// Where nothing else is wrong.
pub(super) fn if_kept(verdict: Valid) -> Result<Valid, RunError> {
    if verdict == Valid::Yes && !is_all_kept() {
        return Err(io::Error::other("what the warnings name could not be written").into());
    }
    Ok(verdict)
}

/// What came of a run; if there was none, its folder is given up, but for what its nodes have said.
pub(super) fn or_abandon<T>(folder: &RunFolder, run: Result<T, RunError>) -> Result<T, RunError> {
    run.inspect_err(|_| {
        if let Some(left) = folder.abandon() {
            tell(&format!("what the nodes said is kept in {}", left.display()));
        }
    })
}

/// The workbench's own warnings go to STDERR, the nodes' to `nodes`.
pub(super) fn log(nodes: NodeLogs) -> NodeLogs {
    let own = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(is_coloured())
        .with_filter(tracing_subscriber::filter::dynamic_filter_fn(|event, context| {
            if event.is_span() {
                // Spans tell whose an event is.
                return true;
            }
            let ours = context.lookup_current().is_none();
            let shown = matches!(event.target(), "net::send" | "net::recv" | "node");
            ours && (shown || *event.level() <= tracing::Level::WARN)
        }));
    let gathered = nodes.clone().with_filter(LevelFilter::INFO);
    // A logger that is there already is as good.
    let _ = tracing_subscriber::registry().with(own).with(gathered).try_init();
    nodes
}

/// Bytes for people.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{:.1} kB", bytes as f64 / 1e3)
    } else {
        format!("{:.1} MB", bytes as f64 / 1e6)
    }
}
