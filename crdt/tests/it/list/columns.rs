//! Longer lists, which are written as columns.

use std::fmt::Debug;

use glomers_crdt::{Lattice, List};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::pinned::{History, Numbers};

fn both<S: Serialize + DeserializeOwned + PartialEq + Debug>(state: &S) -> [S; 2] {
    let json = serde_json::to_string(state).unwrap();
    let bytes = postcard::to_allocvec(state).unwrap();
    let read = [serde_json::from_str(&json).unwrap(), postcard::from_bytes(&bytes).unwrap()];
    for copy in &read {
        assert_eq!(copy, state, "{json}");
        assert_eq!(serde_json::to_string(copy).unwrap(), json);
    }
    read
}

#[test]
fn a_text_is_written_as_one() {
    let mut text = List::<char, char>::default();
    text.insert_all('a', 0, "the quick brown fox jumps over the lazy dog".chars()).unwrap();
    text.insert_all('b', 4, "very ".chars()).unwrap();
    text.remove_all(30..35).unwrap();
    let json = serde_json::to_string(&text).unwrap();
    let read = "the very quick brown fox jumps the lazy dog";
    let pinned = format!(r#"[["a",0,["b"],[1,2,1,86,3,25,5,13,1,10,2,0,5,5],"{read}"]]"#);
    assert_eq!(json, pinned);
    for copy in both(&text) {
        assert_eq!(copy.iter().collect::<String>(), read);
    }
    assert!(postcard::to_allocvec(&text).unwrap().len() < read.len() + 26);
}

#[test]
fn bytes_are_written_as_such_and_all_else_one_by_one() {
    let (mut bytes, mut words) = (List::<u8, u8>::default(), List::<String, u8>::default());
    let mut maybe = List::<Option<char>, u8>::default();
    bytes.insert_all(1, 0, 0..200).unwrap();
    words.insert_all(1, 0, (0..40).map(|nth| nth.to_string())).unwrap();
    maybe.insert_all(1, 0, ['x'; 40].map(Some)).unwrap();
    both(&bytes);
    both(&words);
    both(&maybe);
    assert!(postcard::to_allocvec(&bytes).unwrap().len() < 220);
    assert_eq!(postcard::to_allocvec(&words).unwrap().last_chunk(), Some(b"\x0239"));
}

#[test]
fn a_large_removal_is_a_small_delta() {
    let mut text = List::<char, u8>::default();
    text.insert_all(1, 0, std::iter::repeat_n('x', 100_000)).unwrap();
    let delta = text.remove_all(1_000..90_000).unwrap();
    let bytes = postcard::to_allocvec(&delta).unwrap();
    assert!(bytes.len() < 24, "{bytes:?}");
    let mut other = List::<char, u8>::default();
    other.merge(&postcard::from_bytes(&bytes).unwrap());
    assert_eq!((other.len(), other.waiting()), (0, 89_000));
}

#[test]
fn all_that_histories_lead_to_comes_back() {
    for seed in 0..300 {
        let mut history = History::new(seed);
        (0..60).for_each(|_| history.step());
        for list in history.lists() {
            for copy in both(list) {
                assert!(copy.iter().eq(list.iter()) && copy.waiting() == list.waiting());
            }
        }
    }
}

#[test]
fn decoding_rejects_columns_that_nothing_makes() {
    let read = |json: &str| serde_json::from_str::<List<char, char>>(json);
    let columns = |numbers: &str, values: &str| format!(r#"[["a",0,["b"],[{numbers}],{values}]]"#);
    // Of each a run; that of b is beside the second of a.
    let sound = columns("1,2,1,4,3,2,1,2,2,0,2,1", r#""xyz""#);
    let list = read(&sound).unwrap();
    assert_eq!(list.iter().collect::<String>(), "xyz");
    assert!([0, 1, 2].map(|at| list.id(at).unwrap().replica) == ['a', 'b', 'a']);
    for (numbers, values, why) in [
        ("", r#""xyz""#, "nothing"),
        ("7,2,1,4,3,2,1,2,2,0,2,1", r#""xyz""#, "no kind of values"),
        ("1,3,1,4,3,2,1,2,2,0,2,1", r#""xyz""#, "more replicas than names"),
        ("1,2,1,4,3,2,1,2,2,0,2", r#""xyz""#, "too few numbers"),
        ("1,2,1,4,3,2,1,2,2,0,2,1,1", r#""xyz""#, "too many numbers"),
        ("1,2,1,4,3,2,1,2,2,0,2,1", r#""xy""#, "too few values"),
        ("1,2,1,4,3,2,1,2,2,0,2,1", r#""xyzz""#, "too many values"),
        ("1,2,0,1,2,2,0,2,1", r#""z""#, "a replica without runs"),
        ("1,2,1,0,3,1,2,2,0,2,1", r#""z""#, "a run without elements"),
        ("1,2,1,5,0,3,2,1,2,2,0,2,1", r#""xyz""#, "a gap of none"),
        ("1,2,1,5,18446744073709551615,3,2,1,2,2,0,2,1", r#""xyz""#, "ids beyond the greatest"),
        ("1,2,1,4,7,2,1,2,2,0,2,1", r#""xyz""#, "a root that is none"),
        ("1,2,1,4,5,2,1,2,2,0,2,1", r#""xyz""#, "beside what never was"),
        ("1,2,1,4,0,2,1,2,2,0,2,1", r#""xyz""#, "beside itself"),
        ("1,2,1,4,3,2,1,2,6,0,2,1", r#""xyz""#, "no such side"),
        ("1,2,1,4,3,2,1,2,2,4,2,1", r#""xyz""#, "a name that is not there"),
        ("1,2,1,4,3,2,1,2,2,2,2,1", r#""xyz""#, "another one, which is its own"),
        ("1,2,1,4,3,2,1,2,2,0,0,1", r#""xyz""#, "beside an element of no id"),
        ("1,2,2,2,3,2,5,2,1,2,2,0,2,1", r#""xyz""#, "two runs that are one"),
        ("1,2,1,4,2,2,1,1,2,1,2,2,0,1,1", r#""xyz""#, "a circle"),
        ("1,2,1,4,3,1,0,1,2,2,0,2,1", r#""xyz""#, "none removed"),
        ("1,2,1,8589934600,3,2,8589934594,1,2,2,0,2,1", r#""xyz""#, "too many removed"),
        ("1,2,1,4,3,3,1,2,2,0,2,1", r#""xyzx""#, "more live than there are"),
    ] {
        assert!(read(&columns(numbers, values)).is_err(), "{why}");
    }
    for (json, why) in [
        (r#"[["a",0,["a"],[1,1,1,4,3,2],"xy"]]"#, "a name twice"),
        (r#"[["b",0,["a"],[1,2,1,2,3,1,1,2,2,2,1,1],"xy"]]"#, "names that do not ascend"),
        (r#"[["a",0,[],[1,1,1,4,3,2],"xy"],["b",1,"o",["x"],[]]]"#, "columns and a row"),
        (r#"[["b",1,"o",["x"],[]],["a",0,[],[1,1,1,4,3,2],"xy"]]"#, "a row and columns"),
        (r#"[["a",0,[],[1,1,1,4,3,2]]]"#, "no values"),
    ] {
        assert!(read(json).is_err(), "{why}");
    }
    read(r#"[["a",0,[],[1,1,1,4,3,2],"xy"]]"#).unwrap();
    let numbers: Numbers = serde_json::from_str(r"[[7,0,[],[0,1,1,4,3,2],[8,9]]]").unwrap();
    assert!(numbers.iter().eq(&[8, 9]));
}
