//! Paths of the store's files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::style::head;
use crate::report::escape;

/// What is at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    File(PathBuf),
    Folder(PathBuf),
}

/// What is at a decoded path, if it lies in the store: links that lead out of it lead nowhere.
pub(super) fn find(store: &Path, path: &str) -> Option<Found> {
    let store = fs::canonicalize(store).ok()?;
    let mut wanted = store.clone();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part == "." || part == ".." {
            return None;
        }
        wanted.push(part);
    }
    let real = fs::canonicalize(wanted).ok()?;
    if !real.starts_with(&store) {
        return None;
    }
    let metadata = fs::metadata(&real).ok()?;
    if metadata.is_dir() {
        Some(Found::Folder(real))
    } else {
        // A pipe or a device could be waited for in vain.
        metadata.is_file().then_some(Found::File(real))
    }
}

/// A path as it is meant: `%2F` and the like resolved. None if it is none, or has a zero.
pub(super) fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// A path as an address has it.
pub(super) fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/+".contains(&byte);
    path.bytes().fold(String::new(), |mut text, byte| {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
        text
    })
}

/// A folder's content.
pub(super) fn listing(path: &str, folder: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = fs::metadata(entry.path());
        let is_folder = metadata.as_ref().is_ok_and(fs::Metadata::is_dir);
        let size = metadata.map(|it| it.len()).unwrap_or_default();
        names.push((!is_folder, entry.file_name().to_string_lossy().into_owned(), size));
    }
    names.sort();
    let mut rows = String::new();
    for (is_file, name, size) in names {
        let slash = if is_file { "" } else { "/" };
        let size = if is_file { size.to_string() } else { String::new() };
        rows += &format!(
            "<tr><td><a href=\"./{}{slash}\">{}{slash}</a></td><td class=\"n\">{size}</td></tr>\n",
            encoded(&name),
            escape(&name)
        );
    }
    let title = escape(path);
    Ok(format!(
        "{}<p><a href=\"/\">All runs</a></p><h1>{title}</h1>\n\
         <table><thead><tr><th>file</th><th>bytes</th></tr></thead><tbody>\n{rows}</tbody></table>\
         </main></body></html>\n",
        head(path)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_are_each_others_reverse() {
        for path in ["/broadcast/20260101T000000.000+0100", "/a b/ä%\"<>?#", "/"] {
            assert_eq!(decoded(&encoded(path)).as_deref(), Some(path));
        }
        assert_eq!(decoded("/%2e%2E/x").as_deref(), Some("/../x"));
        for wrong in ["%", "%4", "%zz", "%00", "%ff", "%+1"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}
