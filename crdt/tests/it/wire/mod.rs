//! What goes through a wire: every type comes back, its bytes are pinned, and whatever bytes come,
//! what is accepted is a state of which the laws hold. `fuzz` looks for more of these; what it finds
//! is kept in its corpus and tried here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod checks;
mod subjects;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use checks::Format;
use subjects::{Subject, subjects};

fn in_this_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_type_comes_back() {
    for Subject { name, check, samples, comes_back } in subjects() {
        for format in Format::ALL.into_iter().chain([Format::Cbor]) {
            for (nth, bytes) in samples(format).iter().enumerate() {
                assert!(comes_back(format, nth, bytes), "{name} in {format:?}: {bytes:?}");
                assert_eq!(check(format, bytes), 1, "{name} in {format:?}: {bytes:?}");
            }
        }
    }
}

/// The encodings are a promise: a release that changes one cannot talk to those before.
#[test]
fn the_bytes_are_pinned() {
    let mut lines = String::new();
    for subject in subjects() {
        let (json, binary) = ((subject.samples)(Format::Json), (subject.samples)(Format::Postcard));
        for (json, binary) in json.into_iter().zip(binary) {
            let json = String::from_utf8(json).unwrap();
            write!(lines, "{}\t{json}\t", subject.name).unwrap();
            for byte in binary {
                write!(lines, "{byte:02x}").unwrap();
            }
            lines.push('\n');
        }
    }
    let path = in_this_package("tests/it/wire/golden.tsv");
    if std::env::var_os("PIN").is_some() {
        fs::write(&path, &lines).unwrap();
    }
    let pinned = fs::read_to_string(&path).unwrap();
    for (line, pinned) in lines.lines().zip(pinned.lines()) {
        assert_eq!(line, pinned);
    }
    assert_eq!(lines.lines().count(), pinned.lines().count());
}

/// Numbers without order that are the same every time: `SplitMix64`.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }
}

/// Bytes that mean something, here or there.
const BYTES: [u8; 10] = [0, 1, 2, 127, 128, 255, b'0', b'9', b'"', b','];

/// Changes some bytes: replaces, repeats, drops or appends.
fn mutate(bytes: &mut Vec<u8>, pool: &[Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = bytes[random.below(bytes.len())],
            2 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            3 => bytes.insert(at, BYTES[random.below(BYTES.len())]),
            4 => {
                let end = at + random.below(bytes.len() - at + 1);
                let repeated = bytes[at..end].to_vec();
                bytes.splice(at..at, repeated);
            }
            _ => bytes.extend(&pool[random.below(pool.len())]),
        }
    }
    bytes.truncate(1024);
}

#[test]
fn mutated_states_are_rejected_or_sound() {
    for (nth, subject) in subjects().iter().enumerate() {
        for format in Format::ALL {
            let mut random = Random(nth as u64);
            let pool = (subject.samples)(format);
            let (mut accepted, mut rejected) = (0, 0);
            for _ in 0..2_000 {
                let mut bytes = pool[random.below(pool.len())].clone();
                mutate(&mut bytes, &pool, &mut random);
                match (subject.check)(format, &bytes) {
                    0 => rejected += 1,
                    _ => accepted += 1,
                }
            }
            let told = format!("{} in {format:?}: {accepted} and {rejected}", subject.name);
            assert!(accepted > 100 && rejected > 100, "{told}");
        }
    }
}

#[test]
fn what_fuzzing_found_is_rejected_or_sound() {
    let subjects = subjects();
    let mut tried: BTreeMap<(&str, Format), usize> = BTreeMap::new();
    for entry in fs::read_dir(in_this_package("fuzz/corpus/decode")).unwrap() {
        let input = fs::read(entry.unwrap().path()).unwrap();
        if let Some((subject, format, bytes)) = subjects::choose(&subjects, &input) {
            (subject.check)(format, bytes);
            *tried.entry((subject.name, format)).or_default() += 1;
        }
    }
    for subject in &subjects {
        for format in Format::ALL {
            let count = tried.get(&(subject.name, format)).copied().unwrap_or(0);
            assert!(count >= 2, "{count} inputs for {} in {format:?}", subject.name);
        }
    }
}

/// What a fuzzer begins with: `cargo test -p glomers-crdt --test it wire -- --ignored`.
#[test]
#[ignore = "writes the corpus"]
fn samples_are_written_to_the_corpus() {
    let folder = in_this_package("fuzz/corpus/decode");
    fs::create_dir_all(&folder).unwrap();
    for (nth, subject) in subjects().iter().enumerate() {
        for format in Format::ALL {
            let samples = (subject.samples)(format);
            for (sample, bytes) in samples.iter().chain([&samples.concat()]).enumerate() {
                let input = subjects::chosen(nth, format, bytes);
                let name = subject.name.to_lowercase().replace(' ', "-");
                let name = format!("{name}-{format:?}-{sample}").to_lowercase();
                fs::write(folder.join(name), input).unwrap();
            }
        }
    }
}
