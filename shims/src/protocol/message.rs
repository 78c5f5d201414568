use std::borrow::Cow;
use std::fmt;
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Body;

/// A message as it comes in, borrowed from its line.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    /// Who sent it.
    #[serde(borrow)]
    pub src: Cow<'a, str>,
    /// To whom.
    #[serde(borrow)]
    pub dest: Cow<'a, str>,
    /// What it says.
    #[serde(borrow)]
    pub body: Body<'a>,
}

impl<'a> Envelope<'a> {
    /// Reads a line. Keys that are not known are ignored.
    ///
    /// # Errors
    ///
    /// A [`ParseError`], which knows whom to tell where that can be made out.
    ///
    /// ```
    /// use glomers_shims::protocol::Envelope;
    ///
    /// let line = br#"{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1},"id":12}"#;
    /// let message = Envelope::parse(line).unwrap();
    /// assert_eq!((&*message.src, &*message.body.kind), ("c1", "read"));
    ///
    /// let error = Envelope::parse(br#"{"src":"c1","dest":"n1","body":{"msg_id":1}}"#).unwrap_err();
    /// assert_eq!(error.sender(), Some(("c1", 1)));
    /// ```
    pub fn parse(line: &'a [u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(line).map_err(|error| ParseError::of(line, error))?;
        serde_json::from_str(text).map_err(|error| ParseError::of(line, error))
    }
}

/// A line that is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    sender: Option<(String, u64)>,
    text: String,
}

impl ParseError {
    /// Looks for a sender that can be told. Costs a second parse, of bad lines only.
    fn of(line: &[u8], error: impl fmt::Display) -> Self {
        let json: Option<Value> = serde_json::from_slice(line).ok();
        let sender = json.as_ref().and_then(|json| {
            Some((
                json.get("src")?.as_str()?.to_owned(),
                json.get("body")?.get("msg_id")?.as_u64()?,
            ))
        });
        Self { sender, text: error.to_string() }
    }

    /// Who sent it and its `msg_id`, if the line says so in spite of all.
    pub fn sender(&self) -> Option<(&str, u64)> {
        self.sender.as_ref().map(|(src, msg_id)| (src.as_str(), *msg_id))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a message: {}", self.text)
    }
}

impl std::error::Error for ParseError {}

/// A message as it goes out.
#[derive(Serialize)]
struct Outgoing<'a, B> {
    src: &'a str,
    dest: &'a str,
    body: OutgoingBody<'a, B>,
}

#[derive(Serialize)]
struct OutgoingBody<'a, B> {
    #[serde(flatten)]
    payload: &'a B,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<u64>,
}

/// Appends a message to `out` as one line. The payload must serialise as a map with a `type`, as
/// an enum with `#[serde(tag = "type")]` does.
///
/// # Errors
///
/// What the payload's serialisation reports; `out` is then as it was.
///
/// ```
/// use glomers_shims::protocol::write_line;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// #[serde(tag = "type", rename_all = "snake_case")]
/// enum Reply {
///     ReadOk { value: u64 },
/// }
///
/// let mut out = Vec::new();
/// write_line(&mut out, "n1", "c1", &Reply::ReadOk { value: 7 }, None, Some(3)).unwrap();
/// let line = r#"{"src":"n1","dest":"c1","body":{"type":"read_ok","value":7,"in_reply_to":3}}"#;
/// assert_eq!(out, [line.as_bytes(), b"\n"].concat());
/// ```
pub fn write_line<B: Serialize>(
    out: &mut Vec<u8>,
    src: &str,
    dest: &str,
    payload: &B,
    msg_id: Option<u64>,
    in_reply_to: Option<u64>,
) -> serde_json::Result<()> {
    let before = out.len();
    let body = OutgoingBody { payload, msg_id, in_reply_to };
    let written = serde_json::to_writer(&mut *out, &Outgoing { src, dest, body });
    match written {
        Ok(()) => out.write_all(b"\n").map_err(serde_json::Error::io),
        Err(error) => {
            out.truncate(before);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_lines_name_their_sender_where_they_can() {
        let sender = |line: &[u8]| {
            let error = Envelope::parse(line).unwrap_err();
            error.sender().map(|(src, msg_id)| (src.to_owned(), msg_id))
        };
        let told = Some(("c1".to_owned(), 4));
        assert_eq!(sender(br#"{"src":"c1","body":{"type":"read","msg_id":4}}"#), told);
        assert_eq!(sender(br#"{"src":"c1","dest":"n1","body":{"type":7,"msg_id":4}}"#), told);
        for untold in [
            &b"{\"src\":\"c1\","[..],
            b"hello",
            b"",
            b"null",
            b"\xff\xfe",
            br#"{"src":"c1","dest":"n1","body":{"type":"read","msg_id":-4}}"#,
            br#"{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1e300}}"#,
            br#"{"src":7,"dest":"n1","body":{"type":"read","msg_id":4}}"#,
            br#"{"src":"c1","dest":"n1","body":[1]}"#,
        ] {
            assert_eq!(sender(untold), None, "{}", String::from_utf8_lossy(untold));
        }
    }

    #[test]
    fn null_ids_count_as_absent() {
        let line =
            br#"{"src":"a","dest":"b","body":{"type":"x","msg_id":null,"in_reply_to":null}}"#;
        let message = Envelope::parse(line).unwrap();
        assert_eq!((message.body.msg_id, message.body.in_reply_to), (None, None));
    }
}
