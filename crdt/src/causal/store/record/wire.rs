//! A record's value is written as a pair: the number of its field, from 0, and what the field makes of
//! it. So a field that is added at a record's end changes nothing for those before.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{NoField, OneOf};

/// A value of the fields from some number on.
pub trait Write {
    /// Writes it, with the number of its field, if `first` is that of the first here.
    fn write<S: Serializer>(&self, first: u32, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A value of the fields from some number on.
pub trait Read<'de>: Sized {
    /// Reads it: that of so many fields on from the first here.
    fn read<A: SeqAccess<'de>>(ahead: u32, values: A) -> Result<Self, A::Error>;
}

impl Write for NoField {
    fn write<S: Serializer>(&self, _: u32, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}

impl<A: Serialize, B: Write> Write for OneOf<A, B> {
    fn write<S: Serializer>(&self, first: u32, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::First(value) => (first, value).serialize(serializer),
            Self::Rest(value) => value.write(first.saturating_add(1), serializer),
        }
    }
}

impl<'de> Read<'de> for NoField {
    fn read<A: SeqAccess<'de>>(_: u32, _: A) -> Result<Self, A::Error> {
        Err(A::Error::custom("a record has no field of that number"))
    }
}

impl<'de, A: Deserialize<'de>, B: Read<'de>> Read<'de> for OneOf<A, B> {
    fn read<V: SeqAccess<'de>>(ahead: u32, mut values: V) -> Result<Self, V::Error> {
        match ahead.checked_sub(1) {
            Some(ahead) => B::read(ahead, values).map(Self::Rest),
            None => match values.next_element()? {
                Some(value) => Ok(Self::First(value)),
                None => Err(V::Error::custom("a record's field without a value")),
            },
        }
    }
}

impl<A: Serialize, B: Write> Serialize for OneOf<A, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write(0, serializer)
    }
}

impl<'de, A: Deserialize<'de>, B: Read<'de>> Deserialize<'de> for OneOf<A, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(2, Pair(PhantomData))
    }
}

struct Pair<T>(PhantomData<T>);

impl<'de, T: Read<'de>> Visitor<'de> for Pair<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a record's field, and a value of it")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<T, A::Error> {
        let field = values.next_element::<u32>()?;
        T::read(field.ok_or_else(|| A::Error::custom("a record's value without a field"))?, values)
    }
}
