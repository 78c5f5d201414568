//! Text of others, for terminals.

use std::borrow::Cow;

/// A text with its control characters, by which terminals are commanded, escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, char::is_control)
}

/// [`printable`], of several lines.
pub(crate) fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.is_control() && c != '\n')
}

fn escaped(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_bad) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if is_bad(c) { c.escape_default().collect() } else { String::from(c) };
    Cow::Owned(text.chars().map(escape).collect())
}
