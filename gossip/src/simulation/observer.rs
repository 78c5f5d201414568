use core::time::Duration;

use super::Node;

/// Who is told what happens in a [`Simulation`](super::Simulation), as it happens: to add up
/// bytes, take latencies, or print a trace. All methods do nothing unless they are given.
///
/// ```
/// use std::time::Duration;
/// use glomers_crdt::GSet;
/// use glomers_gossip::simulation::{Observer, Simulation};
/// use glomers_gossip::{Config, Message, Replica};
///
/// /// How many elements were sent, over all messages.
/// #[derive(Default)]
/// struct Volume(usize);
///
/// type Set = Replica<GSet<u32>, usize>;
///
/// impl Observer<Set> for Volume {
///     fn sent(&mut self, _at: Duration, _from: usize, _to: usize, message: &Message<GSet<u32>>) {
///         self.0 += message.batch.as_ref().map_or(0, |batch| batch.delta.len());
///     }
/// }
///
/// let mut sim = Simulation::observed(5, 1, Volume::default(), |node, now, epoch| {
///     let mut replica = Set::new(now, epoch, Config::default());
///     replica.join(now, &node, (0..5).collect::<Vec<_>>());
///     replica
/// });
/// sim.run_for(Duration::from_secs(5));
/// sim.update(3, |set| set.insert(7));
/// sim.run_for(Duration::from_secs(5));
/// assert_eq!(sim.observer().0, 4, "to the hub, and from there to the other three");
/// ```
pub trait Observer<N: Node> {
    /// `from` has sent a message to `to`.
    fn sent(&mut self, at: Duration, from: usize, to: usize, message: &N::Message) {
        let _ = (at, from, to, message);
    }

    /// A message was lost: by chance, at a cut, or because nobody was there.
    fn lost(&mut self, at: Duration, from: usize, to: usize, message: &N::Message) {
        let _ = (at, from, to, message);
    }

    /// `to` has received a message from `from`, with this that was new in it; maybe nothing.
    fn received(&mut self, at: Duration, from: usize, to: usize, news: &N::News) {
        let _ = (at, from, to, news);
    }

    /// Something new came up at `node` itself: what [`update`](super::Simulation::update) did.
    fn updated(&mut self, at: Duration, node: usize, news: &N::News) {
        let _ = (at, node, news);
    }
}

/// Looks away.
impl<N: Node> Observer<N> for () {}
