use std::iter;
use std::slice;
use std::sync::{Arc, OnceLock};

/// Consecutive messages of a key in one piece of memory, shared with whoever reads them.
///
/// `len` bounds what is seen: of slots that fill up later a reader sees those that it counted.
pub(crate) struct Segment<V> {
    first: u64,
    len: usize,
    messages: Messages<V>,
}

enum Messages<V> {
    /// Filled before anybody looked, side by side.
    Packed(Arc<Vec<V>>),
    /// Filled one by one under the eyes of readers. A slot takes a word more than its message, for
    /// the mark that it is written.
    Slots(Slots<V>),
}

/// Slots that are written once each.
pub(crate) type Slots<V> = Arc<[OnceLock<V>]>;

/// So many free slots.
pub(crate) fn free_slots<V>(count: usize) -> Slots<V> {
    iter::repeat_with(OnceLock::new).take(count).collect()
}

impl<V> Segment<V> {
    /// The messages from the offset `first` on, no more to come. What they leave free of their
    /// memory is given back: it is for good that they lie there.
    pub(crate) fn packed(first: u64, mut messages: Vec<V>) -> Self {
        messages.shrink_to_fit();
        Self { first, len: messages.len(), messages: Messages::Packed(Arc::new(messages)) }
    }

    /// The first `len` of the slots, from the offset `first` on.
    pub(crate) fn slots(first: u64, len: usize, slots: &Slots<V>) -> Self {
        Self { first, len, messages: Messages::Slots(Arc::clone(slots)) }
    }

    /// The offset of the first message.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The offset after the last message.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.len as u64
    }

    /// The messages from `offset` on; none where they are not in here.
    pub(crate) fn run_from(&self, offset: u64) -> Run<'_, V> {
        let skipped = offset.checked_sub(self.first).and_then(|skip| usize::try_from(skip).ok());
        let range = skipped.unwrap_or(usize::MAX)..self.len;
        match &self.messages {
            Messages::Packed(messages) => {
                Run::Packed(messages.get(range).unwrap_or_default().iter())
            }
            Messages::Slots(slots) => Run::Slots(slots.get(range).unwrap_or_default().iter()),
        }
    }
}

impl<V> Clone for Segment<V> {
    fn clone(&self) -> Self {
        let messages = match &self.messages {
            Messages::Packed(messages) => Messages::Packed(Arc::clone(messages)),
            Messages::Slots(slots) => Messages::Slots(Arc::clone(slots)),
        };
        Self { messages, ..*self }
    }
}

/// What is left of a segment to read.
pub(crate) enum Run<'a, V> {
    Packed(slice::Iter<'a, V>),
    Slots(slice::Iter<'a, OnceLock<V>>),
}

impl<'a, V> Iterator for Run<'a, V> {
    type Item = &'a V;

    #[inline]
    fn next(&mut self) -> Option<&'a V> {
        match self {
            Self::Packed(messages) => messages.next(),
            Self::Slots(slots) => slots.next()?.get(),
        }
    }
}

impl<V> Clone for Run<'_, V> {
    fn clone(&self) -> Self {
        match self {
            Self::Packed(messages) => Self::Packed(messages.clone()),
            Self::Slots(slots) => Self::Slots(slots.clone()),
        }
    }
}

impl<V> Default for Run<'_, V> {
    fn default() -> Self {
        Self::Packed([].iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_show_the_same_messages() {
        let slots = free_slots(8);
        for (slot, message) in slots.iter().zip(0..5) {
            slot.set(message).unwrap();
        }
        let slots = Segment::slots(10, 5, &slots);
        let packed = Segment::packed(10, (0..5).collect());
        for segment in [slots, packed] {
            assert_eq!((segment.first(), segment.end()), (10, 15));
            for offset in 10..=15 {
                let expected = i32::try_from(offset).unwrap() - 10..5;
                assert!(segment.run_from(offset).copied().eq(expected), "from {offset}");
            }
            for outside in [0, 9, 16, u64::MAX] {
                assert_eq!(segment.run_from(outside).next(), None);
            }
        }
    }

    #[test]
    fn what_was_not_counted_is_not_seen() {
        let slots = free_slots(2);
        slots[0].set('a').unwrap();
        let segment = Segment::slots(0, 1, &slots);
        slots[1].set('b').unwrap();
        assert!(segment.run_from(0).eq(&['a']));
        assert_eq!(segment.run_from(1).next(), None);
    }

    #[test]
    fn packed_messages_keep_no_room_to_spare() {
        let mut messages = Vec::with_capacity(100);
        messages.push(1_u64);
        let Messages::Packed(messages) = Segment::packed(0, messages).messages else {
            panic!("they are packed");
        };
        assert_eq!(messages.capacity(), 1);
    }
}
