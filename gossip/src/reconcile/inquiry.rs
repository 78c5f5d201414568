use core::ops::Range;
use std::collections::BTreeMap;

use glomers_crdt::Decompose;

use super::{
    Exchange, FEW, FIRST, FLIGHT, Fingerprints, MAX_SYMBOLS, Portion, encoder, fingerprint,
};
use crate::limit::Frame;
use crate::riblt::Key;

/// So many messages of names are asked for at a time.
const NAMES_AT_ONCE: u32 = 32;

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
    /// Where messages are bounded, and how many coded symbols fit into one.
    frame: Option<Box<Frame<S>>>,
    portion_len: usize,
}

/// What the other has asked for last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Everything,
    /// The same; it is too much for one message, and so is told in batches.
    Telling,
    Symbols(Range<u32>),
    /// By its names, of which there are so many. Those that have come, by the place of the first; and up to
    /// where they were asked for.
    Names {
        of: u32,
        come: BTreeMap<u32, Fingerprints>,
        up_to: u32,
    },
}

/// What comes of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Heard<S> {
    /// Nothing: it is a late or repeated one.
    Nothing,
    /// These are to be sent, and the last of them is what [`Inquiry::speak`] repeats.
    Next(Vec<Exchange<S>>),
    /// The other asks for everything, which does not fit into a message: this is to be sent in batches, and then
    /// [`Inquiry::speak`] tells so.
    Tell(S),
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
        Self { key, session, snapshot, asked, frame: None, portion_len: Portion::MAX_LEN }
    }

    /// The same, where messages are bounded.
    pub(crate) fn within(mut self, frame: Frame<S>) -> Self {
        self.portion_len = frame.symbols(self.snapshot.parts().count());
        if self.asked != Asked::Everything || !frame.holds_exchange(&self.whole()) {
            let first = FIRST.min(self.portion_len);
            self.asked = Asked::Symbols(0..u32::try_from(first).unwrap_or_default());
        }
        self.frame = Some(Box::new(frame));
        self
    }

    /// Whether it is to speak only once all that was to be sent in batches has come.
    pub(crate) fn is_telling(&self) -> bool {
        self.asked == Asked::Telling
    }

    /// What to say first, and to repeat if no answer comes. O(n log m) for n parts and m coded
    /// symbols up to what was asked for last.
    pub(crate) fn speak(&self) -> Exchange<S> {
        match &self.asked {
            Asked::Telling => Exchange::Told { session: self.session },
            Asked::Names { of, come, up_to } => {
                let session = self.session;
                Exchange::Names { session, from: known(come).min(*of), up_to: *up_to }
            }
            _ => self.portions().pop().unwrap_or_else(|| self.whole()),
        }
    }

    /// Takes an answer. O(n log m), as [`speak`](Self::speak).
    pub(crate) fn hear(&mut self, answer: &Exchange<S>) -> Heard<S> {
        if answer.session() != self.session {
            return Heard::Nothing;
        }
        match answer {
            Exchange::More { from, up_to, .. } => {
                let asked = Asked::Symbols(*from..*up_to);
                let is_over = matches!(self.asked, Asked::Everything | Asked::Telling);
                if from >= up_to || self.asked == asked || is_over {
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
            Exchange::Wanted { parts, .. } => Heard::Done(self.wanted(parts)),
            Exchange::Named { from, of, parts, .. } => self.hear_names(*from, *of, parts),
            Exchange::Whole { .. }
            | Exchange::Sketch { .. }
            | Exchange::Told { .. }
            | Exchange::Names { .. } => Heard::Nothing,
        }
    }

    fn wanted(&self, names: &Fingerprints) -> S {
        self.snapshot.select(|part| {
            !names.is_empty() && names.contains(fingerprint(self.key.digest_of(part)))
        })
    }

    /// Gathers names until it has all.
    fn hear_names(&mut self, from: u32, all: u32, parts: &Fingerprints) -> Heard<S> {
        let len = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let end = from.saturating_add(len);
        // There are no more than parts.
        let is_sound = len > 0
            && end <= all
            && usize::try_from(all).is_ok_and(|all| self.snapshot.parts().nth(all - 1).is_some());
        if !is_sound {
            return Heard::Nothing;
        }
        if !matches!(&self.asked, Asked::Names { of, .. } if *of == all) {
            self.asked = Asked::Names { of: all, come: BTreeMap::new(), up_to: 0 };
        }
        let Asked::Names { come, up_to, .. } = &mut self.asked else { return Heard::Nothing };
        come.entry(from).or_insert_with(|| parts.clone());
        let known = known(come);
        if known == all {
            let names: Fingerprints = come.values().flat_map(Fingerprints::iter).collect();
            return Heard::Done(self.wanted(&names));
        }
        if end < *up_to {
            return Heard::Nothing;
        }
        *up_to = all.min(known.saturating_add(len.saturating_mul(NAMES_AT_ONCE)));
        Heard::Next(vec![self.speak()])
    }

    /// Does without coded symbols.
    fn give_up(&mut self) -> Heard<S> {
        let whole = self.whole();
        if self.frame.as_ref().is_none_or(|frame| frame.holds_exchange(&whole)) {
            self.asked = Asked::Everything;
            return Heard::Next(vec![whole]);
        }
        self.asked = Asked::Telling;
        Heard::Tell(self.snapshot.clone())
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
        let starts = (from..up_to).step_by(self.portion_len);
        let ranges = starts.map(|start| start..up_to.min(start + self.portion_len));
        let sketch = |range| Exchange::Sketch {
            session: self.session,
            portion: Portion::new(&mut encoder, range),
        };
        ranges.map(sketch).collect()
    }
}

/// Up to which place there is no gap.
fn known(come: &BTreeMap<u32, Fingerprints>) -> u32 {
    come.iter().fold(0, |known, (from, parts)| {
        let end = from.saturating_add(u32::try_from(parts.len()).unwrap_or(u32::MAX));
        if *from <= known { known.max(end) } else { known }
    })
}
