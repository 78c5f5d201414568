use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

use crate::network::Percent;

/// The kinds of faults that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultKind {
    /// Cut groups of nodes off from each other, now and then.
    Partition,
    /// Lose messages between nodes.
    Loss,
    /// Deliver messages between nodes twice.
    Duplicate,
}

/// The faults of a run; by default none.
///
/// Each kind has a field that is `None` where there is none of it. One that comes and goes says how
/// often, one that lasts for the whole load how strong it is. There may be more kinds one day: who
/// makes such a value by hand had better end it with `..Faults::default()`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// [`FaultKind::Partition`]: the time between a partition's beginning and its end, and again
    /// until the next, on average.
    pub partitions: Option<Duration>,
    /// [`FaultKind::Loss`]: how likely a message is lost.
    pub loss: Option<Percent>,
    /// [`FaultKind::Duplicate`]: how likely a message that is not lost comes twice.
    pub duplication: Option<Percent>,
}

impl Faults {
    /// The flags of the command that give them.
    pub fn to_flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        if let Some(every) = self.partitions {
            let seconds = every.as_secs_f64().to_string();
            flags.extend(["--nemesis", "partition", "--nemesis-interval"].map(str::to_owned));
            flags.push(seconds);
        }
        for (flag, chance) in [("--loss", self.loss), ("--duplicate", self.duplication)] {
            flags.extend(chance.into_iter().flat_map(|it| [flag.to_owned(), it.get().to_string()]));
        }
        flags
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `partitions about every 10 s, loss 20 %`; nothing if there are none.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partitions, loss, duplication } = self;
        let parts = [
            partitions.map(|every| format!("partitions about every {} s", every.as_secs_f64())),
            loss.map(|chance| format!("loss {chance}")),
            duplication.map(|chance| format!("duplication {chance}")),
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
            partitions: Some(Duration::from_millis(2500)),
            loss: Percent::new(5.0),
            duplication: Some(Percent::default()),
        };
        assert_eq!(faults.to_string(), "partitions about every 2.5 s, loss 5 %, duplication 20 %");
        assert!(Faults::default().is_empty() && !faults.is_empty());
    }
}
