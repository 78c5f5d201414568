use core::fmt;

use super::encoder::grown;
use super::symbol::{Walker, walk_all};
use super::{Batch, CodedSymbol, Encoder, Symbol};

/// Finds out how the remote set differs from the local one from the remote set's coded symbols.
///
/// Each received coded symbol, less the local one, is the sum of some of the items in which the
/// sets differ. Where that is one item, which its checksum tells, the item is taken out of all
/// other sums, which may leave one item in some of these, and so on. Once the first sum is empty,
/// which every item is part of, all are found.
///
/// For d differences and m coded symbols received this takes O(m + d log m), beside making the
/// local ones. A recovered item is taken out of the sums to come in advance, block by block, so
/// that a received one costs O(1) and no queue of next indices is needed.
///
/// ```
/// use glomers_gossip::riblt::{Decoder, Encoder, Key};
///
/// let key = Key::new(1, 2);
/// let mut theirs = Encoder::new(key, (0..10_000_u64).filter(|item| *item != 17));
/// let mut decoder = Decoder::new(Encoder::new(key, 1..10_000_u64));
/// while !decoder.receive(theirs.coded_symbol(decoder.received()))? {}
/// assert!(decoder.remote_only().eq([0]) && decoder.local_only().eq([17]));
/// assert!(decoder.received() < 10);
/// # Ok::<_, glomers_gossip::riblt::DecodeError>(())
/// ```
///
/// # Liars
///
/// Whatever is received, nothing panics or loops: a received coded symbol yields at most one item
/// before [`DecodeError::Inconsistent`], and takes memory for one sum. But a peer that has the key
/// can make the decoder find items that nobody has, among them local-only ones that are not local,
/// or find none ever; one that has another key does the same. So wait for the end, look up what is
/// found before relying on it, and give up after a number of coded symbols: honest ones suffice at
/// some 1.4 times the differences, and there are at most as many of these as both sets have items.
/// The remote set's size is the first coded symbol's count.
#[derive(Clone, Debug)]
pub struct Decoder<S> {
    local: Encoder<S>,
    /// First the received sums, less all recovered items; then what recovered items subtract from
    /// those to come.
    cells: Vec<CodedSymbol<S>>,
    received: usize,
    /// Indices of received cells in which one item may be left.
    candidates: Vec<usize>,
    remote_only: Vec<Walker<S>>,
    local_only: Vec<Walker<S>>,
    inconsistent: bool,
}

impl<S: Symbol> Decoder<S> {
    /// A decoder against the local set that `local` encodes. It makes use of the coded symbols
    /// that `local` has made already: a replica with many peers keeps one encoder, and clones it
    /// for each. O(1).
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key};
    ///
    /// let decoder = Decoder::new(Encoder::new(Key::new(1, 2), [7_u64]));
    /// assert!(!decoder.is_done(), "nothing is known about the remote set yet");
    /// ```
    pub fn new(local: Encoder<S>) -> Self {
        Self {
            local,
            cells: Vec::new(),
            received: 0,
            candidates: Vec::new(),
            remote_only: Vec::new(),
            local_only: Vec::new(),
            inconsistent: false,
        }
    }

    /// Takes the next coded symbol of the remote set; returns whether all differences are known,
    /// after which further ones are ignored. Amortised O(1), and O(log m) for each item found.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key};
    ///
    /// let key = Key::new(1, 2);
    /// let mut same = Encoder::new(key, 0..1000_u64);
    /// let mut decoder = Decoder::new(same.clone());
    /// assert!(decoder.receive(same.coded_symbol(0))?, "one suffices for equal sets");
    /// # Ok::<_, glomers_gossip::riblt::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError::Inconsistent`], now and ever after, if the coded symbols are not those of
    /// any set under this key.
    pub fn receive(&mut self, remote: CodedSymbol<S>) -> Result<bool, DecodeError> {
        if self.inconsistent {
            return Err(DecodeError::Inconsistent);
        }
        if self.is_done() {
            return Ok(true);
        }
        let index = self.received;
        self.make(index + 1);
        let local = self.local.coded_symbol(index);
        let Some(cell) = self.cells.get_mut(index) else { return Ok(false) };
        cell.add(remote.sum, remote.checksum, remote.count);
        cell.add(local.sum, local.checksum, -local.count);
        if cell.may_be_pure() {
            self.candidates.push(index);
        }
        self.received += 1;
        self.peel()?;
        Ok(self.is_done())
    }

    /// Takes a batch of coded symbols, which may repeat some that have been received; returns
    /// whether all differences are known. As [`receive`](Self::receive) for each.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key, decode_batch};
    ///
    /// let key = Key::new(1, 2);
    /// let mut theirs = Encoder::new(key, 0..1000_u64);
    /// let mut decoder = Decoder::new(Encoder::new(key, 0..900_u64));
    /// let mut done = false;
    /// while !done {
    ///     let received = decoder.received();
    ///     let bytes = theirs.encode_batch(received..received + 50);
    ///     done = decoder.receive_batch(&decode_batch(&bytes)?)?;
    /// }
    /// assert_eq!(decoder.remote_only().count(), 100);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError::Gap`] if the batch starts after the next coded symbol: nothing is taken, and
    /// the missing ones must be received first. [`DecodeError::Inconsistent`] as from `receive`.
    pub fn receive_batch(&mut self, batch: &Batch<S>) -> Result<bool, DecodeError> {
        let Some(known) = self.received.checked_sub(batch.first) else {
            return Err(DecodeError::Gap);
        };
        let new = batch.coded.get(known..).unwrap_or_default();
        if !self.is_done() {
            self.local.make(self.received + new.len());
            self.make(self.received + new.len());
        }
        for coded in new {
            if self.receive(*coded)? {
                break;
            }
        }
        if self.inconsistent { Err(DecodeError::Inconsistent) } else { Ok(self.is_done()) }
    }

    /// Whether all differences are known. O(1).
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key};
    ///
    /// let key = Key::new(1, 2);
    /// let mut decoder = Decoder::new(Encoder::new(key, []));
    /// decoder.receive(Encoder::new(key, [7_u64]).coded_symbol(0))?;
    /// assert!(decoder.is_done());
    /// # Ok::<_, glomers_gossip::riblt::DecodeError>(())
    /// ```
    pub fn is_done(&self) -> bool {
        self.received > 0 && self.cells.first() == Some(&CodedSymbol::EMPTY) && !self.inconsistent
    }

    /// How many coded symbols have been taken: the index of the one to receive next.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key};
    ///
    /// assert_eq!(Decoder::new(Encoder::new(Key::new(1, 2), [7_u64])).received(), 0);
    /// ```
    pub fn received(&self) -> usize {
        self.received
    }

    /// The items found so far that are in the remote set only, in no particular order, which is
    /// yet the same whenever the same is received.
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key};
    ///
    /// let key = Key::new(1, 2);
    /// let mut decoder = Decoder::new(Encoder::new(key, []));
    /// decoder.receive(Encoder::new(key, [7_u64]).coded_symbol(0))?;
    /// assert!(decoder.remote_only().eq([7]));
    /// # Ok::<_, glomers_gossip::riblt::DecodeError>(())
    /// ```
    pub fn remote_only(&self) -> impl ExactSizeIterator<Item = S> {
        self.remote_only.iter().map(|walker| walker.item)
    }

    /// The items found so far that are in the local set only; see
    /// [`remote_only`](Self::remote_only).
    ///
    /// ```
    /// use glomers_gossip::riblt::{Decoder, Encoder, Key};
    ///
    /// let key = Key::new(1, 2);
    /// let mut decoder = Decoder::new(Encoder::new(key, [7_u64]));
    /// decoder.receive(Encoder::new(key, []).coded_symbol(0))?;
    /// assert!(decoder.local_only().eq([7]));
    /// # Ok::<_, glomers_gossip::riblt::DecodeError>(())
    /// ```
    pub fn local_only(&self) -> impl ExactSizeIterator<Item = S> {
        self.local_only.iter().map(|walker| walker.item)
    }

    /// Makes room for `len` cells.
    fn make(&mut self, len: usize) {
        let made = self.cells.len();
        if len > made {
            self.cells.resize(grown(made, len), CodedSymbol::EMPTY);
            walk_all(&mut self.remote_only, &mut self.cells, -1);
            walk_all(&mut self.local_only, &mut self.cells, 1);
        }
    }

    /// Takes out items until no candidate is left or all are found.
    ///
    /// A cell that is left empty by this stays so, if the sums are those of sets. Hence no more
    /// items than cells are found, and that is what bounds the work if they are not.
    fn peel(&mut self) -> Result<(), DecodeError> {
        while let Some(index) = self.candidates.pop() {
            let Some(&cell) = self.cells.get(index) else { continue };
            if !cell.may_be_pure()
                || self.local.key().hash(cell.sum.to_bytes().as_ref()) != cell.checksum
            {
                continue;
            }
            let (received, candidates) = (self.received, &mut self.candidates);
            let mut walker = Walker::new(cell.sum, cell.checksum);
            walker.walk(&mut self.cells, -cell.count, |index, cell| {
                // No branch: it could not be predicted, and would wait for the cell.
                let keep = (index < received) & cell.may_be_pure();
                candidates.push(index);
                candidates.truncate(candidates.len() - usize::from(!keep));
            });
            let found = if cell.count > 0 { &mut self.remote_only } else { &mut self.local_only };
            found.push(walker);
            if self.remote_only.len() + self.local_only.len() > received
                || self.cells.get(index) != Some(&CodedSymbol::EMPTY)
            {
                self.inconsistent = true;
                return Err(DecodeError::Inconsistent);
            }
            if self.is_done() {
                self.candidates.clear();
            }
        }
        Ok(())
    }
}

/// Why coded symbols were not taken.
///
/// ```
/// use glomers_gossip::riblt::{Batch, DecodeError, Decoder, Encoder, Key};
///
/// let mut decoder = Decoder::new(Encoder::new(Key::new(1, 2), [7_u64]));
/// let later = Batch { first: 5, coded: vec![] };
/// assert_eq!(decoder.receive_batch(&later), Err(DecodeError::Gap));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// Some before them have not been received.
    Gap,
    /// They are not those of any set under the key, or two items' hashes collide, which is as
    /// good as impossible. Start again under another key, or send the whole set.
    Inconsistent,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gap => "coded symbols are missing before these",
            Self::Inconsistent => "the coded symbols are not those of a set under this key",
        })
    }
}

impl core::error::Error for DecodeError {}
