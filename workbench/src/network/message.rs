use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Reject;

/// A message on its way, or delivered. Its body stays the text that its sender wrote.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its number in the network, counted from 0.
    pub id: u64,
    /// Who sent it.
    pub src: Rc<str>,
    /// Whom it is for.
    pub dest: Rc<str>,
    /// What it says: a JSON object.
    pub body: Rc<RawValue>,
}

impl Message {
    /// Writes it as a node reads it: one line of JSON, line feed included.
    ///
    /// # Errors
    ///
    /// What the writer reports.
    pub fn write_line(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Whether a client sent it or shall get it.
    pub fn involves_client(&self) -> bool {
        is_client(&self.src) || is_client(&self.dest)
    }
}

/// `7: n1 → n2 {"type":"gossip"}`.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {} {}", self.id, self.src, self.dest, self.body)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("Message", 4)?;
        message.serialize_field("id", &self.id)?;
        message.serialize_field("src", &*self.src)?;
        message.serialize_field("dest", &*self.dest)?;
        message.serialize_field("body", &*self.body)?;
        message.end()
    }
}

/// Whether an id is a client's: those begin with a `c`.
pub fn is_client(id: &str) -> bool {
    id.starts_with('c')
}

/// A line with the control characters in its strings as JSON has them, that is, escaped. Maelstrom's
/// reader takes them as they are, as from a node that prints `{"text":"%s"}`.
pub(super) fn escaped(line: &str) -> Cow<'_, str> {
    if !line.bytes().any(|byte| byte.is_ascii_control()) {
        return Cow::Borrowed(line);
    }
    let mut text = String::with_capacity(line.len() + 8);
    let (mut is_string, mut is_escape) = (false, false);
    for c in line.chars() {
        match c {
            '"' if !is_escape => is_string = !is_string,
            // Behind a backslash it is an escape that nobody knows, and shall stay one.
            '\0'..' ' if is_string && !is_escape => {
                text += &format!("\\u{:04x}", u32::from(c));
                continue;
            }
            _ => {}
        }
        is_escape = is_string && c == '\\' && !is_escape;
        text.push(c);
    }
    Cow::Owned(text)
}

/// What a line of a node's STDOUT asks the network to carry.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) src: Cow<'a, str>,
    pub(super) dest: Cow<'a, str>,
    pub(super) body: Rc<RawValue>,
}

impl<'a> Outgoing<'a> {
    /// Reads a line as strictly, and as loosely, as Maelstrom does: no keys but `src`, `dest`,
    /// `body` and an integer `id`; a body that is absent or null passes as an empty one; whatever
    /// follows the first JSON value on the line is ignored.
    pub(super) fn parse(line: &'a str) -> Result<Self, Reject> {
        let mut json = serde_json::Deserializer::from_str(line);
        let envelope = Envelope::deserialize(&mut json).map_err(|error| {
            if error.is_data() {
                Reject::Malformed("it is not a JSON object".to_owned())
            } else {
                Reject::NotJson(error.to_string())
            }
        })?;
        if json.end().is_err() {
            tracing::warn!("only the first JSON value of a line counts, the rest is lost: {line}");
        }
        if let Some(key) = envelope.unknown {
            return Err(Reject::Malformed(format!("a message has no key {key:?}")));
        }
        if envelope.id.is_some_and(|id| !is_integer(id.get())) {
            return Err(Reject::Malformed("its id is not an integer".to_owned()));
        }
        Ok(Self {
            src: string("src", envelope.src)?,
            dest: string("dest", envelope.dest)?,
            body: body(envelope.body)?,
        })
    }
}

fn string<'a>(key: &str, raw: Option<&'a RawValue>) -> Result<Cow<'a, str>, Reject> {
    let Some(raw) = raw else { return Err(Reject::Malformed(format!("it has no {key}"))) };
    let plain = raw.get().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match plain {
        Some(text) if !text.contains('\\') => Ok(Cow::Borrowed(text)),
        _ => serde_json::from_str(raw.get())
            .map(Cow::Owned)
            .map_err(|_| Reject::Malformed(format!("its {key} is not a string: {raw}"))),
    }
}

fn body(raw: Option<&RawValue>) -> Result<Rc<RawValue>, Reject> {
    match raw {
        Some(raw) if raw.get().starts_with('{') => Ok(Rc::from(raw.to_owned())),
        Some(raw) if raw.get() != "null" => {
            Err(Reject::Malformed(format!("its body is not an object: {raw}")))
        }
        _ => RawValue::from_string("{}".to_owned())
            .map(Rc::from)
            .map_err(|error| Reject::Malformed(error.to_string())),
    }
}

fn is_integer(json: &str) -> bool {
    json.strip_prefix('-').unwrap_or(json).bytes().all(|byte| byte.is_ascii_digit())
}

/// A message's parts, not looked into. Of a key that is there twice the last one counts.
#[derive(Default)]
struct Envelope<'a> {
    src: Option<&'a RawValue>,
    dest: Option<&'a RawValue>,
    body: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    unknown: Option<String>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Src,
    Dest,
    Body,
    Id,
    Unknown(String),
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;

        impl<'de> Visitor<'de> for Parts {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut parts = Envelope::default();
                while let Some(key) = map.next_key()? {
                    match key {
                        Key::Src => parts.src = Some(map.next_value()?),
                        Key::Dest => parts.dest = Some(map.next_value()?),
                        Key::Body => parts.body = Some(map.next_value()?),
                        Key::Id => parts.id = Some(map.next_value()?),
                        Key::Unknown(key) => {
                            map.next_value::<IgnoredAny>()?;
                            parts.unknown.get_or_insert(key);
                        }
                    }
                }
                Ok(parts)
            }
        }

        deserializer.deserialize_map(Parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<(String, String, String), Reject> {
        Outgoing::parse(line)
            .map(|m| (m.src.into_owned(), m.dest.into_owned(), m.body.get().to_owned()))
    }

    #[test]
    fn the_body_keeps_its_text() {
        let line = r#" {"body": {"b": 1.0, "a":[ ]}, "src": "n1", "dest": "n\u0032", "id": 5} "#;
        let parts = ("n1".to_owned(), "n2".to_owned(), r#"{"b": 1.0, "a":[ ]}"#.to_owned());
        assert_eq!(parse(line).unwrap(), parts);
    }

    #[test]
    fn lines_that_are_not_json() {
        for line in ["", "hello", r#"{"src":"n1""#, r#"{"src":"n1","dest":"n2","body":{]}"#] {
            assert!(matches!(parse(line), Err(Reject::NotJson(_))), "{line}");
        }
    }

    #[test]
    fn lines_that_are_json_but_no_message() {
        for (line, complaint) in [
            ("null", "not a JSON object"),
            ("[1]", "not a JSON object"),
            (r#"{"dest":"n2","body":{}}"#, "no src"),
            (r#"{"src":"n1","body":{}}"#, "no dest"),
            (r#"{"src":1,"dest":"n2","body":{}}"#, "src is not a string: 1"),
            (r#"{"src":"n1","dest":null,"body":{}}"#, "dest is not a string: null"),
            (r#"{"src":"n1","dest":"n2","body":"hi"}"#, "body is not an object"),
            (r#"{"src":"n1","dest":"n2","body":{},"ttl":3}"#, "no key \"ttl\""),
            (r#"{"src":"n1","dest":"n2","body":{},"id":"7"}"#, "id is not an integer"),
            (r#"{"src":"n1","dest":"n2","body":{},"id":7.0}"#, "id is not an integer"),
        ] {
            match parse(line) {
                Err(Reject::Malformed(why)) => assert!(why.contains(complaint), "{line}: {why}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn lines_that_maelstrom_lets_pass() {
        for (line, body) in [
            (r#"{"src":"n1","dest":"n2"}"#, "{}"),
            (r#"{"src":"n1","dest":"n2","body":null}"#, "{}"),
            (r#"{"src":"n1","dest":"n2","body":{"a":1}} and more"#, r#"{"a":1}"#),
            (r#"{"src":"n0","src":"n1","dest":"n2","body":{}}"#, "{}"),
        ] {
            let parts = ("n1".to_owned(), "n2".to_owned(), body.to_owned());
            assert_eq!(parse(line).unwrap(), parts, "{line}");
        }
    }

    #[test]
    fn control_characters_in_strings_are_taken_for_what_they_are() {
        let line = "{\"src\":\"n1\",\t\"dest\":\"n2\",\"body\":{\"a\\\"\tb\":\"\u{1}\u{1f}\\\\\",\t\"c\":1}}";
        let body = "{\"a\\\"\\u0009b\":\"\\u0001\\u001f\\\\\",\t\"c\":1}";
        assert_eq!(parse(&escaped(line)).unwrap().2, body);
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(value, serde_json::json!({ "a\"\tb": "\u{1}\u{1f}\\", "c": 1 }));
        for plain in [r#"{"a":"b\n"}"#, "é\u{7f}", ""] {
            assert_eq!(escaped(plain), plain);
        }
        // Outside of strings, and behind a backslash, they are as wrong as ever.
        for wrong in ["{\u{1}}", "{\"a\\\tb\": 1}"] {
            assert!(matches!(parse(&escaped(wrong)), Err(Reject::NotJson(_))), "{wrong:?}");
        }
    }

    #[test]
    fn a_delivered_line_carries_its_id() {
        let body = RawValue::from_string(r#"{"type":"x"}"#.to_owned()).unwrap();
        let message =
            Message { id: 3, src: "a\"b".into(), dest: "n1".into(), body: Rc::from(body) };
        let mut line = Vec::new();
        message.write_line(&mut line).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert_eq!(
            line,
            "{\"id\":3,\"src\":\"a\\\"b\",\"dest\":\"n1\",\"body\":{\"type\":\"x\"}}\n"
        );
    }
}
