//! A history as calls: what each operation sent, polled or assigned, with small numbers for keys and
//! messages.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::check::elements::Elements;
use crate::history::{History, Kind, Op, Process};
use crate::value::View;

/// An offset: less than the greatest integer, so that there is a next one.
pub(super) type Offset = i128;

/// One operation, from its invocation to its completion.
pub(super) struct Call {
    pub(super) process: Process,
    /// How it ended: `info` if it never did.
    pub(super) kind: Kind,
    /// The indices of its invocation, and of its completion: of its invocation if it never ended.
    pub(super) invoked: usize,
    pub(super) index: usize,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) body: Body,
}

impl Call {
    /// Whose it is, in words.
    pub(super) fn process_name(&self) -> String {
        match self.process {
            Process::Client(number) => format!("process {number}"),
            Process::Nemesis(_) => "the nemesis".to_owned(),
        }
    }
}

pub(super) enum Body {
    Send(Vec<Sent>),
    /// What was polled, as [`Calls::polled_by`] tells it.
    Poll(Polled),
    /// A poll that is `ok`, but of which nobody wrote down what it showed.
    Unanswered,
    Assign {
        keys: Vec<usize>,
        rewinds: bool,
    },
    Other,
}

pub(super) struct Sent {
    pub(super) key: usize,
    pub(super) message: usize,
    /// Known only if the send is `ok`.
    pub(super) offset: Option<Offset>,
}

/// Where what a poll shows stands among what all polls show.
pub(super) struct Polled(Range<usize>);

/// A message that a poll shows. There are many of them.
pub(super) struct Seen {
    pub(super) message: usize,
    place: Place,
}

/// An offset in little room.
enum Place {
    Unknown,
    Small(i64),
    Large(Box<Offset>),
}

impl Seen {
    fn new(offset: Option<Offset>, message: usize) -> Self {
        let place = match offset.map(|offset| (i64::try_from(offset), offset)) {
            None => Place::Unknown,
            Some((Ok(small), _)) => Place::Small(small),
            Some((Err(_), large)) => Place::Large(Box::new(large)),
        };
        Self { message, place }
    }

    pub(super) fn offset(&self) -> Option<Offset> {
        match &self.place {
            Place::Unknown => None,
            Place::Small(small) => Some((*small).into()),
            Place::Large(large) => Some(**large),
        }
    }
}

/// A key's name and messages; the latter are numbered key by key.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) messages: Elements,
}

/// The calls of a history in the order in which they ended, then those that never did.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) list: Vec<Call>,
    pub(super) keys: Vec<Key>,
    /// What polls show: poll by poll, and within one key by key, where the messages of each key end.
    polled: Vec<(usize, usize)>,
    seen: Vec<Seen>,
    /// Of those polls whose answer nobody knows the one that ended last.
    last_unanswered: Option<usize>,
    /// The first operation that tells an offset which is an integer, but too large to be followed.
    pub(super) beyond: Option<usize>,
    numbers: HashMap<String, usize>,
}

impl Calls {
    pub(super) fn of(history: &History) -> Self {
        let mut calls = Self::default();
        let mut open: BTreeMap<Process, &Op> = BTreeMap::new();
        for op in history.ops().iter().filter(|op| op.is_client()) {
            if op.kind == Kind::Invoke {
                open.insert(op.process, op);
            } else if let Some(invoked) = open.remove(&op.process) {
                calls.push(invoked, op, op.kind);
            }
        }
        let mut open: Vec<_> = open.into_values().collect();
        open.sort_by_key(|op| op.index);
        for invoked in open {
            calls.push(invoked, invoked, Kind::Info);
        }
        calls
    }

    /// The sends, each with its call.
    pub(super) fn sent(&self) -> impl Iterator<Item = (&Call, &Sent)> {
        self.list.iter().flat_map(|call| {
            let sent = if let Body::Send(sent) = &call.body { sent.as_slice() } else { &[] };
            sent.iter().map(move |sent| (call, sent))
        })
    }

    /// The polls, each with the messages of one key.
    pub(super) fn polled(&self) -> impl Iterator<Item = (&Call, usize, &[Seen])> {
        self.list.iter().flat_map(|call| {
            let polled = if let Body::Poll(polled) = &call.body { Some(polled) } else { None };
            let polled = polled.into_iter().flat_map(|polled| self.polled_by(polled));
            polled.map(move |(key, seen)| (call, key, seen))
        })
    }

    /// The messages of each key, in the order in which a poll lists them; nothing unless it is `ok`.
    pub(super) fn polled_by(&self, polled: &Polled) -> impl Iterator<Item = (usize, &[Seen])> {
        let before = polled.0.start.checked_sub(1).map_or(0, |before| self.polled[before].1);
        let parts = self.polled[polled.0.clone()].iter();
        parts.scan(before, |begin, &(key, end)| {
            let seen = &self.seen[std::mem::replace(begin, end)..end];
            Some((key, seen))
        })
    }

    /// Of those polls whose answer nobody knows the one that ended last.
    pub(super) fn last_unanswered(&self) -> Option<&Call> {
        self.last_unanswered.map(|place| &self.list[place])
    }

    pub(super) fn message(&self, key: usize, message: usize) -> View<'_> {
        self.keys[key].messages.value(message)
    }

    fn push(&mut self, invoked: &Op, completed: &Op, kind: Kind) {
        let value = if kind == Kind::Ok { &completed.value } else { &invoked.value }.view();
        let body = match invoked.f.as_str() {
            "send" => Body::Send(self.sends(value, kind == Kind::Ok, completed.index)),
            "poll" if kind == Kind::Ok && is_unanswered(value) => Body::Unanswered,
            "poll" => Body::Poll(self.polls(value, completed.index)),
            "assign" => Body::Assign {
                keys: value.items().map(|key| self.key(&key.name())).collect(),
                rewinds: invoked.extra.has("seek-to-beginning?"),
            },
            _ => Body::Other,
        };
        if matches!(body, Body::Unanswered) {
            // Calls come in the order in which they ended.
            self.last_unanswered = Some(self.list.len());
        }
        self.list.push(Call {
            process: invoked.process,
            kind,
            invoked: invoked.index,
            index: completed.index,
            start: invoked.time,
            end: completed.time,
            body,
        });
    }

    fn sends(&mut self, value: View<'_>, ok: bool, op: usize) -> Vec<Sent> {
        let mut sends = Vec::with_capacity(value.items().count());
        for item in value.items() {
            let Some([_, key, message]) = item.array() else { continue };
            let key = self.key(&key.name());
            let (offset, message) = match message.array() {
                Some([offset, message]) if ok => (offset_of(offset, op, &mut self.beyond), message),
                _ => (None, message),
            };
            sends.push(Sent { key, message: self.keys[key].messages.id(message), offset });
        }
        sends
    }

    fn polls(&mut self, value: View<'_>, op: usize) -> Polled {
        // By key, in the order in which they are shown.
        let mut logs: Vec<(usize, View<'_>)> = Vec::new();
        for item in value.items() {
            for (key, pairs) in item.nth(1).into_iter().flat_map(View::fields) {
                logs.push((self.key(key), pairs));
            }
        }
        logs.sort_by_key(|&(key, _)| key);
        let begin = self.polled.len();
        for of_key in logs.chunk_by(|(a, _), (b, _)| a == b) {
            let key = of_key[0].0;
            for (_, pairs) in of_key {
                let messages = &mut self.keys[key].messages;
                let beyond = &mut self.beyond;
                let seen = pairs.items().filter_map(|pair| {
                    let [offset, message] = pair.array()?;
                    Some(Seen::new(offset_of(offset, op, beyond), messages.id(message)))
                });
                self.seen.extend(seen);
            }
            self.polled.push((key, self.seen.len()));
        }
        Polled(begin..self.polled.len())
    }

    fn key(&mut self, name: &str) -> usize {
        if let Some(&key) = self.numbers.get(name) {
            return key;
        }
        self.keys.push(Key { name: name.to_owned(), messages: Elements::default() });
        self.numbers.insert(name.to_owned(), self.keys.len() - 1);
        self.keys.len() - 1
    }
}

/// The offset that a value is; takes note of the operation if it is one that is too large.
fn offset_of(value: View<'_>, op: usize, beyond: &mut Option<usize>) -> Option<Offset> {
    let offset = value.integer().filter(|offset| *offset < Offset::MAX);
    if offset.is_none() && value.is_integer() {
        beyond.get_or_insert(op);
    }
    offset
}

/// Whether this is what a poll asks, and no answer to it.
fn is_unanswered(value: View<'_>) -> bool {
    value.nth(0).is_some() && value.items().all(|item| item.nth(1).is_none())
}
