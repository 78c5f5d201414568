use serde_json::Value;

use glomers_check::check::Finding;
use glomers_check::check::json::text;
use glomers_check::exact;
use glomers_check::history::History;

/// What every message has, whatever it is about.
const PROTOCOL: [&str; 3] = ["type", "msg_id", "in_reply_to"];

/// A value that is looked for in operations and messages: by itself, or as one of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subject {
    pub(super) value: Value,
    pub(super) key: Option<Value>,
    /// The indices of the operations that prove what is wrong with it.
    pub(super) proof: Vec<usize>,
    /// A text that is part of whatever mentions it.
    needle: String,
}

impl Subject {
    pub(super) fn new(value: Value, key: Option<Value>) -> Self {
        // A string may be written with other escapes elsewhere; of those, the plain start is sure.
        let needle = match &value {
            Value::String(text) => {
                text.chars().take_while(|c| c.is_ascii_graphic() && !"\"\\/".contains(*c)).collect()
            }
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        Self { value, key, proof: Vec::new(), needle }
    }

    /// What a finding is about: the value that it names, or else the first plain one that its
    /// operations wrote.
    pub(super) fn of(finding: &Finding, history: &History) -> Option<Self> {
        let with_proof = |value: &Value, key| {
            Some(Self { proof: finding.ops.clone(), ..Self::new(value.clone(), key) })
        };
        if let Some(value) = &finding.value {
            return with_proof(value, finding.key.clone());
        }
        let plain = |value: &Value| value.is_number() || value.is_string();
        let values = finding.ops.iter().filter_map(|&op| history.ops().get(op));
        let mut values = values.filter(|op| op.f != "read").map(|op| op.value.to_json());
        values.find(plain).and_then(|value| with_proof(&value, None))
    }

    /// Its name, for people.
    pub(super) fn name(&self) -> String {
        match &self.key {
            Some(key) => format!("{} of key {}", exact::shown(&self.value), text(key)),
            None => exact::shown(&self.value),
        }
    }

    /// Whether a message's body mentions it.
    pub(super) fn is_in_body(&self, body: &str) -> bool {
        if !body.contains(&self.needle) {
            return false;
        }
        let Ok(Value::Object(mut fields)) = exact::from_str(body) else { return false };
        for key in PROTOCOL {
            fields.remove(key);
        }
        self.is_in(&Value::Object(fields))
    }

    /// Whether a value is it, or has it somewhere inside.
    pub(super) fn is_in(&self, value: &Value) -> bool {
        match &self.key {
            None => mentions(&self.value, value),
            Some(key) => self.is_with(key, value),
        }
    }

    /// Whether it is there together with its key: in what an object has under that key, or side by
    /// side with it, as in `{"key": "k", "msg": 3}` and `["append", "k", 3]`.
    fn is_with(&self, key: &Value, value: &Value) -> bool {
        let is_key = |it: &Value| it == key || text(it) == text(key);
        let beside = |items: &[&Value]| {
            items.iter().enumerate().any(|(at, it)| {
                is_key(it)
                    && items
                        .iter()
                        .enumerate()
                        .any(|(other, it)| other != at && mentions(&self.value, it))
            })
        };
        match value {
            Value::Object(fields) => {
                fields.get(&text(key)).is_some_and(|it| mentions(&self.value, it))
                    || beside(&fields.values().collect::<Vec<_>>())
                    || fields.values().any(|it| self.is_with(key, it))
            }
            Value::Array(items) => {
                beside(&items.iter().collect::<Vec<_>>())
                    || items.iter().any(|it| self.is_with(key, it))
            }
            _ => false,
        }
    }
}

fn mentions(wanted: &Value, value: &Value) -> bool {
    if wanted == value {
        return true;
    }
    match value {
        Value::Array(items) => items.iter().any(|it| mentions(wanted, it)),
        Value::Object(fields) => {
            let name = text(wanted);
            fields.iter().any(|(key, it)| *key == name || mentions(wanted, it))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_found_wherever_it_is_but_not_in_the_protocols_own_keys() {
        let subject = Subject::new(json!(57), None);
        for body in [
            r#"{"type":"broadcast","message":57}"#,
            r#"{"type":"tell","all":[[1,57]]}"#,
            r#"{"type":"tell","of":{"57":true}}"#,
        ] {
            assert!(subject.is_in_body(body), "{body}");
        }
        for body in [
            r#"{"type":"read","msg_id":57}"#,
            r#"{"type":"read_ok","in_reply_to":57,"messages":[5,7,157]}"#,
            r#"{"type":"tell","text":"57"}"#,
            "no JSON, 57",
        ] {
            assert!(!subject.is_in_body(body), "{body}");
        }
        let text = Subject::new(json!("a\u{e4}"), None);
        assert!(text.is_in_body(r#"{"x":["a\u00e4"]}"#));
    }

    #[test]
    fn a_value_of_a_key_is_found_only_with_it() {
        let subject = Subject::new(json!(3), Some(json!("9")));
        for value in [
            json!({"key": "9", "msg": 3}),
            json!(["9", 3]),
            json!({"msgs": {"9": [[0, 3]]}}),
            json!({"txn": [["r", 1, null], ["append", 9, 3]]}),
        ] {
            assert!(subject.is_in(&value), "{value}");
        }
        for value in
            [json!({"key": "8", "msg": 3}), json!({"9": [[0, 4]], "8": [[0, 3]]}), json!(3)]
        {
            assert!(!subject.is_in(&value), "{value}");
        }
    }
}
