use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::output::tell;
use super::status::NO_RUN;
use crate::interrupts::Interrupts;
use crate::run::{Phase, Tally, Watcher};

/// A flag that is raised by whoever wants the command to end: by SIGINT, as Ctrl-C sends it, or SIGTERM. At
/// the second time the program ends at once.
pub(super) fn stop_on_signals(promise: &'static str) -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::<AtomicBool>::default();
    let raised = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut interrupts = {
        let _context = runtime.enter();
        Interrupts::listen()
    };
    thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            loop {
                interrupts.next().await;
                if raised.swap(true, Ordering::Relaxed) {
                    process::exit(NO_RUN.into());
                }
                tell(&format!("interrupted: {promise}; once more ends at once"));
            }
        });
    })?;
    Ok(stop)
}

/// Watches a run for nothing but that it is to end.
pub(super) struct Stopped(pub(super) Arc<AtomicBool>);

impl Watcher for Stopped {
    fn progress(&self, _: Phase, _: Duration, _: Duration, _: Tally) {}

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
