use std::collections::BTreeMap;
use std::rc::Rc;

use rand::RngExt;
use serde_json::{Map, Value, json};

use super::recurrence::Spell;
use super::{Choice, Condition, Disturbance, Fault, Flip, Grudge, Machines, Shape, Skew, Target};
use crate::network::{Network, Percent};
use crate::rng::Rng;

/// How much too fast or too slow clocks run at most, in millionths: a twentieth, which is far more
/// than a clock does that is not broken.
const DRIFT: i32 = 50_000;

/// Parts nodes from each other, and brings them together again. Services and clients are never cut
/// off.
pub(super) struct Parting {
    pub(super) network: Network,
    pub(super) nodes: Vec<String>,
    pub(super) shapes: Choice<Shape>,
}

impl Spell for Parting {
    fn begin(&mut self, rng: &mut Rng) -> Fault {
        let shape = self.shapes.draw(rng);
        let grudge = Grudge::draw(shape, &self.nodes, rng);
        grudge.apply(&self.network);
        Fault { f: "start-partition", value: json!({ "shape": shape, "grudge": grudge }) }
    }

    fn end(&mut self) -> Fault {
        self.network.heal();
        Fault { f: "stop-partition", value: "network-healed".into() }
    }
}

/// Ends nodes, and starts them again.
pub(super) struct Ending {
    pub(super) how: End,
    pub(super) machines: Rc<dyn Machines>,
    pub(super) nodes: Vec<String>,
    pub(super) targets: Choice<Target>,
    pub(super) ended: Vec<String>,
}

/// What ends a node.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum End {
    /// Its process is killed.
    Kill,
    /// The power of its machine is cut.
    Power,
    /// Its process is killed, and a bit on its disk flips.
    Flip,
}

impl Ending {
    /// Ends nodes that were drawn; tells their names by how they were.
    fn end_nodes(&mut self, chosen: Vec<String>) -> Map<String, Value> {
        let (mut killed, mut crashed, mut down) = (Vec::new(), Vec::new(), Vec::new());
        for node in &chosen {
            let was = match self.how {
                End::Kill | End::Flip => self.machines.kill(node),
                End::Power => self.machines.cut_power(node),
            };
            match was {
                Condition::Running => killed.push(node),
                Condition::Crashed => crashed.push(node),
                Condition::Down => down.push(node),
            }
        }
        let mut told = Map::from_iter([("nodes".to_owned(), json!(killed))]);
        for (what, nodes) in [("had-crashed", crashed), ("were-down", down)] {
            if !nodes.is_empty() {
                told.insert(what.to_owned(), json!(nodes));
            }
        }
        // Who had ended by itself comes back, too.
        self.ended = chosen;
        told
    }

    /// Flips a bit of each that was ended.
    fn flip_bits(&self) -> Map<String, Value> {
        let flipped = self.ended.iter().filter_map(|node| {
            let Flip { file, byte } = self.machines.flip_bit(node)?;
            Some((node.clone(), json!({ "file": file, "byte": byte })))
        });
        flipped.collect()
    }
}

impl Spell for Ending {
    fn begin(&mut self, rng: &mut Rng) -> Fault {
        let target = self.targets.draw(rng);
        let chosen = target.draw(&self.nodes, rng);
        let mut value = json!({ "targets": target });
        for (key, nodes) in self.end_nodes(chosen) {
            value[key] = nodes;
        }
        let f = match self.how {
            End::Kill => "start-kill",
            End::Power => "start-power",
            End::Flip => {
                value["bits"] = self.flip_bits().into();
                "start-bit-flip"
            }
        };
        Fault { f, value }
    }

    fn end(&mut self) -> Fault {
        let nodes = std::mem::take(&mut self.ended);
        for node in &nodes {
            self.machines.start(node);
        }
        let f = match self.how {
            End::Kill => "stop-kill",
            End::Power => "stop-power",
            End::Flip => "stop-bit-flip",
        };
        Fault { f, value: json!({ "nodes": nodes }) }
    }

    fn end_for_good(&mut self) -> Fault {
        let fault = self.end();
        if self.how == End::Flip {
            self.nodes.iter().for_each(|node| self.machines.restore(node));
        }
        fault
    }
}

/// Lets the disks of some nodes fill up, or fail, for a while.
pub(super) struct Disturbing {
    pub(super) how: Harm,
    pub(super) machines: Rc<dyn Machines>,
    pub(super) nodes: Vec<String>,
    pub(super) targets: Choice<Target>,
    pub(super) disturbed: Vec<String>,
}

/// What is wrong with a disk.
#[derive(Clone, Copy)]
pub(super) enum Harm {
    /// There is little room left.
    Full,
    /// So many per cent of the writes and the syncs fail.
    Errors(Percent),
}

/// How many bytes there are left at most on a disk that fills up: a few records.
const ROOM: u64 = 1000;

impl Spell for Disturbing {
    fn begin(&mut self, rng: &mut Rng) -> Fault {
        let target = self.targets.draw(rng);
        self.disturbed = target.draw(&self.nodes, rng);
        let mut value = json!({ "targets": target, "nodes": self.disturbed });
        let (f, disturbance) = match self.how {
            Harm::Full => {
                let room = rng.random_range(0..=ROOM);
                value["room"] = room.into();
                ("start-disk-full", Disturbance::Room(Some(room)))
            }
            Harm::Errors(chance) => {
                value["percent"] = chance.value().into();
                ("start-sync-error", Disturbance::Errors(chance.value() / 100.0))
            }
        };
        self.disturbed.iter().for_each(|node| self.machines.disturb(node, disturbance));
        Fault { f, value }
    }

    fn end(&mut self) -> Fault {
        let (f, none) = match self.how {
            Harm::Full => ("stop-disk-full", Disturbance::Room(None)),
            Harm::Errors(_) => ("stop-sync-error", Disturbance::Errors(0.0)),
        };
        let nodes = std::mem::take(&mut self.disturbed);
        for node in &nodes {
            self.machines.disturb(node, none);
            self.machines.revive(node);
        }
        Fault { f, value: json!({ "nodes": nodes }) }
    }
}

/// Stops nodes, and lets them go on.
pub(super) struct Pausing {
    pub(super) machines: Rc<dyn Machines>,
    pub(super) nodes: Vec<String>,
    pub(super) targets: Choice<Target>,
    pub(super) paused: Vec<String>,
}

impl Spell for Pausing {
    fn begin(&mut self, rng: &mut Rng) -> Fault {
        let target = self.targets.draw(rng);
        self.paused = target.draw(&self.nodes, rng);
        // A node that is not there cannot be stopped, and does not come back stopped.
        self.paused.retain(|node| self.machines.pause(node));
        Fault { f: "start-pause", value: json!({ "targets": target, "nodes": self.paused }) }
    }

    fn end(&mut self) -> Fault {
        let nodes = std::mem::take(&mut self.paused);
        for node in &nodes {
            self.machines.resume(node);
        }
        Fault { f: "stop-pause", value: json!({ "nodes": nodes }) }
    }
}

/// Lets the whole network stand still, and go on.
pub(super) struct Stalling {
    pub(super) network: Network,
    /// For how many milliseconds at most.
    pub(super) most: u64,
}

impl Spell for Stalling {
    fn begin(&mut self, _: &mut Rng) -> Fault {
        self.network.stall();
        Fault { f: "start-stall", value: json!({ "most-ms": self.most }) }
    }

    fn end(&mut self) -> Fault {
        self.network.go_on();
        Fault { f: "stop-stall", value: Value::Null }
    }
}

/// Puts the clocks of some nodes wrong, and right again.
pub(super) struct Skewing {
    pub(super) machines: Rc<dyn Machines>,
    pub(super) nodes: Vec<String>,
    /// How far at most, in milliseconds.
    pub(super) most: i64,
    pub(super) wrong: Vec<String>,
}

impl Spell for Skewing {
    fn begin(&mut self, rng: &mut Rng) -> Fault {
        let mut drawn = BTreeMap::new();
        // Everyone may be spared, but not all of them.
        while drawn.is_empty() {
            for node in &self.nodes {
                let ms = rng.random_range(-self.most..=self.most);
                let drift = rng.random_range(-DRIFT..=DRIFT);
                if rng.random() {
                    drawn.insert(node.clone(), (ms, drift));
                }
            }
        }
        let mut clocks = Map::new();
        for (node, &(ms, drift)) in &drawn {
            self.machines.skew(node, Skew { ahead: ms.saturating_mul(1_000_000), drift });
            let ratio = f64::from(drift) / 1e6;
            clocks.insert(node.clone(), json!({ "ahead-ms": ms, "drift": ratio }));
        }
        self.wrong = drawn.into_keys().collect();
        Fault { f: "start-skew", value: json!({ "clocks": Value::Object(clocks) }) }
    }

    fn end(&mut self) -> Fault {
        let nodes = std::mem::take(&mut self.wrong);
        for node in &nodes {
            self.machines.skew(node, Skew::default());
        }
        Fault { f: "stop-skew", value: json!({ "nodes": nodes }) }
    }
}
