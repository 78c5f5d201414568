use core::time::Duration;

/// What has come to a replica later than [`Config::latency_target`](crate::Config::latency_target)
/// has it, as told by [`Replica::overdue`](crate::Replica::overdue).
///
/// Counted are messages that brought something new of which the oldest part was too late: how old the
/// rest was is not known. The age is what the sender tells and the time on the way, as far as that is
/// known: half of the usual round trip, and what the message came later than most. What a comparison
/// of states brings is not counted, for when it came up is not known, nor what came with a later batch
/// because its own was later still; nor is anything without a cluster
/// that was [joined](crate::Replica::join), or with [`Config::is_answered`](crate::Config::is_answered).
///
/// ```
/// use std::time::Duration;
/// use glomers_crdt::GSet;
/// use glomers_gossip::Config;
/// use glomers_gossip::simulation::{Simulation, Weather};
///
/// let late = |sim: &Simulation<glomers_gossip::Replica<GSet<u32>, usize>>| {
///     sim.nodes().iter().map(|replica| replica.overdue().messages).sum::<u64>()
/// };
/// let mut sim = Simulation::joined(5, 1, Config::default());
/// sim.run_for(Duration::from_secs(5)); // they meet
/// for value in 0..100 {
///     sim.update(value as usize % 5, |set: &mut GSet<u32>| set.insert(value));
///     sim.run_for(Duration::from_millis(50));
/// }
/// assert_eq!(late(&sim), 0);
/// sim.set_weather(Weather::calm(Duration::from_secs(1)));
/// sim.update(3, |set| set.insert(100));
/// sim.run_for(Duration::from_secs(10));
/// assert!(late(&sim) > 0, "no way leads to everyone within 600 ms");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Overdue {
    /// How many messages.
    pub messages: u64,
    /// After what time the latest thing came.
    pub worst: Duration,
}

impl Overdue {
    /// Something has come after so long.
    pub(crate) fn note(&mut self, taken: Duration) {
        self.messages += 1;
        self.worst = self.worst.max(taken);
    }
}
