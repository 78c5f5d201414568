use super::*;
use crate::{Config, Replica};
use glomers_crdt::GSet;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Passes on what is new to it, half a second later and to the node after it.
#[derive(Default)]
struct Chatter {
    me: usize,
    life: u64,
    known: Vec<u32>,
    due: Option<Duration>,
    outbox: Vec<(usize, u32)>,
    /// Asks to be woken at once for ever.
    is_restless: bool,
}

impl Chatter {
    fn hear(&mut self, now: Duration, word: u32) -> bool {
        let is_new = !self.known.contains(&word);
        if is_new {
            self.known.push(word);
            self.due = Some(self.due.unwrap_or(now + ms(500)));
        }
        is_new
    }
}

impl Node for Chatter {
    type Message = u32;
    type News = bool;

    fn receive(&mut self, now: Duration, _from: usize, word: u32) -> bool {
        self.hear(now, word)
    }

    fn wake(&mut self, _now: Duration) {
        self.due = None;
        self.outbox.extend(self.known.iter().map(|word| (self.me + 1, *word)));
    }

    fn poll_transmit(&mut self) -> Option<(usize, u32)> {
        self.outbox.pop()
    }

    fn next_wake(&self) -> Option<Duration> {
        self.due.or(self.is_restless.then_some(Duration::ZERO))
    }
}

/// What happened, word by word.
#[derive(Default)]
struct Trace(Vec<(Duration, char, usize, usize, u32)>);

impl Observer<Chatter> for Trace {
    fn sent(&mut self, at: Duration, from: usize, to: usize, word: &u32) {
        self.0.push((at, 's', from, to, *word));
    }
    fn lost(&mut self, at: Duration, from: usize, to: usize, word: &u32) {
        self.0.push((at, 'l', from, to, *word));
    }
    fn received(&mut self, at: Duration, from: usize, to: usize, is_new: &bool) {
        self.0.push((at, 'r', from, to, u32::from(*is_new)));
    }
}

fn chatters(nodes: usize, seed: u64) -> Simulation<Chatter, Trace> {
    Simulation::observed(nodes, seed, Trace::default(), |me, _, life| Chatter {
        me,
        life,
        ..Chatter::default()
    })
}

/// A run in which everything happens that can.
fn eventful(seed: u64) -> Simulation<Chatter, Trace> {
    let mut sim = chatters(6, seed);
    let mut dice = Dice::new(seed);
    for step in 0..200 {
        let delay = match step % 3 {
            0 => Delay::Constant(ms(100)),
            1 => Delay::Uniform(ms(100)),
            _ => Delay::Exponential(ms(100)),
        };
        sim.set_weather(Weather { delay, loss: 0.1, duplication: 0.3 });
        let node = dice.below(6);
        match step % 20 {
            7 => sim.restart(node),
            11 => sim.stop(node),
            13 => sim.cut(move |from, to| from == node || to == node),
            15 => sim.heal(),
            17 => (0..6).for_each(|node| sim.resume(node)),
            _ => {
                sim.input(node, |chatter, now| chatter.hear(now, step));
            }
        }
        sim.run_for(dice.within(ms(400)));
    }
    sim
}

/// Fowler, Noll and Vo's hash, 1a.
fn hash(trace: &Trace) -> u64 {
    let numbers = trace.0.iter().flat_map(|(at, kind, from, to, word)| {
        [at.as_nanos(), u128::from(*kind), *from as u128, *to as u128, u128::from(*word)]
    });
    numbers.flat_map(u128::to_le_bytes).fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[test]
fn a_run_is_a_function_of_the_seed() {
    let (first, second, other) = (eventful(1), eventful(1), eventful(2));
    assert_eq!(first.observer.0, second.observer.0);
    assert_eq!(first.counts(), second.counts());
    assert_ne!(first.observer.0, other.observer.0);
    // On every machine, and until the simulation is changed on purpose.
    assert_eq!(
        (first.observer.0.len(), hash(&first.observer)),
        (14_248, 2_401_301_118_636_694_211)
    );
}

#[test]
fn replicas_run_alike_too() {
    let run = |seed| {
        let mut sim = Simulation::joined(9, seed, Config::default());
        sim.set_weather(Weather {
            delay: Delay::Exponential(ms(100)),
            loss: 0.1,
            duplication: 0.1,
        });
        for value in 0..200_u32 {
            sim.update(value as usize % 9, |set: &mut GSet<u32>| set.insert(value));
            sim.run_for(ms(37));
        }
        (sim.counts(), sim.nodes().to_vec())
    };
    assert!(run(1) == run(1));
    assert!(run(1) != run(2));
}

#[test]
fn every_message_is_accounted_for() {
    for seed in 0..20 {
        let sim = eventful(seed);
        let counts = sim.counts();
        let ends = counts.delivered + counts.lost + counts.stopped + counts.under_way;
        assert_eq!(counts.sent + counts.duplicated, ends, "{counts:?}");
        assert!(counts.lost > 0 && counts.stopped > 0 && counts.duplicated > 0, "{counts:?}");
        let noted = |kind| sim.observer.0.iter().filter(|event| event.1 == kind).count() as u64;
        assert_eq!(noted('s'), counts.sent);
        assert_eq!(noted('l'), counts.lost + counts.stopped);
        assert_eq!(noted('r'), counts.delivered);
    }
}

#[test]
fn the_weather_is_as_it_is_told() {
    let mut sim = chatters(2, 1);
    sim.set_weather(Weather { delay: Delay::Uniform(ms(100)), loss: 0.2, duplication: 0.25 });
    for word in 0..10_000 {
        sim.input(0, |chatter, _| chatter.outbox.push((1, word)));
    }
    sim.run_for(ms(100));
    let half = sim.counts();
    sim.run_for(ms(100));
    let all = sim.counts();
    assert_eq!((all.sent, all.under_way), (10_000, 0));
    assert!((1_900..2_100).contains(&all.lost), "{all:?}");
    assert!((1_900..2_100).contains(&all.duplicated), "{all:?}");
    assert!((4_850..5_150).contains(&half.delivered), "{half:?}");
}

#[test]
fn what_is_under_way_is_lost_at_a_cut_and_comes_after_it() {
    let mut sim = chatters(2, 1);
    let say = |sim: &mut Simulation<Chatter, Trace>, word| {
        sim.input(0, |chatter, _| chatter.outbox.push((1, word)));
    };
    say(&mut sim, 1);
    sim.run_for(ms(50));
    sim.cut(|from, to| (from, to) == (0, 1));
    say(&mut sim, 2);
    sim.run_for(ms(60));
    sim.heal();
    sim.run_for(ms(100));
    assert_eq!(sim.nodes()[1].known, [2]);
    sim.cut(|from, to| (from, to) == (1, 0));
    say(&mut sim, 3);
    sim.run_for(ms(100));
    assert_eq!(sim.nodes()[1].known, [2, 3], "the other way is cut");
    assert_eq!(sim.counts().stopped, 1);
}

#[test]
fn a_node_that_is_stopped_does_nothing_until_it_goes_on() {
    let mut sim = chatters(2, 1);
    sim.input(0, |chatter, now| chatter.hear(now, 1));
    sim.stop(0);
    sim.run_for(ms(2_000));
    assert_eq!((sim.counts().sent, sim.is_running(0)), (0, false));
    assert_eq!(sim.input(0, |_, _| ()), None);
    sim.resume(0);
    sim.run_for(ms(0));
    assert_eq!(sim.counts().sent, 1, "its alarm is overdue");
    sim.stop(1);
    sim.run_for(ms(100));
    assert_eq!(sim.counts().stopped, 1);
    sim.restart(1);
    assert!(sim.is_running(1) && sim.nodes()[1].known.is_empty());
    assert_eq!(sim.nodes()[1].life, 3, "the first two were those at the beginning");
}

#[test]
fn what_comes_for_a_paused_node_waits_for_it_unless_that_is_stopped() {
    let mut sim = chatters(2, 1);
    let say = |sim: &mut Simulation<Chatter, Trace>, word| {
        sim.input(0, |chatter, _| chatter.outbox.push((1, word)));
        sim.run_for(ms(200));
    };
    sim.pause(1);
    say(&mut sim, 1);
    say(&mut sim, 2);
    sim.cut(|from, to| (from, to) == (0, 1));
    say(&mut sim, 3);
    sim.heal();
    assert_eq!((sim.is_running(1), sim.input(1, |_, _| ())), (false, None));
    assert!(sim.nodes()[1].known.is_empty());
    assert_eq!((sim.counts().under_way, sim.counts().stopped), (2, 1), "a cut lets nothing in");
    sim.resume(1);
    assert_eq!((&sim.nodes()[1].known[..], sim.counts().under_way), (&[1, 2][..], 0), "in order");
    sim.pause(1);
    say(&mut sim, 4);
    sim.stop(1);
    sim.pause(1);
    sim.resume(1);
    assert_eq!((&sim.nodes()[1].known[..], sim.counts().stopped), (&[1, 2][..], 2));
    sim.pause(1);
    say(&mut sim, 5);
    sim.restart(1);
    assert!(sim.is_running(1) && sim.nodes()[1].known.is_empty());
    assert_eq!(sim.counts().stopped, 3);
}

#[test]
fn an_alarm_that_was_put_off_does_not_ring() {
    let mut sim = chatters(1, 1);
    sim.input(0, |chatter, _| chatter.due = Some(ms(100)));
    sim.input(0, |chatter, _| chatter.due = Some(ms(300)));
    sim.input(0, |chatter, _| chatter.due = Some(ms(200)));
    sim.input(0, |chatter, _| chatter.due = Some(ms(300)));
    sim.run_for(ms(299));
    assert_eq!(sim.counts().wakes, 0);
    sim.run_for(ms(1_000));
    assert_eq!(sim.counts().wakes, 1);
}

#[test]
fn time_passes_though_a_node_never_rests() {
    let mut sim = chatters(1, 1);
    sim.input(0, |chatter, _| chatter.is_restless = true);
    sim.run_for(ms(1_000));
    assert_eq!((sim.now(), sim.counts().wakes), (ms(1_000), 1_001));
}

#[test]
fn what_goes_to_nobody_is_lost() {
    let mut sim = chatters(1, 1);
    sim.input(0, |chatter, _| chatter.outbox.push((7, 7)));
    sim.run_for(ms(100));
    assert_eq!(sim.counts().stopped, 1);
}

#[test]
fn the_past_cannot_be_run_to() {
    let mut sim = chatters(1, 1);
    sim.run_until(ms(100));
    sim.run_until(ms(50));
    assert_eq!(sim.now(), ms(100));
    sim.run_for(Duration::MAX);
    assert_eq!(sim.now(), Duration::MAX);
}

#[test]
fn nobody_agrees_where_nobody_runs() {
    let mut sim: Simulation<Replica<GSet<u8>, usize>> = Simulation::joined(2, 1, Config::default());
    assert!(sim.agreed().is_some());
    sim.update(1, |set| set.insert(7));
    assert_eq!((sim.agreed(), sim.dissenter()), (None, Some(1)));
    sim.stop(0);
    assert!(sim.agreed().is_some_and(|set| set.contains(&7)), "only the other one runs");
    sim.stop(1);
    assert_eq!((sim.agreed(), sim.dissenter()), (None, None));
}
