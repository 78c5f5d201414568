use std::collections::BTreeMap;

use super::Rank;
use super::spans::Spans;

/// Which messages are meant or known: of each author, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Dots {
    /// None is empty.
    by_author: BTreeMap<Rank, Spans>,
}

impl Dots {
    pub(super) fn one(author: Rank, seq: u64) -> Self {
        let mut dots = Self::default();
        dots.add(author, seq, seq);
        dots
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_author.is_empty()
    }

    pub(super) fn contains(&self, author: Rank, seq: u64) -> bool {
        self.by_author.get(&author).is_some_and(|spans| spans.contains(seq))
    }

    /// Up to which number none of `author`'s messages is lacking.
    pub(super) fn contiguous(&self, author: Rank) -> u64 {
        self.by_author.get(&author).map_or(0, Spans::contiguous)
    }

    /// The greatest number of a message of `author`; 0 if there is none.
    pub(super) fn last(&self, author: Rank) -> u64 {
        self.by_author.get(&author).map_or(0, Spans::last)
    }

    pub(super) fn add(&mut self, author: Rank, first: u64, last: u64) -> bool {
        if first == 0 || first > last {
            return false;
        }
        self.by_author.entry(author).or_default().add(first, last)
    }

    pub(super) fn union(&mut self, other: &Self) -> bool {
        let mut is_new = false;
        for (author, spans) in &other.by_author {
            is_new |= self.by_author.entry(*author).or_default().union(spans);
        }
        is_new
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        let rest = self.by_author.iter().filter_map(|(author, spans)| {
            let rest = match other.by_author.get(author) {
                Some(others) => spans.difference(others),
                None => spans.clone(),
            };
            (!rest.is_empty()).then_some((*author, rest))
        });
        Self { by_author: rest.collect() }
    }

    /// Author, first and last of each span, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Rank, u64, u64)> + '_ {
        self.by_author
            .iter()
            .flat_map(|(author, spans)| spans.iter().map(|(first, last)| (*author, first, last)))
    }
}
