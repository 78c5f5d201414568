use std::collections::VecDeque;
use std::fmt::Debug;

use super::*;
use glomers_crdt::{Decompose, GCounter, GSet, Lattice};

mod cost;
mod estimate;
mod machines;
mod weather;
#[cfg(feature = "serde")]
mod wire;

const KEY: Key = Key::new(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);

/// Numbers that look random.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    (1..).map(move |n: u64| {
        let mut x = seed.rotate_left(32).wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    })
}

/// Sets that have so many numbers in common, and so many that the other has not.
fn sets(seed: u64, common: usize, ours: usize, theirs: usize) -> [GSet<u64>; 2] {
    let items: Vec<u64> = numbers(seed).take(common + ours + theirs).collect();
    let (common, rest) = items.split_at(common);
    let (ours, theirs) = rest.split_at(ours);
    [ours, theirs].map(|own| common.iter().chain(own).copied().collect())
}

/// What a comparison has cost.
#[derive(Debug, Default)]
struct Cost {
    symbols: usize,
    round_trips: usize,
    wholes: usize,
    /// Of all messages, and of what was lacking on either side.
    #[cfg(feature = "serde")]
    bytes: usize,
}

/// What can be told of a state's cost.
#[cfg(feature = "serde")]
trait State: Decompose + Debug + PartialEq + serde::Serialize {}
#[cfg(feature = "serde")]
impl<S: Decompose + Debug + PartialEq + serde::Serialize> State for S {}
#[cfg(not(feature = "serde"))]
trait State: Decompose + Debug + PartialEq {}
#[cfg(not(feature = "serde"))]
impl<S: Decompose + Debug + PartialEq> State for S {}

impl Cost {
    fn note<S: State>(&mut self, message: &Exchange<S>) {
        match message {
            Exchange::Whole { .. } => self.wholes += 1,
            Exchange::Sketch { portion, .. } => self.symbols += portion.batch().coded.len(),
            _ => {}
        }
        #[cfg(feature = "serde")]
        self.note_bytes(message);
    }

    #[cfg(feature = "serde")]
    fn note_bytes(&mut self, sent: &impl serde::Serialize) {
        let len = serde_json::to_string(sent).unwrap().len();
        self.bytes += len;
    }
}

/// In good weather. The states are equal afterwards.
fn reconcile<S: State>(key: Key, asking: &S, answering: &S) -> Cost {
    let mut cost = Cost::default();
    let (mut inquiry, mut comparison) =
        (Inquiry::new(key, 1, asking.clone()), Comparison::default());
    let (mut ours, mut theirs) = (asking.clone(), answering.clone());
    let mut said = VecDeque::from([inquiry.speak()]);
    loop {
        cost.round_trips += 1;
        let mut heard = Heard::Nothing;
        for message in said.drain(..) {
            cost.note(&message);
            if let Exchange::Whole { state, .. } = &message {
                theirs.merge(state);
            }
            let Answer { message, they_lack, .. } = comparison.hear(key, answering, &message);
            #[cfg(feature = "serde")]
            if !they_lack.is_bottom() {
                cost.note_bytes(&they_lack);
            }
            ours.merge(&they_lack);
            if let Some(message) = message {
                assert_eq!(heard, Heard::Nothing, "one answer is enough");
                cost.note(&message);
                heard = inquiry.hear(&message);
            }
        }
        match heard {
            Heard::Nothing => panic!("it got stuck: {cost:?}"),
            Heard::Tell(_) => panic!("messages are not bounded"),
            Heard::Next(next) => said.extend(next),
            Heard::Done(they_lack) => {
                #[cfg(feature = "serde")]
                if !they_lack.is_bottom() {
                    cost.note_bytes(&they_lack);
                }
                theirs.merge(&they_lack);
                assert_eq!(ours, theirs);
                return cost;
            }
        }
    }
}
