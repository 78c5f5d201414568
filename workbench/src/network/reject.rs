use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use thiserror::Error;

/// Why the network does not take a message. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Reject {
    /// The line is not JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// The line is JSON, but not a message.
    #[error("it is not a message: {0}")]
    Malformed(String),
    /// Nobody of that name is in the network.
    #[error("its src {0:?} is not in the network")]
    UnknownSource(String),
    /// Nobody of that name is in the network, or not yet.
    #[error("its dest {0:?} is not in the network")]
    UnknownDestination(String),
    /// It is for a client that is not there any more.
    #[error("its dest {0} is a client that has gone")]
    ClientGone(String),
    /// The line has more bytes than this, and is not read.
    #[error("it has not ended after {0} bytes")]
    TooLong(usize),
}

impl Reject {
    /// What the author of a node can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "STDOUT is for messages alone, one a line: log to STDERR instead.",
            Self::Malformed(_) => {
                r#"A message is {"src": "n1", "dest": "n2", "body": {…}} and has no other keys."#
            }
            Self::UnknownSource(_) => "A node sends under the id that its init message gave it.",
            Self::UnknownDestination(_) => {
                "Nodes start side by side: send to a peer only once it has been heard from, or a \
                 second after init."
            }
            Self::ClientGone(_) => {
                "A client gives up 5 s after its request and leaves: answer well before that, with \
                 an error if need be, or not at all."
            }
            Self::TooLong(_) => "A message is one line: end it with a line feed, and flush.",
        }
    }
}

/// A node whose output is not listened to any more, because of one bad line.
///
/// Maelstrom stops reading a node's STDOUT at the first line that it cannot take, and does not
/// say so in the verdict: from outside it looks as if the node had fallen silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Muted {
    /// Which node.
    pub node: String,
    /// When, since the network began.
    pub time: Duration,
    /// The line, cut off after [`LINE_LIMIT`] characters.
    pub line: String,
    /// What is wrong with it.
    pub reason: Reject,
    /// How many lines after it were discarded.
    pub discarded: u64,
}

/// As many characters of a bad line are kept.
pub const LINE_LIMIT: usize = 1000;

impl Muted {
    pub(super) fn new(node: &str, time: Duration, line: &str, reason: Reject) -> Self {
        let mut kept: String = line.chars().take(LINE_LIMIT).collect();
        if kept.len() < line.len() {
            kept.push('…');
        }
        Self { node: node.to_owned(), time, line: kept, reason, discarded: 0 }
    }
}

/// With the time in nanoseconds, and with the [advice](Reject::advice).
impl Serialize for Muted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut muted = serializer.serialize_struct("Muted", 6)?;
        muted.serialize_field("node", &self.node)?;
        muted.serialize_field("time", &self.time.as_nanos())?;
        muted.serialize_field("line", &self.line)?;
        muted.serialize_field("reason", &self.reason.to_string())?;
        muted.serialize_field("advice", self.reason.advice())?;
        muted.serialize_field("discarded", &self.discarded)?;
        muted.end()
    }
}

impl fmt::Display for Muted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, time, line, reason, discarded } = self;
        let printable = crate::printable::printable;
        write!(
            f,
            "{node} is muted since {:.3} s: a line on its STDOUT is bad, and Maelstrom reads no \
             further ({discarded} later lines were discarded).\n  line:   {}\n  why:    \
             {}\n  advice: {}",
            time.as_secs_f64(),
            printable(line),
            printable(&reason.to_string()),
            reason.advice()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_and_why_and_what_to_do() {
        let reason = Reject::ClientGone("c7".to_owned());
        let mut muted = Muted::new("n1", Duration::from_millis(6_250), "{…}", reason);
        muted.discarded = 3;
        let text = muted.to_string();
        for part in ["n1 is muted since 6.250 s", "3 later lines", "{…}", "c7", "gives up 5 s"] {
            assert!(text.contains(part), "{part:?} is missing in {text}");
        }
        let json = serde_json::to_value(&muted).unwrap();
        assert_eq!((&json["node"], &json["discarded"]), (&"n1".into(), &3.into()));
        assert_eq!(json["time"], 6_250_000_000_u64);
        assert_eq!(json["reason"], "its dest c7 is a client that has gone");
    }

    #[test]
    fn what_would_command_a_terminal_is_escaped() {
        let line = "\u{1b}[2J\u{9b}31m\tü\r";
        let muted = Muted::new("n1", Duration::ZERO, line, Reject::Malformed(line.to_owned()));
        let text = muted.to_string();
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        assert_eq!(text.matches(r"\u{1b}[2J\u{9b}31m\tü\r").count(), 2, "{text}");
    }

    #[test]
    fn a_huge_line_is_cut_between_characters() {
        let muted =
            Muted::new("n1", Duration::ZERO, &"ä".repeat(5000), Reject::NotJson(String::new()));
        assert_eq!(muted.line, "ä".repeat(LINE_LIMIT) + "…");
    }
}
