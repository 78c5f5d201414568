//! Lists of characters, of which those of ASCII lie as bytes: they do what lists of anything else do.

use glomers_crdt::{Lattice, List};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::wire::Random;

type Numbers = List<u32, u8>;
type Text = List<char, u8>;

/// A character for a number, of ASCII as a rule.
fn character(number: u32) -> char {
    let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
    let other = char::from_u32(0x4E00 + number % 5_000).unwrap();
    if number.is_multiple_of(97) { other } else { letter }
}

fn wired<S: Serialize + DeserializeOwned>(state: &S, as_bytes: bool) -> S {
    if as_bytes {
        postcard::from_bytes(&postcard::to_allocvec(state).unwrap()).unwrap()
    } else {
        serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
    }
}

/// A replica of each.
#[derive(Clone, Default)]
struct Both {
    numbers: Numbers,
    text: Text,
}

impl Both {
    fn insert(&mut self, name: u8, at: usize, numbers: std::ops::Range<u32>) -> Self {
        let text = numbers.clone().map(character);
        Self {
            text: self.text.insert_all(name, at, text).unwrap(),
            numbers: self.numbers.insert_all(name, at, numbers).unwrap(),
        }
    }

    fn remove(&mut self, range: std::ops::Range<usize>) -> Self {
        Self {
            text: self.text.remove_all(range.clone()).unwrap(),
            numbers: self.numbers.remove_all(range).unwrap(),
        }
    }

    fn merge(&mut self, other: &Self) {
        assert_eq!(self.text.merge(&other.text), self.numbers.merge(&other.numbers));
    }

    fn difference(&self, seen: &Self) -> Self {
        Self {
            text: self.text.difference(&seen.text),
            numbers: self.numbers.difference(&seen.numbers),
        }
    }

    fn check(&self) {
        let Self { numbers, text } = self;
        assert!(text.iter().copied().eq(numbers.iter().copied().map(character)));
        assert_eq!(text.text(), text.iter().collect::<String>());
        assert_eq!((text.len(), text.waiting()), (numbers.len(), numbers.waiting()));
        let ids = |at: usize| (text.id(at), text.get(at).copied());
        let others = |at: usize| (numbers.id(at), numbers.get(at).copied().map(character));
        let last = text.len().saturating_sub(1);
        for at in [0, text.len() / 3, text.len() / 2, last, text.len()] {
            assert_eq!(ids(at), others(at));
        }
    }
}

#[test]
fn characters_go_the_way_of_numbers() {
    for seed in 0..60 {
        let mut random = Random(seed);
        let mut replicas = [Both::default(), Both::default(), Both::default()];
        let (mut deltas, mut next) = (Vec::new(), 0);
        for _ in 0..200 {
            let at = random.below(3);
            let name = u8::try_from(at).unwrap();
            let len = replicas[at].text.len();
            match random.below(10) {
                0..4 => {
                    let count = [1, 1, 2, 40, 700][random.below(5)];
                    let index = random.below(len + 1);
                    deltas.push(replicas[at].insert(name, index, next..next + count));
                    next += count;
                }
                4..6 => {
                    let start = random.below(len + 1);
                    let most = [1, 3, 900][random.below(3)];
                    let end = len.min(start + random.below(most + 1));
                    deltas.push(replicas[at].remove(start..end));
                }
                6..8 if !deltas.is_empty() => {
                    let delta: &Both = &deltas[random.below(deltas.len())];
                    replicas[at].merge(delta);
                }
                8 => {
                    let lacked = replicas[random.below(3)].difference(&replicas[at]);
                    lacked.check();
                    replicas[at].merge(&lacked);
                }
                _ => {
                    let as_bytes = random.below(2) == 0;
                    let Both { numbers, text } = &replicas[at];
                    let copy =
                        Both { numbers: wired(numbers, as_bytes), text: wired(text, as_bytes) };
                    assert!(copy.text == *text && copy.numbers == *numbers);
                    replicas[at] = copy;
                }
            }
            replicas[at].check();
        }
        let mut all = Both::default();
        deltas.iter().rev().for_each(|delta| all.merge(delta));
        let [mut one, two, three] = replicas;
        one.merge(&two);
        one.merge(&three);
        assert!(one.text == all.text && one.numbers == all.numbers);
        all.check();
    }
}

/// Typing, taking back and going on, forward and backward, with much that is pasted and removed at once.
#[test]
fn who_types_makes_what_a_vector_has() {
    for seed in 0..8 {
        let mut random = Random(seed);
        let (mut list, mut vec) = (Text::default(), Vec::new());
        let mut other = Text::default();
        let mut at = 0;
        for nth in 0..6_000_u32 {
            let delta = match random.below(40) {
                0 => {
                    at = random.below(vec.len() + 1);
                    continue;
                }
                1 => {
                    let count = [3, 200, 3_000][random.below(3)];
                    let pasted: Vec<char> = (nth..nth + count).map(character).collect();
                    vec.splice(at..at, pasted.iter().copied());
                    list.insert_all(1, at, pasted).unwrap()
                }
                2 => {
                    let end = vec.len().min(at + [2, 300, 4_000][random.below(3)]);
                    vec.drain(at..end);
                    list.remove_all(at..end).unwrap()
                }
                3..9 if at > 0 => {
                    at -= 1;
                    vec.remove(at);
                    list.remove(at).unwrap()
                }
                9..12 if at < vec.len() => {
                    vec.remove(at);
                    list.remove(at).unwrap()
                }
                _ => {
                    vec.insert(at, character(nth));
                    at += 1;
                    list.insert(1, at - 1, character(nth)).unwrap()
                }
            };
            other.merge(&delta);
            if nth % 500 == 0 {
                assert!(list.iter().eq(&vec) && other.iter().eq(&vec), "{nth}");
                assert_eq!(wired(&list, true), list);
            }
        }
        assert_eq!(list.text(), vec.iter().collect::<String>());
        assert!(list == other && other.difference(&list).is_bottom());
    }
}
