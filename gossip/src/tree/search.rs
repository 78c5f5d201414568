use core::time::Duration;

/// How far the search for a place has got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Search {
    /// Where among the candidates it stands.
    pub(super) next: u32,
    /// How many are asked next, and when; 1 if there is no hurry.
    pub(super) wave: u32,
    pub(super) at: Duration,
}
