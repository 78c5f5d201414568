use std::rc::Rc;

use super::Clock;
use crate::storage::{Durability, Storage};

/// What a node is given by its surroundings.
#[derive(Clone)]
pub struct Env {
    /// Random bits, different in every life of every node.
    pub entropy: [u64; 2],
    /// Hears of each value that the node comes to hold, as JSON, when it first does.
    pub observer: Option<Rc<dyn Fn(&str)>>,
    /// Where the node finds what its earlier lives have kept, if they had such a place.
    pub storage: Option<Storage>,
    /// What is acknowledged outlives this, if there is a place for it.
    pub durability: Durability,
    /// What the node knows of the time.
    pub clock: Clock,
}

impl Env {
    /// With this entropy, nobody who observes, nothing that outlives the node, and a clock that is right.
    pub fn new(entropy: [u64; 2]) -> Self {
        let (observer, storage) = (None, None);
        let (durability, clock) = (Durability::default(), Clock::default());
        Self { entropy, observer, storage, durability, clock }
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
