//! Decompositions that are wrong on purpose, each in one place: the suite must name the law.

use std::hash::{Hash, Hasher};

use glomers_crdt::laws::{self, Law};
use glomers_crdt::{Decompose, Lattice, MaxMap};

/// A set of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Flawed<const FLAW: u8> {
    bits: u8,
}

impl<const FLAW: u8> Lattice for Flawed<FLAW> {
    fn merge(&mut self, other: &Self) -> bool {
        let before = self.bits;
        self.bits |= other.bits;
        self.bits != before
    }

    fn difference(&self, seen: &Self) -> Self {
        Self { bits: self.bits & !seen.bits }
    }

    fn is_bottom(&self) -> bool {
        self.bits == 0
    }
}

/// One of the numbers; where it is hashed, its flaws show.
#[derive(Clone, Copy)]
struct Bit<'a, const FLAW: u8> {
    of: &'a Flawed<FLAW>,
    bit: u8,
}

impl<const FLAW: u8> Hash for Bit<'_, FLAW> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match FLAW {
            20 => {}
            21 => (self.bit, self.of.bits).hash(hasher),
            22 => (self.bit, std::ptr::from_ref(self.of)).hash(hasher),
            23 => self.bit.max(2).hash(hasher),
            _ => self.bit.hash(hasher),
        }
    }
}

impl<const FLAW: u8> Decompose for Flawed<FLAW> {
    type Part<'a> = Bit<'a, FLAW>;

    fn parts(&self) -> impl Iterator<Item = Bit<'_, FLAW>> {
        let bits = (0..8).map(|place| 1 << place).filter(move |bit| match FLAW {
            10 => self.bits & bit & !1 != 0,
            11 => (self.bits | self.bits << 1) & bit != 0,
            12 => self.bits & bit != 0 || *bit == 1,
            _ => self.bits & bit != 0,
        });
        let twice = FLAW == 24 && self.bits & 2 != 0;
        bits.chain(twice.then_some(2)).map(move |bit| Bit { of: self, bit })
    }

    fn from_parts<'a>(parts: impl IntoIterator<Item = Bit<'a, FLAW>>) -> Self {
        let mut parts = parts.into_iter();
        let bits = match FLAW {
            13 => parts.next().map_or(0, |part| part.bit),
            14 => parts.next().map_or(0, |part| part.of.bits),
            15 => parts.fold(1, |bits, part| bits | part.bit),
            _ => parts.fold(0, |bits, part| bits | part.bit),
        };
        Self { bits }
    }

    fn select<'a>(&'a self, mut wanted: impl FnMut(&Bit<'a, FLAW>) -> bool) -> Self {
        match FLAW {
            16 => Self { bits: self.bits },
            17 => Self::from_parts(self.parts().skip_while(|part| !wanted(part))),
            18 => Self::from_parts(self.parts().filter(|part| !wanted(part))),
            _ => Self::from_parts(self.parts().filter(|part| wanted(part))),
        }
    }
}

#[test]
fn each_flaw_is_named() {
    fn check<const FLAW: u8>() -> Result<(), laws::Violation> {
        let states = [0, 1, 3, 7].map(|bits| Flawed::<FLAW> { bits });
        let mut pairs = states.iter().flat_map(|a| states.iter().map(move |b| (a, b)));
        pairs.try_for_each(|(a, b)| laws::check_decomposition(a, b))
    }

    fn broken<const FLAW: u8>() -> Law {
        check::<FLAW>().unwrap_err().law()
    }

    check::<0>().unwrap();
    assert_eq!(broken::<10>(), Law::Decomposition, "a part is missing");
    assert_eq!(broken::<11>(), Law::Decomposition, "a part is none of the state's");
    assert_eq!(broken::<12>(), Law::Decomposition, "bottom has a part");
    assert_eq!(broken::<13>(), Law::Decomposition, "the first part counts only");
    assert_eq!(broken::<14>(), Law::PartNames, "a part stands for all of its state");
    assert_eq!(broken::<15>(), Law::Decomposition, "no parts are something");
    assert_eq!(broken::<16>(), Law::Decomposition, "all are selected");
    assert_eq!(broken::<17>(), Law::Decomposition, "what follows is selected, too");
    assert_eq!(broken::<18>(), Law::Decomposition, "the others are selected");
    assert_eq!(broken::<20>(), Law::PartNames, "all parts have one name");
    assert_eq!(broken::<21>(), Law::PartNames, "a name depends on the other parts");
    assert_eq!(broken::<22>(), Law::PartNames, "a name is an address");
    assert_eq!(broken::<23>(), Law::PartNames, "two parts have one name");
    assert_eq!(broken::<24>(), Law::PartNames, "a part comes twice");
}

/// The likeliest mistake: a part of a map is named by its key alone.
#[test]
fn a_name_must_tell_values_apart() {
    #[derive(Clone, Debug, Default, PartialEq)]
    struct ByKey(MaxMap<u8, u8>);

    impl Lattice for ByKey {
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

    struct Pair<'a>((&'a u8, &'a u8));

    impl Hash for Pair<'_> {
        fn hash<H: Hasher>(&self, hasher: &mut H) {
            self.0.0.hash(hasher);
        }
    }

    impl Decompose for ByKey {
        type Part<'a> = Pair<'a>;

        fn parts(&self) -> impl Iterator<Item = Pair<'_>> {
            self.0.parts().map(Pair)
        }

        fn from_parts<'a>(parts: impl IntoIterator<Item = Pair<'a>>) -> Self {
            Self(MaxMap::from_parts(parts.into_iter().map(|pair| pair.0)))
        }
    }

    let [one, two] = [1, 2].map(|value| ByKey(MaxMap::from_iter([(7, value)])));
    laws::check_decomposition(&one, &one).unwrap();
    let violation = laws::check_decomposition(&one, &two).unwrap_err();
    assert_eq!(violation.law(), Law::PartNames);
}
