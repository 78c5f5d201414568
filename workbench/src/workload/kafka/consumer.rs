//! One process: what it has been assigned, and how far it has read.

use std::time::Duration;

use glomers_check::check::json::number;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::super::schema::Reply;
use super::super::{Draft, InvokeError, Outcome, Session};
use super::offsets::{Offset, Offsets, highest_offsets, offset_of, raise};
use crate::client::{Client, RpcError};

/// A process's keys, each with the offset to read next.
///
/// Where an assign keeps a key, the process goes on where it was; else it starts at the committed
/// offset, or at 0. (Maelstrom's client means to do the same, but looks for the committed offset in
/// the wrong place and always starts at 0.) A poll advances even if the commit after it fails.
#[derive(Debug, Default)]
pub(super) struct Consumer {
    positions: Offsets,
}

impl Session for Consumer {
    fn invoke<'a>(
        &'a mut self,
        client: &'a mut Client,
        node: &'a str,
        draft: &'a Draft,
    ) -> Outcome<'a> {
        Box::pin(async move {
            match draft.f {
                "assign" => Ok(self.assign(client, node, draft).await?),
                "send" => Ok(send(client, node, &draft.value[0]).await?),
                "poll" => {
                    let patience = draft.extra.get("poll-ms").and_then(Value::as_u64);
                    Ok(self.poll(client, node, patience.unwrap_or_default()).await?)
                }
                _ => Err(InvokeError::Crash),
            }
        })
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "assign"
    }
}

impl Consumer {
    async fn assign(
        &mut self,
        client: &mut Client,
        node: &str,
        draft: &Draft,
    ) -> Result<Value, RpcError> {
        let keys = draft.value.as_array().into_iter().flatten().filter_map(Value::as_str);
        if draft.extra.get("seek-to-beginning?") == Some(&Value::Bool(true)) {
            self.positions = keys.map(|key| (key.to_owned(), 0)).collect();
        } else {
            let request = fields("keys", draft.value.clone());
            let reply = client.rpc(node, "list_committed_offsets", request).await?;
            let committed = Reply::new(reply).object(
                "offsets",
                "an object of integers of 128 bits",
                |offset| offset_of(offset).is_some(),
            )?;
            let start = |key: &str| {
                let committed = || committed.get(key).and_then(offset_of);
                self.positions.get(key).copied().or_else(committed).unwrap_or_default()
            };
            self.positions = keys.map(|key| (key.to_owned(), start(key))).collect();
        }
        Ok(draft.value.clone())
    }

    /// Polls; if nothing comes, takes so many milliseconds to say so.
    async fn poll(
        &mut self,
        client: &mut Client,
        node: &str,
        patience: u64,
    ) -> Result<Value, RpcError> {
        let request = fields("offsets", json_offsets(&self.positions));
        let messages = Reply::new(client.rpc(node, "poll", request).await?).object(
            "msgs",
            "an object of arrays of [offset, message], the offsets integers of 128 bits",
            is_messages,
        )?;
        let value = json!([["poll", messages]]);
        let polled = highest_offsets(glomers_check::Value::from(&value).view());
        for (key, &offset) in &polled {
            raise(&mut self.positions, key, offset + 1);
        }
        if polled.is_empty() {
            sleep(Duration::from_millis(patience)).await;
        } else {
            let request = fields("offsets", json_offsets(&polled));
            Reply::new(client.rpc(node, "commit_offsets", request).await?).nothing()?;
        }
        Ok(value)
    }
}

/// Carries out `["send", key, message]`.
async fn send(client: &mut Client, node: &str, call: &Value) -> Result<Value, RpcError> {
    let (key, message) = (&call[1], &call[2]);
    let mut request = fields("key", key.clone());
    request.insert("msg".to_owned(), message.clone());
    let expected = "an integer of 128 bits";
    let offset = Reply::new(client.rpc(node, "send", request).await?).value(
        "offset",
        expected,
        |offset| offset_of(offset).is_some(),
    )?;
    Ok(json!([["send", key, [offset, message]]]))
}

/// Whether a key's messages are a list of them; null is an empty one.
fn is_messages(pairs: &Value) -> bool {
    match pairs {
        Value::Array(pairs) => pairs.iter().all(is_offset_and_message),
        other => other.is_null(),
    }
}

fn is_offset_and_message(pair: &Value) -> bool {
    matches!(pair.as_array().map(Vec::as_slice), Some([offset, _]) if offset_of(offset).is_some())
}

fn fields(key: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value)])
}

fn json_offsets(offsets: &Offsets) -> Value {
    let entry = |(key, &offset): (&String, &Offset)| (key.clone(), number(offset));
    Value::Object(offsets.iter().map(entry).collect())
}
