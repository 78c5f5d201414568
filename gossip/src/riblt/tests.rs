use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const KEY: Key = Key::new(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);

/// Numbers that look random.
pub(super) fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    (1..).map(move |n: u64| {
        let mut x = seed.rotate_left(32).wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    })
}

/// Feeds one coded symbol after another until all is found.
fn reconcile<S: Symbol>(key: Key, remote: &[S], local: &[S]) -> Decoder<S> {
    let mut remote = Encoder::new(key, remote.iter().copied());
    let mut decoder = Decoder::new(Encoder::new(key, local.iter().copied()));
    while !decoder.receive(remote.coded_symbol(decoder.received())).unwrap() {
        assert!(decoder.received() < 100_000, "this leads nowhere");
    }
    decoder
}

fn sorted<S: Ord>(items: impl Iterator<Item = S>) -> Vec<S> {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items
}

fn assert_finds<S: Symbol + Ord>(key: Key, remote: &BTreeSet<S>, local: &BTreeSet<S>) {
    let [theirs, ours] = [remote, local].map(|set| set.iter().copied().collect::<Vec<_>>());
    let decoder = reconcile(key, &theirs, &ours);
    assert!(sorted(decoder.remote_only()).iter().eq(remote.difference(local)));
    assert!(sorted(decoder.local_only()).iter().eq(local.difference(remote)));
}

fn any_key() -> impl Strategy<Value = Key> {
    any::<(u64, u64)>().prop_map(|(low, high)| Key::new(low, high))
}

/// A narrow range, so that sets overlap.
fn any_set<S: Symbol + Ord>(
    from: impl Fn(u16) -> S + 'static,
) -> impl Strategy<Value = BTreeSet<S>> {
    prop::collection::btree_set((0..600_u16).prop_map(from), 0..400)
}

fn any_coded() -> impl Strategy<Value = CodedSymbol<u64>> {
    let count = prop_oneof![-3..4_i64, any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    (any::<u64>(), any::<u64>(), count).prop_map(|(sum, checksum, count)| CodedSymbol {
        sum,
        checksum,
        count,
    })
}

proptest! {
    #[test]
    fn integers_that_differ_are_found(
        key in any_key(),
        remote in any_set(u64::from),
        local in any_set(u64::from),
    ) {
        assert_finds(key, &remote, &local);
    }

    #[test]
    fn arrays_that_differ_are_found(
        key in any_key(),
        remote in any_set(|n| [n.to_le_bytes(), [7, 7]].concat().try_into().unwrap()),
        local in any_set(|n| -> [u8; 4] { [n.to_le_bytes(), [7, 7]].concat().try_into().unwrap() }),
    ) {
        assert_finds(key, &remote, &local);
    }

    #[test]
    fn few_differences_of_many_are_found(
        key in any_key(),
        common in prop::collection::btree_set(any::<u128>(), 0..2000),
        differing in prop::collection::btree_map(any::<u128>(), any::<bool>(), 0..10),
    ) {
        let with = |here| {
            let differing = differing.iter().filter(|differing| *differing.1 == here);
            common.iter().chain(differing.map(|(item, _)| item)).copied().collect()
        };
        assert_finds(key, &with(true), &with(false));
    }

    #[test]
    fn how_much_is_asked_for_at_once_does_not_matter(
        items in any_set(u64::from),
        ends in prop::collection::vec(0..500_usize, 0..10),
    ) {
        let at_once = Encoder::new(KEY, items.clone()).coded_symbols(0..500).to_vec();
        let mut encoder = Encoder::new(KEY, items);
        for end in ends {
            assert_eq!(encoder.coded_symbols(end / 2..end), &at_once[end / 2..end]);
            assert_eq!(encoder.coded_symbol(end), at_once[end]);
        }
    }

    #[test]
    fn when_and_in_which_order_items_are_added_does_not_matter(
        items in any_set(u64::from),
        made in 0..1000_usize,
        early in 0..400_usize,
    ) {
        let at_once = Encoder::new(KEY, items.clone()).coded_symbols(0..500).to_vec();
        let mut encoder = Encoder::new(KEY, items.iter().copied().rev().take(early));
        encoder.coded_symbols(0..made);
        encoder.extend(items.iter().copied().rev().skip(early));
        assert_eq!(encoder.coded_symbols(0..500), at_once);
    }

    #[test]
    fn coded_symbols_of_sets_subtract_to_those_of_the_difference(
        common in any_set(u64::from),
        more in any_set(|n| u64::from(n) + 1000),
    ) {
        let mut all = Encoder::new(KEY, common.iter().chain(&more).copied());
        let (mut common, mut more) = (Encoder::new(KEY, common), Encoder::new(KEY, more));
        for index in 0..100 {
            let mut difference = all.coded_symbol(index);
            let CodedSymbol { sum, checksum, count } = common.coded_symbol(index);
            difference.add(sum, checksum, -count);
            assert_eq!(difference, more.coded_symbol(index));
        }
    }

    #[test]
    fn batches_that_overlap_lead_to_the_same(
        remote in any_set(u64::from),
        local in any_set(u64::from),
        steps in prop::collection::vec((0..10_usize, 0..60_usize), 1..10),
    ) {
        let [theirs, ours] = [&remote, &local].map(|set| set.iter().copied().collect::<Vec<_>>());
        let one_by_one = reconcile(KEY, &theirs, &ours);
        let mut remote = Encoder::new(KEY, remote);
        let mut decoder = Decoder::new(Encoder::new(KEY, local));
        for (back, ahead) in steps.into_iter().cycle().chain([(0, 1)]) {
            let received = decoder.received();
            let bytes = remote.encode_batch(received.saturating_sub(back)..received + ahead + 1);
            if decoder.receive_batch(&decode_batch(&bytes).unwrap()).unwrap() {
                break;
            }
        }
        assert_eq!(decoder.received(), one_by_one.received());
        assert!(decoder.remote_only().eq(one_by_one.remote_only()));
        assert!(decoder.local_only().eq(one_by_one.local_only()));
    }

    #[test]
    fn batches_are_read_back(
        size in any::<usize>(),
        first in 0..usize::MAX / 2,
        coded in prop::collection::vec(any_coded(), 0..20),
    ) {
        let bytes = encode_batch(size, first, &coded);
        assert_eq!(decode_batch(&bytes), Ok(Batch { first, coded }));
        for end in 0..bytes.len() {
            assert_eq!(decode_batch::<u64>(&bytes[..end]), Err(BatchError::Length));
        }
        assert_eq!(decode_batch::<[u8; 9]>(&bytes), Err(BatchError::Width));
        assert_eq!(decode_batch::<u64>(&[bytes, vec![0]].concat()), Err(BatchError::Length));
    }

    #[test]
    fn no_bytes_do_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        width in prop::option::of(Just(8)),
    ) {
        let bytes: Vec<u8> = width.into_iter().chain(bytes).collect();
        if let Ok(batch) = decode_batch::<u64>(&bytes) {
            assert!(batch.coded.len() * 17 < bytes.len());
        }
    }

    #[test]
    fn no_coded_symbols_do_harm(
        local in any_set(u64::from),
        coded in prop::collection::vec(any_coded(), 1..300),
    ) {
        let mut decoder = Decoder::new(Encoder::new(KEY, local));
        for coded in coded {
            let result = decoder.receive(coded);
            assert_eq!(result == Ok(true), decoder.is_done());
        }
    }

    /// As of a peer that has the key: any items anywhere, with right checksums.
    #[test]
    fn no_lies_do_harm(
        local in any_set(u64::from),
        lies in prop::collection::vec((0..20_u64, -2..3_i64), 1..300),
    ) {
        let mut decoder = Decoder::new(Encoder::new(KEY, local.clone()));
        let mut honest = Encoder::new(KEY, local);
        for (index, (item, count)) in lies.into_iter().enumerate() {
            let mut coded = honest.coded_symbol(index);
            coded.add(item, KEY.hash(&item.to_le_bytes()), count);
            let result = decoder.receive(coded);
            assert_eq!(result == Ok(true), decoder.is_done());
            let found = decoder.remote_only().len() + decoder.local_only().len();
            assert!(found <= decoder.received() + 1, "{found} of {}", decoder.received());
        }
    }

    #[test]
    fn one_wrong_coded_symbol_leads_to_nothing_wrong(
        remote in any_set(u64::from),
        local in any_set(u64::from),
        wrong in 0..50_usize,
        coded in any_coded(),
    ) {
        let mut decoder = Decoder::new(Encoder::new(KEY, local.clone()));
        let mut encoder = Encoder::new(KEY, remote.clone());
        for index in 0..1500 {
            let coded = if index == wrong { coded } else { encoder.coded_symbol(index) };
            if decoder.receive(coded) != Ok(false) {
                break;
            }
        }
        if decoder.is_done() {
            assert!(sorted(decoder.remote_only()).iter().eq(remote.difference(&local)));
            assert!(sorted(decoder.local_only()).iter().eq(local.difference(&remote)));
        }
    }
}

#[test]
fn equal_sets_take_one_coded_symbol() {
    for items in [vec![], vec![7_u64], numbers(1).take(1000).collect()] {
        let decoder = reconcile(KEY, &items, &items);
        assert_eq!((decoder.received(), decoder.remote_only().len()), (1, 0));
        assert_eq!(decoder.local_only().len(), 0);
    }
}

#[test]
fn empty_and_disjoint_sets_are_reconciled() {
    let [left, right]: [BTreeSet<u64>; 2] = [1, 2].map(|seed| numbers(seed).take(1000).collect());
    assert_finds(KEY, &left, &BTreeSet::new());
    assert_finds(KEY, &BTreeSet::new(), &right);
    assert_finds(KEY, &left, &right);
}

/// Neither zero nor the sum of two other items is special.
#[test]
fn items_may_be_any_bits() {
    assert_finds(KEY, &BTreeSet::from([0, 1, 2, 3, u64::MAX]), &BTreeSet::from([1, 4]));
}

/// Replicas of different versions and machines must agree on this: change it never.
#[test]
fn bytes_are_for_ever() {
    let bytes = Encoder::new(KEY, 0..10_000_u64).encode_batch(40..42);
    let expected = [
        &[8, 40, 2, 0x90, 0x4e][..],
        &0x0a56_u64.to_le_bytes(),
        &0xc65c_3825_7f63_1969_u64.to_le_bytes(),
        &[0x5c],
        &0x2ab3_u64.to_le_bytes(),
        &0xe057_e3d7_44be_3ab1_u64.to_le_bytes(),
        &[0x3c],
    ];
    assert_eq!(bytes, expected.concat());
}

#[test]
fn another_key_gives_other_coded_symbols() {
    let items: Vec<u64> = numbers(5).take(1000).collect();
    let mut one = Encoder::new(KEY, items.clone());
    let mut other = Encoder::new(Key::new(1, 2), items);
    assert_eq!(one.coded_symbol(0).sum, other.coded_symbol(0).sum);
    assert!((1..50).all(|index| one.coded_symbol(index) != other.coded_symbol(index)));
}

#[test]
fn a_gap_takes_nothing() {
    let mut remote = Encoder::new(KEY, 0..100_u64);
    let mut decoder = Decoder::new(Encoder::new(KEY, []));
    let mut batch = |range| decode_batch::<u64>(&remote.encode_batch(range)).unwrap();
    assert_eq!(decoder.receive_batch(&batch(0..50)), Ok(false));
    assert_eq!(decoder.receive_batch(&batch(51..60)), Err(DecodeError::Gap));
    assert_eq!(decoder.receive_batch(&batch(10..40)), Ok(false));
    assert_eq!(decoder.received(), 50);
    assert_eq!(decoder.receive_batch(&batch(50..500)), Ok(true));
    let (received, found) = (decoder.received(), decoder.remote_only().len());
    assert_eq!(decoder.receive(CodedSymbol { sum: 1, checksum: 2, count: 1 }), Ok(true));
    assert_eq!((received, found), (decoder.received(), 100), "what is not needed is ignored");
}

fn pure(item: u64) -> CodedSymbol<u64> {
    CodedSymbol { sum: item, checksum: KEY.hash(&item.to_le_bytes()), count: 1 }
}

const ENIGMA: CodedSymbol<u64> = CodedSymbol { sum: 1, checksum: 2, count: 5 };

fn indices(item: u64) -> Vec<usize> {
    let mut encoder = Encoder::new(KEY, [item]);
    (0..1000).filter(|index| encoder.coded_symbol(*index).count == 1).collect()
}

#[test]
fn an_item_where_it_does_not_belong_is_a_lie() {
    let misplaced = (0..100).find(|item| !indices(*item).contains(&1)).unwrap();
    let mut decoder = Decoder::new(Encoder::new(KEY, []));
    assert_eq!(decoder.receive(ENIGMA), Ok(false));
    for _ in 0..3 {
        assert_eq!(decoder.receive(pure(misplaced)), Err(DecodeError::Inconsistent));
        assert!(!decoder.is_done());
    }
    let batch = Batch { first: 0, coded: vec![] };
    assert_eq!(decoder.receive_batch(&batch), Err(DecodeError::Inconsistent));
}

/// One coded symbol says that the item is there, and another that it is not: each time that it is
/// taken out of one, it turns up in the other.
#[test]
fn a_contradiction_is_not_gone_after_for_ever() {
    let item = 7;
    let [_, absent, present, ..] = indices(item)[..] else { panic!("it has few indices") };
    let mut decoder = Decoder::new(Encoder::new(KEY, []));
    for index in 0..present {
        let coded = if index == 0 { ENIGMA } else { CodedSymbol::EMPTY };
        assert_eq!(decoder.receive(coded), Ok(false), "{index} of {absent}");
    }
    assert_eq!(decoder.receive(pure(item)), Err(DecodeError::Inconsistent));
    assert!(decoder.remote_only().len() + decoder.local_only().len() <= present + 2);
}

#[test]
fn under_another_key_it_is_never_done() {
    let mut remote = Encoder::new(Key::new(1, 2), 0..50_u64);
    let mut decoder = Decoder::new(Encoder::new(KEY, 0..40_u64));
    assert!((0..1000).all(|index| decoder.receive(remote.coded_symbol(index)) != Ok(true)));
    assert_eq!(decoder.remote_only().len(), 0, "no checksum is right");
}

#[test]
fn numbers_that_are_too_great_are_refused() {
    let varint = |bytes: &[u8]| [&[8], bytes].concat();
    let most = varint(&[&[0xff; 9][..], &[0x01, 0, 0]].concat());
    assert_eq!(decode_batch::<u64>(&most).unwrap().first, usize::MAX);
    let too_great = varint(&[&[0xff; 9][..], &[0x02, 0, 0]].concat());
    assert_eq!(decode_batch::<u64>(&too_great), Err(BatchError::Number));
    let endless = varint(&[0x80; 20]);
    assert_eq!(decode_batch::<u64>(&endless), Err(BatchError::Number));
    let one_at_the_end = varint(&[&[0xff; 9][..], &[0x01, 1, 0], &[0; 17]].concat());
    assert_eq!(decode_batch::<u64>(&one_at_the_end), Err(BatchError::Number));
    let many = varint(&[&[0][..], &[0xff; 9], &[0x01, 0], &[0; 17]].concat());
    assert_eq!(decode_batch::<u64>(&many), Err(BatchError::Length), "and no memory is taken");
}

/// The mean number of coded symbols for each of `differences`, half of them on either side.
#[expect(clippy::cast_precision_loss, reason = "it is not many")]
fn mean_overhead(differences: u32, seeds: u32) -> f64 {
    let overhead = |seed: u32| {
        let items: Vec<u64> = numbers(u64::from(seed)).take(differences as usize).collect();
        let key = Key::new(u64::from(seed), u64::from(differences));
        let (remote, local) = items.split_at(items.len() / 2);
        reconcile(key, remote, local).received() as f64 / f64::from(differences)
    };
    (0..seeds).map(overhead).sum::<f64>() / f64::from(seeds)
}

/// The bounds are some four standard deviations of the mean above what the module's table says.
#[test]
fn few_coded_symbols_are_needed() {
    for (differences, seeds, most) in
        [(1, 100, 1.0), (4, 1000, 1.9), (20, 500, 1.70), (100, 200, 1.5), (1000, 20, 1.41)]
    {
        let mean = mean_overhead(differences, seeds);
        assert!(mean <= most, "{differences} differences: {mean}");
    }
    for differences in 1..=20 {
        let mean = mean_overhead(differences, 300);
        assert!(mean <= 2.1, "{differences} differences: {mean}");
    }
}

#[test]
fn a_hundred_differences_of_a_hundred_thousand_take_three_kilobytes() {
    let mut sent = 0;
    let seeds = 5;
    for seed in 0..seeds {
        let items: Vec<u64> = numbers(seed).take(100_050).collect();
        let mut remote = Encoder::new(KEY, items[..100_000].to_vec());
        let mut decoder = Decoder::new(Encoder::new(KEY, items[50..].to_vec()));
        while !decoder.is_done() {
            let bytes = remote.encode_batch(decoder.received()..decoder.received() + 16);
            sent += bytes.len();
            decoder.receive_batch(&decode_batch(&bytes).unwrap()).unwrap();
        }
        assert_eq!(sorted(decoder.remote_only()), sorted(items[..50].iter().copied()));
        assert_eq!(sorted(decoder.local_only()), sorted(items[100_000..].iter().copied()));
    }
    let mean = sent / usize::try_from(seeds).unwrap();
    assert!(mean < 3200, "{mean} bytes");
}
