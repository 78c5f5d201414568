use core::time::Duration;

use glomers_crdt::Decompose;

use crate::{Message, Replica};

/// Who takes part in a [`Simulation`](super::Simulation): a protocol's state machine, which is
/// given inputs and asked for its outputs. Nodes have numbers from 0 on.
///
/// [`Replica`] is one. Implement it to put a protocol of your own on the same network:
///
/// ```
/// use std::time::Duration;
/// use glomers_gossip::simulation::{Node, Simulation};
///
/// /// Returns every ball to its sender, each of which has one blow less.
/// struct Player { serves: Option<usize>, back: Option<(usize, u32)> }
///
/// impl Node for Player {
///     type Message = u32;
///     type News = ();
///
///     fn receive(&mut self, _now: Duration, from: usize, blows: u32) {
///         self.back = blows.checked_sub(1).map(|left| (from, left));
///     }
///     fn wake(&mut self, _now: Duration) {
///         self.back = self.serves.take().map(|to| (to, 9));
///     }
///     fn poll_transmit(&mut self) -> Option<(usize, u32)> {
///         self.back.take()
///     }
///     fn next_wake(&self) -> Option<Duration> {
///         self.serves.map(|_| Duration::from_secs(1))
///     }
/// }
///
/// let mut game = Simulation::new(2, 1, |node, _now, _life| Player {
///     serves: (node == 0).then_some(1),
///     back: None,
/// });
/// game.run_for(Duration::from_secs(10));
/// assert_eq!(game.counts().delivered, 10);
/// ```
pub trait Node {
    /// What nodes send each other. Cloned only where the network duplicates one.
    type Message: Clone;
    /// What a node learns from a message, for the [`Observer`](super::Observer).
    type News;

    /// Input: a message.
    fn receive(&mut self, now: Duration, from: usize, message: Self::Message) -> Self::News;

    /// Input: the time that [`next_wake`](Self::next_wake) gave has come.
    fn wake(&mut self, now: Duration);

    /// Output: the next message, and to whom. Asked after every input until there is none.
    fn poll_transmit(&mut self) -> Option<(usize, Self::Message)>;

    /// Output: when to wake the node, if nothing happens before. Asked only after an input: it may
    /// not change between two. Once woken, a node is not woken again within a millisecond, lest
    /// time should stand still.
    fn next_wake(&self) -> Option<Duration>;
}

/// What it learns is the part of a message that was new to it.
impl<S: Decompose> Node for Replica<S, usize> {
    type Message = Message<S>;
    type News = S;

    fn receive(&mut self, now: Duration, from: usize, message: Message<S>) -> S {
        self.receive(now, &from, message)
    }

    fn wake(&mut self, now: Duration) {
        self.wake(now);
    }

    fn poll_transmit(&mut self) -> Option<(usize, Message<S>)> {
        self.poll_transmit()
    }

    fn next_wake(&self) -> Option<Duration> {
        self.next_wake()
    }
}
