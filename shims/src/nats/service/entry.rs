use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::question::{Json, given};

/// A key's value as it lies in a bucket, with what tells whose write it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The message's number in the log; 0 for a key of which there is none.
    pub(super) revision: u64,
    /// The write's own id.
    pub(super) id: String,
    /// The revision that it has replaced.
    pub(super) after: u64,
    /// The value, if this is no tombstone.
    pub(super) value: Option<Json>,
}

#[derive(Deserialize)]
struct Read {
    id: String,
    after: u64,
    #[serde(default, deserialize_with = "given")]
    value: Option<Box<RawValue>>,
}

impl Entry {
    /// There is none, nor was there ever.
    pub(super) fn none() -> Self {
        Self { revision: 0, id: String::new(), after: 0, value: None }
    }

    /// Reads a message. One without content is what NATS's tools leave of a key that they delete.
    ///
    /// # Errors
    ///
    /// If somebody else has written it.
    pub(super) fn parse(revision: u64, payload: &[u8]) -> Result<Self, String> {
        if payload.is_empty() {
            return Ok(Self { revision, ..Self::none() });
        }
        let read: Read = serde_json::from_slice(payload).map_err(|error| {
            format!("what is in the bucket at revision {revision} is not of this service: {error}")
        })?;
        let value = read.value.map(|value| Rc::from(value.get()));
        Ok(Self { revision, id: read.id, after: read.after, value })
    }

    /// The message that writes `value`. An id has nothing that JSON would escape.
    pub(super) fn payload(id: &str, after: u64, value: Option<&Json>) -> String {
        match value {
            Some(value) => format!(r#"{{"id":"{id}","after":{after},"value":{value}}}"#),
            None => format!(r#"{{"id":"{id}","after":{after}}}"#),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for value in [None, Some("null"), Some(r#"{"a": ["\"", 1e400]}"#)] {
            let value = value.map(Json::from);
            let payload = Entry::payload("7f-1", 5, value.as_ref());
            let entry = Entry { revision: 9, id: "7f-1".to_owned(), after: 5, value };
            assert_eq!(Entry::parse(9, payload.as_bytes()), Ok(entry));
        }
        assert_eq!(Entry::parse(9, b""), Ok(Entry { revision: 9, ..Entry::none() }));
        for other in ["7", "{}", r#"{"id":"7f-1"}"#, "text"] {
            assert!(Entry::parse(9, other.as_bytes()).unwrap_err().contains("revision 9"));
        }
    }
}
