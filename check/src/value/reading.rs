//! Values from whatever serde reads, and back; without a tree in between.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::owned::Value;
use super::view::{Shape, View};
use super::writer::{Map, Writer};
use crate::exact;

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut writer = Writer::default();
        Parts(&mut writer).deserialize(deserializer)?;
        Ok(Value::take(&mut writer))
    }
}

/// Writes down the value that is read.
pub(crate) struct Parts<'w>(pub(crate) &'w mut Writer);

impl<'de> DeserializeSeed<'de> for Parts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Parts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.null();
        Ok(())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<(), E> {
        self.0.bool(bool);
        Ok(())
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<(), E> {
        self.0.unsigned(integer);
        Ok(())
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<(), E> {
        self.0.integer(integer);
        Ok(())
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<(), E> {
        self.0.float(float);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let list = self.0.list();
        while items.next_element_seed(Parts(self.0))?.is_some() {}
        self.0.close_list(&list);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut map = self.0.map();
        let mut entries = 0;
        let mut is_integer = false;
        while let Some(key) = fields.next_key_seed(Key { writer: self.0, map: &mut map })? {
            is_integer |= key == Word::Integer;
            entries += 1;
            fields.next_value_seed(Parts(self.0))?;
        }
        self.0.close_map(&map);
        if is_integer && entries == 1 {
            self.0.unwrap_integer(&map);
        }
        Ok(())
    }
}

/// Writes down a key.
struct Key<'w> {
    writer: &'w mut Writer,
    map: &'w mut Map,
}

/// What a key is.
#[derive(PartialEq)]
enum Word {
    /// That of the object which holds a large integer.
    Integer,
    Other,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Word;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Word, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Word, E> {
        self.writer.key(self.map, key);
        Ok(if key == exact::KEY { Word::Integer } else { Word::Other })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape() {
            Shape::Null => serializer.serialize_unit(),
            Shape::Bool(bool) => serializer.serialize_bool(bool),
            Shape::Integer(integer) => match (i64::try_from(integer), u64::try_from(integer)) {
                (Ok(integer), _) => serializer.serialize_i64(integer),
                (_, Ok(integer)) => serializer.serialize_u64(integer),
                _ => serializer.serialize_i128(integer),
            },
            Shape::Large(digits) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(exact::KEY, digits)?;
                map.end()
            }
            Shape::Float(float) => serializer.serialize_f64(float),
            Shape::Text(text) => serializer.serialize_str(text),
            Shape::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.clone().count()))?;
                for item in items {
                    list.serialize_element(&item)?;
                }
                list.end()
            }
            Shape::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.clone().count()))?;
                for (key, value) in fields {
                    map.serialize_entry(key, &value)?;
                }
                map.end()
            }
        }
    }
}
