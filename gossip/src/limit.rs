//! How large a message may be, and what is made of what is larger.

use core::fmt;
use core::hash::{Hash, Hasher};
use std::collections::VecDeque;

use glomers_crdt::Decompose;

use crate::riblt::{CodedSymbol, encode_batch};
use crate::{Batch, Exchange, Message, Portion};

/// So many messages are on their way to a peer at most, of those that a large one was split into.
const MOST_PIECES: usize = 64;

/// About so much, by the measure, is on its way at a time, if that is more than a few messages.
const FLIGHT: usize = 1 << 17;

/// Tells how large a message is.
pub(crate) struct Measure<S>(pub(crate) fn(&Message<S>) -> usize);

impl<S: Decompose> Default for Measure<S> {
    /// By parts: of states, coded symbols and names.
    fn default() -> Self {
        Self(|message| {
            let batch = message.batch.as_ref().map_or(0, |batch| batch.delta.parts().count());
            let exchange = match &message.exchange {
                Some(Exchange::Whole { state, .. }) => state.parts().count(),
                Some(Exchange::Sketch { portion, .. }) => portion.batch().coded.len(),
                Some(Exchange::Wanted { parts, .. } | Exchange::Named { parts, .. }) => parts.len(),
                _ => 0,
            };
            batch + exchange
        })
    }
}

impl<S> Clone for Measure<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Measure<S> {}

impl<S> fmt::Debug for Measure<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measure(..)")
    }
}

/// How messages are measured is no part of a state.
impl<S> PartialEq for Measure<S> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<S> Eq for Measure<S> {}

impl<S> Hash for Measure<S> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// The bound of a message, and what else there may be in it beside what is split.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Frame<S> {
    most: usize,
    measure: Measure<S>,
    around: Message<S>,
}

/// What a state falls apart into: pieces that fit, in the order of their parts, and parts that do not, with
/// the sizes of their messages.
pub(crate) struct Split<S> {
    pub(crate) pieces: VecDeque<S>,
    pub(crate) too_large: Vec<(S, usize)>,
}

impl<S: Decompose> Frame<S> {
    /// `around` has an empty batch, and is about as large as a message can be beside what is in that.
    pub(crate) fn new(most: usize, measure: Measure<S>, around: Message<S>) -> Self {
        Self { most, measure, around }
    }

    /// How many pieces may be on their way at a time.
    pub(crate) fn window(&self) -> usize {
        (FLIGHT / self.most.max(1)).clamp(4, MOST_PIECES)
    }

    fn size(&self, message: &Message<S>) -> usize {
        (self.measure.0)(message)
    }

    /// The size of a message with that batch, and the delta back again.
    fn weigh(&self, delta: S) -> (usize, S) {
        let mut message = self.around.clone();
        if let Some(batch) = &mut message.batch {
            batch.delta = delta;
        }
        let size = self.size(&message);
        (size, message.batch.map(|batch| batch.delta).unwrap_or_default())
    }

    /// Whether a batch of this delta may fit into a message, if there is little beside it; and the delta back
    /// again.
    pub(crate) fn may_hold(&self, delta: S) -> (bool, S) {
        if delta.is_bottom() {
            return (true, delta);
        }
        let message = Message { batch: Some(Batch::new(0, 1, delta)), ..Message::new(0) };
        let size = self.size(&message);
        (size <= self.most, message.batch.map(|batch| batch.delta).unwrap_or_default())
    }

    /// Whether a message with this fits.
    pub(crate) fn holds_exchange(&self, exchange: &Exchange<S>) -> bool {
        let message =
            Message { batch: None, exchange: Some(exchange.clone()), ..self.around.clone() };
        self.size(&message) <= self.most
    }

    /// Splits what does not fit. O(n log n) for n parts, each of which is measured some three times.
    pub(crate) fn split(&self, delta: S) -> Split<S> {
        let (mut pieces, mut too_large) = (VecDeque::new(), Vec::new());
        let (empty, _) = self.weigh(S::default());
        let room = self.most.saturating_sub(empty).max(1);
        let mut rest = vec![delta];
        while let Some(state) = rest.pop() {
            let (size, state) = self.weigh(state);
            if size <= self.most {
                pieces.push_back(state);
                continue;
            }
            let count = state.parts().count();
            if count < 2 {
                too_large.push((state, size));
                continue;
            }
            let large = size.saturating_sub(empty);
            let groups = large.div_ceil(room);
            if groups > 3 {
                let each = count.div_ceil(groups.min(count));
                let mut parts = state.parts();
                let groups = (0..groups).map(|_| S::from_parts(parts.by_ref().take(each)));
                let groups: Vec<S> = groups.filter(|group| !group.is_bottom()).collect();
                rest.extend(groups.into_iter().rev());
                continue;
            }
            // Parts are not all of one size: what is too much here goes with the next.
            let fit = count * room / large.max(1);
            let mut parts = state.parts();
            let first = S::from_parts(parts.by_ref().take((fit - fit / 64).clamp(1, count - 1)));
            let mut second = S::from_parts(parts);
            if let Some(next) = rest.pop() {
                second.merge(&next);
            }
            rest.extend([second, first]);
        }
        Split { pieces, too_large }
    }

    /// How many coded symbols of a set of `parts` fit into a message.
    pub(crate) fn symbols(&self, parts: usize) -> usize {
        // Counts are off from what is expected by a standard deviation of half the root at most.
        let count = i64::try_from(3 * parts.isqrt() + 8).unwrap_or(i64::MAX);
        let coded = CodedSymbol { sum: u128::MAX, checksum: u64::MAX, count };
        let size = |len| {
            let bytes = encode_batch(0, 1 << 20, &vec![coded; len]);
            let portion = Portion::try_from(bytes).ok()?;
            let exchange = Exchange::Sketch { session: u32::MAX, portion };
            let message = Message { batch: None, exchange: Some(exchange), ..self.around.clone() };
            Some(self.size(&message))
        };
        self.most_of(Portion::MAX_LEN, size)
    }

    /// How many names of parts fit into a message.
    pub(crate) fn names(&self) -> usize {
        let size = |len: usize| {
            let names = (0..len as u64).map(|name| u64::MAX - (name << 40));
            let (session, from, of) = (u32::MAX, u32::MAX, u32::MAX);
            let exchange = Exchange::Named { session, from, of, parts: names.collect() };
            let message = Message { batch: None, exchange: Some(exchange), ..self.around.clone() };
            Some(self.size(&message))
        };
        self.most_of(1 << 16, size)
    }

    /// The greatest number up to `limit` of which the size is in bounds, or one; sizes grow evenly.
    fn most_of(&self, limit: usize, size: impl Fn(usize) -> Option<usize>) -> usize {
        const SOME: usize = 64;
        let (Some(none), Some(some)) = (size(0), size(SOME)) else { return 1 };
        // Rounded up, and base64 rounds up to four.
        let room = self.most.saturating_sub(none + 4);
        let count = (room * SOME) / some.saturating_sub(none).max(1);
        count.clamp(1, limit)
    }

    /// Whether a message is too large.
    pub(crate) fn exceeds(&self, message: &Message<S>) -> bool {
        self.size(message) > self.most
    }
}
