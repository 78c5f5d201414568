use alloc::vec::Vec;

use super::Fate;
use crate::Dot;
use crate::causal::stable::Stable;
use crate::sorted::Sorted;

/// Folds what is settled, of each replica into the first, by `fold`, as far as that can.
///
/// Why no value changes: take the settled updates of one replica to one thing, as two replicas see
/// them that compact. Everyone has seen all that this replica did up to the last of them, and
/// everyone holds them as live. So none was removed before it was reported, and whoever removes one
/// later has seen all and removes all: removals never part them. And as both begin with the first,
/// and stop before the first that is not settled, what one folds is the beginning of what the other
/// folds: in a merge the longer fold stays, under the same dot, and nothing is left out or doubled.
pub(super) fn folds<R: Ord + Clone, P: Clone>(
    updates: &Sorted<Dot<R>, P>,
    stable: &Stable<R>,
    fold: impl Fn(&P, &P) -> Option<P>,
) -> Vec<Fate<R, P>> {
    let mut fates = Vec::new();
    let mut rest = updates.iter().peekable();
    while let Some((first, update)) = rest.next() {
        let (mut folded, mut is_whole) = (None, stable.is_settled(first));
        while let Some((dot, next)) = rest.next_if(|(dot, _)| dot.replica == first.replica) {
            is_whole = is_whole && stable.is_settled(dot);
            let sum = if is_whole { fold(folded.as_ref().unwrap_or(update), next) } else { None };
            is_whole = sum.is_some();
            if let Some(sum) = sum {
                folded = Some(sum);
                fates.push((dot.clone(), None));
            }
        }
        if let Some(folded) = folded {
            fates.push((first.clone(), Some(folded)));
        }
    }
    fates
}
