//! Replicas whose states are shown: what each input says that it changes keeps a screen up to date,
//! whatever the network does.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use glomers_crdt::changes::{Apply, Changes};
use glomers_crdt::{List, OrSet, PnCounter};
use glomers_gossip::simulation::{Delay, Node, Simulation, Weather};
use glomers_gossip::{Config, Message, Replica};

type State = (OrSet<u64, usize>, List<u64, usize>, PnCounter<usize>);

/// A replica, and what is shown of it.
struct Screen {
    me: usize,
    replica: Replica<State, usize>,
    shown: <State as Changes>::View,
    /// How many edits are done, and when the next is due.
    edits: u64,
    due: Duration,
}

const EDITS: u64 = 40;

impl Screen {
    fn new(me: usize, nodes: usize, now: Duration, epoch: u64) -> Self {
        let mut replica = Replica::new(now, epoch, Config::default());
        replica.join(now, &me, (0..nodes).collect::<Vec<_>>());
        let shown = State::default().view();
        Self { me, replica, shown, edits: 0, due: now + Duration::from_millis(100) }
    }

    fn show(&mut self, changes: Vec<<State as Changes>::Change>) {
        for change in changes {
            change.apply(&mut self.shown).unwrap();
        }
        assert_eq!(self.shown, self.replica.state().view());
    }

    fn edit(&mut self, now: Duration) {
        let (me, nth) = (self.me, self.edits);
        self.edits += 1;
        self.due = now + Duration::from_millis(70);
        let (set, list, _) = self.replica.state();
        let place = usize::try_from(nth).unwrap() * 7 % (list.len() + 1);
        let none = State::default();
        let delta = match nth % 5 {
            0 => (set.prepare(me, |set| set.insert(nth / 5)).unwrap(), none.1, none.2),
            1 => (set.prepare(me, |set| set.remove(&(nth / 10))).unwrap(), none.1, none.2),
            2 => (none.0, list.prepare_insert(me, place, [nth, nth]).unwrap(), none.2),
            3 => (none.0, list.prepare_remove(place.min(3)..list.len().min(4)).unwrap(), none.2),
            _ => {
                let changes = self.replica.try_update_changes(now, |(_, _, count)| {
                    Ok::<_, glomers_crdt::CounterOverflow>((none.0, none.1, count.add(me, 1)?))
                });
                return self.show(changes.unwrap().1);
            }
        };
        let (_, changes) = self.replica.merge_changes(now, &delta);
        self.show(changes);
    }
}

impl Node for Screen {
    type Message = Message<State>;
    type News = ();

    fn receive(&mut self, now: Duration, from: usize, message: Message<State>) {
        let (_, changes) = self.replica.receive_changes(now, &from, message);
        self.show(changes);
    }

    fn wake(&mut self, now: Duration) {
        if self.edits < EDITS && self.due <= now {
            self.edit(now);
        }
        self.replica.wake(now);
    }

    fn poll_transmit(&mut self) -> Option<(usize, Message<State>)> {
        self.replica.poll_transmit()
    }

    fn next_wake(&self) -> Option<Duration> {
        let due = (self.edits < EDITS).then_some(self.due);
        due.into_iter().chain(self.replica.next_wake()).min()
    }
}

#[test]
fn screens_show_what_the_replicas_hold() {
    for seed in 0..4 {
        let nodes = 5;
        let birth = move |me, now, epoch| Screen::new(me, nodes, now, epoch);
        let mut sim = Simulation::new(nodes, seed, birth);
        let delay = Delay::Exponential(Duration::from_millis(60));
        sim.set_weather(Weather::of(delay).loss(0.2).duplication(0.2));
        sim.cut(|from, to| (from < 2) != (to < 2));
        sim.run_for(Duration::from_secs(2));
        sim.heal();
        sim.run_for(Duration::from_secs(20));
        let first = &sim.nodes()[0];
        assert!(sim.nodes().iter().all(|node| node.edits == EDITS && node.shown == first.shown));
        let (set, list, count) = &first.shown;
        assert!(!set.is_empty() && list.len() > 10, "{set:?} {list:?}");
        assert_eq!(*count, i128::from(EDITS / 5) * 5);
    }
}
