use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::value::RawValue;

/// Any JSON value as the element of a set, or a message of a log.
///
/// Integers are told apart by value; anything else by its text as it was sent, so that no number,
/// however long, is rounded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// An integer, the only kind that Maelstrom's loads use.
    Int(i64),
    /// The text of any other value.
    Text(Arc<str>),
}

impl Element {
    /// How many bytes its JSON takes.
    pub(super) fn json_len(&self) -> usize {
        match self {
            Self::Int(int) => int.to_string().len(),
            Self::Text(text) => text.len(),
        }
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let int = raw.get().parse().ok();
        // An integer, but one that would not come back as it was.
        Ok(match int.filter(|_| raw.get() != "-0") {
            Some(int) => Self::Int(int),
            None => Self::Text(raw.get().into()),
        })
    }
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Text(text) => {
                let raw: &RawValue = serde_json::from_str(text).map_err(ser::Error::custom)?;
                raw.serialize(serializer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_as_it_was() {
        for json in [
            "0",
            "-0",
            "-9223372036854775808",
            "9223372036854775808",
            "123456789012345678901234567890",
            "1e999",
            "1.50",
            "\"\\u00e9\\ud800\"",
            "null",
            "[1, {\"a\":  2}]",
        ] {
            let element: Element = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&element).unwrap(), json);
        }
    }

    #[test]
    fn integers_are_small() {
        assert_eq!(serde_json::from_str::<Element>(" 7 ").unwrap(), Element::Int(7));
    }
}
