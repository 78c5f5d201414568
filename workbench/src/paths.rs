//! Errors of the file system, which by themselves do not say what they are about; and which files are one.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Says where something went wrong.
pub(crate) fn at<T>(path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// All that went wrong where several things were tried one after the other.
pub(crate) fn all(results: impl IntoIterator<Item = io::Result<()>>) -> io::Result<()> {
    let errors: Vec<io::Error> = results.into_iter().filter_map(Result::err).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Err(io::Error::new(first.kind(), texts.join("; ")))
}

/// Whether both are one file, be it by links.
pub(crate) fn is_same(a: &Path, b: &Path) -> bool {
    let (Ok(a), Ok(b)) = (fs::metadata(a), fs::metadata(b)) else { return false };
    a.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino())
}
