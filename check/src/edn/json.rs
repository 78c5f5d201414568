use serde_json::{Map, Number, Value};

use super::Edn;
use crate::check::json::{number, text};
use crate::exact;

impl Edn {
    /// The value as JSON, for which it has to give up distinctions: keywords, symbols and
    /// characters become strings, lists, vectors and sets arrays, the keys of maps strings; tags are
    /// dropped; a number that is no integer and that JSON's do not hold exactly becomes a string.
    ///
    /// ```
    /// use glomers_check::edn::Reader;
    ///
    /// let value = Reader::new(r#"[:send "k" {1 #{2/3}}]"#).next_value()?;
    /// let json = value.map(|value| value.to_json());
    /// assert_eq!(json, Some(serde_json::json!(["send", "k", {"1": ["2/3"]}])));
    /// # Ok::<(), glomers_check::edn::Error>(())
    /// ```
    pub fn to_json(&self) -> Value {
        match self {
            Self::Nil => Value::Null,
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Integer(integer) => number(*integer),
            Self::Float(float) => {
                Number::from_f64(*float).map_or_else(|| float.to_string().into(), Value::Number)
            }
            Self::Char(char) => char.to_string().into(),
            Self::Number(digits) if is_integer(digits) => exact::integer(digits),
            Self::Number(text) | Self::String(text) | Self::Keyword(text) | Self::Symbol(text) => {
                text.as_str().into()
            }
            Self::List(items) | Self::Vector(items) | Self::Set(items) => {
                items.iter().map(Self::to_json).collect()
            }
            Self::Map(entries) => {
                let entry = |(key, value): &(Self, Self)| (text(&key.to_json()), value.to_json());
                Value::Object(entries.iter().map(entry).collect::<Map<_, _>>())
            }
            Self::Tagged(_, value) => value.to_json(),
        }
    }
}

fn is_integer(number: &str) -> bool {
    number.strip_prefix('-').unwrap_or(number).bytes().all(|byte| byte.is_ascii_digit())
}
