//! Logs of nodes that run in this process: each node's events, apart from the workbench's own.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::paths::at;

/// Gathers what is logged inside a span called `node`, by its field `id`. Clones gather together.
#[derive(Clone, Default)]
pub struct NodeLogs {
    lines: Arc<Mutex<BTreeMap<String, String>>>,
    show: bool,
}

/// The name of the node that a span belongs to.
struct NodeName(String);

impl NodeLogs {
    /// One that also shows each line on STDERR.
    pub fn shown() -> Self {
        Self { show: true, ..Self::default() }
    }

    /// Writes one file a node, and forgets what was gathered.
    ///
    /// # Errors
    ///
    /// What the file system reports.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let logs = std::mem::take(&mut *self.lock());
        if !logs.is_empty() {
            at(folder, fs::create_dir_all(folder))?;
        }
        logs.iter().try_for_each(|(node, log)| {
            let path = folder.join(format!("{node}.log"));
            at(&path, fs::write(&path, log))
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for NodeLogs {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() == "node"
            && let Some(span) = context.span(id)
        {
            let mut name = Name::default();
            attributes.record(&mut name);
            span.extensions_mut().insert(NodeName(name.0));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(scope) = context.event_scope(event) else { return };
        for span in scope {
            if let Some(NodeName(node)) = span.extensions().get() {
                let mut line = event.metadata().level().to_string();
                event.record(&mut Fields(&mut line));
                if self.show {
                    // Not as an event, which would come back here.
                    let _ = writeln!(io::stderr(), "{node}: {line}");
                }
                let mut logs = self.lock();
                let log = logs.entry(node.clone()).or_default();
                log.push_str(&line);
                log.push('\n');
                return;
            }
        }
    }
}

#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "id" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
