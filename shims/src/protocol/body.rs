use std::borrow::Cow;
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess,
    VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

/// A message's body, read in one pass: the reserved keys, and the others unparsed.
///
/// A field is parsed once its type is known, when the body is [decoded](Self::decode) as one of a
/// node's requests; one that is only passed on never is.
#[derive(Debug)]
pub struct Body<'a> {
    /// The `type`.
    pub kind: Cow<'a, str>,
    /// The sender's number for this message, if it wants a reply.
    pub msg_id: Option<u64>,
    /// The `msg_id` of the request that this answers.
    pub in_reply_to: Option<u64>,
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Body<'a> {
    /// Reads the body as a `T`: an enum whose variants bear the names of message types, as
    /// `#[serde(rename_all = "snake_case")]` gives them; their fields are the body's keys. Keys
    /// that a variant does not have are ignored.
    ///
    /// # Errors
    ///
    /// [`DecodeError::UnknownType`] where no variant bears the body's `type`, and
    /// [`DecodeError::Malformed`] where a field is missing or of the wrong type.
    ///
    /// ```
    /// use glomers_shims::protocol::{Body, DecodeError};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, Debug, PartialEq)]
    /// #[serde(rename_all = "snake_case")]
    /// enum Request {
    ///     Broadcast { message: u64 },
    ///     Read,
    /// }
    ///
    /// let body = |json| serde_json::from_str::<Body<'_>>(json).unwrap();
    /// let request = body(r#"{"message": 7, "type": "broadcast", "msg_id": 1}"#).decode();
    /// assert_eq!(request, Ok(Request::Broadcast { message: 7 }));
    ///
    /// let unknown = body(r#"{"type": "sing"}"#).decode::<Request>().unwrap_err();
    /// assert_eq!(unknown, DecodeError::UnknownType("sing".to_owned()));
    /// ```
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, DecodeError> {
        T::deserialize(Tagged(self))
    }

    /// Reads the fields as a `T`, whatever the `type`.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Malformed`] where a field is missing or of the wrong type.
    pub fn decode_fields<T: Deserialize<'a>>(&self) -> Result<T, DecodeError> {
        T::deserialize(MapAccessDeserializer::new(Fields::of(self)))
    }

    /// The body with all that it borrows copied.
    pub(crate) fn to_owned(&self) -> OwnedBody {
        OwnedBody {
            kind: self.kind.clone().into_owned(),
            fields: self
                .fields
                .iter()
                .map(|(key, value)| (key.clone().into_owned(), (*value).to_owned()))
                .collect(),
        }
    }
}

/// A body that outlives its line.
#[derive(Debug)]
pub(crate) struct OwnedBody {
    kind: String,
    fields: Vec<(String, Box<RawValue>)>,
}

impl OwnedBody {
    /// The `type`.
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    /// As [`Body::decode`].
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        self.borrow().decode()
    }

    /// As [`Body::decode_fields`].
    pub(crate) fn decode_fields<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        self.borrow().decode_fields()
    }

    fn borrow(&self) -> Body<'_> {
        let fields = self.fields.iter().map(|(key, value)| (Cow::from(key.as_str()), &**value));
        Body {
            kind: Cow::from(self.kind.as_str()),
            msg_id: None,
            in_reply_to: None,
            fields: fields.collect(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BodyVisitor;

        impl<'de> Visitor<'de> for BodyVisitor {
            type Value = Body<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a body: a map with a \"type\"")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body<'de>, A::Error> {
                let (mut kind, mut msg_id, mut in_reply_to) = (None, None, None);
                let mut fields = Vec::with_capacity(4);
                while let Some(Text(key)) = map.next_key()? {
                    match &*key {
                        "type" => kind = Some(map.next_value::<Text<'de>>()?.0),
                        "msg_id" => msg_id = map.next_value()?,
                        "in_reply_to" => in_reply_to = map.next_value()?,
                        _ => fields.push((key, map.next_value()?)),
                    }
                }
                let kind = kind.ok_or_else(|| A::Error::missing_field("type"))?;
                Ok(Body { kind, msg_id, in_reply_to, fields })
            }
        }

        deserializer.deserialize_map(BodyVisitor)
    }
}

/// A string, borrowed from the line unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Why a body is not the request or reply that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// No message of this type is known here.
    UnknownType(String),
    /// A field is missing or of the wrong type; the text says which.
    Malformed(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(kind) => write!(f, "messages of type {kind:?} are not known here"),
            Self::Malformed(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Malformed(message.to_string())
    }

    fn unknown_variant(variant: &str, _expected: &'static [&'static str]) -> Self {
        Self::UnknownType(variant.to_owned())
    }
}

/// The body as an enum: the variant is named by the `type`.
struct Tagged<'b, 'de>(&'b Body<'de>);

impl<'de> Deserializer<'de> for Tagged<'_, 'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'b, 'de> EnumAccess<'de> for Tagged<'b, 'de> {
    type Error = DecodeError;
    type Variant = Fields<'b, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), DecodeError> {
        let kind = StrDeserializer::<DecodeError>::new(&self.0.kind);
        // A variant's name in the message, not the error of a field inside.
        Ok((seed.deserialize(kind)?, Fields::of(self.0)))
    }
}

/// The fields as a map.
struct Fields<'b, 'de> {
    fields: std::slice::Iter<'b, (Cow<'de, str>, &'de RawValue)>,
    value: Option<(&'b str, &'de RawValue)>,
}

impl<'b, 'de> Fields<'b, 'de> {
    fn of(body: &'b Body<'de>) -> Self {
        Self { fields: body.fields.iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some((key, value));
        match key {
            Cow::Borrowed(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
            Cow::Owned(key) => seed.deserialize(StrDeserializer::new(key)),
        }
        .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DecodeError> {
        let (key, value) =
            self.value.take().ok_or_else(|| DecodeError::custom("a value without a key"))?;
        seed.deserialize(value)
            .map_err(|error| DecodeError::Malformed(format!("field {key:?}: {error}")))
    }
}

impl<'de> VariantAccess<'de> for Fields<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        seed.deserialize(MapAccessDeserializer::new(self))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        _visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom("a body is a map, which no tuple variant can hold"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_map(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Request {
        Send { key: String, msg: serde_json::Value },
        Read,
        Gossip(Batch),
        Kind { inner: Inner },
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Batch {
        #[serde(rename = "s")]
        seq: u64,
        #[serde(default)]
        urgent: bool,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Inner {
        Known,
    }

    fn decode(json: &str) -> Result<Request, DecodeError> {
        serde_json::from_str::<Body<'_>>(json).unwrap().decode()
    }

    #[test]
    fn the_type_picks_the_variant_wherever_it_stands() {
        for json in [
            r#"{"type":"send","key":"k","msg":[1,{"a":null}],"msg_id":7}"#,
            r#"{"msg":[1,{"a":null}],"msg_id":7,"key":"k","type":"send","more":{}}"#,
            r#"{"m\u0073g":[1,{"a":null}],"k\u0065y":"\u006b","type":"s\u0065nd"}"#,
        ] {
            let msg = serde_json::json!([1, {"a": null}]);
            assert_eq!(decode(json), Ok(Request::Send { key: "k".into(), msg }), "{json}");
        }
        assert_eq!(decode(r#"{"type":"read","x":1}"#), Ok(Request::Read));
        let batch = Batch { seq: 3, urgent: false };
        assert_eq!(decode(r#"{"type":"gossip","s":3}"#), Ok(Request::Gossip(batch)));
    }

    #[test]
    fn errors_say_which_field() {
        let malformed = |json| match decode(json) {
            Err(DecodeError::Malformed(text)) => text,
            other => panic!("{json} gave {other:?}"),
        };
        assert!(malformed(r#"{"type":"send","key":"k"}"#).contains("`msg`"));
        assert!(malformed(r#"{"type":"send","key":7,"msg":1}"#).contains("\"key\""));
        assert!(malformed(r#"{"type":"gossip","s":-1}"#).contains("\"s\""));
        assert!(malformed(r#"{"type":"gossip","s":1e99}"#).contains("\"s\""));
        assert!(malformed(r#"{"type":"send","key":"k","key":"l","msg":1}"#).contains("key"));
    }

    #[test]
    fn only_the_type_itself_is_an_unknown_type() {
        assert_eq!(decode(r#"{"type":"sing"}"#), Err(DecodeError::UnknownType("sing".into())));
        assert!(matches!(
            decode(r#"{"type":"kind","inner":"unknown"}"#),
            Err(DecodeError::Malformed(_))
        ));
    }
}
