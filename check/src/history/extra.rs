use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::value::{Fields, Value, View, Writer};

/// Further keys of an operation, such as `"final?"`, each with its value. There are few of them.
///
/// ```
/// use glomers_check::history::Extra;
///
/// let mut extra = Extra::default();
/// extra.insert("poll-ms", 100);
/// assert_eq!(extra.get("poll-ms").and_then(|it| it.integer()), Some(100));
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Extra(Option<Box<Value>>);

impl Extra {
    /// What is under a key.
    ///
    /// ```
    /// assert_eq!(glomers_check::history::Extra::default().get("final?"), None);
    /// ```
    pub fn get(&self, key: &str) -> Option<View<'_>> {
        self.0.as_ref()?.view().get(key)
    }

    /// Whether it says that something is true.
    ///
    /// ```
    /// let extra = [("final?", true)].into_iter().collect::<glomers_check::history::Extra>();
    /// assert!(extra.has("final?"));
    /// ```
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value == Value::from(true).view())
    }

    /// Puts a value under a key, in place of what was there.
    ///
    /// ```
    /// let mut extra = glomers_check::history::Extra::default();
    /// extra.insert("final?", true);
    /// assert!(!extra.is_empty());
    /// ```
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        let mut writer = Writer::default();
        let mut map = writer.map();
        for (key, value) in self.iter().chain([(key.as_str(), value.view())]) {
            writer.key(&mut map, key);
            writer.value(value);
        }
        writer.close_map(&map);
        self.0 = Some(Box::new(Value::take(&mut writer)));
    }

    /// The keys and their values, by their keys.
    ///
    /// ```
    /// assert_eq!(glomers_check::history::Extra::default().iter().count(), 0);
    /// ```
    pub fn iter(&self) -> Fields<'_> {
        self.0.as_ref().map(|map| map.view().fields()).unwrap_or_default()
    }

    /// Whether there are none.
    ///
    /// ```
    /// assert!(glomers_check::history::Extra::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl<'a> IntoIterator for &'a Extra {
    type Item = (&'a str, View<'a>);
    type IntoIter = Fields<'a>;

    fn into_iter(self) -> Fields<'a> {
        self.iter()
    }
}

impl<K: AsRef<str>, V: Into<Value>> FromIterator<(K, V)> for Extra {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_none() {
            return Self::default();
        }
        let mut writer = Writer::default();
        let mut map = writer.map();
        for (key, value) in entries {
            writer.key(&mut map, key.as_ref());
            writer.value(value.into().view());
        }
        writer.close_map(&map);
        Self(Some(Box::new(Value::take(&mut writer))))
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Extra {
    fn from(map: serde_json::Map<String, serde_json::Value>) -> Self {
        map.into_iter().collect()
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self {
            map.serialize_entry(key, &value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_has_one_value_and_the_others_keep_theirs() {
        let mut extra = Extra::default();
        for (key, value) in [("poll-ms", 1), ("final?", 2), ("poll-ms", 3)] {
            extra.insert(key, value);
        }
        assert_eq!(json!(extra), json!({"final?": 2, "poll-ms": 3}));
        assert!(!extra.has("final?") && extra.get("final").is_none());
        assert_eq!(extra, [("poll-ms", 3), ("final?", 2)].into_iter().collect());
        assert_eq!(Extra::default(), Vec::<(&str, Value)>::new().into_iter().collect());
        assert_eq!(size_of::<Extra>(), 8);
    }
}
