//! The latency target is kept when deliveries are late: by seed, in virtual time.
//!
//! `GLOMERS_SEEDS=100 cargo test --release -p glomers-gossip --test it promise -- --nocapture` tries as many
//! seeds of each weather, and says what came of it.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may")]

use std::cell::{Cell, RefCell};
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use glomers_crdt::GSet;
use glomers_gossip::simulation::{Arrivals, Delay, Dice, Simulation, Weather};
use glomers_gossip::{Config, Replica};

const NODES: usize = 25;
const ONE_WAY: Duration = ms(100);
/// Until the replicas have met, and have seen the weather.
const WARM: Duration = ms(15_000);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn seeds() -> std::ops::Range<u64> {
    1..1 + u64::from(crate::seeds(20))
}

#[derive(Clone, Copy, Debug)]
enum Sky {
    Steady,
    /// Of a hundred messages so many are late, by up to 60 ms.
    Late(u8),
    /// About every half second all deliveries stand still, for up to 40 ms.
    Stalls,
    Uniform,
    Exponential,
}

type Cluster = Simulation<Replica<GSet<u32>, usize>, Arrivals<u32, GSet<u32>>>;

/// 25 replicas, of which one writes a value every 20 ms on average.
struct Run {
    cluster: Cluster,
    dice: Dice,
    now: Rc<Cell<Duration>>,
    /// From when until when nothing is delivered.
    stall: Rc<Cell<(Duration, Duration)>>,
    sky: Rc<Cell<Sky>>,
    values: u32,
    writes_at: Duration,
}

/// What a stretch of time has brought.
struct Stretch {
    latencies: Vec<Duration>,
    /// Messages for each value.
    messages: f64,
}

impl Run {
    fn new(target: Duration, fan_out: u32, sky: Sky, seed: u64) -> Self {
        let fan_out = NonZeroU32::new(fan_out).unwrap();
        let config = Config::default().latency_target(target).fan_out(fan_out);
        let arrivals = Arrivals::new(NODES, |news: &GSet<u32>| news.iter().copied().collect());
        let mut cluster = Simulation::observed(NODES, seed, arrivals, move |node, now, epoch| {
            let mut replica = Replica::new(now, epoch, config.clone());
            replica.join(now, &node, (0..NODES).collect::<Vec<_>>());
            replica.open(now);
            replica
        });
        let (now, sky) = (Rc::new(Cell::new(Duration::ZERO)), Rc::new(Cell::new(sky)));
        let stall = Rc::new(Cell::new((Duration::ZERO, Duration::ZERO)));
        let dice = RefCell::new(Dice::new(seed + 1_000));
        let (clock, pause, weather) = (Rc::clone(&now), Rc::clone(&stall), Rc::clone(&sky));
        cluster.set_weather_by(move |_, _| {
            let mut dice = dice.borrow_mut();
            let delay = match weather.get() {
                Sky::Late(percent) if dice.chance(f64::from(percent) / 100.0) => {
                    Delay::Constant(ONE_WAY + dice.within(ms(60)))
                }
                Sky::Steady | Sky::Late(_) => Delay::Constant(ONE_WAY),
                Sky::Uniform => Delay::Uniform(ONE_WAY),
                Sky::Exponential => Delay::Exponential(ONE_WAY),
                Sky::Stalls => {
                    let due = clock.get() + ONE_WAY;
                    let (from, until) = pause.get();
                    let is_held = (from..until).contains(&due);
                    Delay::Constant(if is_held {
                        until.saturating_sub(clock.get())
                    } else {
                        ONE_WAY
                    })
                }
            };
            Weather::of(delay)
        });
        let dice = Dice::new(seed);
        Self { cluster, dice, now, stall, sky, values: 0, writes_at: ms(1_000) }
    }

    fn run_for(&mut self, span: Duration) -> Stretch {
        let (first, sent) = (self.values, self.cluster.counts().sent);
        let end = self.now.get() + span;
        while self.now.get() < end {
            let now = self.now.get();
            if now + ONE_WAY >= self.stall.get().1 {
                let from = now + ONE_WAY + self.dice.within(ms(1_000));
                self.stall.set((from, from + self.dice.within(ms(40))));
            }
            if now >= self.writes_at {
                let (node, value) = (self.dice.below(NODES), self.values);
                self.cluster.update(node, |set| set.insert(value));
                self.values += 1;
                self.writes_at = now + self.dice.within(ms(40));
            }
            self.now.set(now + ms(1));
            self.cluster.run_until(self.now.get());
        }
        let arrivals = self.cluster.observer();
        // The last ones are on their way.
        let last = self.values.saturating_sub(150);
        let latencies = (first..last).map(|value| arrivals.latency(&value).unwrap()).collect();
        let sent = u32::try_from(self.cluster.counts().sent - sent).unwrap();
        let messages = f64::from(sent) / f64::from(self.values - first);
        Stretch { latencies, messages }
    }
}

/// What is to be kept in a weather.
struct Promise {
    target: u64,
    /// Of ten thousand values so many may take longer.
    late: usize,
    /// And none longer than this.
    most: u64,
    /// Messages, as a multiple of what steady weather costs.
    price: f64,
}

/// Runs each weather, says what came of it, and holds it to what is promised.
fn keeps(sky: Sky, fan_out: u32, promises: &[Promise]) {
    for Promise { target, late, most, price } in promises {
        let (mut latencies, mut messages, mut steady) = (Vec::new(), 0.0, 0.0);
        for seed in seeds() {
            let stretch = |sky| {
                let mut run = Run::new(ms(*target), fan_out, sky, seed);
                run.run_for(WARM);
                run.run_for(ms(20_000))
            };
            let there = stretch(sky);
            latencies.extend(there.latencies);
            messages += there.messages;
            steady += stretch(Sky::Steady).messages;
        }
        let is_late = |latency: &&Duration| **latency > ms(*target);
        let (count, worst) = (latencies.iter().filter(is_late).count(), latencies.iter().max());
        let (all, worst) = (latencies.len(), *worst.unwrap());
        let price_paid = messages / steady;
        println!(
            "{target:5} ms, {sky:?}: {count} of {all} values late, worst {worst:?}, {price_paid:.2} times the messages"
        );
        assert!(count * 10_000 <= late * all, "{target}: {count} of {all} late");
        assert!(worst <= ms(*most), "{target}: {worst:?}");
        assert!(price_paid <= *price, "{target}: {price_paid:.2} times as many messages");
    }
}

const fn promise(target: u64, late: usize, most: u64, price: f64) -> Promise {
    Promise { target, late, most, price }
}

#[test]
fn when_one_message_in_a_hundred_is_late() {
    keeps(
        Sky::Late(1),
        64,
        &[
            promise(300, 800, 440, 1.25),
            promise(600, 20, 660, 1.2),
            promise(1_000, 20, 1_060, 1.2),
            promise(1_800, 30, 1_870, 1.2),
        ],
    );
}

#[test]
fn when_one_message_in_ten_is_late() {
    keeps(
        Sky::Late(10),
        64,
        &[
            promise(300, 4_000, 440, 1.3),
            promise(600, 10, 620, 1.35),
            promise(1_000, 10, 1_020, 1.25),
            promise(1_800, 30, 1_850, 1.25),
        ],
    );
}

#[test]
fn when_all_deliveries_stand_still_now_and_then() {
    keeps(
        Sky::Stalls,
        64,
        &[
            promise(300, 80, 370, 1.3),
            promise(600, 10, 640, 1.1),
            promise(1_000, 10, 1_040, 1.1),
            promise(1_800, 10, 1_840, 1.1),
        ],
    );
}

#[test]
fn when_no_two_messages_take_the_same_time() {
    keeps(Sky::Uniform, 64, &[promise(600, 50, 730, 2.4), promise(1_000, 10, 1_080, 1.8)]);
}

/// One message in a thousand takes seven times as long as on average, and each push is 24.
#[test]
fn when_some_messages_take_many_times_as_long() {
    keeps(Sky::Exponential, 64, &[promise(600, 4_000, 2_200, 3.2)]);
}

#[test]
fn on_every_storey_of_a_tree() {
    keeps(Sky::Late(1), 5, &[promise(1_000, 50, 1_100, 1.3)]);
    keeps(Sky::Stalls, 5, &[promise(1_000, 50, 1_150, 1.2)]);
}

#[test]
fn slack_is_given_back_when_the_weather_clears() {
    for seed in seeds() {
        let mut run = Run::new(ms(600), 64, Sky::Late(10), seed);
        run.run_for(WARM);
        let late = run.run_for(ms(20_000)).messages;
        run.sky.set(Sky::Steady);
        run.run_for(ms(40_000));
        let clear = run.run_for(ms(20_000)).messages;
        let mut run = Run::new(ms(600), 64, Sky::Steady, seed);
        run.run_for(ms(60_000) + WARM);
        let steady = run.run_for(ms(20_000)).messages;
        assert!(late > steady * 1.1, "{late:.2}, and {steady:.2} in steady weather");
        assert!(clear < steady * 1.06, "{clear:.2}, and {steady:.2} in steady weather");
    }
}
