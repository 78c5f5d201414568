//! Nodes that do not run for a while.

use super::agenda::Parcel;
use super::{Node, Observer, Simulation};

impl<N: Node, O: Observer<N>> Simulation<N, O> {
    /// Stops a node: it does nothing, and what would arrive there is lost.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::Simulation;
    ///
    /// let mut sim = Simulation::joined(3, 1, Config::default());
    /// sim.stop(2);
    /// assert!(!sim.update(2, |set: &mut GSet<u8>| set.insert(1)), "nobody is there");
    /// sim.update(1, |set| set.insert(7));
    /// sim.run_for(Duration::from_secs(5));
    /// assert!(sim.agreed().is_some(), "those that run are equal");
    /// sim.resume(2);
    /// assert_eq!(sim.dissenter(), Some(2));
    /// sim.run_for(Duration::from_secs(5));
    /// assert!(sim.agreed().is_some());
    /// ```
    pub fn stop(&mut self, node: usize) {
        self.drop_waiting(node);
        self.is_running[node] = false;
        self.alarms[node] = None;
    }

    /// Holds a node up, as SIGSTOP does or a busy machine: it does nothing, and what arrives waits
    /// for it. Its timers are late, and whoever waits for its answers takes its network to be slow.
    /// One that was stopped stays so.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::Simulation;
    ///
    /// let mut sim = Simulation::joined(3, 1, Config::default());
    /// sim.update(1, |set: &mut GSet<u8>| set.insert(7));
    /// sim.pause(0);
    /// sim.run_for(Duration::from_secs(2));
    /// assert!(!sim.is_running(0) && !sim.nodes()[0].state().contains(&7));
    /// sim.resume(0);
    /// assert!(sim.nodes()[0].state().contains(&7), "it lay there");
    /// ```
    pub fn pause(&mut self, node: usize) {
        if std::mem::replace(&mut self.is_running[node], false) {
            self.waiting.insert(node, Vec::new());
            self.alarms[node] = None;
        }
    }

    /// Lets a node that was stopped or paused go on with what it had in memory, and take in what
    /// waits for it. One that runs is left alone.
    pub fn resume(&mut self, node: usize) {
        if !std::mem::replace(&mut self.is_running[node], true) {
            for parcel in self.waiting.remove(&node).unwrap_or_default() {
                self.hand_over(parcel);
            }
            self.settle(node, self.now);
        }
    }

    /// Whether a node runs, and so was neither stopped nor paused.
    pub fn is_running(&self, node: usize) -> bool {
        self.is_running[node]
    }

    pub(super) fn drop_waiting(&mut self, node: usize) {
        for Parcel { from, to, message } in self.waiting.remove(&node).unwrap_or_default() {
            self.counts.stopped += 1;
            self.observer.lost(self.now, from, to, &message);
        }
    }
}
