use std::collections::HashMap;

use super::model::{Action, Call, Id};

/// A moment: the place of an event among all events of a register.
pub(super) type Moment = u32;

/// The calls on a register, event by event.
pub(super) struct Timeline {
    pub(super) events: Vec<Event>,
    /// The calls that have ended: these must be placed.
    pub(super) ops: Vec<Op>,
    /// The others, of which any number may be.
    pub(super) classes: Vec<Class>,
    class_of: HashMap<Action, u32>,
    /// The classes of cas from a value, and to one.
    from: HashMap<Id, Vec<u32>>,
    to: HashMap<Id, Vec<u32>>,
    /// When calls of unknown outcome begin.
    unknown: Vec<Moment>,
    /// When operations begin that want a value.
    wants: HashMap<Id, Vec<Moment>>,
    /// Where the slots of writes, of cas and of reads begin, in words, and where they end.
    words: [usize; 4],
}

pub(super) enum Event {
    /// An operation of [`Timeline::ops`] begins.
    Begin(u32),
    /// One ends.
    End(u32),
    /// One of unknown outcome begins.
    Class,
}

/// A call that has ended.
pub(super) struct Op {
    /// Its number in [`Timeline::ops`].
    pub(super) number: u32,
    /// Its number among all calls.
    pub(super) call: usize,
    /// Never a cas from a value to itself.
    pub(super) action: Action,
    pub(super) begin: Moment,
    pub(super) end: Moment,
    /// Its bit, which no other operation of its kind has meanwhile.
    pub(super) slot: usize,
    /// Who had the slot before.
    pub(super) before: Option<u32>,
}

/// Calls of unknown outcome that do the same.
pub(super) struct Class {
    pub(super) action: Action,
    /// When they begin, in order.
    pub(super) begins: Vec<Moment>,
}

const BITS: usize = u64::BITS as usize;

/// Histories are shorter than 2^32 events.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Timeline {
    pub(super) fn of(calls: &[Call]) -> Self {
        // An operation is before another only if it ends before that begins.
        let mut times: Vec<(usize, bool, usize)> = Vec::with_capacity(2 * calls.len());
        for (number, call) in calls.iter().enumerate() {
            if call.returned.is_some() || !call.action.is_read() {
                times.push((call.invoked, false, number));
            }
            times.extend(call.returned.map(|returned| (returned, true, number)));
        }
        times.sort_unstable();
        let mut line = Self {
            events: Vec::with_capacity(times.len()),
            ops: Vec::new(),
            classes: Vec::new(),
            class_of: HashMap::new(),
            from: HashMap::new(),
            to: HashMap::new(),
            unknown: Vec::new(),
            wants: HashMap::new(),
            words: [0; 4],
        };
        let mut op_of = vec![0; calls.len()];
        let mut slots = [const { Slots { free: Vec::new(), count: 0 } }; 3];
        let mut last: [Vec<Option<u32>>; 3] = Default::default();
        for (at, &(_, ends, number)) in times.iter().enumerate() {
            let action = calls[number].action.plain();
            let kind = kind(action);
            let event = if ends {
                let op: u32 = op_of[number];
                line.ops[op as usize].end = small(at);
                slots[kind].free.push(line.ops[op as usize].slot);
                Event::End(op)
            } else if calls[number].returned.is_none() {
                line.unknown(action, small(at));
                Event::Class
            } else {
                let op = small(line.ops.len());
                op_of[number] = op;
                let slot = slots[kind].take();
                last[kind].resize(slots[kind].count, None);
                let before = last[kind][slot].replace(op);
                if let Action::Read(from) | Action::Cas(from, _) = action {
                    line.wants.entry(from).or_default().push(small(at));
                }
                let begin = small(at);
                line.ops.push(Op {
                    number: op,
                    call: number,
                    action,
                    begin,
                    end: begin,
                    slot,
                    before,
                });
                Event::Begin(op)
            };
            line.events.push(event);
        }
        for (kind, slots) in slots.iter().enumerate() {
            line.words[kind + 1] = line.words[kind] + slots.count.div_ceil(BITS);
        }
        for op in &mut line.ops {
            op.slot += line.words[kind(op.action)] * BITS;
        }
        line
    }

    fn unknown(&mut self, action: Action, at: Moment) {
        self.unknown.push(at);
        let fresh = small(self.classes.len());
        let class = *self.class_of.entry(action).or_insert(fresh);
        if class == fresh {
            if let Action::Cas(from, to) = action {
                self.from.entry(from).or_default().push(class);
                self.to.entry(to).or_default().push(class);
            }
            self.classes.push(Class { action, begins: Vec::new() });
        }
        self.classes[class as usize].begins.push(at);
    }

    pub(super) fn op(&self, op: u32) -> &Op {
        &self.ops[op as usize]
    }

    pub(super) fn class_of(&self, action: Action) -> Option<u32> {
        self.class_of.get(&action).copied()
    }

    /// When the last call of unknown outcome began before some time.
    pub(super) fn last_unknown(&self, time: Moment) -> Option<Moment> {
        let before = self.unknown.partition_point(|&begin| begin < time);
        self.unknown[..before].last().copied()
    }

    /// The classes of cas from a value.
    pub(super) fn from(&self, value: Id) -> &[u32] {
        self.from.get(&value).map_or(&[], Vec::as_slice)
    }

    /// The classes of cas to a value.
    pub(super) fn to(&self, value: Id) -> &[u32] {
        self.to.get(&value).map_or(&[], Vec::as_slice)
    }

    /// When the next operation begins that wants the register to hold a value.
    pub(super) fn next_want(&self, value: Id, since: Moment) -> Moment {
        let wants = self.wants.get(&value).map_or(&[][..], Vec::as_slice);
        wants.get(wants.partition_point(|&at| at < since)).copied().unwrap_or(Moment::MAX)
    }

    pub(super) fn word_count(&self) -> usize {
        self.words[3]
    }

    pub(super) fn writes(&self) -> std::ops::Range<usize> {
        self.words[0]..self.words[1]
    }

    pub(super) fn cas(&self) -> std::ops::Range<usize> {
        self.words[1]..self.words[2]
    }

    pub(super) fn reads(&self) -> std::ops::Range<usize> {
        self.words[2]..self.words[3]
    }
}

fn kind(action: Action) -> usize {
    match action {
        Action::Write(_) => 0,
        Action::Cas(..) => 1,
        Action::Read(_) => 2,
    }
}

/// Numbers that are given out and come back.
struct Slots {
    free: Vec<usize>,
    count: usize,
}

impl Slots {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }
}
