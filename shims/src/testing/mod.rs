//! Drives a node in memory and in virtual time: for tests of nodes, one's own among them.
//!
//! A [`TestNode`] runs a [`Node`](crate::runtime::Node) on the transport that the workbench uses, and
//! plays all the others: the network that tells it its name, its clients, its peers, the services. Time
//! is virtual within [`in_virtual_time`], so a test that waits for a time-out of three seconds takes
//! none, and the same test always sees the same.
//!
//! What is not as a test expects panics, with what the node has said instead.

mod node;

pub use node::TestNode;

use std::future::Future;

use tokio::task::LocalSet;

/// Runs the body of a test in virtual time, where nodes can be started: as long as all there is waits
/// for the time, the time passes at once.
///
/// ```
/// use std::time::Duration;
/// use glomers_shims::testing::in_virtual_time;
/// use tokio::time::{Instant, sleep};
///
/// let slept = in_virtual_time(async {
///     let start = Instant::now();
///     sleep(Duration::from_secs(3600)).await;
///     start.elapsed()
/// });
/// assert_eq!(slept, Duration::from_secs(3600));
/// ```
///
/// # Panics
///
/// If the system cannot start a runtime, and if the body panics.
#[expect(clippy::expect_used, reason = "a test that cannot be run has failed")]
pub fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    LocalSet::new().block_on(&runtime, test)
}
