use core::ops::Range;

use super::mapping::Walk;
use super::symbol::{Walker, walk_all};
use super::{CodedSymbol, Key, Symbol, wire};

/// The endless sequence of a set's coded symbols, made as far as it is asked for.
///
/// One encoder serves any number of peers: the sequence is the same for all, whatever they have,
/// and it is kept. Each peer needs only the number of coded symbols it has been sent.
///
/// Making the first m coded symbols of n items takes O(n log m). They are made in blocks, each as
/// long as all before it: as most items are part of some coded symbol of a block, a pass over all
/// items for each is many times as fast as the heap of next indices that the paper proposes.
/// Memory is 24 bytes for each item and each coded symbol, for items of 8 bytes.
///
/// ```
/// use glomers_gossip::riblt::{Encoder, Key};
///
/// let mut encoder = Encoder::new(Key::new(1, 2), 0..1000_u64);
/// let first_three = encoder.coded_symbols(0..3).to_vec();
/// assert_eq!(first_three[0].count, 1000);
/// assert!((0..3).map(|index| encoder.coded_symbol(index)).eq(first_three));
/// ```
#[derive(Clone, Debug)]
pub struct Encoder<S> {
    key: Key,
    walkers: Vec<Walker<S>>,
    coded: Vec<CodedSymbol<S>>,
}

impl<S: Symbol> Encoder<S> {
    /// The encoder of a set of `items`, all distinct: of an item that is there twice, nothing is
    /// left in the sums. O(n).
    ///
    /// ```
    /// use glomers_gossip::riblt::{Encoder, Key};
    ///
    /// assert!(Encoder::<u64>::new(Key::new(1, 2), []).is_empty());
    /// ```
    pub fn new(key: Key, items: impl IntoIterator<Item = S>) -> Self {
        let mut encoder = Self { key, walkers: Vec::new(), coded: Vec::new() };
        encoder.extend(items);
        encoder
    }

    /// Adds an item that is not in the set. O(log m), where m coded symbols have been made: these
    /// are brought up to date, so who has been sent some of them must be sent them all again.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Encoder, Key};
    ///
    /// let mut encoder = Encoder::new(Key::new(1, 2), [7_u64]);
    /// let before = encoder.coded_symbol(0);
    /// encoder.insert(8);
    /// assert_eq!((before.count, encoder.coded_symbol(0).count), (1, 2));
    /// ```
    pub fn insert(&mut self, item: S) {
        let mut walker = Walker::new(item, self.key.hash(item.to_bytes().as_ref()));
        walker.walk(&mut self.coded, 1, |_, _| ());
        self.walkers.push(walker);
    }

    /// How many items there are.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Encoder, Key};
    ///
    /// assert_eq!(Encoder::new(Key::new(1, 2), [7_u64, 8]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.walkers.len()
    }

    /// Whether there are no items.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Encoder, Key};
    ///
    /// assert!(!Encoder::new(Key::new(1, 2), [7_u64]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.walkers.is_empty()
    }

    /// The items in the order in which they were added.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Encoder, Key};
    ///
    /// assert!(Encoder::new(Key::new(1, 2), [7_u64, 5]).items().eq([7, 5]));
    /// ```
    pub fn items(&self) -> impl ExactSizeIterator<Item = S> {
        self.walkers.iter().map(|walker| walker.item)
    }

    /// The coded symbol at `index`; those from 2³¹ on are empty. O(1) if it has been made, and
    /// otherwise O(n) for a block: of m that are asked for in turn, this concerns log₂ m.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key};
    ///
    /// let key = Key::new(1, 2);
    /// let mut theirs = Encoder::new(key, [1_u64, 2, 3]);
    /// let mut decoder = Decoder::new(Encoder::new(key, [2]));
    /// let mut sequence = (0..).map(|index| theirs.coded_symbol(index));
    /// while !decoder.receive(sequence.next().unwrap())? {}
    /// # Ok::<_, glomers_gossip::riblt::DecodeError>(())
    /// ```
    pub fn coded_symbol(&mut self, index: usize) -> CodedSymbol<S> {
        self.make(index.saturating_add(1));
        self.coded.get(index).copied().unwrap_or(CodedSymbol::EMPTY)
    }

    /// The coded symbols of `range`, making those that are missing. O(n log m), where m is the
    /// range's end, and O(1) if they are made. Do not let a stranger choose the range: memory is
    /// taken for all that is below its end.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Encoder, Key};
    ///
    /// let mut encoder = Encoder::new(Key::new(1, 2), 0..1000_u64);
    /// let after = encoder.coded_symbols(100..200).to_vec();
    /// assert_eq!(encoder.coded_symbols(0..200)[100..], after);
    /// ```
    pub fn coded_symbols(&mut self, range: Range<usize>) -> &[CodedSymbol<S>] {
        self.make(range.end);
        self.coded.get(range).unwrap_or_default()
    }

    /// The coded symbols of `range` in the form described [here](super#on-the-wire), for
    /// [`decode_batch`](super::decode_batch). O(length), and what it takes to make them.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Encoder, Key, decode_batch};
    ///
    /// let mut encoder = Encoder::new(Key::new(1, 2), 0..100_000_u64);
    /// let bytes = encoder.encode_batch(100..150);
    /// assert!(bytes.len() < 50 * 18);
    /// let batch = decode_batch(&bytes)?;
    /// assert_eq!(batch.first, 100);
    /// assert_eq!(batch.coded, encoder.coded_symbols(100..150));
    /// # Ok::<_, glomers_gossip::riblt::BatchError>(())
    /// ```
    pub fn encode_batch(&mut self, range: Range<usize>) -> Vec<u8> {
        let (size, first) = (self.len(), range.start);
        wire::encode_batch(size, first, self.coded_symbols(range))
    }

    pub(super) fn key(&self) -> Key {
        self.key
    }

    pub(super) fn make(&mut self, len: usize) {
        let made = self.coded.len();
        if len > made {
            self.coded.resize(grown(made, len), CodedSymbol::EMPTY);
            walk_all(&mut self.walkers, &mut self.coded, 1);
        }
    }
}

impl<S: Symbol> Extend<S> for Encoder<S> {
    fn extend<I: IntoIterator<Item = S>>(&mut self, items: I) {
        let items = items.into_iter();
        self.walkers.reserve(items.size_hint().0);
        items.for_each(|item| self.insert(item));
    }
}

/// How many cells to make where there are `made` and `len` are needed.
pub(super) fn grown(made: usize, len: usize) -> usize {
    len.max(2 * made).clamp(32, Walk::END)
}
