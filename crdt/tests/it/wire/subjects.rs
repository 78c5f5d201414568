//! Every type that goes through a wire, and some of its states.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use glomers_crdt::causal::{AddWins, Counter};
use glomers_crdt::{
    BoundedCounter, CausalContext, Dot, DwFlag, EwFlag, GCounter, GMap, GSet, Lattice,
    Lexicographic, List, LwwMap, LwwRegister, Max, MaxMap, Min, MvRegister, OrCounter, OrMap,
    OrSet, PnCounter, Retiring, RwSet, Stamp, TwoPSet, VersionVector,
};

use super::checks::{Format, State, free};

/// A type, seen through what can be asked of any.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// Decodes, checks, and returns how many states were accepted.
    pub(crate) check: fn(Format, &[u8]) -> usize,
    /// Some states, each in a format.
    pub(crate) samples: fn(Format) -> Vec<Vec<u8>>,
    /// Whether the sample of that number comes back from its encoding.
    pub(crate) comes_back: fn(Format, usize, &[u8]) -> bool,
}

macro_rules! subject {
    ($name:literal, $check:ident::<$state:ty>, $samples:expr) => {
        Subject {
            name: $name,
            check: $check::<$state>,
            samples: |format| {
                let samples: Vec<$state> = $samples;
                samples.iter().map(|sample| format.encode(sample)).collect()
            },
            comes_back: |format, nth, bytes| {
                let samples: Vec<$state> = $samples;
                format.decode::<$state>(bytes).as_ref() == samples.get(nth)
            },
        }
    };
}

/// The types, in an order that is kept: what a fuzzer found names them by their place.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(crate) fn subjects() -> Vec<Subject> {
    vec![
        subject!(
            "GSet",
            free::<GSet<u8>>,
            vec![GSet::default(), GSet::from_iter([7]), GSet::from_iter([1, 2, 200]),]
        ),
        subject!(
            "GSet of strings",
            free::<GSet<String>>,
            vec![GSet::default(), GSet::from_iter(["oat", "rye"].map(str::to_owned)),]
        ),
        subject!(
            "GCounter",
            free::<GCounter<String>>,
            vec![
                GCounter::default(),
                GCounter::from_iter([("a".to_owned(), 3), ("b".to_owned(), u64::MAX)]),
            ]
        ),
        subject!(
            "PnCounter",
            free::<PnCounter<String>>,
            vec![
                PnCounter::default(),
                both(PnCounter::of_replica("a".to_owned(), 7, 9), |counter| counter
                    .add("b".to_owned(), 1)),
            ]
        ),
        subject!(
            "MaxMap",
            free::<MaxMap<String, i32>>,
            vec![
                MaxMap::default(),
                MaxMap::from_iter([("k".to_owned(), -1), ("l".to_owned(), 300)]),
            ]
        ),
        subject!(
            "VersionVector",
            free::<VersionVector<String>>,
            vec![
                VersionVector::default(),
                VersionVector::from_iter([
                    Dot { replica: "a".to_owned(), counter: 3 },
                    Dot { replica: "b".to_owned(), counter: 1 },
                ]),
            ]
        ),
        subject!("Max", free::<Max<u32>>, vec![Max::default(), Max::of(300),]),
        subject!("Min", free::<Min<u32>>, vec![Min::default(), Min::of(300),]),
        subject!(
            "LwwRegister",
            free::<LwwRegister<String, Stamp<String>>>,
            vec![
                LwwRegister::default(),
                both(LwwRegister::default(), |register| register
                    .set("oat".to_owned(), stamp(300, "a"))),
            ]
        ),
        subject!(
            "LwwMap",
            free::<LwwMap<String, u8, Stamp<String>>>,
            vec![LwwMap::default(), lww_map(None), lww_map(Some(stamp(3, "a"))),]
        ),
        subject!("TwoPSet", free::<TwoPSet<u8>>, vec![TwoPSet::default(), two_p_set(),]),
        subject!(
            "GMap",
            free::<GMap<String, GSet<u8>>>,
            vec![
                GMap::default(),
                GMap::from_iter([
                    ("k".to_owned(), GSet::from_iter([1, 2])),
                    ("l".to_owned(), GSet::default())
                ]),
            ]
        ),
        subject!(
            "BTreeMap",
            free::<BTreeMap<String, Max<u8>>>,
            vec![BTreeMap::from([("k".to_owned(), Max::of(3))]),]
        ),
        subject!("BTreeSet", free::<BTreeSet<u8>>, vec![BTreeSet::from([1, 9])]),
        subject!(
            "tuple",
            free::<(GSet<u8>, bool, Max<u8>)>,
            vec![
                (GSet::default(), false, Max::default()),
                (GSet::from_iter([4]), true, Max::of(3)),
            ]
        ),
        subject!(
            "Option",
            free::<Option<GSet<u8>>>,
            vec![None, Some(GSet::default()), Some(GSet::from_iter([4])),]
        ),
        subject!(
            "Lexicographic",
            free::<Lexicographic<Max<u8>, GSet<u8>>>,
            vec![
                Lexicographic::default(),
                Lexicographic { first: Max::of(2), second: GSet::from_iter([1, 2]) }
            ]
        ),
        subject!(
            "BoundedCounter",
            free::<BoundedCounter<String>>,
            vec![BoundedCounter::default(), bounded_counter()]
        ),
        subject!(
            "Retiring",
            free::<Retiring<GCounter<String>>>,
            vec![
                Retiring::default(),
                both(Retiring::default(), |counter| counter.add("a".to_owned(), 300)),
                retired(),
            ]
        ),
        subject!(
            "CausalContext",
            free::<CausalContext<String>>,
            vec![CausalContext::default(), seen([1..=3, 7..=7])]
        ),
        subject!("OrSet", free::<OrSet<u16, String>>, vec![OrSet::default(), or_set()]),
        subject!("RwSet", free::<RwSet<u8, String>>, vec![RwSet::default(), rw_set()]),
        subject!(
            "MvRegister",
            free::<MvRegister<String, String>>,
            vec![
                MvRegister::default(),
                concurrent::<MvRegister<String, String>, _>(
                    |register| register.set("a".to_owned(), "oat".to_owned()),
                    |register| register.set("b".to_owned(), "rye".to_owned()),
                ),
            ]
        ),
        subject!(
            "EwFlag",
            free::<EwFlag<String>>,
            vec![
                EwFlag::default(),
                concurrent::<EwFlag<String>, _>(
                    |flag| flag.enable("a".to_owned()),
                    |flag| flag.enable("b".to_owned())
                ),
            ]
        ),
        subject!(
            "DwFlag",
            free::<DwFlag<String>>,
            vec![
                DwFlag::default(),
                concurrent::<DwFlag<String>, _>(
                    |flag| flag.enable("a".to_owned()),
                    |flag| flag.disable("b".to_owned())
                ),
            ]
        ),
        subject!(
            "OrCounter",
            free::<OrCounter<String>>,
            vec![
                OrCounter::default(),
                concurrent::<OrCounter<String>, _>(
                    |count| count.add("a".to_owned(), 300),
                    |count| count.add("b".to_owned(), -2)
                ),
            ]
        ),
        subject!(
            "OrMap of sets",
            free::<OrMap<String, AddWins<u8, String>, String>>,
            vec![
                OrMap::default(),
                concurrent::<OrMap<String, AddWins<u8, String>, String>, _>(
                    |map| map.update("a".to_owned(), "k".to_owned(), |set| set.insert(1)),
                    |map| map.update("b".to_owned(), "k".to_owned(), |set| set.insert(2)),
                ),
            ]
        ),
        subject!(
            "OrMap of counters",
            free::<OrMap<u8, Counter<String>, String>>,
            vec![
                OrMap::default(),
                concurrent::<OrMap<u8, Counter<String>, String>, _>(
                    |map| map.update("a".to_owned(), 1, |count| count.add(1)),
                    |map| map.update("b".to_owned(), 2, |count| count.add(-2)),
                ),
            ]
        ),
        subject!("List", free::<List<String, String>>, vec![List::default(), list()]),
        subject!("List of characters", free::<List<char, u8>>, vec![text(), text_of_two()]),
    ]
}

/// What becomes of two mutations that know nothing of each other.
fn concurrent<S: State, E: Debug>(
    here: impl FnOnce(&mut S) -> Result<S, E>,
    there: impl FnOnce(&mut S) -> Result<S, E>,
) -> S {
    let (mut a, b) = (both(S::default(), here), both(S::default(), there));
    a.merge(&b);
    a
}

fn bounded_counter() -> BoundedCounter<String> {
    let [a, b] = ["a", "b"].map(str::to_owned);
    let mut counter = BoundedCounter::default();
    counter.add(a.clone(), 300).unwrap();
    counter.transfer(&a, b.clone(), 20).unwrap();
    counter.subtract(b, 5).unwrap();
    counter
}

fn retired() -> Retiring<GCounter<String>> {
    let mut counter = Retiring::<GCounter<_>>::default();
    counter.add("1a".to_owned(), 300).unwrap();
    counter.add("2b".to_owned(), 7).unwrap();
    counter.retire_below("2".to_owned(), [(&"2b".to_owned(), &counter.clone())]).unwrap();
    counter
}

fn seen(runs: [std::ops::RangeInclusive<u64>; 2]) -> CausalContext<String> {
    CausalContext::from_runs(runs.map(|run| ("a".to_owned(), run))).unwrap()
}

fn or_set() -> OrSet<u16, String> {
    let mut set = OrSet::default();
    for (replica, element) in [("a", 7), ("a", 300), ("b", 9), ("b", 8), ("a", 7)] {
        set.insert(replica.to_owned(), element).unwrap();
    }
    set.remove(&9);
    set
}

fn rw_set() -> RwSet<u8, String> {
    let mut set = RwSet::default();
    for element in [1, 2, 3] {
        set.insert("a".to_owned(), element).unwrap();
    }
    set.remove("b".to_owned(), 2).unwrap();
    set
}

/// So long that it is written as columns.
fn text() -> List<char, u8> {
    let mut text = List::default();
    text.insert_all(1, 0, "a text of more than thirty-two characters".chars()).unwrap();
    text
}

/// The same with a gap in it, and with what another one has written and both removed.
fn text_of_two() -> List<char, u8> {
    let (mut one, mut delta) = (text(), List::default());
    let mut other = one.clone();
    delta.merge(&other.insert_all(2, 7, "long ".chars()).unwrap());
    one.remove_all(20..31).unwrap();
    one.insert(1, 0, '-').unwrap();
    delta.merge(&other.remove_all(2..9).unwrap());
    one.merge(&delta);
    one
}

fn list() -> List<String, String> {
    let (mut list, mut other) = (List::default(), List::default());
    for (index, value) in ["rye", "oat", "hay"].into_iter().enumerate() {
        list.insert("a".to_owned(), index, value.to_owned()).unwrap();
    }
    other.insert("b".to_owned(), 0, "ash".to_owned()).unwrap();
    list.merge(&other);
    list.insert("b".to_owned(), 1, "elm".to_owned()).unwrap();
    list.remove(2).unwrap();
    list
}

/// The state after a mutation, which its delta must make of bottom, too.
fn both<S: State, E: Debug>(mut state: S, mutate: impl FnOnce(&mut S) -> Result<S, E>) -> S {
    let delta = mutate(&mut state).unwrap();
    assert!(state.includes(&delta));
    state
}

fn stamp(time: u64, replica: &str) -> Stamp<String> {
    Stamp { time, replica: replica.to_owned() }
}

fn lww_map(floor: Option<Stamp<String>>) -> LwwMap<String, u8, Stamp<String>> {
    let mut map = LwwMap::default();
    for (key, time) in [("k", 1), ("l", 2), ("m", 300)] {
        map.insert(key.to_owned(), 7, stamp(time, "a")).unwrap();
    }
    map.remove("l".to_owned(), stamp(3, "b")).unwrap();
    map.remove("k".to_owned(), stamp(3, "a")).unwrap();
    floor.map(|floor| map.prune(floor));
    map
}

fn two_p_set() -> TwoPSet<u8> {
    let mut set = TwoPSet::from_iter([1, 2, 3]);
    set.remove(2);
    set
}

/// The type and the format that an input names in its first two bytes, and the rest.
pub(crate) fn choose<'a>(
    subjects: &'a [Subject],
    input: &'a [u8],
) -> Option<(&'a Subject, Format, &'a [u8])> {
    let ([nth, format], bytes) = input.split_first_chunk()?;
    let subject = subjects.get(usize::from(*nth).checked_sub(usize::from(b'A'))?)?;
    Some((subject, *Format::ALL.get(usize::from(*format).checked_sub(usize::from(b'0'))?)?, bytes))
}

/// An input that names a type and a format.
#[allow(dead_code, reason = "a fuzzer makes inputs of its own")]
pub(crate) fn chosen(nth: usize, format: Format, bytes: &[u8]) -> Vec<u8> {
    let format = Format::ALL.iter().position(|it| *it == format).unwrap();
    let names = [(nth, b'A'), (format, b'0')].map(|(at, from)| from + u8::try_from(at).unwrap());
    [&names, bytes].concat()
}
