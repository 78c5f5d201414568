//! What tests around the network share: virtual time, and shorthands.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use rand::SeedableRng;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use tokio::task::LocalSet;
use tokio::time::sleep;

use super::{EventKind, Inbox, Latency, Message, Network, Observer, Options};
use crate::rng::Rng;

/// Runs a future in virtual time, as the workbench runs everything.
pub(crate) fn in_virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, future)
}

/// A network in which messages between servers take `mean_ms`.
pub(crate) fn network(mean_ms: u64) -> Network {
    let latency = Latency { mean_ms, ..Latency::default() };
    Network::new(Options { latency, ..Options::default() }, Rng::seed_from_u64(0))
}

/// From now on keeps what happens to which message.
pub(crate) fn watch(network: &Network) -> Rc<RefCell<Vec<(EventKind, u64)>>> {
    let seen = Rc::default();
    network.observe_with(Some(Rc::<RefCell<Vec<_>>>::clone(&seen)));
    seen
}

/// Keeps what happened to which message.
impl Observer for Vec<(EventKind, u64)> {
    fn event(&mut self, _time: Duration, kind: EventKind, message: &Message) {
        self.push((kind, message.id));
    }
}

/// Some JSON as a body.
#[expect(clippy::needless_pass_by_value, reason = "it is always a json!() on the spot")]
pub(crate) fn body(json: Value) -> Rc<RawValue> {
    Rc::from(to_raw_value(&json).unwrap())
}

pub(crate) async fn pass(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}

/// Receives until the inbox ends or has been empty for a minute: each body's `n` and when it came.
pub(crate) async fn drain(inbox: &mut Inbox) -> Vec<(u64, u64)> {
    let mut got = Vec::new();
    let patience = Duration::from_secs(60);
    while let Ok(Some(message)) = tokio::time::timeout(patience, inbox.recv()).await {
        let body: Value = serde_json::from_str(message.body.get()).unwrap();
        let now = u64::try_from(inbox.network().elapsed().as_millis()).unwrap();
        got.push((body["n"].as_u64().unwrap(), now));
    }
    got
}
