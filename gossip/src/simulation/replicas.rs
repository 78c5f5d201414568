use glomers_crdt::Decompose;

use super::{Observer, Simulation};
use crate::{Config, Members, Replica};

impl<S: Decompose> Simulation<Replica<S, usize>> {
    /// A network of replicas that have all [joined](Replica::join) one cluster, with this
    /// configuration.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::Simulation;
    ///
    /// let mut sim = Simulation::joined(25, 1, Config::default());
    /// sim.update(3, |set: &mut GSet<u32>| set.insert(7));
    /// sim.run_for(Duration::from_secs(5));
    /// assert!(sim.agreed().is_some_and(|set| set.contains(&7)));
    /// ```
    pub fn joined(nodes: usize, seed: u64, config: Config) -> Self {
        let members: Members<usize> = (0..nodes).collect();
        Self::new(nodes, seed, move |node, now, epoch| {
            let mut replica = Replica::new(now, epoch, config.clone());
            replica.join(now, &node, members.clone());
            replica
        })
    }
}

impl<S: Decompose, O: Observer<Replica<S, usize>>> Simulation<Replica<S, usize>, O> {
    /// Changes the state of a node, as [`Replica::update`] does. False, and nothing done, if the
    /// node was stopped.
    pub fn update(&mut self, node: usize, mutate: impl FnOnce(&mut S) -> S) -> bool {
        if !self.is_running[node] {
            return false;
        }
        let (now, observer) = (self.now, &mut self.observer);
        self.nodes[node].update(now, |state| {
            let news = mutate(state);
            observer.updated(now, node, &news);
            news
        });
        self.settle(node, now);
        true
    }
}

impl<S: Decompose + PartialEq, O: Observer<Replica<S, usize>>> Simulation<Replica<S, usize>, O> {
    /// The state that all nodes that run hold; none if two differ, or if no node runs. It compares
    /// all states with the first: O(nodes · state).
    pub fn agreed(&self) -> Option<&S> {
        match self.dissenter() {
            None => self.running().next().map(|(_, state)| state),
            Some(_) => None,
        }
    }

    /// The first node whose state differs from that of the first one, among those that run.
    pub fn dissenter(&self) -> Option<usize> {
        let (_, first) = self.running().next()?;
        self.running().find(|(_, state)| *state != first).map(|(node, _)| node)
    }

    fn running(&self) -> impl Iterator<Item = (usize, &S)> {
        let states = self.nodes.iter().map(Replica::state).enumerate();
        states.filter(|(node, _)| self.is_running[*node])
    }
}
