use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word that many operations share, such as what they do, and at which node. To copy it is to count it.
///
/// ```
/// use glomers_check::history::Word;
///
/// let word = Word::from("read");
/// assert_eq!(word, "read");
/// assert_eq!(word.clone().len(), 4);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(Arc<str>);

impl Word {
    /// The word as a text.
    ///
    /// ```
    /// assert_eq!(glomers_check::history::Word::from("read").as_str(), "read");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Word {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Word {
    fn from(word: &str) -> Self {
        Self(word.into())
    }
}

impl From<String> for Word {
    fn from(word: String) -> Self {
        Self(word.into())
    }
}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Word {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// The words that were met, so that each is there once.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Few, and those that come often come early.
    met: Vec<Word>,
}

impl Words {
    /// So many are kept; a history has a few functions and nodes.
    const KEPT: usize = 64;

    pub(crate) fn word(&mut self, text: &str) -> Word {
        if let Some(word) = self.met.iter().find(|word| word.as_str() == text) {
            return word.clone();
        }
        let word = Word::from(text);
        if self.met.len() < Self::KEPT {
            self.met.push(word.clone());
        }
        word
    }
}
