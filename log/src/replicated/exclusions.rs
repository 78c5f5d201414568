use std::collections::{BTreeMap, BTreeSet};

use super::Rank;

/// Who has been left out, and who has agreed to it: a lattice that only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Exclusions {
    /// What each of those who stay has confirmed, once and for all. None is empty.
    confirmed: BTreeMap<Proposal, BTreeMap<Rank, Fences>>,
}

/// Up to which number the messages of those who are left out are held by who confirms it.
pub(super) type Fences = BTreeMap<Rank, u64>;

/// To leave some members out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Proposal {
    /// How many exclusions have been carried out before.
    pub(super) generation: u32,
    pub(super) gone: BTreeSet<Rank>,
    /// All others, who must confirm it.
    pub(super) stay: BTreeSet<Rank>,
}

impl Exclusions {
    pub(super) fn is_empty(&self) -> bool {
        self.confirmed.is_empty()
    }

    /// Those whom some proposal would leave out, carried out or not.
    pub(super) fn proposed(&self) -> BTreeSet<Rank> {
        self.confirmed.keys().flat_map(|proposal| &proposal.gone).copied().collect()
    }

    /// The fences of those who are out: their messages count up to that number, which whoever stays
    /// has or gets, and no further.
    pub(super) fn decided(&self) -> Fences {
        let mut fences = Fences::new();
        for generation in 0.. {
            let Some((_, confirmed)) = self.of(generation).find(|it| is_carried(*it)) else {
                break;
            };
            for (rank, fence) in confirmed.values().flatten() {
                let held = fences.entry(*rank).or_default();
                *held = (*held).max(*fence);
            }
        }
        fences
    }

    /// How many exclusions have been carried out.
    pub(super) fn generation(&self) -> u32 {
        let mut generation = 0;
        while self.of(generation).any(is_carried) {
            generation += 1;
        }
        generation
    }

    /// The proposals that are not carried out yet.
    pub(super) fn open(&self) -> impl Iterator<Item = (&Proposal, &BTreeMap<Rank, Fences>)> {
        self.of(self.generation())
    }

    fn of(&self, generation: u32) -> impl Iterator<Item = (&Proposal, &BTreeMap<Rank, Fences>)> {
        self.confirmed.iter().filter(move |(proposal, _)| proposal.generation == generation)
    }

    /// Notes that `who` confirms `proposal`.
    pub(super) fn confirm(&mut self, proposal: Proposal, who: Rank, fences: Fences) {
        self.confirmed.entry(proposal).or_default().insert(who, fences);
    }

    pub(super) fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (proposal, who, fences) in other.iter() {
            if self.get(proposal, who).is_none_or(|mine| mine < fences) {
                self.confirm(proposal.clone(), who, fences.clone());
                changed = true;
            }
        }
        changed
    }

    pub(super) fn difference(&self, seen: &Self) -> Self {
        let mut rest = Self::default();
        for (proposal, who, fences) in self.iter() {
            if seen.get(proposal, who).is_none_or(|seen| seen < fences) {
                rest.confirm(proposal.clone(), who, fences.clone());
            }
        }
        rest
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Proposal, Rank, &Fences)> {
        self.confirmed.iter().flat_map(|(proposal, confirmed)| {
            confirmed.iter().map(move |(who, fences)| (proposal, *who, fences))
        })
    }

    fn get(&self, proposal: &Proposal, who: Rank) -> Option<&Fences> {
        self.confirmed.get(proposal)?.get(&who)
    }
}

fn is_carried((proposal, confirmed): (&Proposal, &BTreeMap<Rank, Fences>)) -> bool {
    proposal.stay.iter().all(|rank| confirmed.contains_key(rank))
}
