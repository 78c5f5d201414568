use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// So many bytes of logs are in a report, about; and so many of one at most.
const ALL: u64 = 400_000;
const ONE: u64 = 8_000;

/// The end of one log.
pub(super) struct Tail {
    pub(super) node: String,
    /// How many bytes it is long.
    pub(super) length: u64,
    pub(super) text: String,
}

/// The ends of the nodes' logs, by node; nothing if none were kept.
pub(super) fn tails(folder: &Path) -> io::Result<Vec<Tail>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let node = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        if let Some(node) = node.filter(|_| path.is_file()) {
            files.push((node, path));
        }
    }
    // n2 before n10.
    files.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
    let room = (ALL / (files.len() as u64).max(1)).clamp(200, ONE);
    files.into_iter().map(|(node, path)| tail(node, &path, room)).collect()
}

fn tail(node: String, path: &Path, room: u64) -> io::Result<Tail> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(room)))?;
    let mut bytes = Vec::new();
    file.take(room).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let whole = text.find('\n').filter(|_| length > room).map_or(0, |end| end + 1);
    Ok(Tail { node, length, text: text[whole..].to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_last_whole_lines_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let long = (0..5000).fold(String::new(), |all, n| all + &format!("line {n}\n"));
        fs::write(folder.path().join("n10.log"), &long).unwrap();
        fs::write(folder.path().join("n2.log"), b"short \xff").unwrap();
        let tails = tails(folder.path()).unwrap();
        assert_eq!((&*tails[0].node, &*tails[0].text), ("n2", "short \u{fffd}"));
        assert!(tails[1].text.starts_with("line ") && tails[1].text.ends_with("line 4999\n"));
        assert!(tails[1].text.len() as u64 <= ONE);
        assert_eq!(tails[1].length, long.len() as u64);
    }
}
