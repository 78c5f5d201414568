//! Every type that goes through a wire, and some of its states.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use glomers_crdt::{
    Dot, GCounter, GMap, GSet, Lattice, Lexicographic, LwwMap, LwwRegister, Max, MaxMap, Min,
    PnCounter, Stamp, TwoPSet, VersionVector,
};

use crate::checks::{Format, State, free};

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
pub(crate) fn subjects() -> Vec<Subject> {
    vec![
        subject!("GSet", free::<GSet<u8>>, vec![
            GSet::default(),
            GSet::from_iter([7]),
            GSet::from_iter([1, 2, 200]),
        ]),
        subject!("GSet of strings", free::<GSet<String>>, vec![
            GSet::default(),
            GSet::from_iter(["oat", "rye"].map(str::to_owned)),
        ]),
        subject!("GCounter", free::<GCounter<String>>, vec![
            GCounter::default(),
            GCounter::from_iter([("a".to_owned(), 3), ("b".to_owned(), u64::MAX)]),
        ]),
        subject!("PnCounter", free::<PnCounter<String>>, vec![
            PnCounter::default(),
            both(PnCounter::of_replica("a".to_owned(), 7, 9), |counter| counter.add("b".to_owned(), 1)),
        ]),
        subject!("MaxMap", free::<MaxMap<String, i32>>, vec![
            MaxMap::default(),
            MaxMap::from_iter([("k".to_owned(), -1), ("l".to_owned(), 300)]),
        ]),
        subject!("VersionVector", free::<VersionVector<String>>, vec![
            VersionVector::default(),
            VersionVector::from_iter([
                Dot { replica: "a".to_owned(), counter: 3 },
                Dot { replica: "b".to_owned(), counter: 1 },
            ]),
        ]),
        subject!("Max", free::<Max<u32>>, vec![
            Max::default(),
            both(Max::default(), |max| ok(max.raise(300))),
        ]),
        subject!("Min", free::<Min<u32>>, vec![
            Min::default(),
            both(Min::default(), |min| ok(min.lower(300))),
        ]),
        subject!("LwwRegister", free::<LwwRegister<String, Stamp<String>>>, vec![
            LwwRegister::default(),
            both(LwwRegister::default(), |register| register.write("oat".to_owned(), stamp(300, "a"))),
        ]),
        subject!("LwwMap", free::<LwwMap<String, u8, Stamp<String>>>, vec![
            LwwMap::default(),
            lww_map(None),
            lww_map(Some(stamp(3, "a"))),
        ]),
        subject!("TwoPSet", free::<TwoPSet<u8>>, vec![
            TwoPSet::default(),
            two_p_set(),
        ]),
        subject!("GMap", free::<GMap<String, GSet<u8>>>, vec![
            GMap::default(),
            GMap::from_iter([("k".to_owned(), GSet::from_iter([1, 2])), ("l".to_owned(), GSet::default())]),
        ]),
        subject!("BTreeMap", free::<BTreeMap<String, Max<u8>>>, vec![
            BTreeMap::from([("k".to_owned(), both(Max::default(), |max| ok(max.raise(3))))]),
        ]),
        subject!("BTreeSet", free::<BTreeSet<u8>>, vec![BTreeSet::from([1, 9])]),
        subject!("tuple", free::<(GSet<u8>, bool, Max<u8>)>, vec![
            (GSet::default(), false, Max::default()),
            (GSet::from_iter([4]), true, both(Max::default(), |max| ok(max.raise(3)))),
        ]),
        subject!("Option", free::<Option<GSet<u8>>>, vec![
            None,
            Some(GSet::default()),
            Some(GSet::from_iter([4])),
        ]),
        subject!("Lexicographic", free::<Lexicographic<Max<u8>, GSet<u8>>>, vec![
            Lexicographic::default(),
        ]),
    ]
}

fn ok<S>(delta: S) -> Result<S, ()> {
    Ok(delta)
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
        map.set(key.to_owned(), 7, stamp(time, "a")).unwrap();
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
