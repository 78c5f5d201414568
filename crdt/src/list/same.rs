//! Whether two lists are the same, however they came to be.

use core::fmt;
use core::hash::{Hash, Hasher};

use super::List;
use super::run::{Atom, Stretch};

impl<T: PartialEq + 'static, R: PartialEq> PartialEq for List<T, R> {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.atoms(), other.atoms());
        let (mut ours, mut theirs) = (ours.into_iter(), theirs.into_iter());
        let (mut one, mut two) = (ours.next(), theirs.next());
        // Stretches are as long as they happen to be.
        while let (Some(our), Some(their)) = (&one, &two) {
            let len = our.len().min(their.len());
            if !is_same(&our.slice(0, len), &their.slice(0, len)) {
                return false;
            }
            let rest = |atom: &Atom<'_, T, R>| atom.len() - len;
            let (our_rest, their_rest) = (rest(our), rest(their));
            one = if our_rest > 0 { one.map(|it| it.slice(len, our_rest)) } else { ours.next() };
            two = if their_rest > 0 {
                two.map(|it| it.slice(len, their_rest))
            } else {
                theirs.next()
            };
        }
        one.is_none() && two.is_none()
    }
}

fn is_same<T: PartialEq + 'static, R: PartialEq>(
    one: &Atom<'_, T, R>,
    other: &Atom<'_, T, R>,
) -> bool {
    let is_same = match (one.stretch, other.stretch) {
        (Stretch::Live(one), Stretch::Live(other)) => one == other,
        (Stretch::Removed(one), Stretch::Removed(other)) => one == other,
        _ => false,
    };
    is_same && one.start == other.start && one.origin == other.origin
}

impl<T: Eq + 'static, R: Eq> Eq for List<T, R> {}

impl<T: Hash + 'static, R: Hash + PartialEq> Hash for List<T, R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let is_live = |atom: &Atom<'_, T, R>| matches!(atom.stretch, Stretch::Live(_));
        let mut before: Option<Atom<'_, T, R>> = None;
        let mut len = 0_u64;
        for atom in self.atoms() {
            let goes_on = before.is_some_and(|before| {
                before.is_followed_by(&atom) && is_live(&before) == is_live(&atom)
            });
            if !goes_on {
                len.hash(state);
                len = 0;
                (atom.start, atom.origin, is_live(&atom)).hash(state);
            }
            if let Stretch::Live(values) = atom.stretch {
                values.iter().for_each(|value| value.hash(state));
            }
            len += atom.len();
            before = Some(atom);
        }
        len.hash(state);
    }
}

/// Stretches of runs, by their first ids.
impl<T: fmt::Debug + 'static, R: fmt::Debug> fmt::Debug for List<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stretches = self.atoms().into_iter();
        let stretches = stretches.map(|atom| (atom.start, (atom.origin, atom.stretch)));
        f.debug_map().entries(stretches).finish()
    }
}
