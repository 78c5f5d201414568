use core::{fmt, iter, slice};
use std::vec;

/// Names of parts of a state, 64 bits each: half of a part's digest.
///
/// The one who has the parts looks them up among these of one state only. If two of them have the
/// same name, both are sent, which harms nothing.
///
/// ```
/// use glomers_gossip::Fingerprints;
///
/// let wanted = Fingerprints::from_iter([9, 7, 9]);
/// assert!(wanted.iter().eq([7, 9]) && wanted.contains(7) && !wanted.contains(8));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fingerprints {
    /// Each greater than the one before.
    ascending: Vec<u64>,
}

impl Fingerprints {
    /// The names in ascending order.
    ///
    /// ```
    /// assert!(glomers_gossip::Fingerprints::from_iter([9, 7]).iter().eq([7, 9]));
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u64> {
        self.ascending.iter().copied()
    }

    /// Whether this name is among them. O(log n).
    ///
    /// ```
    /// assert!(glomers_gossip::Fingerprints::from_iter([9, 7]).contains(9));
    /// ```
    pub fn contains(&self, fingerprint: u64) -> bool {
        self.ascending.binary_search(&fingerprint).is_ok()
    }

    /// How many there are.
    ///
    /// ```
    /// assert_eq!(glomers_gossip::Fingerprints::from_iter([9, 7, 9]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.ascending.len()
    }

    /// Whether there are none.
    ///
    /// ```
    /// assert!(glomers_gossip::Fingerprints::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.ascending.is_empty()
    }

    /// Some of them, by their places; fewer if there are not so many.
    pub(super) fn range(&self, from: usize, up_to: usize) -> Self {
        let up_to = up_to.min(self.len());
        Self { ascending: self.ascending.get(from.min(up_to)..up_to).unwrap_or_default().to_vec() }
    }

    /// The names one after another, each as eight little-endian bytes.
    ///
    /// ```
    /// use glomers_gossip::Fingerprints;
    ///
    /// let bytes = Fingerprints::from_iter([0x0107]).to_bytes();
    /// assert_eq!(bytes, [7, 1, 0, 0, 0, 0, 0, 0]);
    /// assert_eq!(Fingerprints::try_from(bytes), Ok(Fingerprints::from_iter([0x0107])));
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        self.ascending.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()).collect()
    }
}

impl FromIterator<u64> for Fingerprints {
    fn from_iter<I: IntoIterator<Item = u64>>(fingerprints: I) -> Self {
        let mut ascending: Vec<u64> = fingerprints.into_iter().collect();
        ascending.sort_unstable();
        ascending.dedup();
        Self { ascending }
    }
}

impl Extend<u64> for Fingerprints {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, fingerprints: I) {
        *self = self.iter().chain(fingerprints).collect();
    }
}

impl IntoIterator for Fingerprints {
    type Item = u64;
    type IntoIter = vec::IntoIter<u64>;

    fn into_iter(self) -> Self::IntoIter {
        self.ascending.into_iter()
    }
}

impl<'a> IntoIterator for &'a Fingerprints {
    type Item = u64;
    type IntoIter = iter::Copied<slice::Iter<'a, u64>>;

    fn into_iter(self) -> Self::IntoIter {
        self.ascending.iter().copied()
    }
}

impl TryFrom<Vec<u8>> for Fingerprints {
    type Error = FingerprintsError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, FingerprintsError> {
        let (names, rest) = bytes.as_chunks();
        if !rest.is_empty() {
            return Err(FingerprintsError::Length);
        }
        let ascending: Vec<u64> = names.iter().map(|name| u64::from_le_bytes(*name)).collect();
        if !ascending.is_sorted_by(|a, b| a < b) {
            return Err(FingerprintsError::Order);
        }
        Ok(Self { ascending })
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Fingerprints {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        super::bytes::serialize(&self.to_bytes(), serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Fingerprints {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::bytes::deserialize(deserializer)
    }
}

/// Why bytes are not those of [`Fingerprints`].
///
/// ```
/// use glomers_gossip::{Fingerprints, FingerprintsError};
///
/// assert_eq!(Fingerprints::try_from(vec![0; 9]), Err(FingerprintsError::Length));
/// assert_eq!(Fingerprints::try_from(vec![0; 16]), Err(FingerprintsError::Order));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FingerprintsError {
    /// Their number is no multiple of eight.
    Length,
    /// A name is not greater than the one before.
    Order,
}

impl fmt::Display for FingerprintsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "fingerprints have eight bytes each",
            Self::Order => "fingerprints do not ascend",
        })
    }
}

impl core::error::Error for FingerprintsError {}
