use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::Decompose;

use super::{
    Exchange, FIRST, FLIGHT, Fingerprints, MAX_SYMBOLS, Portion, encoder, estimate, fingerprint,
};
use crate::limit::Frame;
use crate::riblt::{Batch, CodedSymbol, Decoder, Key};

/// The side that answers: see [the protocol](super).
///
/// It is for all sessions of one peer's life. Forget it, by a new default, when the peer begins a new
/// life: that may count its sessions anew. To do so at another time, since memory is short, costs
/// messages only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Comparison<S> {
    /// The last session of the other.
    session: Option<(u32, Stage<S>)>,
    /// Where messages are bounded.
    frame: Option<Box<Frame<S>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage<S> {
    Gathering(Gathering<S>),
    /// To compare leads nowhere: the other's state was asked for. Where messages are bounded, this has come
    /// of it since.
    Hopeless(S),
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
    /// Where messages are bounded and so many: what has come beyond a gap, by the index of the first.
    ahead: BTreeMap<usize, Vec<CodedSymbol<u128>>>,
    /// How many coded symbols are asked for at a time.
    flight: usize,
}

/// What comes of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Answer<S> {
    /// To be sent back.
    pub(crate) message: Option<Exchange<S>>,
    /// And these after it.
    pub(crate) further: Vec<Exchange<S>>,
    /// The other lacks this: send it as a delta that does not get lost. It is told once.
    pub(crate) they_lack: S,
}

impl<S> Default for Comparison<S> {
    fn default() -> Self {
        Self { session: None, frame: None }
    }
}

impl<S: Decompose> Comparison<S> {
    /// From now on messages are bounded so, or not.
    pub(crate) fn within(&mut self, frame: Option<Frame<S>>) {
        self.frame = frame.map(Box::new);
    }

    /// Notes what the other has sent in a batch. Returns whether it is being told all that the other has.
    pub(crate) fn note(&mut self, delta: &S) -> bool {
        if let (Some(_), Some((_, Stage::Hopeless(told)))) = (&self.frame, &mut self.session) {
            told.merge(delta);
            return true;
        }
        false
    }

    /// Takes what the other says, `own` being the state here and now. A state that it says it has
    /// is to be merged as a delta, too; that is left to the caller.
    ///
    /// O(n log m) for n parts and m coded symbols so far, once for each time that more were asked
    /// for, and O(length) otherwise.
    pub(crate) fn hear(&mut self, key: Key, own: &S, said: &Exchange<S>) -> Answer<S> {
        let nothing = Answer { message: None, further: Vec::new(), they_lack: S::default() };
        let session = said.session();
        let age = self.session.as_ref().map(|(current, _)| session.wrapping_sub(*current));
        if !said.asks() || age.is_some_and(|age| age.cast_signed() < 0) {
            return nothing;
        }
        let stage = match &mut self.session {
            Some((current, stage)) if *current == session => stage,
            other => {
                let gathering = Gathering::new(key, own, self.frame.as_deref());
                &mut other.insert((session, Stage::Gathering(gathering))).1
            }
        };
        let mut they_lack = S::default();
        match (said, &mut *stage) {
            (Exchange::Names { from, up_to, .. }, Stage::Done(wanted)) => {
                let Some(frame) = &self.frame else { return nothing };
                let mut names = named(session, wanted, *from, *up_to, frame.names());
                let further = names.split_off(names.len().min(1));
                return Answer { message: names.pop(), further, they_lack };
            }
            (_, Stage::Done(_)) => {}
            (Exchange::Told { .. }, Stage::Hopeless(told)) => {
                they_lack = own.difference(told);
                *stage = Stage::Done(Fingerprints::default());
            }
            // What was told is forgotten.
            (Exchange::Told { .. }, _) => *stage = Stage::Hopeless(S::default()),
            (Exchange::Whole { state, .. }, _) => {
                they_lack = own.difference(state);
                *stage = Stage::Done(Fingerprints::default());
            }
            (Exchange::Sketch { portion, .. }, Stage::Gathering(gathering)) => {
                match gathering.take(portion) {
                    Outcome::Wait => return nothing,
                    Outcome::More => {}
                    Outcome::Hopeless => *stage = Stage::Hopeless(S::default()),
                    Outcome::Found { lacking, wanted } => {
                        they_lack = lacking;
                        *stage = Stage::Done(wanted);
                    }
                }
            }
            _ => {}
        }
        let message = Some(stage.say(session, self.frame.as_deref()));
        Answer { message, further: Vec::new(), they_lack }
    }
}

impl<S: Decompose> Stage<S> {
    /// What is to be said at this stage, however often.
    fn say(&self, session: u32, frame: Option<&Frame<S>>) -> Exchange<S> {
        match self {
            Self::Gathering(gathering) => {
                let gap = gathering.ahead.keys().next().copied();
                let up_to = gap.unwrap_or(gathering.asked.max(FIRST));
                let [from, up_to] = [gathering.received.len(), up_to]
                    .map(|index| u32::try_from(index).unwrap_or(u32::MAX));
                Exchange::More { session, from, up_to }
            }
            Self::Hopeless(_) => Exchange::Everything { session },
            Self::Done(wanted) => {
                let all = Exchange::Wanted { session, parts: wanted.clone() };
                match frame {
                    Some(frame) if !frame.holds_exchange(&all) => {
                        let first = named(session, wanted, 0, 1, frame.names()).pop();
                        first.unwrap_or(all)
                    }
                    _ => all,
                }
            }
        }
    }
}

/// The names that were asked for, so many in a message.
fn named<S>(
    session: u32,
    wanted: &Fingerprints,
    from: u32,
    up_to: u32,
    each: usize,
) -> Vec<Exchange<S>> {
    /// However many are asked for.
    const MOST: usize = 64;
    let place = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let [from, up_to] = [from, up_to].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
    let starts = (from..up_to.min(wanted.len())).step_by(each.max(1)).take(MOST);
    let named = starts.map(|start| {
        let parts = wanted.range(start, start.saturating_add(each));
        Exchange::Named { session, from: place(start), of: place(wanted.len()), parts }
    });
    named.collect()
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
    fn new(key: Key, own: &S, frame: Option<&Frame<S>>) -> Self {
        let flight = frame.map_or(FLIGHT, |frame| {
            FLIGHT.min(frame.symbols(own.parts().count()) * frame.window())
        });
        let (received, ahead) = (Vec::new(), BTreeMap::new());
        Self { key, snapshot: own.clone(), received, asked: 0, attempts: 0, ahead, flight }
    }

    /// Puts by what has come beyond a gap; whether that was done.
    fn put_by(&mut self, batch: &Batch<u128>) -> bool {
        let is_ahead = self.flight < FLIGHT
            && batch.first > self.received.len()
            && batch.first + batch.coded.len() <= self.asked.max(FIRST)
            && !self.ahead.contains_key(&batch.first);
        if is_ahead {
            self.ahead.insert(batch.first, batch.coded.clone());
        }
        is_ahead
    }

    fn receive(&mut self, first: usize, coded: &[CodedSymbol<u128>]) {
        let known = self.received.len().saturating_sub(first);
        let new = coded.get(known..).unwrap_or_default();
        let room = MAX_SYMBOLS - self.received.len();
        self.received.extend_from_slice(&new[..new.len().min(room)]);
    }

    fn take(&mut self, portion: &Portion) -> Outcome<S> {
        let batch = portion.batch();
        // Those that leave at one moment come in any order: what is still missing when the last one comes once
        // more is asked for.
        if self.put_by(&batch) {
            return Outcome::Wait;
        }
        // A gap, or nothing new: to be told again where we stand, the other may need.
        let known = self.received.len().checked_sub(batch.first);
        let new = known.and_then(|known| batch.coded.get(known..)).unwrap_or_default();
        if new.is_empty() {
            return Outcome::More;
        }
        self.receive(batch.first, &batch.coded);
        let filled = !self.ahead.is_empty();
        while let Some(next) =
            self.ahead.first_entry().filter(|it| *it.key() <= self.received.len())
        {
            let (first, coded) = next.remove_entry();
            self.receive(first, &coded);
        }
        if self.received.len() < self.asked {
            // Of several gaps, the next is asked for once one is filled.
            let is_gap = filled && self.ahead.first_key_value().is_some();
            return if is_gap { Outcome::More } else { Outcome::Wait };
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
        self.asked = next.min(len + self.flight);
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
