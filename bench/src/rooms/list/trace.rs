//! Editing traces: what someone did to a text, change by change.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// A trace, in the form of <https://github.com/josephg/editing-traces>.
pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) edits: Vec<Edit>,
    /// What the text is in the end.
    pub(crate) end: String,
}

/// Characters are removed at a place, and others put there.
pub(crate) struct Edit {
    pub(crate) at: usize,
    pub(crate) removed: usize,
    pub(crate) inserted: String,
}

#[derive(Deserialize)]
struct Written {
    txns: Vec<Changes>,
    #[serde(rename = "endContent")]
    end: String,
}

#[derive(Deserialize)]
struct Changes {
    patches: Vec<(usize, usize, String)>,
}

/// The traces of a folder: those of its files that end in `.json` or `.json.xz`, by their names.
pub(crate) fn of_folder(folder: &Path) -> anyhow::Result<Vec<Trace>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let mut paths = entries.map(|it| Ok(it?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.to_string_lossy().split_once(".json").is_some());
    paths.sort();
    paths.iter().map(|path| of_file(path).with_context(|| format!("{}", path.display()))).collect()
}

fn of_file(path: &Path) -> anyhow::Result<Trace> {
    let mut file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|it| it == "xz") {
        lzma_rs::xz_decompress(&mut file, &mut bytes)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
    } else {
        file.read_to_end(&mut bytes)?;
    }
    let Written { txns, end } = serde_json::from_slice(&bytes)?;
    let edits = txns.into_iter().flat_map(|txn| txn.patches);
    let edits = edits.map(|(at, removed, inserted)| Edit { at, removed, inserted }).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split('.').next().unwrap_or_default().to_owned();
    Ok(Trace { name, edits, end })
}

/// A trace of so many edits that nobody made, the same every time: words are typed, letter by letter, some
/// letters taken back at once, and now and then someone goes elsewhere, pastes or takes a piece out.
pub(crate) fn made_up(edits: usize) -> Trace {
    let mut seed = 1_u64;
    let mut below = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).map_or(0, |number| number % end.max(1))
    };
    let mut text: Vec<char> = Vec::new();
    let (mut all, mut at) = (Vec::with_capacity(edits), 0);
    while all.len() < edits {
        let edit = match below(100) {
            0..2 => {
                at = below(text.len() + 1);
                continue;
            }
            2 => {
                let count = below(40);
                let inserted = (0..count).map(|nth| letter(nth + below(7))).collect();
                Edit { at, removed: 0, inserted }
            }
            3 => Edit { at, removed: below(60).min(text.len() - at), inserted: String::new() },
            4..20 if at > 0 => {
                at -= 1;
                Edit { at, removed: 1, inserted: String::new() }
            }
            number => Edit { at, removed: 0, inserted: letter(number).to_string() },
        };
        text.splice(at..at + edit.removed, edit.inserted.chars());
        at += edit.inserted.chars().count();
        all.push(edit);
    }
    let end = text.into_iter().collect();
    Trace { name: "made up".to_owned(), edits: all, end }
}

fn letter(number: usize) -> char {
    char::from(b"etaoin shrdlu cmfwyp vbgkqjxz"[number % 29])
}
