//! JSON values as numbers and as keys.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// The integer that `value` is, if it is one.
pub fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

/// An integer as JSON: as text where JSON numbers do not reach.
pub fn number(integer: i128) -> Value {
    Number::from_i128(integer).map_or_else(|| integer.to_string().into(), Value::Number)
}

/// A value as a JSON object's key.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A total order on all JSON values: by kind, then numbers by size and strings by their bytes.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => match (integer(a), integer(b)) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => x.as_f64().unwrap_or_default().total_cmp(&y.as_f64().unwrap_or_default()),
        },
        (Value::String(x), Value::String(y)) => x.cmp(y),
        (Value::Array(x), Value::Array(y)) => x
            .iter()
            .zip(y)
            .map(|(x, y)| compare(x, y))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| x.len().cmp(&y.len())),
        _ => kind(a).cmp(&kind(b)).then_with(|| a.to_string().cmp(&b.to_string())),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_ordered_by_kind_and_then_by_size() {
        let mut values =
            [json!([1, 2]), json!("b"), json!(10), json!([1]), json!(9.5), json!("a"), json!(-3)];
        values.sort_by(compare);
        let sorted =
            [json!(-3), json!(9.5), json!(10), json!("a"), json!("b"), json!([1]), json!([1, 2])];
        assert_eq!(values, sorted);
    }

    #[test]
    fn integers_survive_as_numbers_or_as_text() {
        assert_eq!(number(i128::from(u64::MAX)), json!(u64::MAX));
        assert_eq!(number(i128::from(u64::MAX) + 1), json!("18446744073709551616"));
        assert_eq!(integer(&json!(u64::MAX)), Some(i128::from(u64::MAX)));
        assert_eq!(integer(&json!(1.0)), None);
    }
}
