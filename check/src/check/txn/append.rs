//! Dependencies between transactions on lists.
//!
//! A list shows the order of the appends that made it. So the longest list that anyone read of a key
//! tells the order of its versions; whatever was appended but is in no list that anyone read comes
//! after it, in no order that is known.

use std::collections::BTreeSet;

use serde_json::json;

use super::cases::{Case, Cases};
use super::graph::{Edges, Relations};
use super::transactions::Transactions;
use crate::history::Kind;

/// Adds the edges that follow from reads and appends, and finds `duplicate-elements`,
/// `incompatible-order` and `dirty-update` on the way.
pub(super) fn add_dependencies(
    transactions: &Transactions,
    edges: &mut Edges,
    cases: &mut Cases<'_>,
) {
    let orders = Orders::of(transactions, cases);
    let readers = Readers::of(transactions, false);
    for (key, order) in orders.list.iter().enumerate() {
        orders.dirty_updates(cases, key);
        let unseen = orders.unseen(key);
        let mut states = vec![transactions.keys[key].initial];
        states.extend(order);
        // The appends that live, each with its place among the states.
        let live: Vec<_> = (1..states.len())
            .filter_map(|at| Some((at, transactions.live_writer(states[at])?)))
            .collect();
        for pair in live.windows(2) {
            let [(at, writer), (next_at, next)] = [pair[0], pair[1]];
            edges.add(writer, next, Relations::WW, [states[at], states[next_at]]);
        }
        if let Some(&(at, writer)) = live.last() {
            for &(next, version) in &unseen {
                edges.add(writer, next, Relations::WW, [states[at], version]);
            }
        }
        let mut later = live.iter().peekable();
        for (at, &state) in states.iter().enumerate() {
            while later.next_if(|(place, _)| *place <= at).is_some() {}
            let next: Vec<_> = match later.peek() {
                Some(&&(place, writer)) => vec![(writer, states[place])],
                None => unseen.clone(),
            };
            edges.add_overwritten(Relations::RW, state, readers.of_version(state), &next);
        }
    }
    add_reads(transactions, edges, &readers);
}

/// By version, the transactions that read it; each once.
pub(super) struct Readers {
    starts: Vec<usize>,
    list: Vec<usize>,
}

impl Readers {
    /// All, or only those that had not touched the key before.
    pub(super) fn of(transactions: &Transactions, first: bool) -> Self {
        let mut starts = vec![0; transactions.versions.len() + 1];
        Self::each(transactions, first, |version, _| starts[version + 1] += 1);
        for version in 1..starts.len() {
            starts[version] += starts[version - 1];
        }
        let mut next = starts.clone();
        let mut list = vec![0; starts[starts.len() - 1]];
        Self::each(transactions, first, |version, txn| {
            list[next[version]] = txn;
            next[version] += 1;
        });
        Self { starts, list }
    }

    fn each(transactions: &Transactions, first: bool, mut tell: impl FnMut(usize, usize)) {
        let mut last = vec![usize::MAX; transactions.versions.len()];
        for txn in 0..transactions.list.len() {
            for (key, shown, is_first) in transactions.reads(txn) {
                let version = transactions.state(key, shown);
                if (is_first || !first) && std::mem::replace(&mut last[version], txn) != txn {
                    tell(version, txn);
                }
            }
        }
    }

    /// Those of a version.
    pub(super) fn of_version(&self, version: usize) -> &[usize] {
        &self.list[self.starts[version]..self.starts[version + 1]]
    }
}

/// Adds the edges from those who wrote to those who read it.
pub(super) fn add_reads(transactions: &Transactions, edges: &mut Edges, readers: &Readers) {
    for version in 0..transactions.versions.len() {
        if let Some(writer) = transactions.live_writer(version) {
            for &reader in readers.of_version(version) {
                edges.add(writer, reader, Relations::WR, [version, version]);
            }
        }
    }
}

/// The order of each key's versions, as far as it is known.
struct Orders<'a> {
    transactions: &'a Transactions,
    list: Vec<Vec<usize>>,
    /// By version, whether it was ever shown.
    shown: Vec<bool>,
}

impl<'a> Orders<'a> {
    fn of(transactions: &'a Transactions, cases: &mut Cases<'_>) -> Self {
        let mut shown = vec![false; transactions.versions.len()];
        // The longest list of each key, and whose it is.
        let mut longest: Vec<(usize, &[usize])> = vec![(0, &[]); transactions.keys.len()];
        for txn in 0..transactions.list.len() {
            for (key, list, _) in transactions.reads(txn) {
                if list.len() > longest[key].1.len() {
                    longest[key] = (txn, list);
                }
            }
        }
        for &version in longest.iter().flat_map(|(_, list)| *list) {
            shown[version] = true;
        }
        // As many elements of each of them are all different.
        let different: Vec<_> = longest.iter().map(|(_, list)| different(list)).collect();
        for txn in 0..transactions.list.len() {
            for (key, list, _) in transactions.reads(txn) {
                let (owner, longest) = longest[key];
                let is_beginning = longest.starts_with(list);
                if !is_beginning || list.len() > different[key] {
                    duplicates(transactions, cases, txn, key, list);
                }
                if !is_beginning {
                    for &version in list {
                        shown[version] = true;
                    }
                    let name = transactions.key_told(key);
                    let text = format!(
                        "{} read {name} = {}, but {} read {name} = {}: neither is the beginning of \
                         the other",
                        cases.name(txn),
                        transactions.list_text(list),
                        cases.name(owner),
                        transactions.list_text(longest),
                    );
                    let pairs = list.iter().zip(longest);
                    let mut differing =
                        pairs.filter(|(own, other)| own != other).map(|(own, _)| *own);
                    let case = Case::of([txn, owner], text, key).about(differing.next());
                    cases.add("incompatible-order", case);
                }
            }
        }
        let list = longest.iter().map(|(_, list)| distinct(list)).collect();
        Self { transactions, list, shown }
    }

    /// The appends to `key` that nobody saw: who did them, and the versions.
    fn unseen(&self, key: usize) -> Vec<(usize, usize)> {
        let appends = self.transactions.writes_to(key).iter();
        let unseen = appends.filter(|&&version| !self.shown[version]);
        unseen
            .filter_map(|&version| Some((self.transactions.live_writer(version)?, version)))
            .collect()
    }

    /// Appends that were based on those of a transaction that failed.
    fn dirty_updates(&self, cases: &mut Cases<'_>, key: usize) {
        let mut aborted: Option<(usize, usize)> = None;
        for &version in &self.list[key] {
            let Some((txn, _)) = self.transactions.versions[version].writer else { continue };
            match (self.transactions.list[txn].kind, aborted) {
                (Kind::Fail, None) => aborted = Some((txn, version)),
                (Kind::Ok, Some((failed, dirt))) => {
                    let text = format!(
                        "{} failed, but the {} that it appended to {} came to lie before the {} \
                         that {} did",
                        cases.name(failed),
                        self.transactions.told(dirt),
                        self.transactions.key_told(key),
                        self.transactions.told(version),
                        cases.name(txn),
                    );
                    cases.add("dirty-update", Case::of([failed, txn], text, key).about(dirt));
                    aborted = None;
                }
                _ => {}
            }
        }
    }
}

/// How many elements of a list come before one that was there already.
fn different(list: &[usize]) -> usize {
    let mut met = BTreeSet::new();
    list.iter().take_while(|&&version| met.insert(version)).count()
}

fn distinct(list: &[usize]) -> Vec<usize> {
    let mut met = BTreeSet::new();
    list.iter().copied().filter(|&version| met.insert(version)).collect()
}

fn duplicates(
    transactions: &Transactions,
    cases: &mut Cases<'_>,
    txn: usize,
    key: usize,
    list: &[usize],
) {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    let twice = sorted.windows(2).find(|pair| pair[0] == pair[1]);
    if let Some(&[version, _]) = twice {
        let value = transactions.value(version);
        let text = format!(
            "{} read {} = {}, which has {} more than once",
            cases.name(txn),
            transactions.key_told(key),
            transactions.list_text(list),
            transactions.told(version),
        );
        let mut case = Case::of([txn], text, key).about(version);
        case.detail["element"] = json!(value);
        cases.add("duplicate-elements", case);
    }
}
