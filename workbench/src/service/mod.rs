//! The services that nodes may use: `lin-kv`, `seq-kv`, `lww-kv` and `lin-tso`.
//!
//! They are Maelstrom's, with one difference: to a request that a service does not know, or cannot
//! make sense of, Maelstrom's never answer, while these answer with error 10 or 12, and log it.

mod eventual;
mod kv;
mod reply;
mod sequential;
mod state_machine;
mod tso;

use glomers_check::exact;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::task::spawn_local;

pub use eventual::Eventual;
pub use kv::Linearizable;
pub use reply::Reply;
pub use sequential::Sequential;
pub use state_machine::Service;
pub use tso::TimestampOracle;

use crate::network::{Inbox, Network};
use crate::rng::Rng;

/// The ids of all services.
pub const NAMES: [&str; 4] = ["lin-kv", "seq-kv", "lww-kv", "lin-tso"];

/// Brings all services into the network, and runs each as a local task until it is removed from
/// there. Each gets a random stream of its own, drawn from `rng`.
pub fn start(network: &Network, rng: &mut Rng) {
    run(network, "lin-kv", Linearizable::default(), rng);
    run(network, "seq-kv", Sequential::default(), rng);
    run(network, "lww-kv", Eventual::default(), rng);
    run(network, "lin-tso", TimestampOracle::default(), rng);
}

/// Takes all services out of the network, and so ends them.
pub fn stop(network: &Network) {
    for name in NAMES {
        network.remove(name);
    }
}

fn run(network: &Network, name: &str, service: impl Service + 'static, rng: &mut Rng) {
    let own = rand::SeedableRng::from_rng(rng);
    spawn_local(serve(network.register(name), service, own));
}

/// Answers the requests that come to an inbox, one after another, until the inbox ends.
pub async fn serve(mut inbox: Inbox, mut service: impl Service, mut rng: Rng) {
    while let Some(message) = inbox.recv().await {
        let mut in_reply_to = Value::Null;
        let reply = match exact::from_str::<Map<_, _>>(message.body.get()) {
            Ok(mut request) => {
                in_reply_to = request.remove("msg_id").unwrap_or_default();
                service.handle(&message.src, request, &mut rng)
            }
            Err(error) => Reply::malformed(error.to_string()),
        };
        if reply.is_refusal() {
            tracing::warn!("{} refuses a request: {message}: {reply:?}", inbox.id());
        }
        let sent = exact::to_string(&reply.into_body(in_reply_to))
            .and_then(RawValue::from_string)
            .map(|body| inbox.network().send(inbox.id(), &message.src, body.into()));
        if !matches!(sent, Ok(Ok(_))) {
            tracing::debug!("{} cannot answer {message}", inbox.id());
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
