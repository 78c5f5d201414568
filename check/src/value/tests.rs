use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::owned::{Bytes, ROOM};
use super::*;
use crate::exact;

fn large(digits: &str) -> Json {
    exact::integer(digits)
}

fn read(text: &str) -> Value {
    exact::from_str(text).unwrap()
}

#[test]
fn integers_are_exact_and_short() {
    for (integer, length) in [
        (0, 1),
        (127, 1),
        (128, 3),
        (-1, 2),
        (-128, 2),
        (-129, 3),
        (32_767, 3),
        (32_768, 4),
        (255, 3),
        (0x7fff_ffff, 5),
        (0x8000_0000, 6),
        (0x00ff_ffff_ffff_ffff, 9),
        (0x0100_0000_0000_0000, 9),
        (i64::MAX.into(), 9),
        (i64::MIN.into(), 9),
        (u64::MAX.into(), 10),
    ] {
        let value = Value::from(integer);
        assert_eq!(value.view().integer(), Some(integer));
        assert_eq!(value.view().bytes().len(), length, "{integer}");
        assert_eq!(value.to_string(), integer.to_string());
        assert_eq!(value, read(&integer.to_string()));
    }
    for digits in [u128::MAX.to_string(), i128::MIN.to_string(), "9".repeat(300)] {
        let value = read(&digits);
        assert!(value.view().is_integer());
        assert_eq!(value.view().integer(), digits.parse().ok());
        assert_eq!((value.to_string(), value.to_json()), (digits.clone(), large(&digits)));
        assert_eq!(exact::to_string(&value).unwrap(), digits);
        assert_eq!(Value::from(large(&digits)), value);
    }
    // Whichever way it came.
    assert_eq!(Value::from(i128::from(u64::MAX) + 1), large("18446744073709551616"));
    // What only looks as if it held one.
    for forged in
        [json!({exact::KEY: "7"}), json!({exact::KEY: 7}), json!({exact::KEY: "x", "a": 1})]
    {
        let text = serde_json::to_string(&forged).unwrap();
        for value in [serde_json::from_str(&text).unwrap(), Value::from(&forged)] {
            assert_eq!(serde_json::to_string(&value).unwrap(), text);
        }
    }
}

#[test]
fn texts_lists_and_maps_may_be_long() {
    for length in [0, 1, 21, 22, 23, 30, 31, 127, 128, 129, 16_383, 16_384, 70_000] {
        let text = "ä".repeat(length / 2) + &"x".repeat(length % 2);
        assert_eq!(Value::from(text.as_str()), *text);
        let list = json!(vec![1; length]);
        let value = Value::from(&list);
        assert_eq!((value.view().items().count(), value.to_json()), (length, list));
        let map: serde_json::Map<_, _> =
            (0..length / 9).map(|key| (format!("{key:04}"), json!([key]))).collect();
        let value = Value::from(Json::Object(map.clone()));
        assert_eq!((value.view().fields().count(), value.to_json()), (length / 9, map.into()));
    }
}

#[test]
fn maps_are_in_order_and_the_last_of_a_key_counts() {
    let value = read(r#"{"b":1,"a":{"y":2,"x":[3]},"b":4,"":5,"ab":6}"#);
    assert_eq!(value.to_string(), r#"{"":5,"a":{"x":[3],"y":2},"ab":6,"b":4}"#);
    assert_eq!(value.view().get("b").unwrap(), json!(4));
    assert_eq!(value.view().get("c"), None);
}

#[test]
fn what_is_asked_for_and_not_there_is_nothing() {
    let value = Value::from(json!([1, "a"]));
    assert!(value.view().array::<1>().is_none() && value.view().array::<3>().is_none());
    assert!(value.view().array::<2>().is_some() && value.view().nth(2).is_none());
    for other in [json!(null), json!(1), json!("a"), json!({}), json!([])] {
        let value = Value::from(other);
        let view = value.view();
        assert_eq!((view.items().count(), view.fields().count()), (0, 0), "{value}");
        assert_eq!(view.array::<0>().is_some(), view.is_list());
    }
}

#[test]
fn zero_is_zero() {
    let [zero, minus] = [read("[0.0]"), read("[-0.0]")];
    assert_eq!(zero, minus);
    assert_eq!(minus.to_string(), "[-0.0]");
    assert_ne!(zero, read("[0]"));
}

#[test]
fn most_lie_in_themselves() {
    assert_eq!(size_of::<Value>(), 24);
    assert_eq!(size_of::<Option<Value>>(), 24);
    let is_here = |json| matches!(Value::from(json), Value(Bytes::Here { .. }));
    assert!(is_here(json!([["send", "117", [1_234_567, 765]]])));
    assert!(!is_here(json!("x".repeat(ROOM))));
}

#[test]
fn values_are_ordered_by_kind_and_then_by_size() {
    let sorted = [
        json!(null),
        json!(false),
        json!(-3),
        json!(9.5),
        json!(10),
        json!("a"),
        json!("b"),
        json!([]),
        json!([1]),
        json!([1, 2]),
        json!([2]),
        json!({"a": 1}),
    ];
    let mut values = sorted.clone().map(Value::from);
    values.reverse();
    values.sort_by(|a, b| a.view().compare(b.view()));
    assert_eq!(values.map(|value| value.to_json()), sorted);
}

#[test]
fn integers_of_any_size_are_in_order() {
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
    let mut values = sorted.clone().map(Value::from);
    values.reverse();
    values.sort_by(|a, b| a.view().compare(b.view()));
    assert_eq!(values.map(|value| value.to_json()), sorted);
}

/// Any JSON, as a tree.
pub(crate) fn json_values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-300_i64..300).prop_map(Json::from),
        "-?[1-9][0-9]{0,40}".prop_map(|digits| exact::integer(&digits)),
        // Those that JSON's readers get right to the last bit.
        (-1000_i32..1000).prop_map(|eighths| Json::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..40).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn they_are_what_a_tree_is(json in json_values(), other in json_values()) {
        let text = exact::to_string(&json).unwrap();
        let value = read(&text);
        prop_assert_eq!(&value, &json);
        prop_assert_eq!(&value, &Value::from(&json));
        prop_assert_eq!(value.to_json(), json.clone());
        prop_assert_eq!(value.to_string(), text.clone());
        prop_assert_eq!(exact::to_string(&value).unwrap(), text);
        prop_assert_eq!(value.view().to_value(), value.clone());
        prop_assert_eq!(value == other, json == other);
        let other = Value::from(other);
        let order = value.view().compare(other.view());
        prop_assert_eq!(other.view().compare(value.view()), order.reverse());
        prop_assert_eq!(value.view().compare(value.view()), Ordering::Equal);
    }
}
