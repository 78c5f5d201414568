//! A client of the simulated network: one request at a time, with a time-out.

use std::rc::Rc;
use std::time::Duration;

use glomers_check::check::json::is_integer;
use glomers_check::exact;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::network::{Inbox, Message, Network};

/// How long a client waits for a reply, unless a workload says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a request did not get the reply it asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RpcError {
    /// No reply came in time. The operation may have happened, or may yet.
    #[error("no reply in time")]
    Timeout,
    /// The node answered with an error.
    #[error("error {} ({}): {text}", shown(*code), name(*code))]
    Error {
        /// Which; see [`name`]. None if the node gave no integer: an error of its own, of which nobody
        /// knows what it means.
        code: Option<i64>,
        /// The node's explanation, empty if it gave none.
        text: String,
    },
    /// What came is not what the protocol asks for. The operation may have happened.
    #[error("malformed reply: {0}")]
    Malformed(String),
}

impl RpcError {
    /// Whether it means that the operation surely did not happen, and will not.
    pub fn is_definite(&self) -> bool {
        matches!(self, Self::Error { code: Some(code), .. } if known(*code).is_some_and(|(_, sure)| sure))
    }

    /// The `error` of a history's event: `"net-timeout"`, or the error's name with its text.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Timeout => json!("net-timeout"),
            Self::Error { code, text } => json!([name(*code), text]),
            Self::Malformed(text) => json!(["malformed-reply", text]),
        }
    }
}

/// The code of the error that says that there is no such node.
const NODE_NOT_FOUND: i64 = 1;

/// The name of one of Maelstrom's error codes; `"unknown"` for any other code, and without one.
pub fn name(code: Option<i64>) -> &'static str {
    code.and_then(known).map_or("unknown", |(name, _)| name)
}

fn shown(code: Option<i64>) -> String {
    code.map_or_else(|| "without a code".to_owned(), |code| code.to_string())
}

/// An error code's name, and whether it is definite.
fn known(code: i64) -> Option<(&'static str, bool)> {
    Some(match code {
        0 => ("timeout", false),
        NODE_NOT_FOUND => ("node-not-found", true),
        10 => ("not-supported", true),
        11 => ("temporarily-unavailable", true),
        12 => ("malformed-request", true),
        13 => ("crash", false),
        14 => ("abort", true),
        20 => ("key-does-not-exist", true),
        21 => ("key-already-exists", true),
        22 => ("precondition-failed", true),
        30 => ("txn-conflict", true),
        _ => return None,
    })
}

/// A client, registered as `c0`, `c1` … for as long as it lives.
///
/// Closing or dropping it takes it out of the network at once. As in Maelstrom, a node whose reply
/// comes after that sends to someone who does not exist, and is muted.
#[derive(Debug)]
pub struct Client {
    inbox: Inbox,
    last_request: u64,
}

impl Client {
    /// A new client, under the next free id.
    pub fn open(network: &Network) -> Self {
        Self { inbox: network.register_client(), last_request: 0 }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.inbox.id()
    }

    /// Takes it out of the network.
    pub fn close(self) {
        drop(self);
    }

    /// Sends a request of type `kind` to `node` and waits for the reply, a `{kind}_ok`: its body
    /// without `type`, `in_reply_to` and `msg_id`. Waits for [`DEFAULT_TIMEOUT`].
    ///
    /// # Errors
    ///
    /// [`RpcError`], as said there. A node that is not in the network counts as answering with
    /// error 1.
    pub async fn rpc(
        &mut self,
        node: &str,
        kind: &str,
        fields: Map<String, Value>,
    ) -> Result<Map<String, Value>, RpcError> {
        self.rpc_within(DEFAULT_TIMEOUT, node, kind, fields).await
    }

    /// As [`rpc`](Self::rpc), with another time-out.
    ///
    /// # Errors
    ///
    /// As [`rpc`](Self::rpc).
    pub async fn rpc_within(
        &mut self,
        timeout: Duration,
        node: &str,
        kind: &str,
        fields: Map<String, Value>,
    ) -> Result<Map<String, Value>, RpcError> {
        let deadline = Instant::now() + timeout;
        let body = self.ask(deadline, node, kind, &fields).await?;
        reply(body, kind)
    }

    /// As [`rpc_within`](Self::rpc_within), but of the reply only its type counts, and not what else is
    /// in it.
    pub(crate) async fn is_told_ok(
        &mut self,
        timeout: Duration,
        node: &str,
        kind: &str,
        fields: Map<String, Value>,
    ) -> Result<(), RpcError> {
        let deadline = Instant::now() + timeout;
        let body = self.ask(deadline, node, kind, &fields).await?;
        of_kind(body, kind).map(drop)
    }

    /// Sends a request, and waits for the body of its reply, whatever that says.
    async fn ask(
        &mut self,
        deadline: Instant,
        node: &str,
        kind: &str,
        fields: &Map<String, Value>,
    ) -> Result<Map<String, Value>, RpcError> {
        self.request(node, kind, fields)?;
        while let Ok(received) = timeout_at(deadline, self.inbox.recv()).await {
            let Some(message) = received else { break };
            if let Some(body) = self.own_reply(&message) {
                return Ok(body);
            }
        }
        Err(RpcError::Timeout)
    }

    fn request(
        &mut self,
        node: &str,
        kind: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), RpcError> {
        self.last_request += 1;
        let request = Request { kind, fields, msg_id: self.last_request };
        let unsent = |text| RpcError::Error { code: Some(NODE_NOT_FOUND), text };
        let body = exact::to_string(&request).and_then(RawValue::from_string);
        let body = body.map_err(|error| unsent(error.to_string()))?;
        self.inbox
            .network()
            .send(self.id(), node, Rc::from(body))
            .map_err(|reject| unsent(reject.to_string()))?;
        Ok(())
    }

    /// The body of a message that replies to the last request. Maelstrom passes over every other
    /// message to a client without a word; of those that can never be a reply, this one tells.
    fn own_reply(&self, message: &Message) -> Option<Map<String, Value>> {
        let body: Map<String, Value> = exact::from_str(message.body.get()).unwrap_or_default();
        match body.get("in_reply_to").and_then(Value::as_u64) {
            Some(request) if request == self.last_request => return Some(body),
            Some(request) if request < self.last_request => {}
            _ => tracing::warn!(
                "client {} ignores a message whose in_reply_to is none of its msg_ids: {message}",
                self.id()
            ),
        }
        None
    }
}

/// The body of a request, with its keys in the order in which Maelstrom has them: for nodes that look
/// for them in the text.
struct Request<'a> {
    kind: &'a str,
    fields: &'a Map<String, Value>,
    msg_id: u64,
}

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(Some(self.fields.len() + 2))?;
        body.serialize_entry("type", self.kind)?;
        // The key of what is asked about comes before what is to become of it.
        let (key, others): (Vec<_>, _) = self.fields.iter().partition(|(name, _)| *name == "key");
        for (name, value) in key.into_iter().chain(others) {
            body.serialize_entry(name, value)?;
        }
        body.serialize_entry("msg_id", &self.msg_id)?;
        body.end()
    }
}

/// What a reply to a request of type `kind` says.
fn reply(body: Map<String, Value>, kind: &str) -> Result<Map<String, Value>, RpcError> {
    let mut body = of_kind(body, kind)?;
    if body.get("msg_id").is_some_and(|id| !is_integer(id)) {
        return Err(malformed("expected an integer msg_id, or none at all", body));
    }
    for key in ["type", "in_reply_to", "msg_id"] {
        body.remove(key);
    }
    Ok(body)
}

/// The reply, if it is of the type that one to a request of type `kind` has.
fn of_kind(mut body: Map<String, Value>, kind: &str) -> Result<Map<String, Value>, RpcError> {
    let expected = format!("{kind}_ok");
    match body.get("type").and_then(Value::as_str) {
        Some("error") => {
            // Nothing is asked of the form of an error.
            let code = body.get("code").and_then(Value::as_i64);
            Err(RpcError::Error { code, text: text(body.remove("text")) })
        }
        Some(got) if *got == expected => Ok(body),
        _ => Err(malformed(&format!("expected the type {expected:?} or \"error\""), body)),
    }
}

fn malformed(complaint: &str, body: Map<String, Value>) -> RpcError {
    RpcError::Malformed(format!("{complaint}; got {}", exact::shown(&Value::Object(body))))
}

fn text(value: Option<Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
