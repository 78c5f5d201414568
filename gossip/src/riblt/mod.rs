//! Set reconciliation: two parties learn how their sets differ by sending little more than the
//! difference.
//!
//! After a partition, a restart or a loss of memory, replicas have much in common and do not know
//! what. One of them sends *coded symbols* of its set, one after another, each of which is the sum
//! of some of the items; the other subtracts its own and soon knows the items that only one of the
//! two has. About 1.4 coded symbols are needed for each of these, whatever else the sets hold.
//! Nobody has to guess the size of the difference before: the coded symbols have no end, every
//! further one helps, and they are the same for every peer. This is the Rateless IBLT of Yang,
//! Gilad and Alizadeh, [Practical Rateless Set Reconciliation](https://arxiv.org/abs/2402.02668),
//! SIGCOMM 2024.
//!
//! ```
//! use glomers_gossip::riblt::{Decoder, Encoder, Key, decode_batch};
//!
//! let key = Key::new(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210); // of both, and secret
//! let mut theirs = Encoder::new(key, 0..100_000_u64);
//! let mut decoder = Decoder::new(Encoder::new(key, 50..100_050_u64));
//!
//! let mut sent = 0;
//! while !decoder.is_done() {
//!     let next = decoder.received();
//!     let bytes = theirs.encode_batch(next..next + 25);   // your network goes here
//!     decoder.receive_batch(&decode_batch(&bytes)?)?;
//!     sent += bytes.len();
//! }
//! let mut missing: Vec<u64> = decoder.remote_only().collect();
//! missing.sort();
//! assert!(missing.into_iter().eq(0..50));
//! assert_eq!(decoder.local_only().count(), 50);
//! assert!(sent < 4000, "of 800 kB");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Any elements
//!
//! Items have a fixed width. Bigger elements are reconciled by their digests, and those that turn
//! out to differ are then looked up and exchanged. 128 bits keep digests apart; 64 bits save a
//! third of the bytes, and two of n elements collide with probability n² / 2⁶⁵, upon which
//! these two are not told apart: too much for sets of billions, and for elements that an enemy who
//! has the key chooses.
//!
//! ```
//! use std::collections::BTreeMap;
//! use glomers_crdt::{GSet, Lattice};
//! use glomers_gossip::riblt::{Decoder, Encoder, Key};
//!
//! let key = Key::new(1, 2);
//! type Index<'a> = BTreeMap<u128, &'a String>;
//! let index = |set: &'static GSet<String>| -> Index<'static> {
//!     set.iter().map(|element| (key.digest(element.as_bytes()), element)).collect()
//! };
//! # let leak = |words: &[&str]| -> &'static GSet<String> {
//! #     Box::leak(Box::new(words.iter().map(|word| word.to_string()).collect()))
//! # };
//! # let (ours, theirs) = (leak(&["a", "long", "story"]), leak(&["a", "short", "story"]));
//! let (our_index, their_index) = (index(ours), index(theirs));
//!
//! // They send coded symbols of their digests until we have decoded the difference …
//! let mut encoder = Encoder::new(key, their_index.keys().copied());
//! let mut decoder = Decoder::new(Encoder::new(key, our_index.keys().copied()));
//! while !decoder.receive(encoder.coded_symbol(decoder.received()))? {}
//!
//! // … upon which we send the elements that they lack, and ask for those that we lack.
//! let look_up = |index: &Index, digests: Vec<u128>| -> GSet<String> {
//!     digests.iter().filter_map(|digest| index.get(digest)).map(|&it| it.clone()).collect()
//! };
//! let for_them = look_up(&our_index, decoder.local_only().collect());
//! let for_us = look_up(&their_index, decoder.remote_only().collect());
//! assert_eq!((for_them.len(), for_us.len()), (1, 1));
//!
//! let (mut ours, mut theirs) = (ours.clone(), theirs.clone());
//! ours.merge(&for_us);
//! theirs.merge(&for_them);
//! assert_eq!(ours, theirs);
//! # Ok::<_, glomers_gossip::riblt::DecodeError>(())
//! ```
//!
//! # What it costs
//!
//! Coded symbols received for each difference, until all were found:
//!
//! | differences | mean | median | 95th percentile | 99th |
//! | --: | --: | --: | --: | --: |
//! | 1 | 1.00 | 1.00 | 1.00 | 1.00 |
//! | 2 | 1.59 | 1.50 | 3.50 | 5.50 |
//! | 4 | 1.73 | 1.50 | 3.00 | 4.50 |
//! | 10 | 1.69 | 1.60 | 2.50 | 3.40 |
//! | 20 | 1.61 | 1.55 | 2.15 | 2.60 |
//! | 50 | 1.51 | 1.48 | 1.78 | 1.96 |
//! | 100 | 1.45 | 1.44 | 1.63 | 1.74 |
//! | 1 000 | 1.38 | 1.37 | 1.43 | 1.45 |
//! | 10 000 | 1.36 | 1.36 | 1.38 | 1.38 |
//! | 100 000 | 1.35 | 1.35 | 1.35 | 1.35 |
//!
//! With a few differences luck decides: two items may share their first coded symbols. Time is
//! O(n log m) for the first m coded symbols of n items, and O(log d) for each of d differences; see
//! [`Encoder`] and [`Decoder`].
//!
//! # On the wire
//!
//! Coded symbols travel in batches, which [`encode_batch`] writes and [`decode_batch`] reads:
//!
//! | bytes | meaning |
//! | --- | --- |
//! | varint | how many bytes an item has, w |
//! | varint | the index of the first coded symbol |
//! | varint | how many there are |
//! | varint | the size n of the set |
//! | for each: w | the sum of the items |
//! | 8, little-endian | the sum of their hashes |
//! | zigzag varint | their number, less the expected ⌊2 n / (index + 2)⌋ |
//!
//! A varint has seven bits a byte, the least significant first, and the eighth set in all but the
//! last. Since numbers are near to what is expected, they take a byte or two: 100 differences of
//! 100 000 integers of 64 bits take some 2.6 kB in all, whereof 1.2 kB are checksums. These are as
//! wide as a hash since a result that only seems to be right is dearer than some bytes.

mod decoder;
mod digester;
mod encoder;
mod key;
mod mapping;
mod sip;
mod symbol;
#[cfg(test)]
mod tests;
mod wire;

pub use decoder::{DecodeError, Decoder};
pub use encoder::Encoder;
pub use key::Key;
pub use symbol::{CodedSymbol, Symbol};
pub use wire::{Batch, BatchError, decode_batch, encode_batch};
