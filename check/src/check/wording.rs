//! Values in findings.

use std::fmt::Display;

/// As many characters of a value are shown.
const LENGTH: usize = 120;

/// A value as text that people read to its end: of a longer one the beginning, and how much there is.
pub(super) fn shown(value: impl Display) -> String {
    brief(value.to_string())
}

/// Several of them.
pub(super) fn all_shown(values: impl IntoIterator<Item = impl Display>) -> String {
    let values: Vec<String> = values.into_iter().map(shown).collect();
    format!("[{}]", values.join(","))
}

/// A name in the same way.
pub(super) fn brief(name: impl Into<String>) -> String {
    beginning(name, LENGTH)
}

/// So many characters of a text, and how much there is, if that is more.
pub(super) fn beginning(text: impl Into<String>, length: usize) -> String {
    let mut text = text.into();
    if let Some((end, _)) = text.char_indices().nth(length) {
        let length = text.len();
        text.truncate(end);
        text += &format!("… ({length} bytes)");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_values_are_shortened_between_characters() {
        assert_eq!(shown(json!(["a", 1])), r#"["a",1]"#);
        let longest = "ä".repeat(LENGTH - 2);
        assert_eq!(shown(json!(longest)), format!("\"{longest}\""));
        let long = shown(json!("ä".repeat(5000)));
        assert_eq!(long, format!("\"{}… (10002 bytes)", "ä".repeat(LENGTH - 1)));
    }
}
