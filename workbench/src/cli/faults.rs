use std::time::Duration;

use clap::{ArgAction, Args};

use super::values::positive_seconds;
use crate::nemesis::{Choice, FaultKind, Faults, Reorder, Shape, Stall, Target};
use crate::network::Percent;

/// The flags that say what shall go wrong.
#[derive(Args, Clone, Debug)]
pub(super) struct FaultArgs {
    /// Faults to inject, separated by commas. Partitions, kills, pauses, skew, stalls, and those of
    /// disks but slow-sync come and go; the others last for the whole load. None touches what clients
    /// and services send or get, but stalls, and what is for a node that does not run. Where disks
    /// fail, built-in nodes sync what they acknowledge (--durability power), unless their own arguments
    /// say otherwise
    #[arg(long, value_name = "FAULTS", value_delimiter = ',', action = ArgAction::Set)]
    nemesis: Vec<FaultKind>,

    /// How many seconds between the beginning and the end of a fault that comes and goes, and again
    /// until the next of its kind, on average
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = positive_seconds)]
    nemesis_interval: Duration,

    /// What partitions look like, separated by commas: each time one of these [default: all but
    /// one-way]. Given, partitions are a fault even if --nemesis does not name them
    #[arg(long, value_name = "SHAPES", value_delimiter = ',', action = ArgAction::Set)]
    partition_shapes: Vec<Shape>,

    /// How many nodes are killed at a time, separated by commas: each time one of these [default:
    /// all]. Given, kills are a fault even if --nemesis does not name them
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', action = ArgAction::Set)]
    kill_targets: Vec<Target>,

    /// How many nodes are paused at a time, separated by commas: each time one of these [default:
    /// all]. Given, pauses are a fault even if --nemesis does not name them
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', action = ArgAction::Set)]
    pause_targets: Vec<Target>,

    /// How likely a message between nodes is lost, in per cent [default: 20]. Given, it is a fault
    /// even if --nemesis does not name loss
    #[arg(long, value_name = "PERCENT")]
    loss: Option<Percent>,

    /// How likely a message between nodes that is not lost comes twice, in per cent [default: 20].
    /// Given, it is a fault even if --nemesis does not name duplicate
    #[arg(long, value_name = "PERCENT")]
    duplicate: Option<Percent>,

    /// How likely a message between nodes is held up, so that others overtake it, in per cent
    /// [default: 20]. Given, it is a fault even if --nemesis does not name reorder
    #[arg(long, value_name = "PERCENT")]
    reorder: Option<Percent>,

    /// For how many milliseconds messages are held up at most, if they are at all
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis)]
    reorder_delay: Duration,

    /// By how many milliseconds the clocks of built-in nodes jump at most, forwards or back [default:
    /// 1000]; then they run up to 5 % too fast or too slow. Given, it is a fault even if --nemesis does
    /// not name skew
    #[arg(long, value_name = "MS", value_parser = millis)]
    skew: Option<Duration>,

    /// For how many milliseconds the network stands still at most, as it does when the machine that
    /// carries the messages pauses: nodes, clients and services get nothing, and what they send
    /// begins to travel afterwards [default: 100]. Given, it is a fault even if --nemesis does not name
    /// stall
    #[arg(long, value_name = "MS", value_parser = stall_millis)]
    stall: Option<Duration>,

    /// How many milliseconds from the end of a stall to the beginning of the next, on average, if there
    /// are any
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis)]
    stall_every: Duration,

    /// Of how many built-in nodes the power is cut at a time, separated by commas: each time one of
    /// these [default: all]. Given, power cuts are a fault even if --nemesis does not name them
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', action = ArgAction::Set)]
    power_targets: Vec<Target>,

    /// How many built-in nodes' disks fill up at a time, separated by commas: each time one of these
    /// [default: all]. Given, it is a fault even if --nemesis does not name disk-full
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', action = ArgAction::Set)]
    disk_full_targets: Vec<Target>,

    /// How likely a write fails, and a sync, on the disks of the built-in nodes that it befalls at a
    /// time, in per cent [default: 20]. Given, it is a fault even if --nemesis does not name sync-error
    #[arg(long, value_name = "PERCENT")]
    sync_error: Option<Percent>,

    /// How many built-in nodes are killed at a time and find a bit on their disks flipped, separated by
    /// commas: each time one of these [default: one,minority]. Given, it is a fault even if --nemesis
    /// does not name bit-flip
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', action = ArgAction::Set)]
    bit_flip_targets: Vec<Target>,

    /// For how many milliseconds a sync of a built-in node's disk takes at most [default: 100]. Given,
    /// it is a fault even if --nemesis does not name slow-sync
    #[arg(long, value_name = "MS", value_parser = millis)]
    slow_sync: Option<Duration>,
}

/// A stall ends even if the load is over: so it is short.
fn stall_millis(text: &str) -> Result<Duration, String> {
    let millis = millis(text)?;
    let is_short = millis <= Duration::from_secs(60);
    is_short.then_some(millis).ok_or_else(|| "must be between 1 and 60000".to_owned())
}

fn millis(text: &str) -> Result<Duration, String> {
    // An hour: longer than any run that people wait for, and far from any overflow.
    match text.parse() {
        Ok(ms @ 1..=3_600_000) => Ok(Duration::from_millis(ms)),
        _ => Err("must be an integer from 1 to 3600000".to_owned()),
    }
}

impl FaultArgs {
    /// Whoever says what a fault is like wants it, whether or not the list has it.
    pub(super) fn faults(&self) -> Faults {
        let usual = Faults::usual(self.nemesis.iter().copied());
        let Faults { partition, kill, pause, loss, duplicate, reorder, skew, stall, .. } = usual;
        let Faults { power, disk_full, sync_error, bit_flip, slow_sync, .. } = usual;
        let given = |targets: &[Target]| Choice::of(targets.iter().copied());
        let most = self.stall.or(stall.map(|usual| usual.most));
        let chance = self.reorder.or(reorder.map(|usual| usual.chance));
        Faults {
            interval: self.nemesis_interval,
            partition: Choice::of(self.partition_shapes.iter().copied()).or(partition),
            kill: given(&self.kill_targets).or(kill),
            pause: given(&self.pause_targets).or(pause),
            loss: self.loss.or(loss),
            duplicate: self.duplicate.or(duplicate),
            reorder: chance.map(|chance| Reorder { chance, delay: self.reorder_delay }),
            skew: self.skew.or(skew),
            stall: most.map(|most| Stall { most, every: self.stall_every }),
            power: given(&self.power_targets).or(power),
            disk_full: given(&self.disk_full_targets).or(disk_full),
            sync_error: self.sync_error.or(sync_error),
            bit_flip: given(&self.bit_flip_targets).or(bit_flip),
            slow_sync: self.slow_sync.or(slow_sync),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum, error};
    use proptest::prelude::*;
    use proptest::{option, sample};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: FaultArgs,
    }

    fn faults(flags: &str) -> Result<Faults, error::Error> {
        let words = std::iter::once("test").chain(flags.split_whitespace());
        Cli::try_parse_from(words).map(|cli| cli.args.faults())
    }

    #[test]
    fn faults_are_a_list_and_what_they_are_like() {
        use FaultKind::{
            BitFlip, DiskFull, Duplicate, Kill, Loss, Partition, Pause, Power,
            Reorder as Reordering, SlowSync, Stall as Stalling, SyncError,
        };

        let usual = |kinds: &[FaultKind]| Faults::usual(kinds.iter().copied());
        for (flags, expected) in [
            ("", Faults::default()),
            (
                "--nemesis-interval 3",
                Faults { interval: Duration::from_secs(3), ..Faults::default() },
            ),
            ("--nemesis partition", usual(&[Partition])),
            ("--nemesis loss", usual(&[Loss])),
            (
                "--nemesis duplicate,partition,loss --loss 5",
                Faults { loss: Percent::new(5.0), ..usual(&[Duplicate, Partition]) },
            ),
            ("--duplicate 0.5", Faults { duplicate: Percent::new(0.5), ..Faults::default() }),
            ("--nemesis kill,pause", usual(&[Kill, Pause])),
            (
                "--kill-targets minority --pause-targets one,all,one",
                Faults {
                    kill: Some(Choice::only(Target::Minority)),
                    pause: Choice::of([Target::One, Target::All]),
                    ..Faults::default()
                },
            ),
            (
                "--partition-shapes one-way",
                Faults { partition: Some(Choice::only(Shape::OneWay)), ..Faults::default() },
            ),
            (
                "--nemesis reorder --reorder-delay 250",
                Faults {
                    reorder: Some(Reorder {
                        delay: Duration::from_millis(250),
                        ..Reorder::default()
                    }),
                    ..Faults::default()
                },
            ),
            ("--reorder 20", usual(&[Reordering])),
            ("--reorder-delay 250", Faults::default()),
            ("--skew 1", Faults { skew: Some(Duration::from_millis(1)), ..Faults::default() }),
            ("--nemesis stall", usual(&[Stalling])),
            ("--stall-every 500", Faults::default()),
            (
                "--stall 40 --stall-every 500",
                Faults {
                    stall: Some(Stall {
                        most: Duration::from_millis(40),
                        every: Duration::from_millis(500),
                    }),
                    ..Faults::default()
                },
            ),
            (
                "--nemesis power,disk-full,sync-error,bit-flip,slow-sync",
                usual(&[Power, DiskFull, SyncError, BitFlip, SlowSync]),
            ),
            (
                "--power-targets all --disk-full-targets one --bit-flip-targets minority,one",
                Faults {
                    power: Some(Choice::only(Target::All)),
                    disk_full: Some(Choice::only(Target::One)),
                    bit_flip: Choice::of([Target::Minority, Target::One]),
                    ..Faults::default()
                },
            ),
            (
                "--sync-error 5 --slow-sync 20",
                Faults {
                    sync_error: Percent::new(5.0),
                    slow_sync: Some(Duration::from_millis(20)),
                    ..Faults::default()
                },
            ),
        ] {
            assert_eq!(faults(flags).unwrap(), expected, "{flags}");
        }
    }

    #[test]
    fn what_is_no_fault_or_none_like_that_is_refused() {
        for (flags, complaint) in [
            (
                "--nemesis rain",
                "[possible values: partition, kill, pause, loss, duplicate, reorder, skew, stall, \
                 power, disk-full, sync-error, bit-flip, slow-sync]",
            ),
            ("--loss 101", "must be between 0 and 100"),
            ("--duplicate=-1", "must be between 0 and 100"),
            ("--kill-targets two", "[possible values: one, minority, majority, all]"),
            (
                "--partition-shapes star",
                "[possible values: one, minority-third, majority, majorities-ring, one-way]",
            ),
            ("--skew 0", "must be an integer from 1 to 3600000"),
            ("--reorder-delay 1.5", "must be an integer from 1 to 3600000"),
            ("--stall 0", "must be an integer from 1 to 3600000"),
            ("--stall 60001", "must be between 1 and 60000"),
            ("--stall-every 0", "must be an integer from 1 to 3600000"),
        ] {
            let error = faults(flags).unwrap_err().to_string();
            assert!(error.contains(complaint), "{flags}: {error}");
        }
    }

    fn some_of<T: ValueEnum + PartialEq + Copy + std::fmt::Debug + 'static>()
    -> impl Strategy<Value = Option<Choice<T>>> {
        let all = T::value_variants();
        sample::subsequence(all, 0..=all.len()).prop_map(Choice::of)
    }

    prop_compose! {
        fn any_faults()(
            (partition, kill, pause) in (some_of(), some_of(), some_of()),
            (power, disk_full, bit_flip) in (some_of(), some_of(), some_of()),
            percents in proptest::array::uniform4(option::of(0.0..=100.0)),
            times in proptest::array::uniform4(1_u64..3_600_000),
            stalled in option::of(1_u64..=60_000),
            slow in option::of(1_u64..=3_600_000),
            skewed: bool,
        ) -> Faults {
            let [interval, delay, jump, every] = times.map(Duration::from_millis);
            let [loss, duplicate, chance, sync_error] =
                percents.map(|it| it.and_then(Percent::new));
            Faults {
                interval,
                partition,
                kill,
                pause,
                loss,
                duplicate,
                reorder: chance.map(|chance| Reorder { chance, delay }),
                skew: skewed.then_some(jump),
                stall: stalled.map(|ms| Stall { most: Duration::from_millis(ms), every }),
                power,
                disk_full,
                sync_error,
                bit_flip,
                slow_sync: slow.map(Duration::from_millis),
            }
        }
    }

    proptest! {
        #[test]
        fn their_flags_ask_for_them(asked in any_faults()) {
            let flags = asked.to_flags();
            let mut found = faults(&flags.join(" ")).unwrap();
            if !flags.iter().any(|flag| flag == "--nemesis-interval") {
                // It says nothing where nothing comes and goes.
                found.interval = asked.interval;
            }
            prop_assert_eq!(found, asked);
        }
    }
}
