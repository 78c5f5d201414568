//! JSON values as numbers and as keys.

use std::cmp::Ordering;

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

/// A total order on all JSON values: by kind, then numbers by size and strings by their bytes.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        _ if is_integer(a) && is_integer(b) => match (integer(a), integer(b)) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => by_size(&exact::shown(a), &exact::shown(b)),
        },
        _ if kind(a) == NUMBER && kind(b) == NUMBER => float(a).total_cmp(&float(b)),
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

/// The order of two integers, by their digits.
fn by_size(a: &str, b: &str) -> Ordering {
    let split =
        |text: &str| text.strip_prefix('-').map_or((false, text.len()), |it| (true, it.len()));
    let ((a_negative, a_length), (b_negative, b_length)) = (split(a), split(b));
    let larger = a_length.cmp(&b_length).then_with(|| a.cmp(b));
    match (a_negative, b_negative) {
        (false, false) => larger,
        (true, true) => larger.reverse(),
        (a_negative, _) => {
            if a_negative {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
    }
}

fn float(value: &Value) -> f64 {
    let large = || exact::digits(value).and_then(|digits| digits.parse().ok());
    value.as_f64().or_else(large).unwrap_or_default()
}

const NUMBER: u8 = 2;

fn kind(value: &Value) -> u8 {
    match value {
        Value::Object(_) if exact::digits(value).is_some() => NUMBER,
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => NUMBER,
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
    fn integers_of_any_size_are_in_order() {
        let large = |digits: &str| exact::integer(digits);
        let (nines, tens) = ("9".repeat(50), format!("1{}", "0".repeat(50)));
        let sorted = [
            large(&format!("-{tens}")),
            large(&format!("-{nines}")),
            json!(-5),
            json!(0.5),
            json!(u64::MAX),
            large("18446744073709551616"),
            json!(1e30),
            large(&nines),
            large(&tens),
            json!("text"),
        ];
        let mut values = sorted.clone();
        values.reverse();
        values.sort_by(compare);
        assert_eq!(values, sorted);
    }

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
