//! The services that nodes may use: `lin-kv`, `seq-kv`, `lww-kv` and `lin-tso`.
//!
//! They are Maelstrom's, with one difference: to a request that a service does not know, or cannot
//! make sense of, Maelstrom's never answer, while these answer with error 10 or 12, and log it.

mod eventual;
mod kv;
mod sequential;
mod tso;

use serde_json::value::to_raw_value;
use serde_json::{Map, Value};
use tokio::task::spawn_local;

pub use eventual::Eventual;
pub use kv::Linearizable;
pub use sequential::Sequential;
pub use tso::TimestampOracle;

use crate::network::{Inbox, Network};
use crate::rng::Rng;

/// The ids of all services.
pub const NAMES: [&str; 4] = ["lin-kv", "seq-kv", "lww-kv", "lin-tso"];

/// A service: a state machine without a clock, whose randomness is an input.
pub trait Service {
    /// Answers one request, which is a message's body.
    fn handle(&mut self, client: &str, request: Map<String, Value>, rng: &mut Rng) -> Reply;
}

/// What a service answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The value at the key.
    Read(Value),
    /// The value was written.
    Write,
    /// The value was exchanged.
    Cas,
    /// A timestamp.
    Timestamp(u64),
    /// It did not happen.
    Error {
        /// Maelstrom's code for the reason.
        code: i64,
        /// The reason.
        text: String,
    },
}

impl Reply {
    fn key_does_not_exist() -> Self {
        Self::Error { code: 20, text: "key does not exist".to_owned() }
    }

    fn precondition_failed(text: String) -> Self {
        Self::Error { code: 22, text }
    }

    fn not_supported(kind: &str) -> Self {
        Self::Error { code: 10, text: format!("this service has no request of type {kind:?}") }
    }

    fn malformed(text: impl Into<String>) -> Self {
        Self::Error { code: 12, text: text.into() }
    }

    /// Whether the request was none that the service takes.
    fn is_refusal(&self) -> bool {
        matches!(self, Self::Error { code: 10 | 12, .. })
    }

    /// It as the body of a message that answers the request with the given `msg_id`.
    pub fn into_body(self, in_reply_to: Value) -> Map<String, Value> {
        let (kind, content) = match self {
            Self::Read(value) => ("read_ok", vec![("value", value)]),
            Self::Write => ("write_ok", Vec::new()),
            Self::Cas => ("cas_ok", Vec::new()),
            Self::Timestamp(ts) => ("ts_ok", vec![("ts", ts.into())]),
            Self::Error { code, text } => {
                ("error", vec![("code", code.into()), ("text", text.into())])
            }
        };
        let fixed = [("type", kind.into()), ("in_reply_to", in_reply_to)];
        fixed.into_iter().chain(content).map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// Takes the type out of a request.
fn take_kind(request: &mut Map<String, Value>) -> Result<String, Reply> {
    match request.remove("type") {
        Some(Value::String(kind)) => Ok(kind),
        _ => Err(Reply::malformed("a request needs a type, which is a string")),
    }
}

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
        let reply = match serde_json::from_str::<Map<_, _>>(message.body.get()) {
            Ok(mut request) => {
                in_reply_to = request.remove("msg_id").unwrap_or_default();
                service.handle(&message.src, request, &mut rng)
            }
            Err(error) => Reply::malformed(error.to_string()),
        };
        if reply.is_refusal() {
            tracing::warn!("{} refuses a request: {message}: {reply:?}", inbox.id());
        }
        let sent = to_raw_value(&reply.into_body(in_reply_to))
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
