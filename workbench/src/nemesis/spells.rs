use std::collections::BTreeMap;
use std::rc::Rc;

use rand::RngExt;
use serde_json::{Map, Value, json};

use super::recurrence::Spell;
use super::{Choice, Fault, Grudge, Machines, Shape, Skew, Target};
use crate::network::Network;
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

/// Kills nodes, and starts them again.
pub(super) struct Killing {
    pub(super) machines: Rc<dyn Machines>,
    pub(super) nodes: Vec<String>,
    pub(super) targets: Choice<Target>,
    pub(super) killed: Vec<String>,
}

impl Spell for Killing {
    fn begin(&mut self, rng: &mut Rng) -> Fault {
        let target = self.targets.draw(rng);
        let chosen = target.draw(&self.nodes, rng);
        let (killed, crashed): (Vec<_>, _) =
            chosen.iter().cloned().partition(|node| self.machines.kill(node));
        // Who had ended by itself comes back, too.
        self.killed = chosen;
        let mut value = json!({ "targets": target, "nodes": killed });
        if !Vec::is_empty(&crashed) {
            value["had-crashed"] = json!(crashed);
        }
        Fault { f: "start-kill", value }
    }

    fn end(&mut self) -> Fault {
        let nodes = std::mem::take(&mut self.killed);
        for node in &nodes {
            self.machines.start(node);
        }
        Fault { f: "stop-kill", value: json!({ "nodes": nodes }) }
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
