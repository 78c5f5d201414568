use serde::{Deserialize, Serialize};

use super::super::Element;

/// One operation of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Asks for the list.
    #[serde(rename = "r")]
    Read,
    /// Extends it by an element.
    Append,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// The list; nothing if there is none.
    Read(Option<Vec<Element>>),
    /// The element.
    Appended(Element),
}
