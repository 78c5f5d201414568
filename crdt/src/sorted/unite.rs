//! Many keys without values and any number of others. The elements of two sets without order come in
//! no order that a processor could foresee: here nothing branches on which comes next.

use alloc::vec::Vec;

use super::joined::Joined;
use super::walk::Walk;
use super::{CHUNK, Chunk, Sorted, push, push_split};

/// Elements that are taken one by one before a run of common ones is looked for again.
const STEPS: usize = 16;

impl<K: Ord + Clone> Sorted<K, ()> {
    /// As [`join`](Sorted::join), where all that is there comes here.
    pub(crate) fn unite(&mut self, other: &Self) -> bool {
        let join = |ours: Option<&()>, (): &()| match ours {
            None => Joined::Theirs,
            Some(()) => Joined::Both,
        };
        self.join_by(other, join, |walk, chunk, bound, _| walk.unite(chunk, bound))
    }
}

impl<K: Ord + Clone> Walk<'_, K, ()> {
    /// Adds to a chunk what lies before `bound`, but for whole chunks after the last of ours.
    fn unite(&mut self, chunk: Chunk<K, ()>, bound: Option<&K>) {
        let (begin, ours) = (self.theirs.whole(), chunk.pairs.as_slice());
        let mut union = Vec::with_capacity(2 * CHUNK);
        let (mut at, mut taken) = (0, 0);
        loop {
            let (ahead, end) = self.before(bound);
            let theirs = &ahead[..end];
            let mut nth = 0;
            loop {
                // What forks have in common comes in long runs.
                let same = common(&ours[at..], &theirs[nth..]);
                union.extend(&ours[at..at + same]);
                (at, nth) = (at + same, nth + same);
                if at == ours.len() || nth == theirs.len() {
                    break;
                }
                for _ in 0..STEPS {
                    let (Some(our), Some(their)) = (ours.get(at), theirs.get(nth)) else { break };
                    let order = our.0.cmp(&their.0);
                    union.push(if order.is_le() { our } else { their });
                    at += usize::from(order.is_le());
                    nth += usize::from(order.is_ge());
                }
            }
            if nth == 0 && self.theirs.whole().is_some() {
                break;
            }
            union.extend(&theirs[nth..]);
            taken += end;
            self.theirs.advance(end);
            if end < ahead.len() || end == 0 {
                break;
            }
        }
        let is_theirs = at == ours.len() && union.len() == taken;
        union.extend(&ours[at..]);
        let new = union.len() - ours.len();
        self.added += new;
        self.has_changed |= new > 0;
        match (begin, self.theirs.whole()) {
            (Some(begin), Some(end)) if is_theirs => {
                self.is_settled = false;
                for chunk in &begin[..begin.len() - end.len()] {
                    push(&mut self.joined, chunk.clone());
                }
            }
            _ if new == 0 => self.keep(chunk),
            _ => {
                self.is_settled = false;
                push_split(&mut self.joined, union.into_iter().cloned());
            }
        }
    }
}

/// How many keys both begin with.
fn common<K: PartialEq>(ours: &[(K, ())], theirs: &[(K, ())]) -> usize {
    ours.iter().zip(theirs).take_while(|(our, their)| our.0 == their.0).count()
}
