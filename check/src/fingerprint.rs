//! Fingerprints: whether two runs are the same, without keeping either.

use std::fmt;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A SHA-256, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Takes the fingerprint of what is written to it.
#[derive(Clone, Default)]
pub struct Hasher {
    hash: Sha256,
}

impl Hasher {
    /// Adds bytes. Where they end is not part of the fingerprint.
    pub fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// The fingerprint of all that was added.
    pub fn finish(self) -> Fingerprint {
        Fingerprint(self.hash.finalize().into())
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_sha256sum_prints() {
        let mut hasher = Hasher::default();
        hasher.add(b"a");
        hasher.add(b"bc");
        let abc = hasher.finish();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(abc.to_string(), known);
    }
}
