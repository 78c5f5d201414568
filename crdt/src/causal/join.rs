//! How causal states merge.

use alloc::vec::Vec;

use super::runs::{Run, Runs};
use super::state::Values;
use super::store::{Change, Twins, View};
use super::{Causal, CausalContext, Store, Watched};
use crate::sorted::{Joined, Sorted};
use crate::{Changes, Dot, Lattice};

/// What one replica's live values become by those of another state.
struct Diff<P> {
    dead: Vec<u64>,
    born: Vec<(u64, P)>,
    raised: Vec<(u64, P)>,
}

impl<P: Clone> Diff<P> {
    fn new<R, S: View<R, Payload = P>>(
        (ours, our_runs): (&Values<P>, &Runs),
        (theirs, their_runs): (&Values<P>, &Runs),
    ) -> Self {
        let mut diff = Self { dead: Vec::new(), born: Vec::new(), raised: Vec::new() };
        theirs.compare(ours, |counter, theirs, ours| match ours.map(|it| S::twins(it, theirs)) {
            None if our_runs.contains(*counter) => {}
            None => diff.born.push((*counter, theirs.clone())),
            Some(Twins::Same) => {}
            Some(Twins::Joined(value)) => diff.raised.push((*counter, value)),
            Some(Twins::Clash) => diff.dead.push(*counter),
        });
        each_dead(ours, theirs, their_runs, |counter| diff.dead.push(counter));
        diff
    }
}

/// Shows `each` of our live counters that they have seen and do not hold as live.
fn each_dead<P: Clone>(
    ours: &Values<P>,
    theirs: &Values<P>,
    their_runs: &Runs,
    mut each: impl FnMut(u64),
) {
    let many = u64::try_from(ours.len() / 4).unwrap_or(u64::MAX);
    if their_runs.count() > many {
        ours.compare(theirs, |counter, _, theirs| {
            if theirs.is_none() && their_runs.contains(*counter) {
                each(*counter);
            }
        });
        return;
    }
    for Run { first, last } in their_runs.as_slice() {
        let within = ours.range_from(first).map(|(counter, _)| *counter);
        within
            .take_while(|counter| counter <= last)
            .filter(|counter| theirs.get(counter).is_none())
            .for_each(&mut each);
    }
}

/// What a merge has made of the live values.
struct Changed<R, P> {
    list: Vec<Change<R, P>>,
    /// Whether all that is new in the other store is to be taken from there.
    are_many: bool,
}

impl<S: Store<R>, R: Ord + Clone> Causal<S, R> {
    /// Merges the live values of one replica, and notes in `changes` what became of them. So many
    /// that are new are `many`.
    fn merge_replica(
        &mut self,
        replica: &R,
        theirs: (&Values<S::Payload>, &Runs),
        many: usize,
        changes: &mut Changed<R, S::Payload>,
    ) {
        let none = Sorted::new();
        let ours = (self.live.get(replica).unwrap_or(&none), self.context.of(replica));
        let Changed { list, are_many } = changes;
        let dot = |counter| Dot { replica: replica.clone(), counter };
        let birth = |(counter, value): (&u64, &S::Payload)| Change {
            dot: dot(*counter),
            old: None,
            new: Some(value.clone()),
        };
        if ours.1.is_empty() {
            if theirs.0.len() > many {
                *are_many = true;
            } else {
                list.extend(theirs.0.iter().map(birth));
            }
            // Shared, not copied, if they are many.
            self.live.change(replica, |_| (!theirs.0.is_empty()).then(|| theirs.0.clone()));
            return;
        }
        let Diff { dead, born, raised } = Diff::new::<R, S>(ours, theirs);
        if dead.is_empty() && born.is_empty() && raised.is_empty() {
            return;
        }
        self.live.edit(replica, |live| {
            for counter in dead {
                let old = live.remove(&counter);
                list.push(Change { dot: dot(counter), old, new: None });
            }
            for (counter, value) in raised {
                let new = Some(value.clone());
                if let Some(held) = live.get_mut(&counter) {
                    let old = Some(core::mem::replace(held, value));
                    list.push(Change { dot: dot(counter), old, new });
                }
            }
            if born.len() > many {
                *are_many = true;
            } else {
                list.extend(born.iter().map(|(counter, value)| birth((counter, value))));
            }
            let born = Sorted::of_ascending(born);
            live.join(&born, |ours, _| match ours {
                None => Joined::Theirs,
                Some(_) => Joined::Ours,
            });
            !live.is_empty()
        });
    }
}

impl<S: Store<R>, R: Ord + Clone> Causal<S, R> {
    /// Merges all live values, and leaves the store and the context as they are.
    fn merge_live(&mut self, other: &Self, many: usize) -> Changed<R, S::Payload> {
        let none = Sorted::new();
        let mut changes = Changed { list: Vec::new(), are_many: false };
        for (replica, runs) in other.context.runs.iter() {
            let theirs = (other.live.get(replica).unwrap_or(&none), runs);
            self.merge_replica(replica, theirs, many, &mut changes);
        }
        changes
    }
}

impl<S: Store<R>, R: Ord + Clone> Lattice for Causal<S, R> {
    fn merge(&mut self, other: &Self) -> bool {
        let all = other.live.iter().fold(0, |sum, (_, values)| sum + values.len());
        let many = if S::TAKES_MANY { 8.max(all / 4) } else { usize::MAX };
        let Changed { list, are_many } = self.merge_live(other, many);
        let has_changed = are_many || !list.is_empty();
        if has_changed {
            let from = are_many.then_some((&other.store, &self.context));
            self.store.apply(list, from);
        }
        self.context.merge(&other.context) || has_changed
    }

    /// The least: the live values that `seen` has not seen, and the dots that are dead here and
    /// unseen or live there. O(n), less what forks share.
    fn difference(&self, seen: &Self) -> Self {
        let none = Sorted::new();
        let (mut live, mut context) = (Vec::new(), Vec::new());
        for (replica, our_runs) in self.context.runs.iter() {
            let ours = self.live.get(replica).unwrap_or(&none);
            let theirs = seen.live.get(replica).unwrap_or(&none);
            let their_runs = seen.context.of(replica);
            let mut lacking = our_runs.minus(their_runs);
            let mut values = Vec::new();
            ours.compare(theirs, |counter, ours, theirs| {
                let is_lacking = match theirs.map(|theirs| S::twins(theirs, ours)) {
                    Some(Twins::Same) => false,
                    Some(Twins::Joined(_) | Twins::Clash) => true,
                    None => !their_runs.contains(*counter),
                };
                if is_lacking {
                    values.push((*counter, ours.clone()));
                    lacking.insert(Run::one(*counter));
                }
            });
            each_dead(theirs, ours, our_runs, |counter| {
                lacking.insert(Run::one(counter));
            });
            if !values.is_empty() {
                live.push((replica.clone(), Sorted::of_ascending(values)));
            }
            if !lacking.is_empty() {
                context.push((replica.clone(), lacking));
            }
        }
        let context = CausalContext { runs: Sorted::of_ascending(context) };
        Self::from_raw(Sorted::of_ascending(live), context)
    }

    fn is_bottom(&self) -> bool {
        self.context.is_empty()
    }
}

/// The view is that of the store.
impl<S: Watched<R>, R: Ord + Clone> Changes for Causal<S, R> {
    type View = S::Shown;
    type Change = S::News;

    fn view(&self) -> S::Shown {
        self.store.shown()
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(S::News)) -> bool {
        // One by one, so that each can be told of.
        let Changed { list, .. } = self.merge_live(other, usize::MAX);
        let has_changed = !list.is_empty();
        if has_changed {
            self.store.apply_each(list, each);
        }
        self.context.merge(&other.context) || has_changed
    }
}
