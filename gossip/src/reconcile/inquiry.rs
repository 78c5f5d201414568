use core::ops::Range;

use glomers_crdt::Decompose;

use super::{Exchange, FEW, FIRST, FLIGHT, MAX_SYMBOLS, Portion, encoder, fingerprint};
use crate::riblt::Key;

/// The side that asks: see [the protocol](super).
///
/// First [`speak`](Self::speak), and again whenever no answer comes in time; pass every answer to
/// [`hear`](Self::hear), until it says that this is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Inquiry<S> {
    key: Key,
    session: u32,
    snapshot: S,
    asked: Asked,
}

/// What the other has asked for last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Everything,
    Symbols(Range<u32>),
}

/// What comes of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Heard<S> {
    /// Nothing: it is a late or repeated one.
    Nothing,
    /// These are to be sent, and the last of them is what [`Inquiry::speak`] repeats.
    Next(Vec<Exchange<S>>),
    /// It is done. The other lacks this, and has sent what was lacking here.
    Done(S),
}

impl<S: Decompose> Inquiry<S> {
    /// Begins to find out how another replica's state differs from this one. O(1) parts looked at.
    ///
    /// `session` must be greater than those before, as far as the other remembers these, but may
    /// wrap. Both must use the same `key`; with another one, whole states are sent.
    pub(crate) fn new(key: Key, session: u32, snapshot: S) -> Self {
        let few = snapshot.parts().nth(FEW).is_none();
        let first = 0..u32::try_from(FIRST).unwrap_or_default();
        let asked = if few { Asked::Everything } else { Asked::Symbols(first) };
        Self { key, session, snapshot, asked }
    }

    /// What to say first, and to repeat if no answer comes. O(n log m) for n parts and m coded
    /// symbols up to what was asked for last.
    pub(crate) fn speak(&self) -> Exchange<S> {
        self.portions().pop().unwrap_or_else(|| self.whole())
    }

    /// Takes an answer. O(n log m), as [`speak`](Self::speak).
    pub(crate) fn hear(&mut self, answer: &Exchange<S>) -> Heard<S> {
        if answer.session() != self.session {
            return Heard::Nothing;
        }
        match answer {
            Exchange::More { from, up_to, .. } => {
                let asked = Asked::Symbols(*from..*up_to);
                if from >= up_to || self.asked == asked || self.asked == Asked::Everything {
                    return Heard::Nothing;
                }
                self.asked = asked;
                let portions = self.portions();
                if portions.is_empty() {
                    return self.give_up();
                }
                Heard::Next(portions)
            }
            Exchange::Everything { .. } if self.asked == Asked::Everything => Heard::Nothing,
            Exchange::Everything { .. } => self.give_up(),
            Exchange::Wanted { parts, .. } => Heard::Done(self.snapshot.select(|part| {
                !parts.is_empty() && parts.contains(fingerprint(self.key.digest_of(part)))
            })),
            Exchange::Whole { .. } | Exchange::Sketch { .. } => Heard::Nothing,
        }
    }

    /// Does without coded symbols.
    fn give_up(&mut self) -> Heard<S> {
        self.asked = Asked::Everything;
        Heard::Next(vec![self.whole()])
    }

    fn whole(&self) -> Exchange<S> {
        Exchange::Whole { session: self.session, state: self.snapshot.clone() }
    }

    /// The coded symbols that were asked for, as far as they are any use: who needs more than there
    /// are parts is better off with these.
    fn portions(&self) -> Vec<Exchange<S>> {
        let Asked::Symbols(asked) = &self.asked else { return Vec::new() };
        let [from, up_to] =
            [asked.start, asked.end].map(|at| usize::try_from(at).unwrap_or(MAX_SYMBOLS));
        let mut encoder = encoder(self.key, &self.snapshot);
        let up_to = up_to.min(from.saturating_add(FLIGHT)).min(encoder.len()).min(MAX_SYMBOLS);
        let starts = (from..up_to).step_by(Portion::MAX_LEN);
        let ranges = starts.map(|start| start..up_to.min(start + Portion::MAX_LEN));
        let sketch = |range| Exchange::Sketch {
            session: self.session,
            portion: Portion::new(&mut encoder, range),
        };
        ranges.map(sketch).collect()
    }
}
