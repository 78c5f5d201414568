use std::time::Duration;

use super::Message;

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It was sent.
    Send,
    /// It was delivered.
    Recv,
    /// It was lost at random as it was sent.
    Lost,
    /// A partition kept it from being delivered.
    Dropped,
    /// It was for a node that is not running.
    Unheard,
}

/// Is told what befalls messages, in order.
pub trait Observer {
    /// Something has happened to a message; `time` is since the network began.
    fn event(&mut self, time: Duration, kind: EventKind, message: &Message);
}
