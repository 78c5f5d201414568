/// What has happened in a simulation so far.
///
/// Of all messages, `sent + duplicated = delivered + lost + stopped + under_way`.
///
/// ```
/// use std::time::Duration;
/// use glomers_crdt::GSet;
/// use glomers_gossip::Config;
/// use glomers_gossip::simulation::Simulation;
///
/// let mut sim = Simulation::joined(5, 1, Config::default());
/// sim.run_for(Duration::from_secs(10));
/// let before = sim.counts();
/// sim.update(3, |set: &mut GSet<u32>| set.insert(7));
/// sim.run_for(Duration::from_secs(10));
/// assert_eq!(sim.counts().sent - before.sent, 8, "a round, with acknowledgements: 2(n − 1)");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counts {
    /// Messages that nodes have sent.
    pub sent: u64,
    /// Messages that came twice, or would have.
    pub duplicated: u64,
    /// Messages that nodes have received.
    pub delivered: u64,
    /// Messages that were lost by chance.
    pub lost: u64,
    /// Messages that were lost at a cut, at a node that was stopped, or because they were
    /// addressed to a node that does not exist.
    pub stopped: u64,
    /// Messages that are on their way.
    pub under_way: u64,
    /// How often a node was woken because the time had come for which it had asked.
    pub wakes: u64,
}
