//! What someone did to a text, change by change.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

pub(crate) struct Trace {
    pub(crate) edits: Vec<Edit>,
    pub(crate) end: String,
}

/// Characters are removed at a place, and others put there.
#[derive(Clone)]
pub(crate) struct Edit {
    pub(crate) at: usize,
    pub(crate) removed: usize,
    pub(crate) inserted: String,
}

pub(crate) fn of_file(path: &Path) -> Result<Trace, Box<dyn Error>> {
    let trace: Value = serde_json::from_slice(&fs::read(path)?)?;
    let end = trace["endContent"].as_str().ok_or("no endContent")?.to_owned();
    let mut edits = Vec::new();
    for txn in trace["txns"].as_array().ok_or("no txns")? {
        let patches =
            serde_json::from_value::<Vec<(usize, usize, String)>>(txn["patches"].clone())?;
        let edit = |(at, removed, inserted)| Edit { at, removed, inserted };
        edits.extend(patches.into_iter().map(edit));
    }
    Ok(Trace { edits, end })
}

/// Words that are typed, letter by letter, with some taken back, here and there; the same every time.
pub(crate) fn made_up(count: usize) -> Trace {
    let mut random = Random(1);
    let (mut edits, mut text) = (Vec::with_capacity(count), Vec::new());
    let mut at = 0;
    while edits.len() < count {
        match random.below(100) {
            0..2 => at = random.below(text.len() + 1),
            2..18 if at > 0 => {
                at -= 1;
                text.remove(at);
                edits.push(Edit { at, removed: 1, inserted: String::new() });
            }
            letter => {
                let letter = char::from(b"etaoin shrdlu cmfwyp vbgkqjxz"[letter % 29]);
                text.insert(at, letter);
                edits.push(Edit { at, removed: 0, inserted: letter.to_string() });
                at += 1;
            }
        }
    }
    Trace { edits, end: text.into_iter().collect() }
}

/// A linear congruential generator: the same numbers in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let Self(seed) = self;
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*seed >> 33).map_or(0, |number| number % end)
    }
}
