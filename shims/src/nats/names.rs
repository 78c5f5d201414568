//! What things are called on NATS.

use std::fmt::Write;

/// The services that nodes ask, none of which a node may be named after.
pub(super) const SERVICES: [&str; 4] = ["lin-kv", "seq-kv", "lww-kv", "lin-tso"];

/// The longest name of a cluster or a node, in bytes.
const MAX_NAME: usize = 64;

/// The longest key of a service as it stands in a subject, in bytes; a server takes 4,096 for a whole line.
const MAX_KEY: usize = 1024;

/// Whether `name` can be a part of a subject and of a stream's name, as it is.
///
/// # Errors
///
/// What it may consist of.
pub(super) fn checked(what: &str, name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(format!(
        "the {what} {name:?} must consist of 1 to {MAX_NAME} of the characters A-Z a-z 0-9 _ -"
    ))
}

/// Where a node is reached.
pub(super) fn subject(cluster: &str, node: &str) -> String {
    format!("glomers.{cluster}.{node}")
}

/// The key-value bucket of a service.
pub(super) fn bucket(cluster: &str, service: &str) -> String {
    format!("glomers-{cluster}-{service}")
}

/// A key of a service, which is any JSON, as a bucket can have it: of `[A-Za-z0-9_=-]`. A text of letters, digits,
/// `_` and `-` stays as it is; each other byte becomes `=` and its two hexadecimal digits. What is no text is told
/// apart by `=z` at its beginning, and the empty text is `=_`.
///
/// # Errors
///
/// If it is too long.
pub(super) fn key(json: &str) -> Result<String, String> {
    let text = serde_json::from_str::<String>(json).ok();
    let mut key = String::with_capacity(json.len());
    let bytes = match &text {
        Some(text) if text.is_empty() => return Ok("=_".to_owned()),
        Some(text) => text.as_bytes(),
        None => {
            key.push_str("=z");
            json.as_bytes()
        }
    };
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
            key.push(char::from(*byte));
        } else {
            // To a text nothing fails to be written.
            let _ = write!(key, "={byte:02X}");
        }
    }
    if key.len() > MAX_KEY {
        return Err(format!(
            "a key may take {MAX_KEY} bytes on NATS, and this takes {}",
            key.len()
        ));
    }
    Ok(key)
}

/// The key under which a node marks where the log stood when its life began; no request names it.
pub(super) fn mark(node: &str) -> String {
    format!("=-{node}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_apart() {
        let jsons = [
            r#""""#,
            r#""a""#,
            r#""A""#,
            r#""a b""#,
            r#""a=20b""#,
            r#""a.b""#,
            r#""ä""#,
            r#""5""#,
            "5",
            "null",
            "[1,2]",
            r#""[1,2]""#,
            r#""=_""#,
            r#""=z5""#,
            r#""=-n1""#,
            r#""*""#,
            r#"">""#,
        ];
        let keys: std::collections::BTreeSet<_> = jsons.map(|it| key(it).unwrap()).into();
        assert_eq!(keys.len(), jsons.len());
        assert!(!keys.contains(&mark("n1")));
        let fits = |it: char| it.is_ascii_alphanumeric() || "_=-".contains(it);
        assert!(keys.iter().all(|key| !key.is_empty() && key.chars().all(fits)), "{keys:?}");
        assert_eq!(key(r#""foo-7_x""#).unwrap(), "foo-7_x");
        assert!(key(&format!("{:?}", "x".repeat(1025))).unwrap_err().contains("takes 1025"));
    }

    #[test]
    fn names_that_would_reach_elsewhere_are_refused() {
        for wrong in ["", "a.b", "*", ">", "a b", "ä", &"x".repeat(65)] {
            assert!(checked("cluster", wrong).unwrap_err().contains("the cluster"), "{wrong}");
        }
        assert_eq!(checked("node", "n-1_A"), Ok(()));
    }
}
