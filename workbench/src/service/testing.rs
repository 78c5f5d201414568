//! Requests for the services' tests.

use serde_json::{Map, Value, json};

pub(super) fn request(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(object) => object,
        other => panic!("{other} is not an object"),
    }
}

pub(super) fn read(key: &str) -> Map<String, Value> {
    request(json!({"type": "read", "key": key}))
}

pub(super) fn write(key: &str, value: u64) -> Map<String, Value> {
    request(json!({"type": "write", "key": key, "value": value}))
}

pub(super) fn cas(key: &str, from: u64, to: u64) -> Map<String, Value> {
    request(json!({"type": "cas", "key": key, "from": from, "to": to}))
}
