use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, Expected, MapAccess, Unexpected, Visitor};
use serde_json::Value;

use crate::exact;

/// A number of so many bits, not less than 0. What is none is told as what it is, large integers
/// included, which come as maps.
pub(super) struct Whole<N>(pub(super) N);

impl<'de, N: TryFrom<u64>> Deserialize<'de> for Whole<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor(PhantomData))
    }
}

struct WholeVisitor<N>(PhantomData<N>);

impl<'de, N: TryFrom<u64>> Visitor<'de> for WholeVisitor<N> {
    type Value = Whole<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer from 0 to {}", u64::MAX)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Whole<N>, E> {
        let whole = N::try_from(number).map(Whole);
        whole.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Whole<N>, A::Error> {
        Err(no_number(map, &self))
    }
}

/// Why a map is not the number that was expected: perhaps it is one that is too large.
pub(super) fn no_number<'de, A: MapAccess<'de>>(map: A, expected: &dyn Expected) -> A::Error {
    let value = match Value::deserialize(MapAccessDeserializer::new(map)) {
        Ok(value) => value,
        Err(error) => return error,
    };
    match exact::digits(&value) {
        Some(digits) => {
            let how = if digits.starts_with('-') { "small" } else { "large" };
            A::Error::custom(format!("{digits} is too {how}, expected {expected}"))
        }
        None => A::Error::invalid_type(Unexpected::Map, expected),
    }
}
