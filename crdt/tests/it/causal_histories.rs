//! Every history of a few operations on three replicas, against what each type promises.
//!
//! A history says of each operation which others its replica had seen. All histories are tried in
//! which a replica, before each of its operations, merges the states of any of the others as they
//! are then; so that an operation has seen every set of others that it can. After each operation its
//! replica, and its merge with either and with both of the others, must read as the promise says for
//! the operations that it has seen; and must be the state that the deltas of just these make.
//!
//! Up to five operations by all programs; where the environment variable `GLOMERS_SEEDS` is there, also up
//! to six by all programs but for the replicas' names, and three on each replica where all run the same
//! program. Whatever each runs, three on each replica take minutes, and a release build:
//!
//! ```sh
//! cargo test --release -p glomers-crdt --test it causal_histories -- --ignored
//! ```
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::HashSet;
use std::fmt::Debug;

use glomers_crdt::causal::{AddWins, Counter};
use glomers_crdt::{DwFlag, EwFlag, Lattice, MvRegister, OrCounter, OrMap, OrSet, RwSet};

use crate::suite::is_thorough;

/// Operations of a replica at most.
const EACH: usize = 3;

/// A set of operations, a bit each: `EACH` for each replica.
type Seen = u16;

#[derive(Clone, Copy, Debug, Default)]
struct Op {
    seen: Seen,
    kind: u8,
}

/// What each replica did, in its order.
#[derive(Clone, Debug, Default)]
struct History {
    ops: [[Op; EACH]; 3],
    len: [usize; 3],
}

impl History {
    /// All operations in `seen` that are of a kind in `kinds`.
    fn of(&self, seen: Seen, kinds: &[u8]) -> impl Iterator<Item = (Seen, Op)> {
        let all = (0..3).flat_map(move |at| {
            (0..self.len[at]).map(move |nth| (bit(at, nth), self.ops[at][nth]))
        });
        all.filter(move |(bit, op)| seen & bit != 0 && kinds.contains(&op.kind))
    }

    /// What `replica` has seen, its own included.
    fn seen_by(&self, replica: usize) -> Seen {
        let last = self.len[replica].checked_sub(1);
        last.map_or(0, |last| self.ops[replica][last].seen | bit(replica, last))
    }

    /// A number that is the same for no other history, but for those that differ in nothing but names,
    /// which are exchanged as in one of `orders`.
    fn number(&self, orders: &[[usize; 3]]) -> u128 {
        let number = |order: &[usize; 3]| {
            let renamed = |seen: Seen| {
                order.iter().fold(0, |all, at| all << EACH | (seen >> (at * EACH)) & 0b111)
            };
            order.iter().fold(0_u128, |number, at| {
                let ops = self.ops[*at].iter();
                ops.fold(number << 2 | self.len[*at] as u128, |number, op| {
                    number << 12 | u128::from(renamed(op.seen)) << 3 | u128::from(op.kind)
                })
            })
        };
        orders.iter().map(number).min().unwrap()
    }
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

fn bit(replica: usize, nth: usize) -> Seen {
    1 << (replica * EACH + nth)
}

/// A type and its promise.
trait Promise: Lattice + PartialEq + Debug {
    const KINDS: u8;

    /// Does an operation, whose number is that of its bit; returns the delta.
    fn act(&mut self, replica: u8, kind: u8, number: u32) -> Self;

    /// What can be read, as bits.
    fn read(&self) -> u32;

    /// What those must read who have seen just these operations.
    fn promised(history: &History, seen: Seen) -> u32;
}

/// The operations of `kinds` that none of `others` has seen, of those in `seen`.
fn unseen(history: &History, seen: Seen, kinds: &[u8], others: &[u8]) -> Seen {
    let open = history
        .of(seen, kinds)
        .filter(|(bit, _)| history.of(seen, others).all(|(_, other)| other.seen & bit == 0));
    open.fold(0, |all, (bit, _)| all | bit)
}

/// There if some addition was not seen by any removal.
fn add_wins(history: &History, seen: Seen, add: &[u8], remove: &[u8]) -> u32 {
    u32::from(unseen(history, seen, add, remove) != 0)
}

/// There if it was added and each removal was seen by some addition.
fn remove_wins(history: &History, seen: Seen) -> u32 {
    let is_added = history.of(seen, &[0]).next().is_some();
    u32::from(is_added && unseen(history, seen, &[1], &[0]) == 0)
}

impl Promise for OrSet<u8, u8> {
    const KINDS: u8 = 2;

    fn act(&mut self, replica: u8, kind: u8, _: u32) -> Self {
        if kind == 0 { self.insert(replica, 7).unwrap() } else { self.remove(&7) }
    }

    fn read(&self) -> u32 {
        self.contains(&7).into()
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        add_wins(history, seen, &[0], &[1])
    }
}

impl Promise for RwSet<u8, u8> {
    const KINDS: u8 = 2;

    fn act(&mut self, replica: u8, kind: u8, _: u32) -> Self {
        if kind == 0 { self.insert(replica, 7).unwrap() } else { self.remove(replica, 7).unwrap() }
    }

    fn read(&self) -> u32 {
        assert_eq!(self.contains(&7), self.len() == 1);
        self.contains(&7).into()
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        remove_wins(history, seen)
    }
}

impl Promise for EwFlag<u8> {
    const KINDS: u8 = 2;

    fn act(&mut self, replica: u8, kind: u8, _: u32) -> Self {
        if kind == 0 { self.enable(replica).unwrap() } else { self.disable() }
    }

    fn read(&self) -> u32 {
        self.is_enabled().into()
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        add_wins(history, seen, &[0], &[1])
    }
}

impl Promise for DwFlag<u8> {
    const KINDS: u8 = 2;

    fn act(&mut self, replica: u8, kind: u8, _: u32) -> Self {
        if kind == 0 { self.enable(replica).unwrap() } else { self.disable(replica).unwrap() }
    }

    fn read(&self) -> u32 {
        self.is_enabled().into()
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        remove_wins(history, seen)
    }
}

/// Written is the operation's number: all writes that no write and no clearing has seen.
impl Promise for MvRegister<u32, u8> {
    const KINDS: u8 = 2;

    fn act(&mut self, replica: u8, kind: u8, number: u32) -> Self {
        if kind == 0 { self.set(replica, 1 << number).unwrap() } else { self.clear() }
    }

    fn read(&self) -> u32 {
        self.values().fold(0, |all, value| all | value)
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        unseen(history, seen, &[0], &[0, 1]).into()
    }
}

/// The amounts tell the additions apart: all that no reset has seen.
impl Promise for OrCounter<u8> {
    const KINDS: u8 = 2;

    fn act(&mut self, replica: u8, kind: u8, number: u32) -> Self {
        if kind == 0 { self.add(replica, 1 << number).unwrap() } else { self.clear() }
    }

    fn read(&self) -> u32 {
        self.value().try_into().unwrap()
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        unseen(history, seen, &[0], &[1]).into()
    }
}

impl Promise for OrMap<u8, Counter<u8>, u8> {
    const KINDS: u8 = 2;

    fn act(&mut self, replica: u8, kind: u8, number: u32) -> Self {
        match kind {
            0 => self.update(replica, 7, |count| count.add(1 << number)).unwrap(),
            _ => self.remove(&7),
        }
    }

    fn read(&self) -> u32 {
        self.get(&7).map_or(0, |count| count.value().try_into().unwrap())
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        unseen(history, seen, &[0], &[1]).into()
    }
}

/// A key's set of two: what goes in, what comes out by itself, what comes out with the key.
impl Promise for OrMap<u8, AddWins<u8, u8>, u8> {
    const KINDS: u8 = 4;

    fn act(&mut self, replica: u8, kind: u8, _: u32) -> Self {
        match kind {
            0 | 1 => self.update(replica, 7, |set| set.insert(kind)).unwrap(),
            2 => self.update(replica, 7, |set| set.remove(&0)).unwrap(),
            _ => self.remove(&7),
        }
    }

    fn read(&self) -> u32 {
        let there = |element| self.get(&7).is_some_and(|set| set.contains(&element));
        u32::from(there(0)) | u32::from(there(1)) << 1
    }

    fn promised(history: &History, seen: Seen) -> u32 {
        add_wins(history, seen, &[0], &[2, 3]) | add_wins(history, seen, &[1], &[3]) << 1
    }
}

/// What a replica does, operation by operation.
type Program = [u8; EACH];

/// A walk through all histories.
struct Walk {
    visited: HashSet<u128>,
    /// Operations in all at most.
    total: usize,
    /// By which names can be exchanged.
    orders: Vec<[usize; 3]>,
    /// What each replica does, if not anything.
    programs: Option<[Program; 3]>,
}

impl Walk {
    fn step<S: Promise>(
        &mut self,
        history: &History,
        states: &[S; 3],
        deltas: &mut Vec<(Seen, S)>,
    ) {
        for at in (0..3).filter(|at| history.len[*at] < EACH) {
            for merged in merges(at) {
                let kinds = match &self.programs {
                    Some(programs) => {
                        let kind = programs[at][history.len[at]];
                        kind..kind + 1
                    }
                    None => 0..S::KINDS,
                };
                for kind in kinds {
                    self.act(history, states, deltas, (at, &merged, kind));
                }
            }
        }
    }

    /// One replica merges the states of others and does an operation.
    fn act<S: Promise>(
        &mut self,
        history: &History,
        states: &[S; 3],
        deltas: &mut Vec<(Seen, S)>,
        (at, merged, kind): (usize, &[usize], u8),
    ) {
        let (nth, mut seen) = (history.len[at], history.seen_by(at));
        for from in merged {
            seen |= history.seen_by(*from);
        }
        let mut history = history.clone();
        history.ops[at][nth] = Op { seen, kind };
        history.len[at] += 1;
        if deltas.len() == self.total || !self.visited.insert(history.number(&self.orders)) {
            return;
        }
        let mut states = states.clone();
        for from in merged {
            let other = states[*from].clone();
            states[at].merge(&other);
        }
        let number = bit(at, nth).trailing_zeros();
        let delta = states[at].act(u8::try_from(at).unwrap(), kind, number);
        deltas.push((bit(at, nth), delta));
        check(&history, at, &states, deltas);
        self.step(&history, &states, deltas);
        deltas.pop();
    }
}

/// Which of the others a replica can merge.
fn merges(at: usize) -> [Vec<usize>; 4] {
    let (one, two) = ((at + 1) % 3, (at + 2) % 3);
    [vec![], vec![one], vec![two], vec![one, two]]
}

fn check<S: Promise>(history: &History, at: usize, states: &[S; 3], deltas: &[(Seen, S)]) {
    for merged in merges(at) {
        let (mut state, mut seen) = (states[at].clone(), history.seen_by(at));
        for from in &merged {
            state.merge(&states[*from]);
            seen |= history.seen_by(*from);
        }
        let promised = S::promised(history, seen);
        assert_eq!(state.read(), promised, "{history:?} as {seen:b} have it: {state:?}");
        if merged.len() == 2 {
            let mut rebuilt = S::default();
            for (_, delta) in deltas.iter().rev().filter(|(bit, _)| seen & bit != 0) {
                rebuilt.merge(delta);
            }
            assert_eq!(rebuilt, state, "{history:?} as {seen:b} have it");
        }
    }
}

impl Walk {
    /// How many histories there are, all of which keep the promise.
    fn count<S: Promise>(mut self) -> usize {
        self.step(&History::default(), &<[S; 3]>::default(), &mut Vec::new());
        self.visited.len()
    }
}

/// Of so many operations at most, by all programs.
fn walk<S: Promise>(total: usize, names_matter: bool) -> usize {
    let orders = if names_matter { ORDERS[..1].to_vec() } else { ORDERS.to_vec() };
    Walk { visited: HashSet::new(), total, orders, programs: None }.count::<S>()
}

/// Of three operations on each replica, but for the names of those that do the same.
fn walk_nine<S: Promise>(programs: [Program; 3]) -> usize {
    let is_same = |order: &[usize; 3]| order.map(|at| programs[at]) == programs;
    let orders = ORDERS.into_iter().filter(is_same).collect();
    let programs = Some(programs);
    Walk { visited: HashSet::new(), total: 9, orders, programs }.count::<S>()
}

/// Of three operations on each replica, by all programs of two kinds.
fn walk_all_nine<S: Promise>() {
    let programs = [0, 1, 2, 3, 4, 5, 6, 7].map(|bits| [bits & 1, bits >> 1 & 1, bits >> 2]);
    let mut found = 0;
    for (at, a) in programs.iter().enumerate() {
        for (at, b) in programs.iter().enumerate().skip(at) {
            found += programs[at..].iter().map(|c| walk_nine::<S>([*a, *b, *c])).sum::<usize>();
        }
    }
    assert_eq!(found, 60_948_328);
}

/// Of two kinds.
fn walk_all<S: Promise>() {
    assert_eq!(walk::<S>(5, true), 62_966);
    if is_thorough() {
        assert_eq!((walk::<S>(6, false), walk_nine::<S>([[0, 1, 0]; 3])), (116_951, 119_168));
    }
}

#[test]
fn or_sets() {
    walk_all::<OrSet<u8, u8>>();
}

#[test]
fn rw_sets() {
    walk_all::<RwSet<u8, u8>>();
}

#[test]
fn ew_flags() {
    walk_all::<EwFlag<u8>>();
}

#[test]
fn dw_flags() {
    walk_all::<DwFlag<u8>>();
}

#[test]
fn mv_registers() {
    walk_all::<MvRegister<u32, u8>>();
}

#[test]
fn or_counters() {
    walk_all::<OrCounter<u8>>();
}

#[test]
fn maps_of_counters() {
    walk_all::<OrMap<u8, Counter<u8>, u8>>();
}

/// All programs of four kinds are many: up to four operations, and five but for names.
#[test]
fn maps_of_sets() {
    type Sets = OrMap<u8, AddWins<u8, u8>, u8>;

    assert_eq!(walk::<Sets>(4, true), 84_556);
    if is_thorough() {
        let three_each = walk_nine::<Sets>([[0, 3, 0]; 3]);
        assert_eq!((walk::<Sets>(5, false), three_each), (322_010, 119_168));
    }
}

macro_rules! nine {
    ($($name:ident: $type:ty,)*) => { mod nine { use super::*; $(
        #[test]
        #[ignore = "takes minutes, and a release build"]
        fn $name() {
            walk_all_nine::<$type>();
        }
    )* } };
}

nine! {
    or_sets: OrSet<u8, u8>,
    rw_sets: RwSet<u8, u8>,
    ew_flags: EwFlag<u8>,
    dw_flags: DwFlag<u8>,
    mv_registers: MvRegister<u32, u8>,
    or_counters: OrCounter<u8>,
    maps_of_counters: OrMap<u8, Counter<u8>, u8>,
}
