//! Elements in an order, in chunks: an insertion moves the rest of a chunk, and seldom the list of chunks.

use alloc::vec::Vec;

/// Elements in a chunk at most.
const CHUNK: usize = 64;

/// Where an element is; or the end of a chunk, which is where something can be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nth {
    chunk: usize,
    nth: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Chunks<E> {
    /// None is empty.
    chunks: Vec<Vec<E>>,
}

impl<E> Default for Chunks<E> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<E> FromIterator<E> for Chunks<E> {
    fn from_iter<I: IntoIterator<Item = E>>(elements: I) -> Self {
        let mut chunks = Self::default();
        elements.into_iter().for_each(|element| chunks.push(element));
        chunks
    }
}

impl<E> Chunks<E> {
    /// Where the first element is that does not come `before` something, or where it would be.
    pub(super) fn position(&self, mut before: impl FnMut(&E) -> bool) -> Nth {
        let chunk = self.chunks.partition_point(|chunk| chunk.first().is_some_and(&mut before));
        let chunk = chunk.saturating_sub(1);
        let nth = self.chunks.get(chunk).map_or(0, |chunk| chunk.partition_point(before));
        Nth { chunk, nth }
    }

    pub(super) fn get(&self, at: Nth) -> Option<&E> {
        self.chunks.get(at.chunk)?.get(at.nth)
    }

    pub(super) fn get_mut(&mut self, at: Nth) -> Option<&mut E> {
        self.chunks.get_mut(at.chunk)?.get_mut(at.nth)
    }

    /// The place before this one.
    pub(super) fn before(&self, at: Nth) -> Option<Nth> {
        if let Some(nth) = at.nth.checked_sub(1) {
            return Some(Nth { nth, ..at });
        }
        let chunk = at.chunk.checked_sub(1)?;
        Some(Nth { chunk, nth: self.chunks[chunk].len() - 1 })
    }

    /// The place after this one.
    pub(super) fn after(&self, at: Nth) -> Nth {
        if self.chunks.get(at.chunk).is_some_and(|chunk| at.nth + 1 < chunk.len()) {
            Nth { nth: at.nth + 1, ..at }
        } else {
            Nth { chunk: at.chunk + 1, nth: 0 }
        }
    }

    /// The elements from a place on.
    pub(super) fn from(&self, at: Nth) -> impl Iterator<Item = &E> {
        let (first, rest) = match self.chunks.get(at.chunk..) {
            Some([first, rest @ ..]) => (&first[at.nth.min(first.len())..], rest),
            _ => (&[][..], &[][..]),
        };
        first.iter().chain(rest.iter().flatten())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.chunks.iter().flatten()
    }

    pub(super) fn last(&self) -> Option<&E> {
        self.chunks.last()?.last()
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut E> {
        self.chunks.last_mut()?.last_mut()
    }

    /// Appends an element, which comes after all others.
    pub(super) fn push(&mut self, element: E) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => {
                grow(chunk);
                chunk.push(element);
            }
            None => self.chunks.push(alloc::vec![element]),
            Some(_) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(element);
                self.chunks.push(chunk);
            }
        }
    }

    pub(super) fn insert(&mut self, at: Nth, element: E) {
        let Some(chunk) = self.chunks.get_mut(at.chunk) else { return self.push(element) };
        if chunk.len() < CHUNK {
            grow(chunk);
            return chunk.insert(at.nth, element);
        }
        let mut upper = chunk.split_off(CHUNK / 2);
        match at.nth.checked_sub(CHUNK / 2) {
            Some(nth) => upper.insert(nth, element),
            None => chunk.insert(at.nth, element),
        }
        self.chunks.insert(at.chunk + 1, upper);
    }

    pub(super) fn remove(&mut self, at: Nth) {
        let Some(chunk) = self.chunks.get_mut(at.chunk) else { return };
        if at.nth < chunk.len() {
            chunk.remove(at.nth);
        }
        if chunk.is_empty() {
            self.chunks.remove(at.chunk);
        }
    }
}

/// Makes room for one more, and for less than a vector takes by itself.
pub(super) fn grow<E>(vec: &mut Vec<E>) {
    if vec.len() == vec.capacity() {
        vec.reserve_exact(4.max(vec.len() / 2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_an_order_is_found_in_it() {
        let mut chunks = Chunks::default();
        // Numbers without an order, each once.
        for number in (0..2_000_u64).map(|nth| nth * 7_919 % 2_003) {
            let at = chunks.position(|one| *one < number);
            chunks.insert(at, number);
        }
        assert!(chunks.iter().is_sorted() && chunks.iter().count() == 2_000);
        let all: Vec<u64> = chunks.iter().copied().collect();
        for (nth, number) in all.iter().enumerate() {
            let at = chunks.position(|one| one < number);
            assert!(chunks.from(at).eq(&all[nth..]), "{number}");

            let before = chunks.before(at).and_then(|before| chunks.get(before));
            assert_eq!(before, nth.checked_sub(1).map(|nth| &all[nth]));
        }
        for number in 0..2_003 {
            let at = chunks.before(chunks.position(|one| *one <= number));
            let at = at.filter(|at| chunks.get(*at) == Some(&number) && number % 3 > 0);
            if let Some(at) = at {
                chunks.remove(at);
            }
        }
        assert!(chunks.iter().all(|number| number % 3 == 0) && chunks.iter().count() > 600);
        chunks.push(9_999);
        assert_eq!(chunks.last(), Some(&9_999));
    }
}
