use core::fmt::Debug;

use super::mapping::Walk;

/// What is reconciled: items of one fixed width, of which any two can be added bit by bit.
///
/// Implemented for the unsigned integers of 32 to 128 bits and for arrays of bytes. Bigger or
/// varying elements go by a digest of theirs, such as [`Key::digest`](super::Key::digest).
///
/// ```
/// use glomers_gossip::riblt::{Encoder, Key, Symbol};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq)]
/// struct UserId(u64);
///
/// impl Symbol for UserId {
///     type Bytes = [u8; 8];
///     const ZERO: Self = Self(0);
///
///     fn xor(self, other: Self) -> Self {
///         Self(self.0 ^ other.0)
///     }
///
///     fn to_bytes(self) -> [u8; 8] {
///         self.0.to_le_bytes()
///     }
///
///     fn from_bytes(bytes: [u8; 8]) -> Self {
///         Self(u64::from_le_bytes(bytes))
///     }
/// }
///
/// let users = Encoder::new(Key::new(1, 2), [UserId(7), UserId(9)]);
/// assert_eq!(users.len(), 2);
/// ```
pub trait Symbol: Copy + Eq + Debug {
    /// An array of bytes, of the width that every item has on the wire.
    type Bytes: AsRef<[u8]> + for<'a> TryFrom<&'a [u8]>;

    /// The neutral element of [`xor`](Self::xor). It may be an item.
    const ZERO: Self;

    /// Exclusive or, bit by bit.
    fn xor(self, other: Self) -> Self;

    /// The item's bytes, which are hashed and sent. Distinct items have distinct bytes, and the
    /// bytes are the same on every machine.
    fn to_bytes(self) -> Self::Bytes;

    /// The item whose bytes these are.
    fn from_bytes(bytes: Self::Bytes) -> Self;
}

macro_rules! integer_symbols {
    ($($integer:ty),*) => {$(
        /// Sent as little-endian bytes.
        impl Symbol for $integer {
            type Bytes = [u8; size_of::<Self>()];

            const ZERO: Self = 0;

            #[inline]
            fn xor(self, other: Self) -> Self {
                self ^ other
            }

            #[inline]
            fn to_bytes(self) -> Self::Bytes {
                self.to_le_bytes()
            }

            #[inline]
            fn from_bytes(bytes: Self::Bytes) -> Self {
                Self::from_le_bytes(bytes)
            }
        }
    )*};
}

integer_symbols!(u32, u64, u128);

impl<const N: usize> Symbol for [u8; N] {
    type Bytes = Self;

    const ZERO: Self = [0; N];

    #[inline]
    fn xor(mut self, other: Self) -> Self {
        for (byte, other) in self.iter_mut().zip(other) {
            *byte ^= other;
        }
        self
    }

    #[inline]
    fn to_bytes(self) -> Self {
        self
    }

    #[inline]
    fn from_bytes(bytes: Self) -> Self {
        bytes
    }
}

/// The sum of some items: what the parties exchange.
///
/// It is linear: the coded symbols of two sets, subtracted, are those of the sets' difference.
///
/// ```
/// use glomers_gossip::riblt::{CodedSymbol, Encoder, Key};
///
/// let mut encoder = Encoder::new(Key::new(1, 2), [0b0110_u64, 0b0011]);
/// let CodedSymbol { sum, count, .. } = encoder.coded_symbol(0);
/// assert_eq!((sum, count), (0b0101, 2), "every item is in the first coded symbol");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodedSymbol<S> {
    /// The exclusive or of the items.
    pub sum: S,
    /// The exclusive or of the items' keyed hashes.
    pub checksum: u64,
    /// How many items there are; in a difference, how many more there than here.
    pub count: i64,
}

impl<S: Symbol> CodedSymbol<S> {
    pub(super) const EMPTY: Self = Self { sum: S::ZERO, checksum: 0, count: 0 };

    /// Adds `count` times the item or the sum of items. Wraps, since a liar may send any count.
    #[inline]
    pub(super) fn add(&mut self, sum: S, checksum: u64, count: i64) {
        self.sum = self.sum.xor(sum);
        self.checksum ^= checksum;
        self.count = self.count.wrapping_add(count);
    }

    /// Whether it may be the sum of one item.
    #[inline]
    pub(super) fn may_be_pure(&self) -> bool {
        self.count.unsigned_abs() == 1
    }
}

/// An item on its walk through the coded symbols it is part of.
#[derive(Clone, Debug)]
pub(super) struct Walker<S> {
    pub(super) item: S,
    hash: u64,
    at: Walk,
}

impl<S: Symbol> Walker<S> {
    #[inline]
    pub(super) fn new(item: S, hash: u64) -> Self {
        Self { item, hash, at: Walk::START }
    }

    /// Goes to the end of `cells`; adds the item `count` times to each that it is part of and
    /// calls `visit` with it and its index.
    #[inline]
    pub(super) fn walk(
        &mut self,
        cells: &mut [CodedSymbol<S>],
        count: i64,
        mut visit: impl FnMut(usize, &CodedSymbol<S>),
    ) {
        while let Some(cell) = cells.get_mut(self.at.index()) {
            cell.add(self.item, self.hash, count);
            visit(self.at.index(), cell);
            self.at.step(self.hash);
        }
    }
}

/// Takes every walker to the end of `cells`.
///
/// All of a group take a step before any takes another: how far each goes is past predicting, and
/// so the processor need not.
pub(super) fn walk_all<S: Symbol>(
    walkers: &mut [Walker<S>],
    cells: &mut [CodedSymbol<S>],
    count: i64,
) {
    const GROUP: usize = 256;
    for group in walkers.chunks_mut(GROUP) {
        let mut walking = [0; GROUP];
        let mut left = 0;
        for (number, walker) in group.iter().enumerate() {
            walking[left] = number;
            left += usize::from(walker.at.index() < cells.len());
        }
        while left > 0 {
            let mut kept = 0;
            for i in 0..left {
                let number = walking[i];
                let walker = &mut group[number];
                if let Some(cell) = cells.get_mut(walker.at.index()) {
                    cell.add(walker.item, walker.hash, count);
                }
                walker.at.step(walker.hash);
                walking[kept] = number;
                kept += usize::from(walker.at.index() < cells.len());
            }
            left = kept;
        }
    }
}
