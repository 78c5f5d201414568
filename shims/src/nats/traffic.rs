use std::sync::mpsc;

use super::connect::NatsError;

/// What comes to the node.
pub(super) enum Input {
    Lines(Vec<u8>),
    /// There is nothing more to come.
    End,
    /// Nor is it as it should be.
    Failed(String),
}

/// What comes from the node.
pub(super) enum Output {
    Lines(Vec<u8>),
    Finish(mpsc::Sender<Result<(), NatsError>>),
}
