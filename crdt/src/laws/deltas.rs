use alloc::format;
use alloc::vec::Vec;
use core::fmt::Debug;

use super::{Law, Violation, equal, require};
use crate::Lattice;

/// Checks that `deltas`, which mutators returned one after another as they took a state from `before`
/// to `after`, carry all that they did, as a network may deliver them: in any order, some or all of
/// them twice, and joined into groups on the way.
///
/// Up to five deltas are tried in every order; more of them forward, backward, and beginning at each.
/// On the way no state may be more than `after`.
///
/// # Errors
///
/// The first [`Violation`] found.
///
/// ```
/// use glomers_crdt::{PnCounter, laws};
///
/// let before = PnCounter::default();
/// let mut after = before.clone();
/// let deltas = [after.add('a', 3), after.add('b', -1), after.add('a', 4)].map(Result::unwrap);
/// laws::check_delta_group(&before, &after, &deltas).unwrap();
/// assert!(laws::check_delta_group(&before, &after, &deltas[..2]).is_err());
/// ```
pub fn check_delta_group<S>(before: &S, after: &S, deltas: &[S]) -> Result<(), Violation>
where
    S: Lattice + PartialEq + Debug,
{
    orders(deltas.len()).try_for_each(|order| check_order(before, after, deltas, &order))
}

/// Places of `n` things: all orders of few, some of many.
fn orders(n: usize) -> impl Iterator<Item = Vec<usize>> {
    let all = if n <= 5 { (1..=n).product() } else { 2 * n };
    (0..all).map(move |mut nth| {
        let mut left: Vec<usize> = (0..n).collect();
        if n > 5 {
            left.rotate_left(nth / 2);
            if nth % 2 == 1 {
                left.reverse();
            }
            return left;
        }
        // The digits of a number whose bases fall to 1 are the choices of an order.
        let choose = |base| {
            let choice = left.remove(nth % base);
            nth /= base;
            choice
        };
        (1..=n).rev().map(choose).collect()
    })
}

fn check_order<S>(before: &S, after: &S, deltas: &[S], order: &[usize]) -> Result<(), Violation>
where
    S: Lattice + PartialEq + Debug,
{
    let law = Law::DeltaGroup;
    let (mut single, mut grouped, mut group) = (before.clone(), before.clone(), S::default());
    for (count, delta) in order.iter().filter_map(|at| deltas.get(*at)).enumerate() {
        single.merge(delta);
        require(law, !single.merge(delta), || {
            format!("{delta:?} has an effect again on {single:?}, in the order {order:?}")
        })?;
        require(law, after.includes(&single), || {
            format!("{single:?} is more than {after:?}, in the order {order:?}")
        })?;
        group.merge(delta);
        if count % 3 == 2 {
            grouped.merge(&group);
            group = S::default();
        }
    }
    grouped.merge(&group);
    for delta in deltas {
        require(law, !single.merge(delta), || {
            format!("{delta:?} has an effect again on {single:?}, after the order {order:?}")
        })?;
    }
    let told = |what: &str| format!("{what} in the order {order:?} against the state after");
    equal(law, &single, after, &told("deltas one by one"))?;
    equal(law, &grouped, after, &told("groups of three deltas"))
}
