//! How replicas in a script come to know of each other's.
#![allow(unreachable_pub, reason = "of one program")]

use glomers_crdt::Lattice;
use proptest::prelude::*;
use proptest::sample::Index;

/// One replica of three learns something of another.
#[derive(Clone, Debug)]
pub enum Exchange {
    /// All of its state.
    Merge { from: usize, to: usize },
    /// What it lacks of that one's.
    Send { from: usize, to: usize },
    /// A delta of before, whosever it is.
    Delta { delta: Index, to: usize },
}

/// One of three replicas.
pub fn at() -> std::ops::Range<usize> {
    0..3
}

pub fn merge() -> impl Strategy<Value = Exchange> {
    (at(), at()).prop_map(|(from, to)| Exchange::Merge { from, to })
}

pub fn send() -> impl Strategy<Value = Exchange> {
    (at(), at()).prop_map(|(from, to)| Exchange::Send { from, to })
}

pub fn delta() -> impl Strategy<Value = Exchange> {
    (any::<Index>(), at()).prop_map(|(delta, to)| Exchange::Delta { delta, to })
}

impl Exchange {
    /// Carries it out between these replicas, whose mutations have given these deltas.
    pub fn carry_out<S: Lattice>(&self, states: &mut [S; 3], deltas: &[S]) {
        match self {
            Self::Merge { from, to } => {
                let other = states[*from].clone();
                states[*to].merge(&other);
            }
            Self::Send { from, to } => {
                let lacking = states[*from].difference(&states[*to]);
                states[*to].merge(&lacking);
            }
            Self::Delta { delta, to } => {
                if !deltas.is_empty() {
                    states[*to].merge(delta.get(deltas));
                }
            }
        }
    }
}
