use core::cmp::Ordering;

use super::Sorted;

/// The keys of either map in their order, with the values that they have in both.
pub(crate) fn zip<'a, K: Ord, V, W>(
    ours: &'a Sorted<K, V>,
    theirs: &'a Sorted<K, W>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a W>)> {
    let (mut ours, mut theirs) = (ours.iter().peekable(), theirs.iter().peekable());
    core::iter::from_fn(move || {
        let order = match (ours.peek(), theirs.peek()) {
            (Some((key, _)), Some((other, _))) => key.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        let ours = if order.is_le() { ours.next() } else { None };
        let theirs = if order.is_ge() { theirs.next() } else { None };
        let key = ours.map(|(key, _)| key).or(theirs.map(|(key, _)| key))?;
        Some((key, ours.map(|(_, value)| value), theirs.map(|(_, value)| value)))
    })
}
