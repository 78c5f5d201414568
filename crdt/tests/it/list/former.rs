//! What the first release wrote is read for ever: states and deltas in its encoding, as JSON and as postcard
//! bytes, with the elements that they read as and how many wait.

use glomers_crdt::{Lattice, List};

type Numbers = List<u32, u8>;

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

#[test]
fn what_the_first_release_wrote_is_read() {
    let (mut all, mut read) = (Numbers::default(), 0);
    for line in include_str!("former.tsv").lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [json, postcard, elements, waiting] = columns[..] else { panic!("{line}") };
        let list: Numbers = serde_json::from_str(json).unwrap();
        assert_eq!(postcard::from_bytes::<Numbers>(&bytes(postcard)).unwrap(), list, "{line}");
        let elements: Vec<u32> = serde_json::from_str(elements).unwrap();
        assert!(list.iter().eq(&elements), "{line}");
        assert_eq!(list.waiting().to_string(), waiting, "{line}");
        // It goes on as any other, and comes back from what is written today.
        let again = postcard::to_allocvec(&list).unwrap();
        assert_eq!(postcard::from_bytes::<Numbers>(&again).unwrap(), list);
        assert!(all.merge(&list) || all.includes(&list));
        read += elements.len();
    }
    assert!(read > 500, "{read} elements");
}
