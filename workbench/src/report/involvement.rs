//! What an operation has to do with a value, by the forms that operations have in histories.

use glomers_check::check::json::text;
use glomers_check::history::Op;
use serde_json::Value;

use super::calls::Call;
use super::subject::Subject;

/// Whether a result shows a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It does.
    Shown,
    /// It does not, and would if the value had come there.
    Lacking,
    /// It does not, and shows something that may have replaced it, or lie before or behind it.
    Other,
    /// It is about something else.
    Blind,
}

impl Subject {
    /// Whether an operation asks for it to be stored.
    pub(super) fn is_asked_by(&self, call: &Call<'_>) -> bool {
        let value = &call.invoked.value.to_json();
        match (call.f(), &self.key) {
            ("txn" | "send", Some(_)) => {
                mops(value).any(|mop| mop[0] != "r" && self.is_pair(&mop[1], &mop[2]))
            }
            ("write", Some(_)) => self.is_pair(&value[0], &value[1]),
            ("cas", Some(_)) => self.is_pair(&value[0], &value[1][1]),
            _ => self.is_in(value),
        }
    }

    /// Whether a result shows it.
    pub(super) fn sight(&self, op: &Op) -> Sight {
        let of_read = |shown: &Value| match shown {
            shown if *shown == self.value => Sight::Shown,
            Value::Array(items) if items.contains(&self.value) => Sight::Shown,
            Value::Array(_) | Value::Null => Sight::Lacking,
            _ => Sight::Other,
        };
        let value = &op.value.to_json();
        match (op.f.as_str(), &self.key) {
            ("txn", Some(_)) => {
                let reads = mops(value).filter(|mop| mop[0] == "r" && self.has_key(&mop[1]));
                let sights: Vec<_> = reads.map(|mop| of_read(&mop[2])).collect();
                let shown = sights.iter().find(|sight| **sight == Sight::Shown);
                *shown.or(sights.last()).unwrap_or(&Sight::Blind)
            }
            ("poll", Some(key)) => {
                let key = text(key);
                let polled = mops(value).filter_map(|mop| mop[1].get(&key)?.as_array());
                let polled: Vec<_> = polled.collect();
                if polled.is_empty() {
                    Sight::Blind
                } else if polled.into_iter().flatten().any(|pair| pair[1] == self.value) {
                    Sight::Shown
                } else {
                    Sight::Other
                }
            }
            ("read", Some(_)) if self.has_key(&value[0]) => of_read(&value[1]),
            ("read", None) if value.is_array() => of_read(value),
            // A sum does not show its parts.
            ("read", _) | ("write" | "cas" | "send", Some(_)) => Sight::Blind,
            _ if self.is_in(value) => Sight::Shown,
            _ => Sight::Blind,
        }
    }

    fn has_key(&self, key: &Value) -> bool {
        self.key.as_ref().is_some_and(|own| own == key || text(own) == text(key))
    }

    fn is_pair(&self, key: &Value, value: &Value) -> bool {
        self.has_key(key) && *value == self.value
    }
}

/// The operations of a transaction, or of sends and polls.
fn mops(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use glomers_check::history::{History, Kind};
    use serde_json::json;

    use super::*;

    fn event(kind: Kind, f: &str, value: Value) -> History {
        History::from_iter([Op::new(0, kind, f, value)])
    }

    fn of_key() -> Subject {
        Subject::new(json!(3), Some(json!("9")))
    }

    #[test]
    fn what_asks_for_a_value_of_a_key_names_the_key_first() {
        let asks = |f: &str, value: Value| {
            let history = event(Kind::Invoke, f, value);
            of_key().is_asked_by(&Call::all(&history)[0])
        };
        for (f, value) in [
            ("txn", json!([["r", 1, null], ["w", 9, 3]])),
            ("txn", json!([["append", 9, 3]])),
            ("send", json!([["send", "9", 3]])),
            ("write", json!([9, 3])),
            ("cas", json!([9, [4, 3]])),
        ] {
            assert!(asks(f, value.clone()), "{f} {value}");
        }
        for (f, value) in [
            ("txn", json!([["w", 3, 9], ["r", 9, 3]])),
            ("send", json!([["send", "3", 9]])),
            ("write", json!([3, 9])),
            ("cas", json!([9, [3, 4]])),
            ("read", json!([9, null])),
        ] {
            assert!(!asks(f, value.clone()), "{f} {value}");
        }
    }

    #[test]
    fn a_result_shows_a_value_or_lacks_it_or_has_another_in_its_place() {
        use Sight::{Blind, Lacking, Other, Shown};

        let set = || Subject::new(json!(3), None);
        for (subject, f, value, sight) in [
            (of_key(), "txn", json!([["r", 9, 3]]), Shown),
            (of_key(), "txn", json!([["r", 9, [1, 3]], ["r", 8, null]]), Shown),
            (of_key(), "txn", json!([["r", 9, 4]]), Other),
            (of_key(), "txn", json!([["r", 9, [4]]]), Lacking),
            (of_key(), "txn", json!([["r", 9, null]]), Lacking),
            (of_key(), "txn", json!([["r", 3, 9], ["w", 9, 4]]), Blind),
            (of_key(), "poll", json!([["poll", {"9": [[0, 1], [1, 3]]}]]), Shown),
            (of_key(), "poll", json!([["poll", {"9": [[3, 1]]}]]), Other),
            (of_key(), "poll", json!([["poll", {"3": [[0, 9]]}]]), Blind),
            (of_key(), "read", json!([9, 3]), Shown),
            (of_key(), "read", json!([9, 4]), Other),
            (of_key(), "read", json!([9, null]), Lacking),
            (of_key(), "read", json!([3, 9]), Blind),
            (set(), "read", json!([1, 3]), Shown),
            (set(), "read", json!([1]), Lacking),
            (set(), "read", json!(3), Blind),
            (set(), "generate", json!(3), Shown),
            (set(), "generate", json!(4), Blind),
        ] {
            let history = event(Kind::Ok, f, value.clone());
            assert_eq!(subject.sight(&history.ops()[0]), sight, "{f} {value}");
        }
    }
}
