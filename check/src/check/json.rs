//! JSON values as numbers and as keys.

use serde_json::{Number, Value};

use crate::exact;

/// The integer that `value` is, if it is one and 128 bits hold it.
pub fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => {
            number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
        }
        other => exact::digits(other)?.parse().ok(),
    }
}

/// Whether `value` is an integer, of any size; 1.0 is none.
pub fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || exact::digits(value).is_some()
}

/// An integer as JSON.
pub fn number(integer: i128) -> Value {
    Number::from_i128(integer).map_or_else(|| exact::integer(&integer.to_string()), Value::Number)
}

/// A value as a JSON object's key.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| exact::shown(value), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_survive_as_numbers() {
        assert_eq!(number(i128::from(u64::MAX)), json!(u64::MAX));
        assert_eq!(number(i128::from(u64::MAX) + 1), exact::integer("18446744073709551616"));
        let widest = i128::from(u64::MAX) * 3;
        assert_eq!(integer(&number(widest)), Some(widest));
        assert_eq!(integer(&json!(u64::MAX)), Some(i128::from(u64::MAX)));
        assert_eq!(integer(&json!(1.0)), None);
        assert!(is_integer(&number(widest)) && !is_integer(&json!(1.0)));
        assert_eq!(text(&number(-widest)), (-widest).to_string());
    }
}
