use std::collections::BTreeSet;

/// A sequential object: what an operation does to its state, and whether its result fits.
pub(super) trait Model {
    /// What the object holds; small, for the search keeps many.
    type State: Copy + Eq + Ord + std::hash::Hash;
    /// What is done to it, with what came of it.
    type Action: Copy + Ord;

    /// The state in the beginning.
    fn initial(&self) -> Self::State;

    /// The state after an operation; `None` if it cannot happen, or not with this result.
    fn step(&self, state: Self::State, action: Self::Action) -> Option<Self::State>;

    /// Whether an operation never changes any state.
    fn is_read(&self, action: Self::Action) -> bool;

    /// Whether `action` can stand in for `other`: whatever state the latter can happen in, the former
    /// can, and leads to the same.
    fn covers(&self, action: Self::Action, other: Self::Action) -> bool;

    /// States such that to these actions every other state is like one of them.
    fn states(&self, actions: impl Iterator<Item = Self::Action>) -> BTreeSet<Self::State>;
}

/// A value, by its number.
pub(super) type Id = u32;

/// A register that is read, written, and compared and set. A missing value is one more value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Register;

impl Register {
    /// The value of a register that was never written.
    pub(super) const MISSING: Id = 0;
}

/// What is done to a [`Register`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// A read that shows this.
    Read(Id),
    /// From the first to the second.
    Cas(Id, Id),
    /// A write of this.
    Write(Id),
}

impl Model for Register {
    type State = Id;
    type Action = Action;

    fn initial(&self) -> Id {
        Self::MISSING
    }

    fn step(&self, state: Id, action: Action) -> Option<Id> {
        match action {
            Action::Read(shown) => (shown == state).then_some(state),
            Action::Write(value) => Some(value),
            Action::Cas(from, to) => (from == state).then_some(to),
        }
    }

    fn is_read(&self, action: Action) -> bool {
        matches!(action, Action::Read(_))
    }

    fn covers(&self, action: Action, other: Action) -> bool {
        match (action, other) {
            (Action::Write(value), Action::Cas(_, to)) => value == to,
            _ => action == other,
        }
    }

    fn states(&self, actions: impl Iterator<Item = Action>) -> BTreeSet<Id> {
        // The last one stands for all that nobody names.
        let named = actions.flat_map(|action| match action {
            Action::Read(value) | Action::Write(value) => [value, value],
            Action::Cas(from, to) => [from, to],
        });
        named.chain([Id::MAX]).collect()
    }
}
