//! JSON whose integers keep every digit.
//!
//! [`serde_json::Value`] holds integers of 64 bits, and takes larger ones for floating-point numbers, so
//! that different ids become the same. Maelstrom reads and writes integers of any size. `serde_json` has
//! a feature for that, `arbitrary_precision`, but features are of a whole build: it would make every
//! number of every program that uses this crate a text on the heap, 1.0 and 1.00 two numbers, and untagged
//! and flattened numbers unreadable. Larger integers are rare; so here they alone are held in
//! another way, as an object with one key that nobody else has, which is put in their place in the text
//! before it is read and taken out after it was written. Text without such integers is only looked at,
//! every nineteenth byte of it.
//!
//! Between reading and writing such an integer is equal to itself alone. [`Value`](crate::Value) holds all
//! integers as they are.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The key of the object that holds an integer. It begins with a character that is none, by Unicode.
pub(crate) const KEY: &str = "\u{fdd0}integer";

/// The least number of digits that an integer can have which 64 bits do not hold.
const DIGITS: usize = 19;

/// Reads a value from JSON.
///
/// ```
/// use glomers_check::exact;
/// use serde_json::Value;
///
/// let text = r#"{"id":[1267650600228229401496703205377,-7,1.5]}"#;
/// let value: Value = exact::from_str(text)?;
/// assert_ne!(value["id"][0], exact::from_str::<Value>("1267650600228229401496703205376")?);
/// assert_eq!(exact::to_string(&value)?, text);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// As [`serde_json::from_str`]; the column may be another one behind a large integer.
pub fn from_str<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(&guarded(text))
}

/// Writes a value as JSON.
///
/// # Errors
///
/// As [`serde_json::to_string`].
pub fn to_string(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(owned_plain)
}

/// Writes a value as JSON that people can read.
///
/// # Errors
///
/// As [`serde_json::to_string_pretty`].
pub fn to_string_pretty(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(owned_plain)
}

/// A value as JSON.
///
/// ```
/// use glomers_check::exact;
///
/// assert_eq!(exact::shown(&exact::integer("18446744073709551616")), "18446744073709551616");
/// ```
pub fn shown(value: &Value) -> String {
    owned_plain(value.to_string())
}

/// The integer with these digits, which may begin with a minus sign.
pub fn integer(digits: &str) -> Value {
    if let Ok(small) = digits.parse::<i64>() {
        return small.into();
    }
    if let Ok(small) = digits.parse::<u64>() {
        return small.into();
    }
    Value::Object(Map::from_iter([(KEY.to_owned(), digits.into())]))
}

/// The digits of an integer that 64 bits do not hold, if this is one.
pub fn digits(value: &Value) -> Option<&str> {
    match value {
        Value::Object(fields) if fields.len() == 1 => fields.get(KEY)?.as_str(),
        _ => None,
    }
}

/// Text that was made of values, with the digits of its integers as they are.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(KEY) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(KEY) {
        let (before, after) = (&rest[..at], &rest[at + KEY.len()..]);
        match (opened(before), closed(after)) {
            (Some(before), Some((digits, after))) => {
                plain.push_str(before);
                plain.push_str(digits);
                rest = after;
            }
            _ => {
                plain.push_str(&rest[..at + KEY.len()]);
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn owned_plain(text: String) -> String {
    match plain(&text) {
        Cow::Owned(plain) => plain,
        Cow::Borrowed(_) => text,
    }
}

/// What stands before the object whose first key follows.
fn opened(before: &str) -> Option<&str> {
    before.strip_suffix('"')?.trim_ascii_end().strip_suffix('{')
}

/// The digits that such an object has, of which the text begins behind the key; and what follows it.
fn closed(after: &str) -> Option<(&str, &str)> {
    let value = after.strip_prefix('"')?.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
    let (digits, after) = value.strip_prefix('"')?.split_once('"')?;
    let after = after.trim_ascii_start().strip_prefix('}')?;
    is_large(digits).then_some((digits, after))
}

/// Whether this is an integer as JSON has them, and one that 64 bits do not hold.
pub(crate) fn is_large(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    digits.len() >= DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
        && word.parse::<i64>().is_err()
        && word.parse::<u64>().is_err()
}

/// The text with large integers in the form in which they are held.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    // So many digits in a row have one at such a place.
    let mut places = (DIGITS - 1..bytes.len()).step_by(DIGITS);
    if !places.any(|at| bytes[at].is_ascii_digit() && is_within_many(bytes, at)) {
        return Cow::Borrowed(text);
    }
    let mut guarded = String::with_capacity(text.len() + 32);
    // What was copied, and what was looked at.
    let (mut copied, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = after_string(bytes, at + 1),
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..].iter().take_while(|byte| is_of_number(**byte)).count();
                let word = &text[at..at + length];
                if is_large(word) {
                    guarded.push_str(&text[copied..at]);
                    guarded.push_str("{\"");
                    guarded.push_str(KEY);
                    guarded.push_str("\":\"");
                    guarded.push_str(word);
                    guarded.push_str("\"}");
                    copied = at + length;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    guarded.push_str(&text[copied..]);
    Cow::Owned(guarded)
}

/// Whether the digit at this place is one of many in a row.
fn is_within_many(bytes: &[u8], at: usize) -> bool {
    let is_digit = |byte: &&u8| byte.is_ascii_digit();
    let before = bytes[..at].iter().rev().take(DIGITS).take_while(is_digit).count();
    let after = bytes[at..].iter().take(DIGITS).take_while(is_digit).count();
    before + after >= DIGITS
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

/// The place behind the string that began before `at`.
fn after_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const LARGE: &str = "18446744073709551616";

    fn read(text: &str) -> Value {
        from_str(text).unwrap()
    }

    #[test]
    fn integers_keep_their_digits_wherever_they_stand() {
        let long = "9".repeat(400);
        for text in [
            LARGE.to_owned(),
            format!("-{LARGE}"),
            "-9223372036854775809".to_owned(),
            format!("[{LARGE},18446744073709551617]"),
            format!(r#"{{"a":{{"b":[[0,{long}]]}},"c":{LARGE}}}"#),
            format!(r#"{{"id":{LARGE},"text":"{LARGE} \" {LARGE}"}}"#),
        ] {
            assert_eq!(to_string(&read(&text)).unwrap(), text);
            assert_eq!(shown(&read(&text)), text);
        }
        assert_eq!(digits(&read(LARGE)), Some(LARGE));
        assert_eq!(read(LARGE), integer(LARGE));
        assert_ne!(read(LARGE), read("18446744073709551617"));
        let pretty = to_string_pretty(&json!({"id": read(LARGE)})).unwrap();
        assert_eq!(pretty, format!("{{\n  \"id\": {LARGE}\n}}"));
    }

    #[test]
    fn all_else_is_as_it_was() {
        for text in [
            "18446744073709551615",
            "-9223372036854775808",
            "[1,2.5,1e300,\"18446744073709551616\"]",
            "0.12345678901234567890123",
            "18446744073709551616.5",
            "1844674407370955161600e-2",
            r#""a \\" "#,
        ] {
            assert_eq!(read(text), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        for text in
            ["018446744073709551616", "--18446744073709551616", "[18446744073709551616", "\""]
        {
            assert!(from_str::<Value>(text).is_err(), "{text}");
        }
        // What only looks like one is left alone.
        let forged = format!(r#"{{"{KEY}":"7"}}"#);
        assert_eq!(plain(&forged), forged);
    }

    proptest! {
        #[test]
        fn any_integer_survives(digits in "-?[1-9][0-9]{0,60}", blanks in "[ \t\n]{0,25}") {
            let text = format!("[{blanks}{digits}{blanks},\"x\"]");
            prop_assert_eq!(to_string(&read(&text)).unwrap(), format!("[{digits},\"x\"]"));
        }

        #[test]
        fn other_texts_are_read_as_ever(text in "[-0-9.eE\"\\\\,:\\[\\]{}a ]{0,60}") {
            let (ours, theirs) = (from_str::<Value>(&text), serde_json::from_str::<Value>(&text));
            prop_assert_eq!(ours.is_ok(), theirs.is_ok());
        }
    }
}
