use std::fmt;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// A key that all nodes of a cluster share, and nobody else has. Its `Debug` does not show it.
///
/// Whoever has it can speak as any node. What is sealed with it can be neither read nor changed by others, nor
/// sent again (`XChaCha20-Poly1305`, RFC 8439 with a nonce of 24 bytes).
///
/// ```
/// use glomers_shims::udp::Key;
///
/// let key = Key::parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n")?;
/// assert_eq!(format!("{key:?}"), "Key(…)");
/// assert!(Key::parse("secret").is_err());
/// # Ok::<_, glomers_shims::udp::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Key(XChaCha20Poly1305);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read.
    #[error("the key file {} cannot be read: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Its text is not a key.
    #[error("a key is 64 hexadecimal digits, as `openssl rand -hex 32` writes them; found {0}")]
    Malformed(String),
}

impl Key {
    /// How many bytes longer sealed bytes are.
    pub(super) const TAG: usize = 16;

    /// Reads the key out of a text: 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`KeyError::Malformed`], which does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim();
        if let Some(wrong) = digits.chars().find(|it| !it.is_ascii_hexdigit()) {
            return Err(KeyError::Malformed(format!("the character {wrong:?}")));
        }
        let mut key = [0; 32];
        if digits.len() != 2 * key.len() {
            return Err(KeyError::Malformed(format!("{} digits", digits.len())));
        }
        for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or_default();
        }
        Ok(Self(XChaCha20Poly1305::new(&key.into())))
    }

    /// Reads the key out of a file.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| KeyError::Unreadable { path: path.to_owned(), error })?;
        Self::parse(&text)
    }

    /// Seals `clear`, so that it opens with the same nonce and the same `around` only. No nonce may be used for
    /// two texts.
    pub(super) fn seal(&self, nonce: [u8; 24], around: &[u8], clear: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: clear, aad: around };
        // It fails beyond 256 GiB only.
        self.0.encrypt(&XNonce::from(nonce), payload).unwrap_or_default()
    }

    pub(super) fn open(&self, nonce: [u8; 24], around: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: around }).ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(…)")
    }
}
