//! How time passes.

use core::time::Duration;

use super::agenda::{Event, Parcel};
use super::{Delay, Node, Observer, Simulation, Weather};

/// A node that was woken is not woken again before so long: one that would always be woken at once
/// would let time stand still.
const TICK: Duration = Duration::from_millis(1);

impl<N: Node, O: Observer<N>> Simulation<N, O> {
    /// Lets everything happen that is due by `time`, which then is the present; unless that is in
    /// the past.
    pub fn run_until(&mut self, time: Duration) {
        while self.step(time) {}
        self.now = self.now.max(time);
    }

    /// Lets `span` pass.
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now.saturating_add(span));
    }

    /// Lets one thing happen, the delivery of a message or a node's waking, if one is due by
    /// `time`; returns whether it was so. The present is then the time of that thing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Config;
    /// use glomers_gossip::simulation::Simulation;
    ///
    /// let mut sim = Simulation::joined(9, 1, Config::default());
    /// sim.update(4, |set: &mut GSet<u8>| set.insert(7));
    /// let limit = Duration::from_secs(60);
    /// while sim.agreed().is_none() && sim.step(limit) {}
    /// println!("all know after {:?}", sim.now());
    /// # assert!(sim.now() < Duration::from_secs(3));
    /// ```
    pub fn step(&mut self, time: Duration) -> bool {
        while let Some((at, event)) = self.agenda.next(time) {
            match event {
                Event::Alarm(node) => {
                    if self.alarms[node] != Some(at) {
                        continue;
                    }
                    self.now = at;
                    self.alarms[node] = None;
                    self.counts.wakes += 1;
                    self.nodes[node].wake(at);
                    self.settle(node, at.saturating_add(TICK));
                }
                Event::Delivery(parcel) => {
                    self.now = at;
                    self.deliver(parcel);
                }
            }
            return true;
        }
        false
    }

    fn deliver(&mut self, parcel: Parcel<N::Message>) {
        let is_cut = (self.cut)(parcel.from, parcel.to);
        match self.waiting.get_mut(&parcel.to) {
            Some(waiting) if !is_cut => return waiting.push(parcel),
            _ => {}
        }
        if is_cut || !self.is_running.get(parcel.to).is_some_and(|runs| *runs) {
            self.counts.stopped += 1;
            self.observer.lost(self.now, parcel.from, parcel.to, &parcel.message);
            return;
        }
        self.hand_over(parcel);
    }

    /// The addressee runs.
    pub(super) fn hand_over(&mut self, parcel: Parcel<N::Message>) {
        let Parcel { from, to, message } = parcel;
        self.counts.delivered += 1;
        let news = self.nodes[to].receive(self.now, from, message);
        self.observer.received(self.now, from, to, &news);
        self.settle(to, self.now);
    }

    /// Sends what a node has to say, and notes when to wake it, not before `earliest`.
    pub(super) fn settle(&mut self, node: usize, earliest: Duration) {
        while let Some((to, message)) = self.nodes[node].poll_transmit() {
            self.send(node, to, message);
        }
        let alarm = self.nodes[node].next_wake().map(|at| at.max(earliest));
        // If it is the same as before, the agenda has it.
        if std::mem::replace(&mut self.alarms[node], alarm) != alarm
            && let Some(at) = alarm
        {
            self.agenda.alarm(at, self.dice.roll(), node);
        }
    }

    fn send(&mut self, from: usize, to: usize, message: N::Message) {
        self.counts.sent += 1;
        self.observer.sent(self.now, from, to, &message);
        let Weather { delay, loss, duplication } = (self.weather)(from, to);
        if self.dice.chance(loss) {
            self.counts.lost += 1;
            self.observer.lost(self.now, from, to, &message);
            return;
        }
        if self.dice.chance(duplication) {
            self.counts.duplicated += 1;
            self.dispatch(delay, Parcel { from, to, message: message.clone() });
        }
        self.dispatch(delay, Parcel { from, to, message });
    }

    fn dispatch(&mut self, delay: Delay, parcel: Parcel<N::Message>) {
        let at = self.now.saturating_add(delay.draw(&mut self.dice));
        self.agenda.deliver(at, self.dice.roll(), parcel);
    }
}
