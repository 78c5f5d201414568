use core::cmp::Ordering;

use super::Sorted;
use super::cursor::Cursor;

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

impl<K: Ord, V> Sorted<K, V> {
    /// How two maps compare in the product of their values' orders, in which what is absent is less
    /// than all. O(n + m), less what both share.
    pub(crate) fn partial_cmp_by(
        &self,
        other: &Self,
        mut compare: impl FnMut(&V, &V) -> Option<Ordering>,
    ) -> Option<Ordering> {
        if self.is_same(other) {
            return Some(Ordering::Equal);
        }
        let (mut ours, mut theirs) = (Cursor::new(self), Cursor::new(other));
        let (mut is_less, mut is_greater) = (false, false);
        loop {
            ours.skip_same(&mut theirs);
            let (us, them) = (ours.ahead(), theirs.ahead());
            // Mostly both have the same keys.
            let mut count = 0;
            for ((key, our), (other, their)) in us.iter().zip(them) {
                if key != other {
                    break;
                }
                count += 1;
                match compare(our, their)? {
                    Ordering::Less => is_less = true,
                    Ordering::Equal => {}
                    Ordering::Greater => is_greater = true,
                }
            }
            let only_ours = match (us.get(count), them.get(count)) {
                _ if count > 0 && (count == us.len() || count == them.len()) => None,
                (None, None) => break,
                (Some((key, _)), Some((other, _))) => Some(key < other),
                (us, _) => Some(us.is_some()),
            };
            is_greater |= only_ours == Some(true);
            is_less |= only_ours == Some(false);
            if is_less && is_greater {
                return None;
            }
            ours.advance(count + usize::from(only_ours == Some(true)));
            theirs.advance(count + usize::from(only_ours == Some(false)));
        }
        Some(match (is_less, is_greater) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Greater,
            _ => Ordering::Equal,
        })
    }
}
