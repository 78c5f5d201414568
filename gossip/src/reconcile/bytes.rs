//! Packed bytes in serialised form: as such in binary formats, base64 in those for humans.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;

use super::base64;

pub(super) fn serialize<Z: Serializer>(bytes: &[u8], serializer: Z) -> Result<Z::Ok, Z::Error> {
    if serializer.is_human_readable() {
        serializer.serialize_str(&base64::encode(bytes))
    } else {
        serializer.serialize_bytes(bytes)
    }
}

/// Takes either form from any format: what an enum or a flattened struct has read ahead does not
/// tell which format it is from.
pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<Vec<u8>, Error: fmt::Display>,
    D: Deserializer<'de>,
{
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(Packed(PhantomData))
    } else {
        deserializer.deserialize_byte_buf(Packed(PhantomData))
    }
}

struct Packed<T>(PhantomData<T>);

impl<T: TryFrom<Vec<u8>, Error: fmt::Display>> Visitor<'_> for Packed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packed bytes, or these as base64 without padding")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        let bytes = base64::decode(text).ok_or_else(|| E::custom("no base64 without padding"))?;
        self.visit_byte_buf(bytes)
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<T, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<T, E> {
        T::try_from(bytes).map_err(E::custom)
    }
}
