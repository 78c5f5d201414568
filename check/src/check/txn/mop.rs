//! What transactions consist of, in little room: there are several for each.

/// One operation of a transaction.
pub(super) struct Mop {
    key: u32,
    pub(super) act: Act,
    /// The transaction does not touch the key before.
    pub(super) first: bool,
}

impl Mop {
    pub(super) fn new(key: usize, act: Act) -> Self {
        Self { key: narrow(key), act, first: false }
    }

    pub(super) fn key(&self) -> usize {
        self.key as usize
    }
}

pub(super) enum Act {
    /// Makes a version.
    Write {
        version: usize,
        /// The transaction does not write the key afterwards.
        last: bool,
    },
    /// Shows these versions, oldest first; `None` if nobody knows what it showed.
    Read(Option<Shown>),
}

/// What a read shows.
///
/// Nearly always it is the beginning of the longest list that was read of the key; so that one is kept, and
/// of the others how long they are.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    /// So many of the versions of the longest list that was read.
    Beginning(u32),
    /// The versions at these places of what others showed.
    Other(u32, u32),
}

/// Histories are shorter than 2^32.
pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
