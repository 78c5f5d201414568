use std::collections::BTreeSet;

use glomers_crdt::Decompose;

use super::{
    Exchange, FIRST, FLIGHT, Fingerprints, MAX_SYMBOLS, Portion, encoder, estimate, fingerprint,
};
use crate::riblt::{CodedSymbol, Decoder, Key};

/// The side that answers: see [the protocol](super).
///
/// It is for all sessions of one peer's life. Forget it, by a new default, when the peer begins a new
/// life: that may count its sessions anew. To do so at another time, since memory is short, costs
/// messages only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Comparison<S> {
    /// The last session of the other.
    session: Option<(u32, Stage<S>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage<S> {
    Gathering(Gathering<S>),
    /// To compare leads nowhere: the other's state was asked for.
    Hopeless,
    /// The other was asked for these.
    Done(Fingerprints),
}

/// What has come so far. Decoders are made anew for every attempt, and not kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Gathering<S> {
    key: Key,
    snapshot: S,
    received: Vec<CodedSymbol<u128>>,
    /// So many were asked for, or came unasked, before the next attempt.
    asked: usize,
    attempts: u32,
}

/// What comes of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Answer<S> {
    /// To be sent back.
    pub(crate) message: Option<Exchange<S>>,
    /// The other lacks this: send it as a delta that does not get lost. It is told once.
    pub(crate) they_lack: S,
}

impl<S> Default for Comparison<S> {
    fn default() -> Self {
        Self { session: None }
    }
}

impl<S: Decompose> Comparison<S> {
    /// Takes what the other says, `own` being the state here and now. A state that it says it has
    /// is to be merged as a delta, too; that is left to the caller.
    ///
    /// O(n log m) for n parts and m coded symbols so far, once for each time that more were asked
    /// for, and O(length) otherwise.
    pub(crate) fn hear(&mut self, key: Key, own: &S, said: &Exchange<S>) -> Answer<S> {
        let nothing = Answer { message: None, they_lack: S::default() };
        let session = said.session();
        let age = self.session.as_ref().map(|(current, _)| session.wrapping_sub(*current));
        if !said.asks() || age.is_some_and(|age| age.cast_signed() < 0) {
            return nothing;
        }
        let stage = match &mut self.session {
            Some((current, stage)) if *current == session => stage,
            other => &mut other.insert((session, Stage::Gathering(Gathering::new(key, own)))).1,
        };
        let mut they_lack = S::default();
        match (said, &mut *stage) {
            (_, Stage::Done(_)) => {}
            (Exchange::Whole { state, .. }, _) => {
                they_lack = own.difference(state);
                *stage = Stage::Done(Fingerprints::default());
            }
            (Exchange::Sketch { portion, .. }, Stage::Gathering(gathering)) => {
                match gathering.take(portion) {
                    Outcome::Wait => return nothing,
                    Outcome::More => {}
                    Outcome::Hopeless => *stage = Stage::Hopeless,
                    Outcome::Found { lacking, wanted } => {
                        they_lack = lacking;
                        *stage = Stage::Done(wanted);
                    }
                }
            }
            _ => {}
        }
        Answer { message: Some(stage.say(session)), they_lack }
    }
}

impl<S> Stage<S> {
    /// What is to be said at this stage, however often.
    fn say(&self, session: u32) -> Exchange<S> {
        match self {
            Self::Gathering(gathering) => {
                let [from, up_to] = [gathering.received.len(), gathering.asked.max(FIRST)]
                    .map(|index| u32::try_from(index).unwrap_or(u32::MAX));
                Exchange::More { session, from, up_to }
            }
            Self::Hopeless => Exchange::Everything { session },
            Self::Done(wanted) => Exchange::Wanted { session, parts: wanted.clone() },
        }
    }
}

/// What comes of a portion.
enum Outcome<S> {
    /// The rest of what was asked for is on its way.
    Wait,
    More,
    Hopeless,
    Found {
        lacking: S,
        wanted: Fingerprints,
    },
}

impl<S: Decompose> Gathering<S> {
    fn new(key: Key, own: &S) -> Self {
        Self { key, snapshot: own.clone(), received: Vec::new(), asked: 0, attempts: 0 }
    }

    fn take(&mut self, portion: &Portion) -> Outcome<S> {
        let batch = portion.batch();
        // A gap, or nothing new: to be told again where we stand, the other may need.
        let known = self.received.len().checked_sub(batch.first);
        let new = known.and_then(|known| batch.coded.get(known..)).unwrap_or_default();
        if new.is_empty() {
            return Outcome::More;
        }
        let room = MAX_SYMBOLS - self.received.len();
        self.received.extend_from_slice(&new[..new.len().min(room)]);
        if self.received.len() < self.asked {
            return Outcome::Wait;
        }
        self.attempt()
    }

    fn attempt(&mut self) -> Outcome<S> {
        let len = self.received.len();
        let mut ours = encoder(self.key, &self.snapshot);
        let counts = ours.coded_symbols(0..len).iter().map(|coded| coded.count);
        let differences: Vec<i64> = self
            .received
            .iter()
            .zip(counts)
            .map(|(they, we)| they.count.wrapping_sub(we))
            .collect();
        let mut decoder = Decoder::new(ours);
        for coded in &self.received {
            match decoder.receive(*coded) {
                Ok(true) => return self.found(&decoder),
                Ok(false) => {}
                Err(_) => return Outcome::Hopeless,
            }
        }
        let found = decoder.remote_only().len() + decoder.local_only().len();
        let next = estimate::next(&differences, found, self.attempts);
        let their_parts = self.received.first().map_or(0, |coded| coded.count);
        let useful = usize::try_from(their_parts).unwrap_or(0).min(MAX_SYMBOLS);
        if next > useful {
            return Outcome::Hopeless;
        }
        self.asked = next.min(len + FLIGHT);
        self.attempts += 1;
        Outcome::More
    }

    fn found(&self, decoder: &Decoder<u128>) -> Outcome<S> {
        let lacking: BTreeSet<u128> = decoder.local_only().collect();
        Outcome::Found {
            lacking: self
                .snapshot
                .select(|part| !lacking.is_empty() && lacking.contains(&self.key.digest_of(part))),
            wanted: decoder.remote_only().map(fingerprint).collect(),
        }
    }
}
