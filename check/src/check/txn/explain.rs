//! Cycles in words: what each transaction did that made the next depend on it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cases::Case;
use super::cycles::Cycle;
use super::graph::{Edge, NO_VERSION, Relations};
use super::transactions::{Datatype, Transactions};

/// One step from transaction to transaction.
struct Step {
    from: usize,
    to: usize,
    relation: Relations,
    /// The version that the one wrote or read, and the one that the other did.
    versions: [usize; 2],
}

/// What a cycle proves, with every step of it.
pub(super) fn explain(
    transactions: &Transactions,
    finals: &BTreeMap<usize, usize>,
    cycle: &Cycle,
) -> Case {
    let steps = steps(&cycle.edges);
    // T1, T2 … in the order in which the cycle passes them, each once.
    let mut names: BTreeMap<usize, usize> = BTreeMap::new();
    let mut txns = Vec::new();
    for step in &steps {
        names.entry(step.from).or_insert_with(|| {
            txns.push(step.from);
            txns.len()
        });
    }
    let explainer = Explainer { transactions, finals, names };
    let told: Vec<_> = steps.iter().map(|step| explainer.tell(step)).collect();
    let who: Vec<_> = txns
        .iter()
        .map(|&txn| format!("{} of op {}", explainer.name(txn), transactions.list[txn].index))
        .collect();
    let text = format!("of the transactions {}: {}", who.join(", "), told.join("; "));
    let detail: Vec<_> = steps.iter().map(|step| explainer.detail(step)).collect();
    Case::detailed(txns, text, json!({ "steps": detail })).about(telling(&steps))
}

/// The version that tells most: one that a transaction did not see yet, or else one that it saw, or
/// that came after another.
fn telling(steps: &[Step]) -> Option<usize> {
    let by_label = |wanted: &str| {
        let step = steps.iter().find(|step| label(step.relation) == wanted)?;
        Some(step.versions[1]).filter(|&version| version != NO_VERSION)
    };
    ["rw", "wr", "ww"].into_iter().find_map(by_label)
}

/// Edges between transactions, each with what goes on from it put into one step.
fn steps(edges: &[Edge]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for edge in edges {
        match steps.last_mut() {
            Some(step) if edge.relation.meets(Relations::ON) => {
                step.to = edge.to;
                if edge.versions[1] != NO_VERSION {
                    step.versions[1] = edge.versions[1];
                }
            }
            _ => steps.push(Step {
                from: edge.from,
                to: edge.to,
                relation: edge.relation,
                versions: edge.versions,
            }),
        }
    }
    steps
}

struct Explainer<'a> {
    transactions: &'a Transactions,
    finals: &'a BTreeMap<usize, usize>,
    names: BTreeMap<usize, usize>,
}

impl Explainer<'_> {
    fn name(&self, txn: usize) -> String {
        format!("T{}", self.names.get(&txn).copied().unwrap_or_default())
    }

    fn tell(&self, step: &Step) -> String {
        let (from, to) = (self.name(step.from), self.name(step.to));
        let what = match label(step.relation) {
            "process" => format!("the process of {from} carried out {to} later"),
            "realtime" => format!(
                "{from} ended at op {}, before {to} began at op {}",
                self.transactions.list[step.from].index, self.transactions.list[step.to].invoked
            ),
            "wr" => {
                format!("{} and {}", self.wrote(&from, step, 0), self.read(&to, step.to, step, 1))
            }
            "rw" => {
                let read = self.read(&from, step.from, step, 0);
                match self.transactions.datatype {
                    Datatype::List => {
                        format!("{read} without the {} that {to} appended", self.told(step, 1))
                    }
                    Datatype::Register => {
                        let how = self.order(step, &to);
                        format!("{read} before {to} wrote {}{how}", self.told(step, 1))
                    }
                }
            }
            _ => {
                let (first, second) = (self.wrote(&from, step, 0), self.told(step, 1));
                match self.transactions.datatype {
                    Datatype::List => format!("{first} before {to} appended {second}"),
                    Datatype::Register => {
                        format!("{first} before {to} wrote {second}{}", self.order(step, &to))
                    }
                }
            }
        };
        format!("{what} ({from} {}→ {to})", label(step.relation))
    }

    fn key(&self, step: &Step) -> &str {
        self.transactions.key_name(self.transactions.versions[step.versions[1]].key)
    }

    fn value(&self, step: &Step, which: usize) -> Value {
        self.transactions.value(step.versions[which])
    }

    /// The key, for people.
    fn key_told(&self, step: &Step) -> String {
        self.transactions.key_told(self.transactions.versions[step.versions[1]].key)
    }

    /// A value, for people.
    fn told(&self, step: &Step, which: usize) -> String {
        self.transactions.told(step.versions[which])
    }

    fn wrote(&self, name: &str, step: &Step, which: usize) -> String {
        let (key, value) = (self.key_told(step), self.told(step, which));
        match self.transactions.datatype {
            Datatype::List => format!("{name} appended {value} to {key}"),
            Datatype::Register => format!("{name} wrote {key} = {value}"),
        }
    }

    fn read(&self, name: &str, txn: usize, step: &Step, which: usize) -> String {
        let version = step.versions[which];
        let shown = self
            .transactions
            .reads(txn)
            .find(|&(key, shown, _)| self.transactions.state(key, shown) == version);
        let shown = shown.map_or(String::new(), |(_, shown, _)| self.transactions.list_text(shown));
        format!("{name} read {} = {shown}", self.key_told(step))
    }

    /// How it is known that the second version of a register, which `to` wrote, came later.
    fn order(&self, step: &Step, to: &str) -> String {
        let [first, second] = step.versions;
        let version = &self.transactions.versions[second];
        if step.relation.meets(Relations::WW_PROCESS | Relations::RW_PROCESS) {
            ", as a process met them".to_owned()
        } else if step.relation.meets(Relations::WW_REALTIME | Relations::RW_REALTIME) {
            ", as one was met only after the other".to_owned()
        } else if self.transactions.keys[version.key].initial == first {
            String::new()
        } else if self.finals.get(&version.key) == Some(&second) {
            ", which everyone read in the end".to_owned()
        } else {
            format!(", for {to} had read that")
        }
    }

    fn detail(&self, step: &Step) -> Value {
        let op = |txn: usize| self.transactions.list[txn].index;
        let mut detail = json!({
            "type": label(step.relation),
            "from": op(step.from),
            "to": op(step.to),
        });
        if step.versions[1] != NO_VERSION {
            detail["key"] = json!(self.key(step));
            detail["value"] = self.value(step, 0);
            detail["value'"] = self.value(step, 1);
        }
        detail
    }
}

fn label(relation: Relations) -> &'static str {
    if relation.meets(Relations::WW | Relations::WW_PROCESS | Relations::WW_REALTIME) {
        "ww"
    } else if relation.meets(Relations::WR) {
        "wr"
    } else if relation.meets(Relations::PROCESS) {
        "process"
    } else if relation.meets(Relations::REALTIME) {
        "realtime"
    } else {
        "rw"
    }
}
