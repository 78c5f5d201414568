use std::rc::Rc;

use super::Clock;
use crate::disk::Disk;

/// What a node is given by its surroundings.
#[derive(Clone)]
pub struct Env {
    /// Random bits, different in every life of every node.
    pub entropy: [u64; 2],
    /// Hears of each value that the node comes to hold, as JSON, when it first does.
    pub observer: Option<Rc<dyn Fn(&str)>>,
    /// What the node finds there of its earlier lives, if anything outlives it.
    pub disk: Option<Rc<dyn Disk>>,
    /// What the node knows of the time.
    pub clock: Clock,
}

impl Env {
    /// With this entropy, nobody who observes, no disk, and a clock that is right.
    pub fn new(entropy: [u64; 2]) -> Self {
        Self { entropy, observer: None, disk: None, clock: Clock::default() }
    }

    /// As [`new`](Self::new), with entropy from the operating system.
    ///
    /// # Errors
    ///
    /// If the system has no entropy to give.
    pub fn from_os() -> Result<Self, getrandom::Error> {
        Ok(Self::new([getrandom::u64()?, getrandom::u64()?]))
    }
}
