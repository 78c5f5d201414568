use std::future::poll_fn;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Whether somebody wants this program to end: Ctrl-C, or SIGTERM. From the moment on that it listens,
/// these end nothing by themselves, and none is lost.
#[derive(Debug)]
pub(crate) struct Interrupts(Vec<Signal>);

impl Interrupts {
    /// Listens. Only within a runtime with I/O.
    pub(crate) fn listen() -> Self {
        // Not SIGHUP, which may be ignored on purpose.
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        // What cannot be listened for ends the program as it always does.
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    /// Waits for one.
    pub(crate) async fn next(&mut self) {
        poll_fn(|context| {
            let came = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if came { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
