/// A value, by its number.
pub(super) type Id = u32;

/// The value of a register that was never written: one more value.
pub(super) const MISSING: Id = 0;

/// What is done to a register, with what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Action {
    /// A read that shows this.
    Read(Id),
    /// From the first to the second.
    Cas(Id, Id),
    /// A write of this.
    Write(Id),
}

impl Action {
    /// A cas that leaves the value as it is does what a read does.
    pub(super) fn plain(self) -> Self {
        match self {
            Self::Cas(from, to) if from == to => Self::Read(from),
            action => action,
        }
    }

    /// Whether it never changes the value.
    pub(super) fn is_read(self) -> bool {
        matches!(self.plain(), Self::Read(_))
    }

    /// The value after it, if it changes any.
    pub(super) fn to(self) -> Option<Id> {
        match self.plain() {
            Self::Read(_) => None,
            Self::Write(to) | Self::Cas(_, to) => Some(to),
        }
    }
}

/// One operation. Times are places in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) action: Action,
    pub(super) invoked: usize,
    /// When it ended; `None` if it may take effect at any time after its invocation, or never.
    pub(super) returned: Option<usize>,
}
