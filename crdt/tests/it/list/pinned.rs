//! The order of elements is pinned: a list that was written by any release reads the same in every later one.
//!
//! Ten thousand random histories of replicas that insert and remove concurrently, whose deltas get lost, come
//! late, twice and in any order, that merge each other's states and fork. What they come to read like is
//! hashed, in groups of a hundred; `pinned.txt` has the hashes as the first release's implementation made
//! them: `PIN=1 cargo test -p glomers-crdt --test it pinned` would write them anew, which breaks the promise.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use glomers_crdt::{Cursor, Lattice, List};

use crate::wire::Random;

const GROUPS: u64 = 100;
const HISTORIES: u64 = 100;

pub(super) type Numbers = List<u32, u8>;

/// FNV-1a, of numbers.
struct Print(u64);

impl Print {
    fn add(&mut self, number: u64) {
        for byte in number.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    /// What a list reads like: its elements, their ids, and where cursors at some of them stand.
    fn add_list(&mut self, list: &Numbers) {
        self.add(list.len() as u64);
        self.add(list.waiting() as u64);
        for (index, value) in list.iter().enumerate() {
            let id = list.id(index).unwrap();
            self.add(u64::from(*value));
            self.add(u64::from(id.replica));
            self.add(id.counter);
        }
    }
}

struct Replica {
    name: u8,
    list: Numbers,
}

/// One history: its replicas, and all deltas that were ever sent.
pub(super) struct History {
    random: Random,
    replicas: Vec<Replica>,
    deltas: Vec<Numbers>,
    cursors: Vec<Cursor<u8>>,
    value: u32,
}

impl History {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let count = 2 + random.below(4);
        // Two processes under one name, now and then.
        let names: usize = if seed.is_multiple_of(10) { 2 } else { 100 };
        let replica = |nth: usize| {
            let name = if names == 2 { random.below(names) } else { random.below(20) * 5 + nth };
            Replica { name: u8::try_from(name).unwrap(), list: Numbers::default() }
        };
        let replicas = (0..count).map(replica).collect();
        Self { random, replicas, deltas: Vec::new(), cursors: Vec::new(), value: 0 }
    }

    pub(super) fn step(&mut self) {
        let at = self.random.below(self.replicas.len());
        match self.random.below(20) {
            0..8 => self.insert(at),
            8..11 => self.remove(at),
            11..16 if !self.deltas.is_empty() => {
                let delta = &self.deltas[self.random.below(self.deltas.len())];
                self.replicas[at].list.merge(delta);
            }
            16 => {
                let from = self.random.below(self.replicas.len());
                let state = self.replicas[from].list.clone();
                self.replicas[at].list.merge(&state);
            }
            17 => {
                let from = self.random.below(self.replicas.len());
                let lacked = self.replicas[from].list.difference(&self.replicas[at].list);
                self.replicas[at].list.merge(&lacked);
            }
            18 if self.replicas.len() < 7 => {
                let list = self.replicas[at].list.clone();
                let name = u8::try_from(100 + self.random.below(2) * 50 + self.replicas.len());
                self.replicas.push(Replica { name: name.unwrap(), list });
            }
            _ => {
                let list = &self.replicas[at].list;
                let index = self.random.below(list.len() + 1);
                let is_after = self.random.below(2) == 0;
                let cursor =
                    if is_after { list.cursor_after(index) } else { list.cursor_before(index) };
                self.cursors.push(cursor);
            }
        }
    }

    /// The replicas' states, and all deltas.
    #[cfg(feature = "serde")]
    pub(super) fn lists(&self) -> impl Iterator<Item = &Numbers> {
        self.replicas.iter().map(|replica| &replica.list).chain(&self.deltas)
    }

    fn insert(&mut self, at: usize) {
        let Self { random, replicas, value, .. } = self;
        let Replica { name, list } = &mut replicas[at];
        let index = match random.below(4) {
            0 => 0,
            1 => list.len(),
            _ => random.below(list.len() + 1),
        };
        let count = [1, 1, 1, 2, 5, 70][random.below(6)];
        let values = *value..*value + count;
        *value += count;
        let delta = if random.below(3) > 0 {
            list.insert_all(*name, index, values).unwrap()
        } else {
            // One by one, forward or backward.
            let is_forward = random.below(2) == 0;
            let mut delta = Numbers::default();
            for (nth, value) in values.enumerate() {
                let index = if is_forward { index + nth } else { index };
                delta.merge(&list.insert(*name, index, value).unwrap());
            }
            delta
        };
        self.deltas.push(delta);
    }

    fn remove(&mut self, at: usize) {
        let list = &mut self.replicas[at].list;
        let start = self.random.below(list.len() + 1);
        let most = [1, 3, 30][self.random.below(3)];
        let end = list.len().min(start + self.random.below(most + 1));
        self.deltas.push(list.remove_all(start..end).unwrap());
    }

    /// What is read of all replicas, and then of one that knows all.
    fn print(mut self, print: &mut Print) {
        for Replica { list, .. } in &self.replicas {
            print.add_list(list);
        }
        let mut all = Numbers::default();
        while !self.deltas.is_empty() {
            let nth = self.random.below(self.deltas.len());
            all.merge(&self.deltas.swap_remove(nth));
        }
        let mut states = Numbers::default();
        for replica in &self.replicas {
            states.merge(&replica.list);
        }
        assert_eq!(states, all);
        print.add_list(&all);
        for cursor in &self.cursors {
            print.add(all.position(cursor).map_or(u64::MAX, |position| position as u64));
        }
        assert!(states.iter().eq(all.iter()));
    }
}

#[test]
fn lists_read_as_they_always_did() {
    let mut lines = String::new();
    for group in 0..GROUPS {
        let mut print = Print(0xCBF2_9CE4_8422_2325);
        for seed in group * HISTORIES..(group + 1) * HISTORIES {
            let mut history = History::new(seed);
            for _ in 0..10 + seed % 50 {
                history.step();
            }
            history.print(&mut print);
        }
        writeln!(lines, "{:016x}", print.0).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/list/pinned.txt");
    if std::env::var_os("PIN").is_some() {
        fs::write(&path, &lines).unwrap();
    }
    let pinned = fs::read_to_string(&path).unwrap();
    for (group, (line, pinned)) in lines.lines().zip(pinned.lines()).enumerate() {
        assert_eq!(line, pinned, "group {group}");
    }
    assert_eq!(lines.lines().count(), pinned.lines().count());
}
