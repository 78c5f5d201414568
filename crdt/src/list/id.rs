//! Elements' ids inside of a list: a replica is a number there, by its place in the table of names.

/// The id of an element. There are many of them in memory: so they take no more than they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C, packed(4))]
pub(super) struct Id {
    pub(super) replica: u32,
    pub(super) counter: u64,
}

impl Id {
    /// The id that comes so many after this one. There is one: ids in use do not overflow.
    pub(super) fn ahead(self, offset: u64) -> Self {
        Self { counter: self.counter.saturating_add(offset), ..self }
    }
}

/// Where an element belongs, as [`Origin`](super::run::Origin) says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Link {
    Root,
    Left(Id),
    Right(Id),
}

impl Link {
    pub(super) fn parent(self) -> Option<Id> {
        match self {
            Self::Root => None,
            Self::Left(parent) | Self::Right(parent) => Some(parent),
        }
    }

    /// Where an element belongs that was inserted after the one before by id.
    pub(super) fn after_the_one_before(id: Id) -> Self {
        Self::Right(Id { counter: id.counter.wrapping_sub(1), ..id })
    }

    /// The same beside another parent.
    pub(super) fn map(self, to: impl FnOnce(Id) -> Id) -> Self {
        match self {
            Self::Root => Self::Root,
            Self::Left(parent) => Self::Left(to(parent)),
            Self::Right(parent) => Self::Right(to(parent)),
        }
    }

    /// Whether an element with this parent and this id was inserted after the one before by id.
    pub(super) fn continues(self, id: Id) -> bool {
        self == Self::after_the_one_before(id)
    }
}
