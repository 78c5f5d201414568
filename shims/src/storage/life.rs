use std::fs;

use serde::{Deserialize, Serialize};

use super::Durability;

/// So many lives are remembered.
const MOST: usize = 64;

/// One life of a node, as its journal tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Life {
    /// Random, in hexadecimal.
    pub(crate) name: String,
    /// The node, and its workload.
    pub(crate) node: String,
    pub(crate) workload: String,
    /// All nodes.
    pub(crate) nodes: Vec<String>,
    /// What the system calls the time since its last start, where it does.
    pub(crate) boot: String,
    pub(crate) durability: Durability,
}

/// The lives that a journal has seen, the latest of them last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Lives(Vec<Life>);

impl Lives {
    pub(crate) fn last(&self) -> Option<&Life> {
        self.0.last()
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.iter().any(|life| life.name == name)
    }

    pub(crate) fn push(&mut self, life: Life) {
        if !self.knows(&life.name) {
            self.0.push(life);
        }
        let surplus = self.0.len().saturating_sub(MOST);
        self.0.drain(..surplus);
    }

    /// Whether nothing was lost between the last life and one that begins in this boot: what was
    /// only written is gone if the machine ended.
    pub(crate) fn is_unbroken(&self, boot: &str) -> bool {
        self.last().is_none_or(|last| last.durability == Durability::Power || last.boot == boot)
    }
}

/// What a journal has in a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record<S> {
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub(crate) lives: Option<Lives>,
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<S>,
}

/// What the system calls the time since its last start, where it does (Linux does).
pub(crate) fn boot() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    boot.trim().to_owned()
}
