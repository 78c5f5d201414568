//! What the command says.

use std::io::{self, Write};

use glomers_shims::cli::is_coloured;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::judged::{About, Judged};
use crate::node_logs::NodeLogs;
use crate::store::RunFolder;

/// Tells the user, on STDERR.
pub(super) fn tell(text: &str) {
    // Without a STDERR there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a result, on STDOUT.
pub(super) fn print(text: &str) {
    // A reader that has gone (`| head`) has seen enough.
    let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
}

/// Writes a run to its folder. What cannot be written is told, and changes no verdict.
pub(super) fn keep(judged: &Judged, folder: &RunFolder, logs: &NodeLogs, about: About<'_>) {
    if let Err(error) = judged.keep(folder, logs, about) {
        tell(&format!("warning: not all is kept: {error}"));
    }
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
