use serde_json::{Map, Value};

/// What a service answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The value at the key.
    Read(Value),
    /// The value was written.
    Write,
    /// The value was exchanged.
    Cas,
    /// A timestamp.
    Timestamp(u64),
    /// It did not happen.
    Error {
        /// Maelstrom's code for the reason.
        code: i64,
        /// The reason.
        text: String,
    },
}

impl Reply {
    pub(super) fn key_does_not_exist() -> Self {
        Self::Error { code: 20, text: "key does not exist".to_owned() }
    }

    pub(super) fn precondition_failed(text: String) -> Self {
        Self::Error { code: 22, text }
    }

    pub(super) fn not_supported(kind: &str) -> Self {
        Self::Error { code: 10, text: format!("this service has no request of type {kind:?}") }
    }

    pub(super) fn malformed(text: impl Into<String>) -> Self {
        Self::Error { code: 12, text: text.into() }
    }

    /// Whether the request was none that the service takes.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Error { code: 10 | 12, .. })
    }

    /// It as the body of a message that answers the request with the given `msg_id`.
    pub fn into_body(self, in_reply_to: Value) -> Map<String, Value> {
        let (kind, content) = match self {
            Self::Read(value) => ("read_ok", vec![("value", value)]),
            Self::Write => ("write_ok", Vec::new()),
            Self::Cas => ("cas_ok", Vec::new()),
            Self::Timestamp(ts) => ("ts_ok", vec![("ts", ts.into())]),
            Self::Error { code, text } => {
                ("error", vec![("code", code.into()), ("text", text.into())])
            }
        };
        let fixed = [("type", kind.into()), ("in_reply_to", in_reply_to)];
        fixed.into_iter().chain(content).map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// Takes the type out of a request.
pub(super) fn take_kind(request: &mut Map<String, Value>) -> Result<String, Reply> {
    match request.remove("type") {
        Some(Value::String(kind)) => Ok(kind),
        _ => Err(Reply::malformed("a request needs a type, which is a string")),
    }
}
