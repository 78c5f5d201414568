use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// A verdict. Ordered from best to worst: the worst of several is the verdict on all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Valid {
    /// Nothing is wrong.
    Yes,
    /// It could not be found out.
    Unknown,
    /// Something is wrong, and the report proves it.
    No,
}

impl From<bool> for Valid {
    fn from(valid: bool) -> Self {
        if valid { Self::Yes } else { Self::No }
    }
}

/// As Maelstrom writes it: `true`, `false` or `"unknown"`.
impl Serialize for Valid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Yes => serializer.serialize_bool(true),
            Self::No => serializer.serialize_bool(false),
            Self::Unknown => serializer.serialize_str("unknown"),
        }
    }
}

/// What one checker found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The verdict.
    #[serde(rename = "valid?")]
    pub valid: Valid,
    /// The checker's figures, under the keys that Maelstrom uses.
    #[serde(flatten)]
    pub figures: Map<String, Value>,
    /// What is wrong, for people, each with the operations that prove it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Report {
    /// A verdict without figures.
    pub fn new(valid: impl Into<Valid>) -> Self {
        Self { valid: valid.into(), figures: Map::new(), findings: Vec::new() }
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.figures.insert(key.to_owned(), value.into());
        self
    }

    /// Adds findings, though no more than people read: the first few. How many there are is a
    /// matter for the figures.
    #[must_use]
    pub fn findings(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(findings.into_iter().take(SHOWN));
        self
    }
}

/// How many findings of one kind are worth showing.
pub(crate) const SHOWN: usize = 32;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The anomaly's name: `lost`, `duplicate`, `poll-skip` …
    pub anomaly: String,
    /// What happened, in a sentence.
    pub text: String,
    /// The indices of the operations that prove it.
    pub ops: Vec<usize>,
    /// The value that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The key that the value belongs to, where values have keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Value>,
}

impl Finding {
    /// What is wrong, in a word and in a sentence, and the operations that prove it.
    pub fn new(
        anomaly: impl Into<String>,
        text: impl Into<String>,
        ops: impl Into<Vec<usize>>,
    ) -> Self {
        Self { anomaly: anomaly.into(), text: text.into(), ops: ops.into(), value: None, key: None }
    }

    /// Says which value it is about: one that can be followed through the run.
    #[must_use]
    pub fn about(mut self, value: &Value) -> Self {
        self.value = Some(value.clone());
        self
    }

    /// Says which key the value belongs to.
    #[must_use]
    pub fn of_key(mut self, key: impl Into<Value>) -> Self {
        self.key = Some(key.into());
        self
    }
}
