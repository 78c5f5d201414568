//! How operations are read.
//!
//! By hand: what serde derives for further keys and for a process that is a number or a word keeps every
//! value of an operation aside before it looks at it, and that took most of the time of reading. Values are
//! written down as they are read.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Unexpected, Visitor,
};

use super::whole::{Whole, no_number};
use super::{Nemesis, Op, Process, Word, Words};
use crate::value::{Parts, Value, Writer};

/// A key of an operation.
#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Index,
    Time,
    Process,
    Type,
    F,
    Value,
    Node,
    Error,
    #[serde(untagged)]
    Other(String),
}

impl<'de> Deserialize<'de> for Op {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reading::default().deserialize(deserializer)
    }
}

/// What is used again from one operation to the next.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) words: Words,
    pub(crate) writer: Writer,
}

impl<'de> DeserializeSeed<'de> for &mut Reading {
    type Value = Op;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Op, D::Error> {
        // What could not be read may have left a part of it.
        self.writer.clear();
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading {
    type Value = Op;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an operation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Op, A::Error> {
        let Reading { words, writer } = self;
        let (mut process, mut kind, mut f, mut value) = (None, None, None, None);
        let (mut index, mut time, mut node, mut error) = (None, None, None, None);
        let mut extra = Vec::new();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Index => once(&mut index, "index", map.next_value::<Whole<usize>>()?.0)?,
                Key::Time => once(&mut time, "time", map.next_value::<Whole<u64>>()?.0)?,
                Key::Process => once(&mut process, "process", map.next_value()?)?,
                Key::Type => once(&mut kind, "type", map.next_value()?)?,
                Key::F => once(&mut f, "f", map.next_value_seed(Spelt(words))?)?,
                Key::Value => {
                    map.next_value_seed(Parts(writer))?;
                    once(&mut value, "value", Value::take(writer))?;
                }
                Key::Node => once(&mut node, "node", map.next_value_seed(Perhaps(words))?)?,
                Key::Error => {
                    map.next_value_seed(Parts(writer))?;
                    once(&mut error, "error", Value::take(writer))?;
                }
                Key::Other(key) => {
                    map.next_value_seed(Parts(writer))?;
                    extra.push((key, Value::take(writer)));
                }
            }
        }
        Ok(Op {
            index: index.unwrap_or_default(),
            time: time.unwrap_or_default(),
            process: process.ok_or_else(|| A::Error::missing_field("process"))?,
            kind: kind.ok_or_else(|| A::Error::missing_field("type"))?,
            f: f.ok_or_else(|| A::Error::missing_field("f"))?,
            value: value.unwrap_or_default(),
            node: node.unwrap_or_default(),
            error: error.filter(|error| !error.view().is_null()),
            extra: extra.into_iter().collect(),
        })
    }
}

/// A word, as it was met before.
struct Spelt<'w>(&'w mut Words);

impl<'de> DeserializeSeed<'de> for Spelt<'_> {
    type Value = Word;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Word, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Spelt<'_> {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Word, E> {
        Ok(self.0.word(text))
    }
}

/// A word, or null.
struct Perhaps<'w>(&'w mut Words);

impl<'de> DeserializeSeed<'de> for Perhaps<'_> {
    type Value = Option<Word>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Word>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Perhaps<'_> {
    type Value = Option<Word>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Word>, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Option<Word>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Word>, D::Error> {
        Spelt(self.0).deserialize(deserializer).map(Some)
    }
}

fn once<T, E: Error>(place: &mut Option<T>, key: &'static str, value: T) -> Result<(), E> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(key)),
    }
}

impl<'de> Deserialize<'de> for Process {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ProcessVisitor)
    }
}

struct ProcessVisitor;

impl<'de> Visitor<'de> for ProcessVisitor {
    type Value = Process;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a process, or \"nemesis\"")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Process, E> {
        Ok(Process::Client(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Process, A::Error> {
        Err(no_number(map, &self))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Process, E> {
        match name {
            "nemesis" => Ok(Process::Nemesis(Nemesis::Nemesis)),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::Kind;
    use super::*;
    use crate::exact;
    use crate::value::Value;

    fn read(text: &str) -> Result<Op, String> {
        exact::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_have_their_places_and_others_are_kept() {
        let op = read(
            r#"{"type":"ok","f":"poll","process":7,"value":[["poll",{"a":[[1,2]]}]],"time":9,
                "final?":true,"node":"n1","index":3,"error":["x"],"Value":1}"#,
        )
        .unwrap();
        assert_eq!((op.index, op.time, op.process, op.kind), (3, 9, Process::Client(7), Kind::Ok));
        assert_eq!((&*op.f, op.node.as_deref()), ("poll", Some("n1")));
        assert_eq!(op.value, json!([["poll", {"a": [[1, 2]]}]]));
        assert_eq!(op.error.unwrap(), json!(["x"]));
        assert_eq!(json!(op.extra), json!({"final?": true, "Value": 1}));

        let least = read(r#"{"process":"nemesis","type":"info","f":"start"}"#).unwrap();
        assert_eq!(least.process, Process::Nemesis(Nemesis::Nemesis));
        assert_eq!((least.index, least.time, least.node), (0, 0, None));
        assert_eq!(least.value, Value::default());
        let nulls = r#"{"process":1,"type":"info","f":"x","value":null,"node":null,"error":null}"#;
        assert_eq!(read(nulls).unwrap().error, None);
    }

    #[test]
    fn what_is_no_operation_is_told() {
        for (text, told) in [
            (r#"{"type":"ok","f":"x"}"#, "missing field `process`"),
            (r#"{"process":1,"f":"x"}"#, "missing field `type`"),
            (r#"{"process":1,"type":"ok"}"#, "missing field `f`"),
            (r#"{"process":1,"process":1,"type":"ok","f":"x"}"#, "duplicate field `process`"),
            (r#"{"process":-1,"type":"ok","f":"x"}"#, "the number of a process, or \"nemesis\""),
            (r#"{"process":"n","type":"ok","f":"x"}"#, "the number of a process, or \"nemesis\""),
            (r#"{"process":1,"type":"no","f":"x"}"#, "unknown variant `no`"),
            (r#"{"process":1,"type":"ok","f":1}"#, "expected a string"),
            (r#"{"process":1,"time":-1,"type":"ok","f":"x"}"#, "integer `-1`, expected an integer"),
            (r#"{"process":1,"time":1.5,"type":"ok","f":"x"}"#, "expected an integer from 0 to"),
            (r#"{"process":1,"time":{},"type":"ok","f":"x"}"#, "invalid type: map, expected"),
            (
                r#"{"process":1,"type":"ok","f":"x","time":1208925819614629174706176}"#,
                "1208925819614629174706176 is too large, expected an integer from 0 to \
                 18446744073709551615",
            ),
            (
                r#"{"process":1,"type":"ok","f":"x","index":-1208925819614629174706176}"#,
                "-1208925819614629174706176 is too small, expected an integer from 0 to",
            ),
            (
                r#"{"process":1208925819614629174706176,"type":"ok","f":"x"}"#,
                "is too large, expected the number of a process",
            ),
            ("[1]", "expected an operation"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            process in proptest::option::of(0_u64..9),
            time: u64,
            value in proptest::collection::vec(proptest::collection::vec(0_u64..5, 0..6), 0..6),
            node in proptest::option::of("[a-z]{1,3}"),
            extra in proptest::collection::btree_map("[a-z?]{2,3}", 0_u64..5, 0..3),
        ) {
            let process =
                process.map_or(Process::Nemesis(Nemesis::Nemesis), Process::Client);
            let (node, extra) = (node.map(Word::from), extra.into_iter().collect());
            let op = Op { time, process, node, extra, ..Op::new(0, Kind::Fail, "f", json!(value)) };
            let text = serde_json::to_string(&op).unwrap();
            let read: Op = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&read, &op);
            // From values, as well.
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(serde_json::from_value::<Op>(value).unwrap(), op);
        }
    }
}
