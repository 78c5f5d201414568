use std::collections::BTreeSet;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::exact;

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

/// Back from what was written.
impl<'de> Deserialize<'de> for Valid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(valid) => Ok(valid.into()),
            Value::String(text) if text == "unknown" => Ok(Self::Unknown),
            other => Err(D::Error::custom(format!("expected a verdict, got {other}"))),
        }
    }
}

/// What one checker found.
///
/// ```
/// use glomers_check::check::{Finding, Report, Valid};
///
/// let report = Report::new(false).figure("lost-count", 1).findings([Finding::new("lost", "…", [7])]);
/// let written = serde_json::to_string(&report)?;
/// assert_eq!(serde_json::from_str::<Report>(&written)?, report);
/// assert_eq!(report.valid, Valid::No);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The verdict.
    #[serde(rename = "valid?")]
    pub valid: Valid,
    /// The checker's figures, under the keys that Maelstrom uses.
    #[serde(flatten)]
    pub figures: Map<String, Value>,
    /// What is wrong, for people, each with the operations that prove it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Why the verdict is [`Valid::Unknown`], in words, if it is.
    #[serde(rename = "unknown-because", skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What Maelstrom's checker of the same name would say, where it differs: see
    /// [`maelstrom_says`](Self::maelstrom_says).
    #[serde(skip)]
    differing: Option<Judgement>,
}

/// What somebody says of a history: a verdict, and the names of what is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub valid: Valid,
    /// The anomalies.
    pub anomalies: BTreeSet<String>,
}

impl Default for Judgement {
    /// Nothing to report.
    fn default() -> Self {
        Self { valid: Valid::Yes, anomalies: BTreeSet::new() }
    }
}

impl Report {
    /// A verdict without figures.
    pub fn new(valid: impl Into<Valid>) -> Self {
        Self {
            valid: valid.into(),
            figures: Map::new(),
            findings: Vec::new(),
            cause: None,
            differing: None,
        }
    }

    /// The verdict that nothing can be found out, with the reason.
    pub fn unknown(cause: impl Into<String>) -> Self {
        Self::new(Valid::Yes).or_unknown(cause)
    }

    /// What was valid is unknown, for this reason.
    #[must_use]
    pub fn or_unknown(mut self, cause: impl Into<String>) -> Self {
        if self.valid != Valid::No {
            self.valid = Valid::Unknown;
            self.cause.get_or_insert_with(|| cause.into());
        }
        self
    }

    /// Says what Maelstrom's checker would say, where that is not the same.
    #[must_use]
    pub fn maelstrom(mut self, valid: Valid, anomalies: impl IntoIterator<Item = String>) -> Self {
        let anomalies = anomalies.into_iter().collect();
        self.differing = Some(Judgement { valid, anomalies });
        self
    }

    /// What Maelstrom's checker would say: the verdict, and the anomalies by the names under which it
    /// reports them, or by ours where it has none.
    pub fn maelstrom_says(&self) -> Judgement {
        self.differing.clone().unwrap_or_else(|| Judgement {
            valid: self.valid,
            anomalies: match self.valid {
                Valid::No => self.findings.iter().map(|it| it.anomaly.clone()).collect(),
                _ => BTreeSet::new(),
            },
        })
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The anomaly's name: `lost`, `duplicate`, `poll-skip` …
    pub anomaly: String,
    /// What happened, in a sentence.
    pub text: String,
    /// The indices of the operations that prove it.
    pub ops: Vec<usize>,
    /// The value that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The key that the value belongs to, where values have keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Value>,
}

impl Finding {
    /// What is wrong, in a word and in a sentence, and the operations that prove it.
    pub fn new(
        anomaly: impl Into<String>,
        text: impl Into<String>,
        ops: impl Into<Vec<usize>>,
    ) -> Self {
        let text = exact::plain(&text.into()).into_owned();
        Self { anomaly: anomaly.into(), text, ops: ops.into(), value: None, key: None }
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
