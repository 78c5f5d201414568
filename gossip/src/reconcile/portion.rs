use core::fmt;
use core::ops::Range;

use crate::riblt::{Batch, BatchError, Encoder, decode_batch};

/// Some coded symbols of a state's fingerprints, one after another, as bytes of the form described
/// [here](crate::riblt#on-the-wire). An item has 16 bytes.
///
/// ```
/// use glomers_gossip::Portion;
/// use glomers_gossip::riblt::{BatchError, Encoder, Key};
///
/// let mut encoder = Encoder::new(Key::new(1, 2), [7_u128, 8]);
/// let bytes = encoder.encode_batch(0..16);
/// assert_eq!(Portion::try_from(bytes.clone())?.as_bytes(), bytes);
/// # Ok::<_, glomers_gossip::PortionError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Portion {
    /// They are of that form, and not too many.
    bytes: Vec<u8>,
}

impl Portion {
    /// How many bytes there are at most.
    pub const MAX_BYTES: usize = 1 << 16;

    /// How many coded symbols of a state are sent at once at most. These are some 48 kB, which are
    /// 64 kB of base64.
    pub(crate) const MAX_LEN: usize = 1_800;

    pub(super) fn new(encoder: &mut Encoder<u128>, range: Range<usize>) -> Self {
        Self { bytes: encoder.encode_batch(range) }
    }

    /// The bytes.
    ///
    /// ```
    /// use glomers_gossip::Portion;
    ///
    /// let none = vec![16, 0, 0, 0];
    /// assert_eq!(Portion::try_from(none).unwrap().as_bytes(), [16, 0, 0, 0]);
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn batch(&self) -> Batch<u128> {
        decode_batch(&self.bytes).unwrap_or(Batch { first: 0, coded: Vec::new() })
    }
}

impl TryFrom<Vec<u8>> for Portion {
    type Error = PortionError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, PortionError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(PortionError::TooLong);
        }
        decode_batch::<u128>(&bytes).map_err(PortionError::Malformed)?;
        Ok(Self { bytes })
    }
}

impl fmt::Debug for Portion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Portion({} bytes)", self.bytes.len())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Portion {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        super::bytes::serialize(&self.bytes, serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Portion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::bytes::deserialize(deserializer)
    }
}

/// Why bytes are not those of a [`Portion`].
///
/// ```
/// use glomers_gossip::{Portion, PortionError};
///
/// assert_eq!(Portion::try_from(vec![0; 70_000]), Err(PortionError::TooLong));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PortionError {
    /// There are more than [`Portion::MAX_BYTES`].
    TooLong,
    /// They are no coded symbols of items of 16 bytes.
    Malformed(BatchError),
}

impl fmt::Display for PortionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "a portion has more than {} bytes", Portion::MAX_BYTES),
            Self::Malformed(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PortionError {}
