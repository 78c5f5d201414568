use core::cmp::Reverse;
use core::time::Duration;
use std::collections::BinaryHeap;

/// What is going to happen, and when. Adding and taking are O(log n).
///
/// Messages lie in slots beside the heap, so that what moves about in the heap is small.
#[derive(Debug)]
pub(super) struct Agenda<M> {
    heap: BinaryHeap<Reverse<Entry>>,
    slots: Vec<Option<Parcel<M>>>,
    vacant: Vec<usize>,
}

/// A message on its way.
#[derive(Debug)]
pub(super) struct Parcel<M> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) message: M,
}

#[derive(Debug)]
pub(super) enum Event<M> {
    Delivery(Parcel<M>),
    /// Of the node.
    Alarm(usize),
}

/// Ordered by time; what happens at the same time, by a number drawn at random.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Duration,
    tie: u64,
    what: What,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Slot(usize),
    Alarm(usize),
}

impl<M> Agenda<M> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), vacant: Vec::new() }
    }

    pub(super) fn deliver(&mut self, at: Duration, tie: u64, parcel: Parcel<M>) {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[slot] = Some(parcel);
        self.heap.push(Reverse(Entry { at, tie, what: What::Slot(slot) }));
    }

    pub(super) fn alarm(&mut self, at: Duration, tie: u64, node: usize) {
        self.heap.push(Reverse(Entry { at, tie, what: What::Alarm(node) }));
    }

    /// Takes out what comes next, if it does so up to `until`.
    pub(super) fn next(&mut self, until: Duration) -> Option<(Duration, Event<M>)> {
        let Reverse(Entry { at, .. }) = self.heap.peek()?;
        if *at > until {
            return None;
        }
        let Reverse(Entry { at, what, .. }) = self.heap.pop()?;
        Some((
            at,
            match what {
                What::Alarm(node) => Event::Alarm(node),
                What::Slot(slot) => {
                    self.vacant.push(slot);
                    Event::Delivery(self.slots[slot].take()?)
                }
            },
        ))
    }

    /// How many messages are on their way.
    pub(super) fn parcels(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_by_time_then_by_tie_and_slots_are_used_again() {
        let ms = Duration::from_millis;
        let mut agenda = Agenda::new();
        for (at, tie, message) in [(30, 0, 'd'), (10, 9, 'b'), (10, 3, 'a'), (20, 0, 'c')] {
            agenda.deliver(ms(at), tie, Parcel { from: 0, to: 1, message });
        }
        agenda.alarm(ms(15), 0, 7);
        let mut log = String::new();
        for _ in 0..100 {
            match agenda.next(ms(20)) {
                Some((_, Event::Delivery(parcel))) => log.push(parcel.message),
                Some((at, Event::Alarm(node))) => {
                    assert_eq!((at, node), (ms(15), 7));
                    log.push('!');
                }
                None => break,
            }
            agenda.deliver(ms(40), 0, Parcel { from: 0, to: 1, message: 'z' });
        }
        assert_eq!(log, "ab!c");
        assert_eq!(agenda.parcels(), 5, "d and four of z");
        assert_eq!(agenda.slots.len(), 5);
    }
}
