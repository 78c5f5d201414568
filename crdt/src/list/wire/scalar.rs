//! Values that are written beside each other: characters as a text, bytes as bytes, all else one by one.
//!
//! What a value is shows as it is written: it is asked to write itself, and what it calls for tells.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, IntoDeserializer, SeqAccess, Visitor};
use serde::ser::{Impossible, SerializeSeq, StdError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::list::build::Source;
use crate::list::values::{Slice, are_chars};

/// How values are written.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Each,
    Text,
    Bytes,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Each, Self::Text, Self::Bytes];

    pub(super) fn numbered(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// Values as they are written.
pub(super) enum Line<'a, T> {
    Each(Vec<Slice<'a, T>>),
    Text(String),
    Bytes(Vec<u8>),
}

impl<'a, T: Serialize + 'static> Line<'a, T> {
    pub(super) fn new(values: Vec<Slice<'a, T>>) -> Self {
        if are_chars::<T>() {
            let mut text = String::with_capacity(values.iter().map(|some| some.len()).sum());
            for some in &values {
                some.write(&mut text);
            }
            return Self::Text(text);
        }
        let each = || values.iter().flat_map(|some| some.iter()).map(|value| value.serialize(Ask));
        match each().next() {
            Some(Ok(Scalar::Char(_))) => {
                let text = each().map(|scalar| match scalar {
                    Ok(Scalar::Char(char)) => Some(char),
                    _ => None,
                });
                text.collect::<Option<String>>().map_or(Self::Each(values), Self::Text)
            }
            Some(Ok(Scalar::Byte(_))) => {
                let bytes = each().map(|scalar| match scalar {
                    Ok(Scalar::Byte(byte)) => Some(byte),
                    _ => None,
                });
                bytes.collect::<Option<Vec<u8>>>().map_or(Self::Each(values), Self::Bytes)
            }
            _ => Self::Each(values),
        }
    }

    pub(super) fn kind(&self) -> u64 {
        match self {
            Self::Each(_) => 0,
            Self::Text(_) => 1,
            Self::Bytes(_) => 2,
        }
    }
}

impl<T: Serialize + 'static> Serialize for Line<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Each(values) => {
                let count = values.iter().map(|some| some.len()).sum();
                let mut line = serializer.serialize_seq(Some(count))?;
                for value in values.iter().flat_map(|some| some.iter()) {
                    line.serialize_element(value)?;
                }
                line.end()
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
        }
    }
}

/// Reads values.
pub(super) struct Reader<T> {
    kind: Kind,
    of: PhantomData<T>,
}

impl<T> Reader<T> {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, of: PhantomData }
    }
}

impl<'de, T: Deserialize<'de> + 'static> DeserializeSeed<'de> for Reader<T> {
    type Value = Source<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Source<T>, D::Error> {
        match self.kind {
            Kind::Each => Vec::deserialize(deserializer).map(line),
            Kind::Text => deserializer.deserialize_str(self),
            Kind::Bytes => deserializer.deserialize_bytes(self),
        }
    }
}

fn line<T>(values: Vec<T>) -> Source<T> {
    Source::Line(values.into_iter())
}

impl<'de, T: Deserialize<'de> + 'static> Visitor<'de> for Reader<T> {
    type Value = Source<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Source<T>, E> {
        if are_chars::<T>() {
            return Ok(Source::Text(text.into(), 0));
        }
        let values = text.chars().map(|char| T::deserialize(char.into_deserializer()));
        values.collect::<Result<_, E>>().map(line)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Source<T>, E> {
        let values = bytes.iter().map(|byte| T::deserialize(byte.into_deserializer()));
        values.collect::<Result<_, E>>().map(line)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Source<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(line(values))
    }
}

/// What a value is written as, if it is one of these.
enum Scalar {
    Char(char),
    Byte(u8),
}

/// It is something else.
#[derive(Debug)]
struct Other;

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither a character nor a byte")
    }
}

impl StdError for Other {}

impl serde::ser::Error for Other {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self
    }
}

/// Asks a value what it is written as.
struct Ask;

/// Those that are something else.
macro_rules! other {
    ($($name:ident($($argument:ty),*) -> $output:ty;)*) => {
        $(fn $name(self, $(_: $argument),*) -> Result<$output, Other> { Err(Other) })*
    };
}

type No = Impossible<Scalar, Other>;

impl Serializer for Ask {
    type Ok = Scalar;
    type Error = Other;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    fn serialize_char(self, char: char) -> Result<Scalar, Other> {
        Ok(Scalar::Char(char))
    }

    fn serialize_u8(self, byte: u8) -> Result<Scalar, Other> {
        Ok(Scalar::Byte(byte))
    }

    fn serialize_some<V: Serialize + ?Sized>(self, _: &V) -> Result<Scalar, Other> {
        Err(Other)
    }

    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &V,
    ) -> Result<Scalar, Other> {
        Err(Other)
    }

    fn serialize_newtype_variant<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &V,
    ) -> Result<Scalar, Other> {
        Err(Other)
    }

    other! {
        serialize_bool(bool) -> Scalar;
        serialize_i8(i8) -> Scalar;
        serialize_i16(i16) -> Scalar;
        serialize_i32(i32) -> Scalar;
        serialize_i64(i64) -> Scalar;
        serialize_u16(u16) -> Scalar;
        serialize_u32(u32) -> Scalar;
        serialize_u64(u64) -> Scalar;
        serialize_f32(f32) -> Scalar;
        serialize_f64(f64) -> Scalar;
        serialize_str(&str) -> Scalar;
        serialize_bytes(&[u8]) -> Scalar;
        serialize_none() -> Scalar;
        serialize_unit() -> Scalar;
        serialize_unit_struct(&'static str) -> Scalar;
        serialize_unit_variant(&'static str, u32, &'static str) -> Scalar;
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}
