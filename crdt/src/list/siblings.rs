use super::chunks::Chunks;
use super::id::{Id, Link};

/// The elements that do not continue a run, by whom they were inserted beside, and then by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Siblings(pub(super) Chunks<(Link, Id)>);
