//! One client's transactions.

use serde_json::{Map, Value};

use super::super::Draft;
use super::super::exchange::{Exchange, fields};
use super::super::schema::Reply;
use crate::client::RpcError;

/// What the keys hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Datatype {
    Register,
    List,
}

/// Sends transactions, and sees to it that what comes back is what was sent, with the reads filled in.
pub(super) struct TxnSession(pub(super) Datatype);

impl Exchange for TxnSession {
    fn fields(&self, draft: &Draft) -> Map<String, Value> {
        fields([("txn", draft.value.clone())])
    }

    fn value(&self, draft: &Draft, reply: Reply) -> Result<Value, RpcError> {
        let done = Value::Array(reply.array("txn")?);
        self.0.match_up(&draft.value, &done)?;
        Ok(done)
    }

    fn is_idempotent(&self, _f: &str) -> bool {
        false
    }
}

impl Datatype {
    /// Whether `done` is the transaction `asked` with its reads filled in.
    fn match_up(self, asked: &Value, done: &Value) -> Result<(), RpcError> {
        let mops = |txn: &Value| txn.as_array().cloned().unwrap_or_default();
        let (asked_mops, done_mops) = (mops(asked), mops(done));
        let fits = asked_mops.len() == done_mops.len()
            && asked_mops.iter().zip(&done_mops).all(|(asked, done)| self.fits(asked, done));
        if fits {
            return Ok(());
        }
        let text = format!("expected {asked} with its reads filled in; got {done}");
        Err(RpcError::Malformed(text))
    }

    fn fits(self, asked: &Value, done: &Value) -> bool {
        let Some([f, key, value]) = done.as_array().map(Vec::as_slice) else { return false };
        let shows = match self {
            Self::Register => true,
            Self::List => value.is_array() || value.is_null(),
        };
        *f == asked[0] && *key == asked[1] && if f == "r" { shows } else { *value == asked[2] }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_are_filled_in_and_nothing_else_is_changed() {
        let asked = json!([["r", 1, null], ["append", 2, 7], ["r", 3, null]]);
        let good = json!([["r", 1, [4, 5]], ["append", 2, 7], ["r", 3, null]]);
        assert_eq!(Datatype::List.match_up(&asked, &good), Ok(()));
        for bad in [
            json!([["r", 1, [4, 5]], ["append", 2, 7]]),
            json!([["r", 1, 4], ["append", 2, 7], ["r", 3, null]]),
            json!([["r", 1, []], ["append", 2, 8], ["r", 3, null]]),
            json!([["r", 1, []], ["append", 4, 7], ["r", 3, null]]),
            json!([["append", 2, 7], ["r", 1, []], ["r", 3, null]]),
            json!([["r", 1], ["append", 2, 7], ["r", 3, null]]),
            json!([["r", 1, [], 1], ["append", 2, 7], ["r", 3, null]]),
            json!([7, ["append", 2, 7], ["r", 3, null]]),
        ] {
            let error = Datatype::List.match_up(&asked, &bad).unwrap_err();
            assert!(error.to_string().contains("reads filled in"), "{error}");
        }
        let (asked, good) =
            (json!([["r", 1, null], ["w", 1, 2]]), json!([["r", 1, 9], ["w", 1, 2]]));
        assert_eq!(Datatype::Register.match_up(&asked, &good), Ok(()));
    }
}
