use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

use super::{Choice, Shape, Target};
use crate::network::Percent;

/// The kinds of faults that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultKind {
    /// Cut groups of nodes off from each other, now and then
    Partition,
    /// Kill nodes outright, now and then, and start them again
    Kill,
    /// Stop nodes, now and then, and let them go on
    Pause,
    /// Lose messages between nodes
    Loss,
    /// Deliver messages between nodes twice
    Duplicate,
    /// Hold messages between nodes up, so that others overtake them
    Reorder,
    /// Let the clocks of built-in nodes jump and run fast or slow, now and then
    Skew,
    /// Let the whole network stand still for a moment, now and then
    Stall,
}

/// The faults of a run; by default none.
///
/// Each kind has a field that is `None` where there is none of it. Those that come and go do so about
/// every `interval`, but for stalls, which are short and have an interval of their own; those that last
/// for the whole load have a strength. There may be more kinds one
/// day: who makes such a value by hand had better end it with `..Faults::default()`.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// The time between the beginning and the end of a fault that comes and goes, and again until the
    /// next, on average.
    pub interval: Duration,
    /// [`FaultKind::Partition`]: the shapes.
    pub partition: Option<Choice<Shape>>,
    /// [`FaultKind::Kill`]: how many nodes at a time.
    pub kill: Option<Choice<Target>>,
    /// [`FaultKind::Pause`]: how many nodes at a time.
    pub pause: Option<Choice<Target>>,
    /// [`FaultKind::Loss`]: how likely a message is lost.
    pub loss: Option<Percent>,
    /// [`FaultKind::Duplicate`]: how likely a message that is not lost comes twice.
    pub duplicate: Option<Percent>,
    /// [`FaultKind::Reorder`]: which messages are held up, and for how long.
    pub reorder: Option<Reorder>,
    /// [`FaultKind::Skew`]: how far clocks jump.
    pub skew: Option<Duration>,
    /// [`FaultKind::Stall`]: how long the network stands still, and how often.
    pub stall: Option<Stall>,
}

/// Messages that are held up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reorder {
    /// How likely one is.
    pub chance: Percent,
    /// For how long at most, before it travels as others do; each time as long is equally likely.
    pub delay: Duration,
}

/// A network that stands still, as if the machine that carries its messages did: nothing is
/// delivered, neither to nodes nor to clients nor to services, and what they send begins to travel when
/// it goes on. So it is under Maelstrom while the garbage of its virtual machine is collected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stall {
    /// For how long at most; each time as long is equally likely.
    pub most: Duration,
    /// How much time there is from the end of one to the beginning of the next, on average.
    pub every: Duration,
}

impl Faults {
    /// How often faults come and go if nothing else is said.
    pub const INTERVAL: Duration = Duration::from_secs(10);

    /// For how long messages are held up at most if nothing else is said.
    pub const DELAY: Duration = Duration::from_secs(1);

    /// How far clocks jump at most if nothing else is said.
    pub const JUMP: Duration = Duration::from_secs(1);

    /// These kinds, as strong as they are if nothing else is said.
    pub fn usual(kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        let mut faults = Self::default();
        for kind in kinds {
            match kind {
                FaultKind::Partition => faults.partition = Choice::of(Shape::USUAL),
                FaultKind::Kill => faults.kill = Choice::of(Target::EVERY),
                FaultKind::Pause => faults.pause = Choice::of(Target::EVERY),
                FaultKind::Loss => faults.loss = Some(Percent::default()),
                FaultKind::Duplicate => faults.duplicate = Some(Percent::default()),
                FaultKind::Reorder => faults.reorder = Some(Reorder::default()),
                FaultKind::Skew => faults.skew = Some(Self::JUMP),
                FaultKind::Stall => faults.stall = Some(Stall::default()),
            }
        }
        faults
    }

    /// The kinds that there are some of, in their order.
    pub fn kinds(&self) -> Vec<FaultKind> {
        let has = |kind: &FaultKind| match kind {
            FaultKind::Partition => self.partition.is_some(),
            FaultKind::Kill => self.kill.is_some(),
            FaultKind::Pause => self.pause.is_some(),
            FaultKind::Loss => self.loss.is_some(),
            FaultKind::Duplicate => self.duplicate.is_some(),
            FaultKind::Reorder => self.reorder.is_some(),
            FaultKind::Skew => self.skew.is_some(),
            FaultKind::Stall => self.stall.is_some(),
        };
        FaultKind::value_variants().iter().copied().filter(has).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds().is_empty()
    }

    /// The flags of `glomers test` that ask for these faults; none if there are none.
    ///
    /// ```
    /// use glomers::nemesis::{FaultKind, Faults};
    ///
    /// let faults = Faults::usual([FaultKind::Kill, FaultKind::Loss]);
    /// let flags = faults.to_flags().join(" ");
    /// assert_eq!(
    ///     flags,
    ///     "--nemesis kill,loss --nemesis-interval 10 --kill-targets one,minority,majority,all --loss 20"
    /// );
    /// ```
    pub fn to_flags(&self) -> Vec<String> {
        let Some(kinds) = Choice::of(self.kinds()) else { return Vec::new() };
        let millis = |time: Duration| time.as_millis().to_string();
        let interval = Some(self.interval.as_secs_f64().to_string());
        let (reorder, stall) = (self.reorder, self.stall);
        let flags = [
            ("--nemesis", Some(kinds.to_string())),
            ("--nemesis-interval", interval.filter(|_| self.comes_and_goes())),
            ("--partition-shapes", self.partition.as_ref().map(Choice::to_string)),
            ("--kill-targets", self.kill.as_ref().map(Choice::to_string)),
            ("--pause-targets", self.pause.as_ref().map(Choice::to_string)),
            ("--loss", self.loss.map(|chance| chance.value().to_string())),
            ("--duplicate", self.duplicate.map(|chance| chance.value().to_string())),
            ("--reorder", reorder.map(|reorder| reorder.chance.value().to_string())),
            ("--reorder-delay", reorder.map(|reorder| millis(reorder.delay))),
            ("--skew", self.skew.map(millis)),
            ("--stall", stall.map(|stall| millis(stall.most))),
            ("--stall-every", stall.map(|stall| millis(stall.every))),
        ];
        let given = flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
        given.flatten().collect()
    }

    /// Whether some of them come and go about every `interval`.
    fn comes_and_goes(&self) -> bool {
        self.partition.is_some()
            || self.kill.is_some()
            || self.pause.is_some()
            || self.skew.is_some()
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            interval: Self::INTERVAL,
            partition: None,
            kill: None,
            pause: None,
            loss: None,
            duplicate: None,
            reorder: None,
            skew: None,
            stall: None,
        }
    }
}

impl Default for Reorder {
    fn default() -> Self {
        Self { chance: Percent::default(), delay: Faults::DELAY }
    }
}

/// Up to a tenth of a second, about every second.
impl Default for Stall {
    fn default() -> Self {
        Self { most: Duration::from_millis(100), every: Duration::from_secs(1) }
    }
}

/// `partitions about every 10 s, loss 20 %`; nothing if there are none. What is as usual about shapes
/// and targets is not told.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interval, partition, kill, pause, loss, duplicate, reorder, skew, stall } = self;
        let every = |what: &str| format!("{what} about every {} s", interval.as_secs_f64());
        let of = |what: &str, targets: &Choice<Target>| {
            if targets.things() == Target::EVERY {
                every(what)
            } else {
                every(&format!("{what} of {targets}"))
            }
        };
        let parts = [
            partition.as_ref().map(|shapes| {
                if shapes.things() == Shape::USUAL {
                    every("partitions")
                } else {
                    every(&format!("partitions of shape {shapes}"))
                }
            }),
            kill.as_ref().map(|targets| of("kills", targets)),
            pause.as_ref().map(|targets| of("pauses", targets)),
            loss.map(|chance| format!("loss {chance}")),
            duplicate.map(|chance| format!("duplication {chance}")),
            reorder.map(|Reorder { chance, delay }| {
                format!("{chance} held up by up to {} s", delay.as_secs_f64())
            }),
            skew.map(|jump| every(&format!("clocks off by up to {} s", jump.as_secs_f64()))),
            stall.map(|Stall { most, every }| {
                let (most, every) = (most.as_secs_f64(), every.as_secs_f64());
                format!("stalls of up to {most} s about every {every} s")
            }),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_told_in_a_line() {
        assert_eq!(Faults::default().to_string(), "");
        let faults = Faults {
            interval: Duration::from_millis(2500),
            loss: Percent::new(5.0),
            ..Faults::usual([FaultKind::Partition, FaultKind::Duplicate])
        };
        assert_eq!(faults.to_string(), "partitions about every 2.5 s, loss 5 %, duplication 20 %");
        assert!(Faults::default().is_empty() && !faults.is_empty());
        let faults = Faults {
            partition: Choice::of([Shape::One, Shape::OneWay]),
            kill: Some(Choice::only(Target::Minority)),
            ..Faults::usual([
                FaultKind::Pause,
                FaultKind::Reorder,
                FaultKind::Skew,
                FaultKind::Stall,
            ])
        };
        assert_eq!(
            faults.to_string(),
            "partitions of shape one,one-way about every 10 s, kills of minority about every 10 s, \
             pauses about every 10 s, 20 % held up by up to 1 s, \
             clocks off by up to 1 s about every 10 s, stalls of up to 0.1 s about every 1 s"
        );
    }

    #[test]
    fn the_kinds_are_those_that_were_asked_for() {
        let every = FaultKind::value_variants();
        assert_eq!(Faults::usual(every.iter().copied()).kinds(), every);
        for &kind in every {
            assert_eq!(Faults::usual([kind]).kinds(), [kind]);
        }
        assert_eq!(Faults::default().to_flags(), Vec::<String>::new());
    }
}
