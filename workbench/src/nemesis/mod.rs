//! Faults: partitions of the network, nodes that are killed or paused, clocks that are wrong; messages
//! that are lost, come twice or are held up; a network that stands still; and power cuts, and disks that
//! fail.

mod choice;
mod fault;
mod faults;
mod grudge;
mod kind;
mod machines;
mod recurrence;
mod spells;
mod targets;

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

pub use choice::Choice;
pub use fault::Fault;
pub use faults::{Faults, Reorder, Stall};
pub use grudge::{Grudge, Shape};
pub use kind::FaultKind;
pub use machines::{Condition, Disturbance, Flip, Machines, Skew};
pub use targets::Target;

use self::recurrence::{Gaps, Recurrence};
use self::spells::{Disturbing, End, Ending, Harm, Parting, Pausing, Skewing, Stalling};
use crate::network::{Hazard, Network};
use crate::rng::Rng;
use crate::units::millis;

/// Who brings all the faults of a run about.
#[derive(Debug)]
pub struct Nemesis {
    network: Network,
    recurrent: Vec<Recurrence>,
    loss: Option<Hazard>,
    duplication: Option<Hazard>,
    delay: Option<(Hazard, Duration)>,
    slow: Option<Slow>,
}

/// Disks that are slow for the whole load.
struct Slow {
    machines: Rc<dyn Machines>,
    nodes: Vec<String>,
    most: Duration,
    lasts: bool,
}

impl Slow {
    fn let_take(&self, most: Duration) {
        let slow = Disturbance::SlowestSync(most);
        self.nodes.iter().for_each(|node| self.machines.disturb(node, slow));
    }
}

impl fmt::Debug for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slow").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Nemesis {
    /// One for these faults of these nodes. `rng` gives each kind a source of random choices of its
    /// own, so that one fault does not shift another.
    pub fn new(
        faults: &Faults,
        network: &Network,
        machines: &Rc<dyn Machines>,
        nodes: &[String],
        rng: impl Fn(FaultKind) -> Rng,
    ) -> Self {
        let gaps = Gaps::even(faults.interval);
        let (machines, nodes) = (|| Rc::clone(machines), || nodes.to_vec());
        let ending = |how, targets| Ending {
            how,
            machines: machines(),
            nodes: nodes(),
            targets,
            ended: Vec::new(),
        };
        let disturbing = |how, targets| Disturbing {
            how,
            machines: machines(),
            nodes: nodes(),
            targets,
            disturbed: Vec::new(),
        };
        // Of those that end together the first one goes first: before nodes start, their disks work.
        let mut recurrent = Vec::new();
        if let Some(targets) = faults.disk_full.clone() {
            let spell = disturbing(Harm::Full, targets);
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::DiskFull)).later());
        }
        if let Some(chance) = faults.sync_error
            && let Some(targets) = Choice::of(Target::EVERY)
        {
            let spell = disturbing(Harm::Errors(chance), targets);
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::SyncError)).later());
        }
        if let Some(shapes) = faults.partition.clone() {
            let spell = Parting { network: network.clone(), nodes: nodes(), shapes };
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::Partition)));
        }
        if let Some(targets) = faults.kill.clone() {
            let spell = ending(End::Kill, targets);
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::Kill)));
        }
        if let Some(targets) = faults.power.clone() {
            let spell = ending(End::Power, targets);
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::Power)));
        }
        if let Some(targets) = faults.bit_flip.clone() {
            let spell = ending(End::Flip, targets);
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::BitFlip)).later());
        }
        if let Some(targets) = faults.pause.clone() {
            let spell = Pausing { machines: machines(), nodes: nodes(), targets, paused: vec![] };
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::Pause)));
        }
        if let Some(jump) = faults.skew {
            let most = i64::try_from(jump.as_millis()).unwrap_or(i64::MAX / 2);
            let spell = Skewing { machines: machines(), nodes: nodes(), most, wrong: vec![] };
            recurrent.push(Recurrence::new(spell, gaps, rng(FaultKind::Skew)));
        }
        if let Some(Stall { most, every }) = faults.stall {
            let spell = Stalling { network: network.clone(), most: millis(most) };
            recurrent.push(Recurrence::new(spell, Gaps::short(most, every), rng(FaultKind::Stall)));
        }
        let hazard = |chance, kind| Hazard::new(chance, &nodes(), rng(kind));
        Self {
            network: network.clone(),
            recurrent,
            loss: faults.loss.map(|chance| hazard(chance, FaultKind::Loss)),
            duplication: faults.duplicate.map(|chance| hazard(chance, FaultKind::Duplicate)),
            delay: faults
                .reorder
                .map(|Reorder { chance, delay }| (hazard(chance, FaultKind::Reorder), delay)),
            slow: faults.slow_sync.map(|most| Slow {
                machines: machines(),
                nodes: nodes(),
                most,
                lasts: false,
            }),
        }
    }

    /// Starts the faults that last for the whole load.
    pub fn start(&mut self) -> Vec<Fault> {
        let start = |f, value| Fault { f, value };
        let percent = |hazard: &Hazard| json!({ "percent": hazard.chance() });
        let mut begun = Vec::new();
        if let Some(loss) = self.loss.take() {
            begun.push(start("start-loss", percent(&loss)));
            self.network.set_loss(Some(loss));
        }
        if let Some(duplication) = self.duplication.take() {
            begun.push(start("start-duplicate", percent(&duplication)));
            self.network.set_duplication(Some(duplication));
        }
        if let Some(delay) = self.delay.take() {
            let value = json!({ "percent": delay.0.chance(), "most-ms": millis(delay.1) });
            begun.push(start("start-reorder", value));
            self.network.set_delay(Some(delay));
        }
        if let Some(slow) = &mut self.slow {
            slow.lasts = true;
            slow.let_take(slow.most);
            begun.push(start("start-slow-sync", json!({ "most-ms": millis(slow.most) })));
        }
        begun
    }

    /// Starts and ends the faults that come and go, and tells `record` of each; returns when nothing
    /// more falls due before `end`. What is wrong then stays so until [`heal`](Self::heal), but for a
    /// stall: that ends in its time, lest it last for as long as clients wait for answers.
    pub async fn run_until(&mut self, end: Instant, mut record: impl FnMut(Fault)) {
        loop {
            let left = self.recurrent.iter_mut().filter(|it| it.goes_on_until(end));
            // Of those that are due together, the first one.
            let Some(next) = left.min_by_key(|it| it.next()) else { return };
            sleep_until(next.next()).await;
            record(next.change());
        }
    }

    /// Ends all faults.
    pub fn heal(&mut self) -> Vec<Fault> {
        let stop = |f| Fault { f, value: Value::Null };
        let mut ended: Vec<_> = self.recurrent.iter_mut().map(Recurrence::end).collect();
        if let Some(loss) = self.network.set_loss(None) {
            self.loss = Some(loss);
            ended.push(stop("stop-loss"));
        }
        if let Some(duplication) = self.network.set_duplication(None) {
            self.duplication = Some(duplication);
            ended.push(stop("stop-duplicate"));
        }
        if let Some(delay) = self.network.set_delay(None) {
            self.delay = Some(delay);
            ended.push(stop("stop-reorder"));
        }
        if let Some(slow) = self.slow.as_mut().filter(|slow| slow.lasts) {
            slow.lasts = false;
            slow.let_take(Duration::ZERO);
            ended.push(stop("stop-slow-sync"));
        }
        ended
    }
}

#[cfg(test)]
mod tests;
