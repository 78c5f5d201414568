use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

use super::{Choice, FaultKind, Shape, Target};
use crate::network::Percent;

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
    /// [`FaultKind::Power`]: of how many nodes at a time.
    pub power: Option<Choice<Target>>,
    /// [`FaultKind::DiskFull`]: how many nodes' disks fill up at a time.
    pub disk_full: Option<Choice<Target>>,
    /// [`FaultKind::SyncError`]: how likely each write fails, and each sync, of the disks that fail at
    /// a time.
    pub sync_error: Option<Percent>,
    /// [`FaultKind::BitFlip`]: how many nodes are killed at a time, and find a bit flipped.
    pub bit_flip: Option<Choice<Target>>,
    /// [`FaultKind::SlowSync`]: how long a sync takes at most; each time as long is equally likely.
    pub slow_sync: Option<Duration>,
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

    /// How long a sync of a slow disk takes at most if nothing else is said.
    pub const SLOWEST_SYNC: Duration = Duration::from_millis(100);

    /// Of how many nodes' disks a bit flips at a time if nothing else is said: a cluster of which most
    /// nodes refuse to serve tells little.
    pub const FLIPPED: [Target; 2] = [Target::One, Target::Minority];

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
                FaultKind::Power => faults.power = Choice::of(Target::EVERY),
                FaultKind::DiskFull => faults.disk_full = Choice::of(Target::EVERY),
                FaultKind::SyncError => faults.sync_error = Some(Percent::default()),
                FaultKind::BitFlip => faults.bit_flip = Choice::of(Self::FLIPPED),
                FaultKind::SlowSync => faults.slow_sync = Some(Self::SLOWEST_SYNC),
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
            FaultKind::Power => self.power.is_some(),
            FaultKind::DiskFull => self.disk_full.is_some(),
            FaultKind::SyncError => self.sync_error.is_some(),
            FaultKind::BitFlip => self.bit_flip.is_some(),
            FaultKind::SlowSync => self.slow_sync.is_some(),
        };
        FaultKind::value_variants().iter().copied().filter(has).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds().is_empty()
    }

    /// Whether some of them befall disks.
    pub fn are_of_disks(&self) -> bool {
        self.kinds().into_iter().any(FaultKind::is_of_disks)
    }

    /// Whether nodes are away in some of them.
    pub fn take_nodes_away(&self) -> bool {
        self.kinds().into_iter().any(FaultKind::takes_nodes_away)
    }

    /// Whether some of them come and go about every [`interval`](Self::interval).
    pub fn come_and_go(&self) -> bool {
        self.kinds().into_iter().any(FaultKind::comes_and_goes)
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
            ("--nemesis-interval", interval.filter(|_| self.come_and_go())),
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
            ("--power-targets", self.power.as_ref().map(Choice::to_string)),
            ("--disk-full-targets", self.disk_full.as_ref().map(Choice::to_string)),
            ("--sync-error", self.sync_error.map(|chance| chance.value().to_string())),
            ("--bit-flip-targets", self.bit_flip.as_ref().map(Choice::to_string)),
            ("--slow-sync", self.slow_sync.map(millis)),
        ];
        let given = flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
        given.flatten().collect()
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
            power: None,
            disk_full: None,
            sync_error: None,
            bit_flip: None,
            slow_sync: None,
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
        let Self {
            interval, partition, kill, pause, loss, duplicate, reorder, skew, stall, ..
        } = self;
        let Self { power, disk_full, sync_error, bit_flip, slow_sync, .. } = self;
        let every = |what: &str| format!("{what} about every {} s", interval.as_secs_f64());
        let but_for = |usual: &[Target], what: &str, targets: &Choice<Target>| {
            if targets.things() == usual {
                every(what)
            } else {
                every(&format!("{what} of {targets}"))
            }
        };
        let of = |what: &str, targets| but_for(&Target::EVERY, what, targets);
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
            power.as_ref().map(|targets| of("power cuts", targets)),
            disk_full.as_ref().map(|targets| of("full disks", targets)),
            sync_error
                .map(|chance| every(&format!("disks of which {chance} of writes and syncs fail"))),
            bit_flip.as_ref().map(|targets| but_for(&Self::FLIPPED, "flipped bits", targets)),
            slow_sync.map(|most| format!("syncs of up to {} s", most.as_secs_f64())),
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
        let faults = Faults {
            power: Some(Choice::only(Target::All)),
            interval: Duration::from_secs(2),
            ..Faults::usual(
                FaultKind::value_variants().iter().copied().filter(|it| it.is_of_disks()),
            )
        };
        assert_eq!(
            faults.to_string(),
            "power cuts of all about every 2 s, full disks about every 2 s, \
             disks of which 20 % of writes and syncs fail about every 2 s, \
             flipped bits about every 2 s, syncs of up to 0.1 s"
        );
        assert!(faults.are_of_disks() && faults.take_nodes_away() && faults.come_and_go());
        let slow = Faults::usual([FaultKind::SlowSync]);
        assert!(slow.are_of_disks() && !slow.take_nodes_away() && !slow.come_and_go());
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
