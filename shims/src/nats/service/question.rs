use std::rc::Rc;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::names;
use crate::protocol::{Error, ErrorCode};

/// A value of a service: any JSON, as its text.
pub(super) type Json = Rc<str>;

/// What is asked of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Read,
    Write(Json),
    Cas {
        from: Json,
        to: Json,
        create: bool,
    },
    /// The number there, and one more from then on.
    Next,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Value(Json),
    Written,
    Exchanged,
    Timestamp(u64),
}

impl Reply {
    /// As JSON.
    pub(super) fn body(&self) -> String {
        match self {
            Self::Value(value) => format!(r#"{{"type":"read_ok","value":{value}}}"#),
            Self::Written => r#"{"type":"write_ok"}"#.to_owned(),
            Self::Exchanged => r#"{"type":"cas_ok"}"#.to_owned(),
            Self::Timestamp(ts) => format!(r#"{{"type":"ts_ok","ts":{ts}}}"#),
        }
    }
}

impl Question {
    /// How many bytes the value takes that may be written.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Read | Self::Next => 0,
            Self::Write(value) => value.len(),
            Self::Cas { from, to, .. } => from.len().max(to.len()),
        }
    }

    /// What becomes of a value that is `current`, if there is one, and what is answered if so.
    pub(super) fn apply(&self, current: &mut Option<Json>) -> Result<Reply, Error> {
        let absent = || Error::new(ErrorCode::KeyDoesNotExist, "there is no such key");
        match self {
            Self::Read => current.clone().map(Reply::Value).ok_or_else(absent),
            Self::Write(value) => {
                *current = Some(Rc::clone(value));
                Ok(Reply::Written)
            }
            Self::Cas { from, to, create } => {
                match current {
                    None if !create => return Err(absent()),
                    Some(current) if !equal(current, from) => {
                        // What is there may be long.
                        let text = "the value is not what the request demands";
                        return Err(Error::new(ErrorCode::PreconditionFailed, text));
                    }
                    None | Some(_) => *current = Some(Rc::clone(to)),
                }
                Ok(Reply::Exchanged)
            }
            Self::Next => {
                let ts = match current {
                    None => 0,
                    Some(next) => next.parse().map_err(|_| {
                        Error::new(ErrorCode::Crash, "what is in the bucket is no timestamp")
                    })?,
                };
                *current = Some((ts + 1).to_string().into());
                Ok(Reply::Timestamp(ts))
            }
        }
    }
}

/// Whether two values are the same. Numbers that are long are compared by their texts: as numbers of a machine they
/// would be rounded, and so equal where they are not.
fn equal(a: &str, b: &str) -> bool {
    let has_long_number = |text: &str| {
        text.as_bytes().split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 15)
    };
    a == b
        || !has_long_number(a)
            && !has_long_number(b)
            && matches!(
                (serde_json::from_str::<Value>(a), serde_json::from_str::<Value>(b)),
                (Ok(a), Ok(b)) if a == b
            )
}

/// A request as it comes.
#[derive(Deserialize)]
pub(super) struct Ask {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    pub(super) msg_id: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    key: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "given")]
    value: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "given")]
    from: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "given")]
    to: Option<Box<RawValue>>,
    #[serde(default)]
    create_if_not_exists: Option<bool>,
}

/// A request that is none.
pub(super) struct Malformed {
    pub(super) msg_id: Option<u64>,
    pub(super) error: Error,
}

/// A value that is given, be it null.
pub(super) fn given<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(d).map(Some)
}

impl Ask {
    pub(super) fn parse(body: &RawValue) -> Result<Self, Malformed> {
        #[derive(Deserialize)]
        struct Numbered {
            msg_id: Option<u64>,
        }
        serde_json::from_str(body.get()).map_err(|error| {
            let numbered: Option<Numbered> = serde_json::from_str(body.get()).ok();
            let error = Error::new(ErrorCode::MalformedRequest, error.to_string());
            Malformed { msg_id: numbered.and_then(|it| it.msg_id), error }
        })
    }

    /// The key as it stands in a bucket, and what is asked of it.
    pub(super) fn question(self, of_timestamps: bool) -> Result<(String, Question), Error> {
        let malformed = |text: String| Error::new(ErrorCode::MalformedRequest, text);
        let missing = |name: &str| malformed(format!("{name:?} is missing"));
        let json = |value: Option<Box<RawValue>>, name| {
            value.map(|it| Json::from(it.get())).ok_or_else(|| missing(name))
        };
        if of_timestamps {
            return match self.kind.as_str() {
                "ts" => Ok(("ts".to_owned(), Question::Next)),
                other => Err(unsupported(other)),
            };
        }
        let question = match self.kind.as_str() {
            "read" => Question::Read,
            "write" => Question::Write(json(self.value, "value")?),
            "cas" => Question::Cas {
                from: json(self.from, "from")?,
                to: json(self.to, "to")?,
                create: self.create_if_not_exists == Some(true),
            },
            other => return Err(unsupported(other)),
        };
        let key = self.key.ok_or_else(|| missing("key"))?;
        Ok((names::key(key.get()).map_err(malformed)?, question))
    }
}

fn unsupported(kind: &str) -> Error {
    Error::new(ErrorCode::NotSupported, format!("this service does not know {kind:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_same_as_json_and_long_numbers_as_texts() {
        for (a, b) in [("1", "1"), (r#"{"a":1,"b":2}"#, r#"{"b": 2, "a": 1}"#), ("null", "null")] {
            assert!(equal(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("1", "2"),
            ("null", "0"),
            ("18446744073709551616", "18446744073709551617"),
            ("0.10000000000000001", "0.1"),
            (r#""1""#, "1"),
        ] {
            assert!(!equal(a, b), "{a} {b}");
        }
    }

    #[test]
    fn questions_are_read() {
        let of = |json: &str| {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            Ask::parse(raw).map_err(|it| it.error).and_then(|ask| ask.question(false))
        };
        let null = of(r#"{"type":"write","key":"k","value":null}"#).unwrap();
        assert_eq!(null, ("k".to_owned(), Question::Write("null".into())));
        let cas = of(r#"{"type":"cas","key":1,"from":[1, 2],"to":2,"create_if_not_exists":true}"#);
        let (from, to) = ("[1, 2]".into(), "2".into());
        assert_eq!(cas.unwrap(), ("=z1".to_owned(), Question::Cas { from, to, create: true }));
        for (json, code) in [
            (r#"{"type":"write","key":"k"}"#, ErrorCode::MalformedRequest),
            (r#"{"type":"read"}"#, ErrorCode::MalformedRequest),
            (r#"{"type":"dance"}"#, ErrorCode::NotSupported),
            (r#"{"kind":"read"}"#, ErrorCode::MalformedRequest),
        ] {
            assert_eq!(of(json).unwrap_err().code, code, "{json}");
        }
    }
}
