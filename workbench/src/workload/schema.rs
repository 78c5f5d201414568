//! The strict form of replies: exactly the fields that a workload prescribes, of the right kind.

use glomers_check::check::json::is_integer;
use glomers_check::exact;
use serde_json::{Map, Value};

use crate::client::RpcError;

/// The fields of a reply besides the protocol's own. Every reply of every workload has one at most;
/// a reply is read by saying which.
///
/// ```
/// use glomers::workload::schema::Reply;
///
/// let fields = serde_json::Map::from_iter([("value".to_owned(), 3.into())]);
/// assert_eq!(Reply::new(fields.clone()).integer("value")?, 3);
/// assert!(Reply::new(fields).nothing().is_err());
/// # Ok::<(), glomers::client::RpcError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reply(Map<String, Value>);

impl Reply {
    /// Of what [`Client::rpc`](crate::client::Client::rpc) returned.
    pub fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    /// The reply has no fields.
    ///
    /// # Errors
    ///
    /// [`RpcError::Malformed`] if it has.
    pub fn nothing(self) -> Result<(), RpcError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.malformed("no further fields")) }
    }

    /// The reply's one field `key`, of any kind, even null.
    ///
    /// # Errors
    ///
    /// [`RpcError::Malformed`] if it is missing or not alone.
    pub fn any(self, key: &str) -> Result<Value, RpcError> {
        self.one(key, "of any kind", Ok)
    }

    /// The reply's one field `key`, an integer.
    ///
    /// # Errors
    ///
    /// [`RpcError::Malformed`] if it is missing, not alone, or no integer; 1.0 is none.
    pub fn integer(self, key: &str) -> Result<Value, RpcError> {
        self.value(key, "an integer", is_integer)
    }

    /// The reply's one field `key`, a value that `is_right`: as `expected` says.
    ///
    /// # Errors
    ///
    /// [`RpcError::Malformed`] if it is missing, not alone, or not right.
    pub fn value(
        self,
        key: &str,
        expected: &str,
        is_right: impl Fn(&Value) -> bool,
    ) -> Result<Value, RpcError> {
        self.one(key, expected, |value| if is_right(&value) { Ok(value) } else { Err(value) })
    }

    /// The reply's one field `key`, an array; null is an empty one, as it is in Maelstrom.
    ///
    /// # Errors
    ///
    /// [`RpcError::Malformed`] if it is missing, not alone, or neither.
    pub fn array(self, key: &str) -> Result<Vec<Value>, RpcError> {
        self.one(key, "an array", |value| match value {
            Value::Array(items) => Ok(items),
            Value::Null => Ok(Vec::new()),
            other => Err(other),
        })
    }

    /// The reply's one field `key`, an object of which every value `is_right`: as `expected` says.
    ///
    /// # Errors
    ///
    /// [`RpcError::Malformed`] if it is missing, not alone, or no such object.
    pub fn object(
        self,
        key: &str,
        expected: &str,
        is_right: impl Fn(&Value) -> bool,
    ) -> Result<Map<String, Value>, RpcError> {
        self.one(key, expected, |value| match value {
            Value::Object(fields) if fields.values().all(is_right) => Ok(fields),
            other => Err(other),
        })
    }

    /// Takes the one field; `convert` gives back a value that is not as expected.
    fn one<T>(
        mut self,
        key: &str,
        expected: &str,
        convert: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Result<T, RpcError> {
        if self.0.len() == 1
            && let Some(value) = self.0.remove(key)
        {
            match convert(value) {
                Ok(converted) => return Ok(converted),
                Err(value) => drop(self.0.insert(key.to_owned(), value)),
            }
        }
        Err(self.malformed(&format!("the field {key:?} alone, {expected}")))
    }

    fn malformed(self, expected: &str) -> RpcError {
        RpcError::Malformed(format!(
            "expected {expected}; got {}",
            exact::shown(&Value::Object(self.0))
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reply(fields: &Value) -> Reply {
        Reply::new(fields.as_object().unwrap().clone())
    }

    #[test]
    fn a_reply_of_the_right_form_gives_its_field() {
        assert_eq!(reply(&json!({})).nothing(), Ok(()));
        assert_eq!(reply(&json!({"id": null})).any("id"), Ok(Value::Null));
        assert_eq!(reply(&json!({"value": -1})).integer("value"), Ok(json!(-1)));
        assert_eq!(reply(&json!({"value": u64::MAX})).integer("value"), Ok(json!(u64::MAX)));
        let large = exact::integer("340282366920938463463374607431768211457");
        assert_eq!(reply(&json!({"value": large})).integer("value"), Ok(large));
        assert_eq!(reply(&json!({"value": [1]})).array("value"), Ok(vec![json!(1)]));
        // Whoever has no list yet may say null.
        assert_eq!(reply(&json!({"value": null})).array("value"), Ok(vec![]));
        let offsets = reply(&json!({"offsets": {"a": 1}})).object("offsets", "", Value::is_i64);
        assert_eq!(Value::Object(offsets.unwrap()), json!({"a": 1}));
    }

    #[test]
    fn a_field_missing_extra_or_of_another_kind_is_malformed() {
        for fields in [json!({}), json!({"value": 1, "extra": 2}), json!({"other": 1})] {
            assert!(reply(&fields).any("value").is_err(), "{fields}");
        }
        assert!(reply(&json!({"value": 1})).nothing().is_err());
        for value in [json!(1.0), json!("1"), json!(null), json!([]), json!({})] {
            assert!(reply(&json!({ "value": value })).integer("value").is_err(), "{value}");
        }
        assert!(reply(&json!({"value": {}})).array("value").is_err());
        assert!(reply(&json!({})).array("value").is_err());
        // Null is no object, though it is a list.
        for value in [json!([]), json!(null)] {
            assert!(reply(&json!({ "value": value })).object("value", "", |_| true).is_err());
        }
        assert!(reply(&json!({"value": {"a": "1"}})).object("value", "", Value::is_i64).is_err());
    }

    #[test]
    fn the_complaint_says_what_was_expected_and_what_came() {
        let error = reply(&json!({"value": "x"})).integer("value").unwrap_err();
        let text = r#"expected the field "value" alone, an integer; got {"value":"x"}"#;
        assert_eq!(error, RpcError::Malformed(text.to_owned()));
    }
}
