//! How two replicas that have much in common, and do not know what, find out how they differ.
//!
//! A state of any [`Decompose`] falls apart into parts, and each part has a fingerprint, a digest
//! under a key of both replicas. The one who asks, by an [`Inquiry`], sends coded symbols of its
//! fingerprints (see [`riblt`](crate::riblt)); the one who answers, by a [`Comparison`], asks for
//! more until it can tell which fingerprints only one of them has. It then knows the parts that the
//! other lacks, and names those that it lacks itself. So the cost is in proportion to the
//! difference, whatever the states hold.
//!
//! Both work on snapshots, the one who asks of the state at which it began, the other of the state
//! at which the first portion came. What comes up later must go to the other as a delta, as always;
//! that includes what comes from third ones. So who begins sends from that moment on what is new,
//! and nothing can fall between.
//!
//! # Messages get lost
//!
//! Only the one who asks repeats: what it said last, until there is an answer. The other answers
//! whatever it hears, and what was answered before in the same way; if symbols are missing in
//! between, it asks for them. The one who asks ignores the same answer twice in a row, so that
//! nothing multiplies. Sessions are numbered by the one who asks; what belongs to an earlier one is
//! ignored. If the one who answers has forgotten everything, it asks for the first symbols again. If
//! the one who asks begins a new life, in which it may use a number again, the other must forget
//! what it has of the life before, or would take the new session for the old one.
//!
//! # When it is not worth it
//!
//! Who has few parts, or none, sends its state. So does who would have to send about as many coded
//! symbols as it has parts, or whose symbols make no sense to the other: the other then asks for
//! that. Work and memory so have a bound for either side, whatever it hears: its own and the
//! announced size, and [`MAX_SYMBOLS`]. The announced size is no way around that: if it is more
//! than four times as much as the own, so is what it takes to compare, and it is not done.
//!
//! # What it costs
//!
//! Coded symbols sent for each difference, and round trips, the last one included, on average:
//!
//! | differences, here + there | coded symbols | 99 % within | round trips |
//! | --: | --: | --: | --: |
//! | 1 + 0 | 16 | 16 | 1.0 |
//! | 5 + 5 | 1.98 | 3.7 | 1.6 |
//! | 100 + 0 | 1.49 | 1.76 | 3.4 |
//! | 50 + 50 | 1.49 | 1.77 | 5.6 |
//! | 1000 + 0 | 1.40 | 1.50 | 3.0 |
//! | 500 + 500 | 1.40 | 1.48 | 5.8 |
//! | 10000 + 0 | 1.38 | 1.39 | 2.8 |
//! | 5000 + 5000 | 1.38 | 1.41 | 6.1 |
//!
//! A coded symbol has some 26 bytes, or 34 as base64. Two sets of 100,000 integers that differ in
//! 100 take 8 kB of JSON, these 100 and all messages included. Either side takes 10 to 20 ms for
//! each portion of so many parts, since it makes the symbols anew: snapshots are small and few.

#[cfg(feature = "serde")]
mod base64;
#[cfg(feature = "serde")]
mod bytes;
mod comparison;
mod estimate;
mod exchange;
mod fingerprints;
mod inquiry;
mod portion;
#[cfg(test)]
mod tests;

use glomers_crdt::Decompose;

use crate::riblt::{Encoder, Key};

pub(crate) use comparison::{Answer, Comparison};
pub use exchange::Exchange;
pub use fingerprints::{Fingerprints, FingerprintsError};
pub(crate) use inquiry::{Heard, Inquiry};
pub use portion::{Portion, PortionError};

/// So many parts are sent rather than compared.
const FEW: usize = 16;

/// How many coded symbols are sent at first. They suffice for some ten differences.
const FIRST: usize = 16;

/// How many are asked for at once at most.
const FLIGHT: usize = 8 * Portion::MAX_LEN;

/// How many are taken in a comparison at most: enough for three quarters of a million differences.
const MAX_SYMBOLS: usize = 1 << 20;

/// The digests of a state's parts. O(n) hashes.
fn digests<S: Decompose>(key: Key, state: &S) -> impl Iterator<Item = u128> {
    state.parts().map(move |part| key.digest_of(&part))
}

fn encoder<S: Decompose>(key: Key, state: &S) -> Encoder<u128> {
    Encoder::new(key, digests(key, state))
}

/// What a part is called when it is asked for.
fn fingerprint(digest: u128) -> u64 {
    u64::try_from(digest & u128::from(u64::MAX)).unwrap_or_default()
}
