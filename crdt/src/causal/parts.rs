//! What causal states consist of.

use alloc::vec::Vec;
use core::hash::Hash;

use super::runs::Run;
use super::store::Twins;
use super::{Causal, CausalContext, Store};
use crate::sorted::Sorted;
use crate::{Decompose, Dot};

/// A part of a [`Causal`] state.
///
/// ```
/// use glomers_crdt::causal::Part;
/// use glomers_crdt::{Decompose, Dot, OrSet};
///
/// let mut set = OrSet::default();
/// for element in 1..=4 {
///     set.insert('a', element).unwrap();
/// }
/// set.remove(&1);
/// set.remove(&2);
/// let parts = set.parts().map(|part| match part {
///     Part::Live(dot, element) => format!("{element} as {}", dot.counter),
///     Part::Dead(_, first, last) => format!("{first} to {last} dead"),
/// });
/// assert!(parts.eq(["1 to 2 dead", "3 as 3", "4 as 4"]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part<'a, R, P> {
    /// A live value and its dot.
    Live(Dot<&'a R>, &'a P),
    /// A replica's dots that are dead, from the first to the last of as many as there are in a row.
    Dead(&'a R, u64, u64),
}

impl<R, P> Part<'_, R, P> {
    fn dot(&self) -> (&R, u64) {
        match self {
            Self::Live(dot, _) => (dot.replica, dot.counter),
            Self::Dead(replica, first, _) => (replica, *first),
        }
    }
}

/// The parts are the live values, and the dead dots in runs as long as can be.
impl<S: Store<R>, R: Ord + Clone + Hash> Decompose for Causal<S, R>
where
    S::Payload: Hash,
{
    type Part<'a>
        = Part<'a, R, S::Payload>
    where
        Self: 'a;

    fn parts(&self) -> impl Iterator<Item = Self::Part<'_>> {
        self.context.runs.iter().flat_map(|(replica, runs)| {
            let live = self.live.get(replica);
            let mut alive = live.into_iter().flat_map(Sorted::iter).peekable();
            let mut runs = runs.as_slice().iter().copied();
            let mut rest: Option<Run> = None;
            core::iter::from_fn(move || {
                let run = rest.take().or_else(|| runs.next())?;
                let after = |last: u64| {
                    let first = last.checked_add(1)?;
                    (first <= run.last).then_some(Run { first, last: run.last })
                };
                match alive.peek().map(|(counter, _)| **counter) {
                    Some(counter) if counter == run.first => {
                        rest = after(counter);
                        let (_, value) = alive.next()?;
                        Some(Part::Live(Dot { replica, counter }, value))
                    }
                    Some(counter) if counter <= run.last => {
                        rest = after(counter - 1);
                        Some(Part::Dead(replica, run.first, counter - 1))
                    }
                    _ => Some(Part::Dead(replica, run.first, run.last)),
                }
            })
        })
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Self::Part<'a>>) -> Self
    where
        Self: 'a,
    {
        joined(parts.into_iter().collect())
    }
}

/// The join of parts: compiled once a type, whatever they come from.
fn joined<S: Store<R>, R: Ord + Clone>(mut parts: Vec<Part<'_, R, S::Payload>>) -> Causal<S, R> {
    parts.sort_by(|part, other| part.dot().cmp(&other.dot()));
    let (mut dead, mut context) = (CausalContext::<R>::default(), CausalContext::<R>::default());
    for part in &parts {
        match part {
            Part::Live(dot, _) => context.add(dot.replica, Run::one(dot.counter)),
            Part::Dead(replica, first, last) => {
                let run = Run { first: *first, last: *last };
                context.add(replica, run);
                dead.add(replica, run);
            }
        }
    }
    let mut live: Vec<(Dot<R>, S::Payload)> = Vec::new();
    for part in parts {
        let Part::Live(Dot { replica, counter }, value) = part else { continue };
        let dot = Dot { replica: replica.clone(), counter };
        match live.last_mut().filter(|(last, _)| *last == dot) {
            _ if dead.contains(&dot) => {}
            None => live.push((dot, value.clone())),
            Some((_, held)) => match S::twins(held, value) {
                Twins::Same => {}
                Twins::Joined(joined) => *held = joined,
                Twins::Clash => {
                    dead.add(replica, Run::one(counter));
                    live.pop();
                }
            },
        }
    }
    Causal::of_live(live, context)
}
