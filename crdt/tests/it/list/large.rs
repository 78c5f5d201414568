//! Lists of many pieces, which an edit or a merge that walks through all would take minutes for.

use glomers_crdt::{Lattice, List};

/// A random number below `end`, from a generator that is the same everywhere.
fn below(state: &mut u64, end: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    ((*state >> 33) as usize) % end
}

#[test]
fn a_hundred_thousand_edits_are_those_of_a_vector() {
    let (mut list, mut vec, mut seed) = (List::<u32, u8>::default(), Vec::new(), 1);
    for edit in 0..100_000 {
        if !vec.is_empty() && below(&mut seed, 4) == 0 {
            let at = below(&mut seed, vec.len());
            list.remove(at).unwrap();
            vec.remove(at);
        } else {
            let at = below(&mut seed, vec.len() + 1);
            list.insert((edit % 3) as u8, at, edit).unwrap();
            vec.insert(at, edit);
        }
        if edit % 1000 == 0 {
            let at = below(&mut seed, vec.len());
            assert_eq!(list.get(at), Some(&vec[at]));
            assert_eq!(list.index_of(&list.id(at).unwrap()), Some(at));
        }
    }
    assert!(list.iter().eq(&vec));
    let mut copy = List::default();
    copy.insert(9, 0, 0).unwrap();
    copy.merge(&list);
    assert_eq!((copy.len(), copy.waiting()), (vec.len() + 1, 0));
    let mut fork = list.clone();
    for _ in 0..1000 {
        let at = below(&mut seed, fork.len() + 1);
        fork.insert(5, at, 0).unwrap();
        let at = below(&mut seed, list.len());
        list.remove(at).unwrap();
    }
    let difference = fork.difference(&list);
    let mut both = list.clone();
    both.merge(&difference);
    fork.merge(&list);
    assert_eq!(both, fork);
    assert!(both.iter().eq(fork.iter()));
}

#[test]
fn long_chains_of_children_are_placed() {
    let mut list = List::<u8, u8>::default();
    for turn in (0..2).cycle().take(20_000) {
        list.insert(turn, list.len(), 0).unwrap();
    }
    let mut front = List::<u8, u8>::default();
    for _ in 0..20_000 {
        front.insert(2, 0, 1).unwrap();
    }
    list.merge(&front);
    front.merge(&list);
    assert!(front.iter().eq(list.iter()) && list.len() == 40_000);
    let mut one_by_one = List::default();
    // Each waits for the one before.
    for part in glomers_crdt::Decompose::parts(&list) {
        one_by_one.merge(&glomers_crdt::Decompose::from_parts([part]));
    }
    assert_eq!((one_by_one.len(), one_by_one.waiting()), (40_000, 0));
    assert!(one_by_one.iter().eq(list.iter()));
}

#[test]
fn a_text_reads_as_its_characters() {
    let (mut list, mut seed) = (List::<char, u8>::default(), 3);
    assert_eq!(list.text(), "");
    for word in ["plain ", "naïve ", "日本語 ", "🦀🦀 "].iter().cycle().take(4_000) {
        list.insert_all(1, below(&mut seed, list.len() + 1), word.chars()).unwrap();
    }
    assert_eq!(list.text(), list.iter().collect::<String>());
    assert!(list.len() > 15_000);
}

/// Siblings come one by one, and each beside the ones before: the work for one must not grow with how many there
/// are.
#[test]
fn siblings_in_whatever_order_take_no_longer_each() {
    let deltas: Vec<_> = (0..40_000_u32)
        .map(|replica| List::<u32, u32>::default().insert(replica, 0, replica).unwrap())
        .collect();
    let time = |deltas: &mut dyn Iterator<Item = &List<u32, u32>>| {
        let begin = std::time::Instant::now();
        let mut list = List::default();
        deltas.for_each(|delta| assert!(list.merge(delta)));
        (begin.elapsed(), list)
    };
    let (_, one) = time(&mut deltas.iter());
    let (_, other) = time(&mut deltas.iter().rev());
    assert!(one == other && one.iter().eq(other.iter()) && one.len() == 40_000);
    // Four times as many; were it quadratic, sixteen times as long. The least of some turns, for a machine is busy
    // now and then.
    let least = |end: usize| (0..5).map(|_| time(&mut deltas[..end].iter().rev()).0).min().unwrap();
    let (few, many) = (least(10_000), least(40_000));
    assert!(many < 9 * few, "10,000 in {few:?}, 40,000 in {many:?}");
}
