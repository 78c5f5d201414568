//! Lattices of lattices.

use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::{Chain, GSet, Lexicographic, Max, laws};

use crate::suite::*;

type Pair = (GSet<u8>, Max<u8>);
type Three = (bool, (), GSet<u8>);
type Four = (Max<u8>, bool, GSet<u8>, BTreeSet<u8>);
type Term = Lexicographic<Max<u8>, GSet<u8>>;
type Terms = Lexicographic<Term2, Option<GSet<u8>>>;
type Term2 = Lexicographic<Max<u8>, bool>;

fn insert(set: &mut GSet<u8>, element: u8) -> GSet<u8> {
    set.insert(element)
}

suite!(
    of_pair,
    Pair,
    (any::<bool>(), 0..5_u8),
    |pair: &mut Pair, _, (second, value): &(bool, u8)| {
        if *second {
            (GSet::default(), pair.1.raise(*value))
        } else {
            (insert(&mut pair.0, *value), Max::default())
        }
    }
);
suite!(
    of_three,
    Three,
    (any::<bool>(), 0..5_u8),
    |three: &mut Three, _, (flag, value): &(bool, u8)| {
        let raised = *flag && !three.0;
        three.0 |= flag;
        (raised, (), insert(&mut three.2, *value))
    }
);
suite!(of_four, Four, (0..4_u8, 0..5_u8), |four: &mut Four, _, (which, value): &(u8, u8)| {
    let mut delta = Four::default();
    match which {
        0 => delta.0 = four.0.raise(*value),
        1 => delta.1 = true,
        2 => delta.2 = four.2.insert(*value),
        _ => drop(delta.3.insert(*value)),
    }
    four.merge(&delta);
    delta
});
suite!(
    of_lexicographic,
    Term,
    (any::<bool>(), 0..5_u8),
    |term: &mut Term, _, (next, value): &(bool, u8)| {
        if *next && term.first.get() < Some(value) {
            let delta = Term { first: Max::of(*value), second: GSet::default() };
            term.merge(&delta);
            delta
        } else {
            Term { first: term.first, second: term.second.insert(*value) }
        }
    }
);
suite!(of_nested_lexicographic, Terms, (0..3_u8, any::<bool>(), 0..9_u8), |terms: &mut Terms,
                                                                           _,
                                                                           step: &(
    u8,
    bool,
    u8
)| {
    let (high, low, value) = *step;
    let first = Term2 { first: Max::of(high), second: low };
    let second = (value < 8).then(|| GSet::from_iter((value < 4).then_some(value)));
    let delta = Terms { first, second };
    let before = terms.clone();
    terms.merge(&delta);
    terms.difference(&before)
});
suite!(of_option, Option<GSet<u8>>, 0..5_u8, |option: &mut Option<GSet<u8>>, _, value: &u8| {
    // Four stands for the presence alone.
    let delta = Some(GSet::from_iter((*value < 4).then_some(*value)));
    option.merge(&delta);
    delta
});
suite!(of_bool, bool, any::<bool>(), |flag: &mut bool, _, value: &bool| {
    *flag |= *value;
    *value
});
suite!(of_btree_set, BTreeSet<u8>, 0..6_u8, |set: &mut BTreeSet<u8>, _, value: &u8| {
    set.insert(*value);
    BTreeSet::from([*value])
});
suite!(of_btree_map, BTreeMap<u8, GSet<u8>>, (0..3_u8, 0..5_u8), |map: &mut BTreeMap<u8, GSet<u8>>, _, (key, value): &(u8, u8)| {
    let delta = BTreeMap::from([(*key, GSet::from_iter((*value < 4).then_some(*value)))]);
    Lattice::merge(map, &delta);
    delta
});

/// A set is no chain, and says so in vain: its pairs are no lattice.
#[test]
fn what_is_no_chain_is_found_out() {
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Wrong(GSet<u8>);

    impl Lattice for Wrong {
        fn merge(&mut self, other: &Self) -> bool {
            self.0.merge(&other.0)
        }
        fn difference(&self, seen: &Self) -> Self {
            Self(self.0.difference(&seen.0))
        }
        fn is_bottom(&self) -> bool {
            self.0.is_bottom()
        }
    }

    impl Chain for Wrong {}

    let [one, two] = [1, 2].map(|element| Wrong(GSet::from_iter([element])));
    assert_eq!(laws::check_chain(&one, &two).unwrap_err().law(), laws::Law::Total);
    laws::check_chain(&one, &one).unwrap();
    let [a, b] = [(one, true), (two, false)].map(|(first, second)| Lexicographic { first, second });
    assert!(laws::check(&a, &b, &a).is_err());
}
