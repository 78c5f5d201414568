use crate::value::{Items, View};

/// The longest list that was read of a key, as far as the others are its beginnings.
///
/// Nearly all are: so what a read shows is kept as a length, and is found out by comparing bytes.
#[derive(Default)]
pub(super) struct Longest {
    versions: Vec<usize>,
    /// The elements as they are written down, one behind the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Longest {
    /// The versions, oldest first.
    pub(super) fn versions(&self) -> &[usize] {
        &self.versions
    }

    /// How many of its elements these are, if it begins with them.
    pub(super) fn beginning(&self, items: &Items<'_>) -> Option<usize> {
        let bytes = items.bytes();
        // No value is the beginning of another one.
        self.bytes.starts_with(bytes).then(|| self.ends.partition_point(|&end| end <= bytes.len()))
    }

    /// What follows it among these, if they begin with it.
    pub(super) fn beyond<'a>(&self, items: &Items<'a>) -> Option<Items<'a>> {
        items.behind(&self.bytes)
    }

    /// Makes it longer.
    pub(super) fn push(&mut self, version: usize, element: View<'_>) {
        self.versions.push(version);
        self.bytes.extend_from_slice(element.bytes());
        self.ends.push(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::Value;

    #[test]
    fn beginnings_are_told_by_their_length_and_others_are_none() {
        let list = |json| Value::from(json);
        let mut longest = Longest::default();
        let all = list(json!([1, 300, "a", [2]]));
        for (version, element) in all.view().items().enumerate() {
            longest.push(version, element);
        }
        for (beginning, length) in [
            (json!([]), Some(0)),
            (json!([1]), Some(1)),
            (json!([1, 300]), Some(2)),
            (json!([1, 300, "a", [2]]), Some(4)),
            (json!([1, 300, "ab"]), None),
            (json!([1, 300, "a", [2], 3]), None),
            (json!([300]), None),
        ] {
            let value = list(beginning);
            assert_eq!(longest.beginning(&value.view().items()), length, "{value}");
        }
        let longer = list(json!([1, 300, "a", [2], 3, 4]));
        let beyond = longest.beyond(&longer.view().items()).unwrap();
        assert_eq!(beyond.filter_map(View::integer).collect::<Vec<_>>(), [3, 4]);
        assert!(longest.beyond(&list(json!([1, 300])).view().items()).is_none());
    }
}
