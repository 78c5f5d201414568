use std::time::Duration;

use serde_json::{Map, Value};

use super::schema::Reply;
use super::{Draft, Outcome, Session};
use crate::client::{Client, DEFAULT_TIMEOUT, RpcError};

/// What makes an operation that is one request, whose type is what the operation does.
pub(super) trait Exchange {
    /// The request's fields.
    fn fields(&self, draft: &Draft) -> Map<String, Value>;

    /// The value of the completed operation, by the answer to the request.
    fn value(&self, draft: &Draft, reply: Reply) -> Result<Value, RpcError>;

    /// See [`Session::is_idempotent`].
    fn is_idempotent(&self, f: &str) -> bool;

    /// How long to wait for the answer.
    fn patience(&self) -> Duration {
        DEFAULT_TIMEOUT
    }
}

/// A session whose operations are one request each, and which remembers nothing.
pub(super) struct Exchanging<E>(pub(super) E);

impl<E: Exchange> Session for Exchanging<E> {
    fn invoke<'a>(
        &'a mut self,
        client: &'a mut Client,
        node: &'a str,
        draft: &'a Draft,
    ) -> Outcome<'a> {
        Box::pin(async move {
            let (fields, patience) = (self.0.fields(draft), self.0.patience());
            let reply = client.rpc_within(patience, node, draft.f, fields).await?;
            Ok(self.0.value(draft, Reply::new(reply))?)
        })
    }

    fn is_idempotent(&self, f: &str) -> bool {
        self.0.is_idempotent(f)
    }
}

/// Fields of a request.
pub(super) fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
