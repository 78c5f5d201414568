//! Every public type has the traits that its users expect. Whether each is listed here,
//! `tests/tests/house/traits.rs` sees to.
//!
//! Some have fewer, by rule:
//!
//! * Nothing is collected into a type whose additions need a replica's name or may fail: the causal types,
//!   `List`, `PnCounter`, `CausalContext`. Who has none cannot say whose additions these are.
//! * What a part of a state is has no default, and is not gone through.
//! * An `Edit` is used once, for the store that made it: it is no value, and is not compared.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::{Hash, Hasher};
use std::iter::FusedIterator;

use glomers_crdt::causal::{
    AddWins, Counter, DisableWins, Edit, EnableWins, Joined, Map, NoField, OneOf, Part, RemoveWins,
    Report, Values,
};
use glomers_crdt::changes::{
    LexicographicChange, ListChange, MapChange, Misfit, RenewChange, SetChange, ValueChange,
};
use glomers_crdt::iter;
use glomers_crdt::laws::{Law, Violation};
use glomers_crdt::parts::Either;
use glomers_crdt::{
    BoundedCounter, BoundedError, Causal, CausalContext, CausalError, CounterOverflow, Cursor,
    Decompose, Dot, DwFlag, EwFlag, GCounter, GMap, GSet, InvalidRun, Lexicographic, List,
    ListError, LwwMap, LwwRegister, Max, MaxMap, Min, MvRegister, Observation, OrCounter, OrMap,
    OrSet, PnCounter, Removed, RetireError, RetiredError, Retiring, RwSet, StaleStamp, Stamp,
    TwoPSet, VersionVector,
};

fn shared<T: Debug + Send + Sync>() {}

fn default<T: Default>() {}

fn copy<T: Copy>() {}

fn value<T: Debug + Clone + PartialEq + Eq + Hash + Send + Sync>() {}

fn ordered<T: Ord>() {}

fn state<T: Decompose + Debug + PartialEq + Eq + Hash + Send + Sync + Wire>() {}

fn error<T: Error + Debug + Display + Clone + PartialEq + Eq + Hash + Send + Sync + 'static>() {}

fn gone_through<T: IntoIterator>()
where
    for<'a> &'a T: IntoIterator,
{
}

fn collected<T: IntoIterator + FromIterator<T::Item> + Extend<T::Item>>()
where
    for<'a> &'a T: IntoIterator,
{
}

fn gathered<T: FromIterator<I> + Extend<I>, I>() {}

fn iterator<T: Iterator + FusedIterator + Clone + Debug + Send + Sync>() {}

fn counted<T: ExactSizeIterator>() {}

fn from<T: From<U>, U>() {}

#[cfg(feature = "serde")]
trait Wire: serde::Serialize + serde::de::DeserializeOwned {}

#[cfg(feature = "serde")]
impl<T: serde::Serialize + serde::de::DeserializeOwned> Wire for T {}

#[cfg(not(feature = "serde"))]
trait Wire {}

#[cfg(not(feature = "serde"))]
impl<T> Wire for T {}

fn wire<T: Wire>() {}

macro_rules! held {
    ($($type:ty: $($what:ident $(<$($of:ty),+>)?),+;)+) => {
        fn held() {
            $($($what::<$type $(, $($of),+)?>();)+)+
        }
    };
}

held! {
    AddWins<u8, u8>: value, default, gone_through;
    BoundedCounter<u8>: state;
    BoundedError: error, copy;
    Causal<AddWins<u8, u8>, u8>: state, gone_through;
    CausalContext<u8>: state, gone_through;
    CausalError: error, copy;
    Counter<u8>: value, default;
    CounterOverflow: error, copy;
    Cursor<u8>: value, default, copy, wire;
    DisableWins<u8>: value, default;
    Dot<u8>: value, copy, ordered, wire;
    Edit<'static, u8, u8>: shared, default;
    Either<u8, u8>: value, copy;
    EnableWins<u8>: value, default;
    GCounter<u8>: state, collected;
    GMap<u8, GSet<u8>>: state, collected;
    GSet<u8>: state, collected;
    InvalidRun: error, copy;
    Joined<GSet<u8>, u8>: value, default;
    Law: value, copy;
    Lexicographic<Max<u8>, GSet<u8>>: state;
    Lexicographic<Max<u8>, bool>: state, copy;
    LexicographicChange<u8, u8, u8>: value, copy;
    List<u8, u8>: state, gone_through;
    ListChange<u8>: value;
    ListError: error, copy;
    LwwMap<u8, u8, u8>: state, gone_through, gathered<(u8, u8, u8)>;
    LwwRegister<u8, u8>: state;
    Map<u8, Counter<u8>>: value, default, gone_through;
    MapChange<u8, u8, u8>: value;
    Max<u8>: state, copy, gathered<u8>, from<u8>;
    MaxMap<u8, u64>: state, collected, from<GCounter<u8>>, from<VersionVector<u8>>;
    Min<u8>: state, copy, gathered<u8>, from<u8>;
    Misfit: error, copy;
    NoField: value, copy;
    Observation<u8, u8>: value, wire;
    OneOf<u8, NoField>: value, copy, wire;
    Part<'static, u8, u8>: value, copy;
    PnCounter<u8>: state;
    RemoveWins<u8, u8>: value, default, gone_through;
    Removed: error, copy;
    RenewChange<u8, u8>: value, copy;
    Report<u8>: value, default, wire;
    RetireError<u8>: error, copy;
    RetiredError: error, copy, from<CounterOverflow>;
    Retiring<GCounter<u8>>: state;
    SetChange<u8>: value, copy;
    StaleStamp: error, copy;
    Stamp<u8>: value, copy, ordered, wire;
    TwoPSet<u8>: state, collected;
    ValueChange<u8>: value, copy;
    Values<u8, u8>: value, default, gone_through;
    VersionVector<u8>: state, gone_through, gathered<Dot<u8>>;
    Violation: error;
    // The aliases, once more as they are.
    DwFlag<u8>: state;
    EwFlag<u8>: state;
    MvRegister<u8, u8>: state, gone_through;
    OrCounter<u8>: state;
    OrMap<u8, Counter<u8>, u8>: state, gone_through;
    OrSet<u8, u8>: state, gone_through;
    RwSet<u8, u8>: state, gone_through;
    iter::Added<'static, u8, u8>: iterator, counted;
    iter::Counts<'static, u8>: iterator, counted;
    iter::Elements<'static, u8>: iterator, counted;
    iter::IntoElements<u8>: iterator, counted;
    iter::IntoPairs<u8, u8>: iterator, counted;
    iter::Items<'static, u8, u8>: iterator, counted;
    iter::Pairs<'static, u8, u8>: iterator, counted;
    iter::Present<'static, u8>: iterator;
    iter::Runs<'static, u8>: iterator;
    iter::Unremoved<'static, u8, u8>: iterator;
    iter::Values<'static, u8, u8, u8>: iterator;
    iter::Written<'static, u8, u8>: iterator, counted;
}

#[test]
fn the_traits_are_there() {
    held();
}

/// Gone through as a whole, by reference and by its reader, in one order; and back again.
macro_rules! comes_back {
    ($($name:ident: $from:expr;)+) => {
        $(#[test]
        fn $name() {
            let whole = $from;
            let own: Vec<_> = whole.clone().into_iter().collect();
            assert_eq!((&whole).into_iter().count(), own.len());
            assert!(own.len() > 64, "many");
            let shared = whole.clone();
            assert_eq!(shared.into_iter().collect::<Vec<_>>(), own, "what is shared is copied");
            let mut again = whole.clone();
            again = again.into_iter().chain(own.clone()).collect();
            assert_eq!(again, whole);
            let (some, rest) = own.split_at(40);
            let mut extended = whole.clone();
            extended = extended.into_iter().take(0).collect();
            extended.extend(rest.to_vec());
            assert_ne!(extended, whole);
            extended.extend(some.to_vec());
            assert_eq!(extended, whole);
            assert_eq!(hash_of(&extended), hash_of(&whole));
        })+
    };
}

comes_back! {
    a_g_set: (0..300).collect::<GSet<_>>();
    a_two_p_set: (0..300).collect::<TwoPSet<_>>();
    a_max_map: (0..300).map(|key| (key, key % 7)).collect::<MaxMap<_, _>>();
    a_g_map: (0..300).map(|key| (key, GSet::from_iter([key % 7]))).collect::<GMap<_, _>>();
    a_g_counter: (0..300).map(|replica| (replica, 1 + replica % 7)).collect::<GCounter<_>>();
}

fn hash_of<T: Hash>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn the_last_of_several_writes_is_collected() {
    let mut map = LwwMap::from_iter([("k", 1, 5), ("l", 2, 1), ("k", 9, 3)]);
    map.extend([("k", 7, 4), ("l", 3, 2)]);
    assert_eq!(map.into_iter().collect::<Vec<_>>(), [("k", 1), ("l", 3)]);
}

#[test]
fn extremes_are_collected() {
    let mut high = Max::from_iter([3, 9, 4]);
    high.extend([12, 1]);
    assert_eq!((high.get(), Min::from_iter([3, 9, 4]).get()), (Some(&12), Some(&3)));
    assert_eq!((Max::from(3), Min::from(3)), (Max::of(3), Min::of(3)));
    assert_eq!(Max::<u8>::from_iter([]), Max::default());
}

#[test]
fn what_was_removed_stays_so_when_a_set_is_extended() {
    let mut set = TwoPSet::from_iter([1, 2]);
    set.remove(2);
    set.extend([2, 3]);
    assert_eq!(set.into_iter().collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn dots_extend_a_vector() {
    let mut seen = VersionVector::default();
    seen.extend([3, 1].map(|counter| Dot { replica: 'a', counter }));
    assert_eq!((&seen).into_iter().collect::<Vec<_>>(), [(&'a', 3)]);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [('a', 3)]);
}

/// What a causal state is gone through by is its store.
#[test]
fn causal_states_and_lists_are_gone_through() {
    let (mut added, mut kept) = (OrSet::default(), RwSet::default());
    let (mut both, mut stock) = (MvRegister::default(), OrMap::<u8, Counter<u8>, u8>::default());
    let mut list = List::default();
    for element in 0..200 {
        added.insert(1, element).unwrap();
        kept.insert(1, element).unwrap();
        stock.update(1, element, |count| count.add(1)).unwrap();
        list.insert(1, 0, element).unwrap();
    }
    added.remove(&3);
    kept.remove(1, 3).unwrap();
    list.remove(199 - 3).unwrap();
    both.edit(1, |it| it.set(1).and(it.set(2))).unwrap();
    let expected: Vec<u8> = (0..200).filter(|element| *element != 3).collect();
    assert!((&added).into_iter().eq(&expected) && added.iter().len() == 199);
    assert!((&kept).into_iter().eq(&expected));
    assert!((&list).into_iter().rev_eq(&expected) && list.iter().len() == 199);
    assert!((&both).into_iter().eq(&[1, 2]) && (&stock).into_iter().all(|(_, it)| it.value() == 1));
    assert_eq!(Vec::from_iter(added), expected);
    assert_eq!(Vec::from_iter(kept), expected);
    assert_eq!(Vec::from_iter(both), [1, 2]);
    assert_eq!(stock.into_iter().count(), 200);
    assert!(list.into_iter().rev_eq(&expected));
    let seen = CausalContext::from_runs([('a', 1..=3), ('b', 7..=7), ('a', 5..=5)]).unwrap();
    let runs = [('a', 1..=3), ('a', 5..=5), ('b', 7..=7)];
    assert!((&seen).into_iter().map(|(replica, run)| (*replica, run)).eq(runs.clone()));
    assert_eq!(Vec::from_iter(seen), runs);
}

trait RevEq: Iterator + Sized {
    fn rev_eq(self, expected: &[u8]) -> bool
    where
        Self::Item: std::borrow::Borrow<u8>,
    {
        use std::borrow::Borrow;
        let mut all: Vec<u8> = self.map(|it| *it.borrow()).collect();
        all.reverse();
        all == expected
    }
}

impl<I: Iterator> RevEq for I {}

/// What a list iterator says is left is left, across runs, removals and replicas.
#[test]
fn a_list_is_gone_through_piece_by_piece() {
    let mut list = List::default();
    for round in 0..50_usize {
        list.insert_all(round % 3, round * 2, [round, round + 100, round + 200]).unwrap();
        list.remove(round).unwrap();
    }
    let mut items = list.iter();
    for left in (0..list.len()).rev() {
        let nth = list.len() - 1 - left;
        assert_eq!(items.next(), list.get(nth));
        assert_eq!(items.len(), left);
        assert_eq!(items.clone().count(), left);
    }
    assert_eq!(items.next(), None);
}

#[test]
fn errors_say_what_was_asked() {
    let mut list = List::default();
    list.insert_all('a', 0, [1, 2]).unwrap();
    for (told, expected) in [
        (
            list.remove(9).unwrap_err().to_string(),
            "index 9 is beyond a list of 2; nothing was changed",
        ),
        (
            list.remove(usize::MAX).unwrap_err().to_string(),
            "index 18446744073709551615 is beyond a list of 2; nothing was changed",
        ),
        (
            list.insert('a', 3, 0).unwrap_err().to_string(),
            "index 3 is beyond a list of 2; nothing was changed",
        ),
        (
            list.remove_all(1..9).unwrap_err().to_string(),
            "there is no range 1..9 in a list of 2; nothing was changed",
        ),
        (
            GCounter::from_iter([('a', u64::MAX - 1)]).add('a', 2).unwrap_err().to_string(),
            "a counter's slot of 18446744073709551614 cannot take 2 more: 18446744073709551615 is \
             the most; nothing was added",
        ),
        (
            BoundedCounter::default().subtract('a', 4).unwrap_err().to_string(),
            "the replica has the right to 0, not 4; nothing was changed",
        ),
        (
            CausalContext::from_runs([('a', 0..=3)]).unwrap_err().to_string(),
            "no run of counters goes from 0 to 3: it begins with 1 or later, and does not end \
             before it begins; nothing was changed",
        ),
    ] {
        assert_eq!(told, expected);
    }
    assert!(list.iter().eq(&[1, 2]));
}

#[cfg(feature = "serde")]
#[test]
fn dots_and_cursors_go_over_a_wire() {
    let dot = Dot { replica: "a".to_owned(), counter: 3 };
    for (cursor, json) in [
        (Cursor::Start, r#""s""#),
        (Cursor::Before(dot.clone()), r#"{"b":["a",3]}"#),
        (Cursor::After(dot.clone()), r#"{"a":["a",3]}"#),
        (Cursor::End, r#""e""#),
    ] {
        assert_eq!(serde_json::to_string(&cursor).unwrap(), json);
        assert_eq!(serde_json::from_str::<Cursor<String>>(json).unwrap(), cursor);
        let bytes = postcard::to_allocvec(&cursor).unwrap();
        assert_eq!(postcard::from_bytes::<Cursor<String>>(&bytes).unwrap(), cursor);
    }
    assert_eq!(serde_json::from_str::<Dot<String>>(r#"["a",3]"#).unwrap(), dot);
    let told = serde_json::from_str::<Dot<String>>(r#"["a",0]"#).unwrap_err().to_string();
    assert!(told.starts_with("events count from 1"), "{told}");
}
