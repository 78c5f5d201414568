//! Dependencies between transactions on registers.
//!
//! A register does not show what it held before, so the order of a key's versions has to be inferred.
//! The one that the key begins with comes first. Besides,
//!
//! - what a transaction read before it wrote the key comes before what it wrote;
//! - what everyone reads in the end, after the faults and when all is quiet, comes after everything
//!   that was acknowledged before;
//! - where the model promises it, versions follow each other as each process, or as real time, meets
//!   them. Such an order is marked, for it holds only if the model does.

use std::collections::{BTreeMap, VecDeque};

use super::append::{Readers, add_reads};
use super::cases::{Case, Cases};
use super::graph::{Edges, Relations};
use super::manner::Manner;
use super::model::Model;
use super::scc::{components, cyclic};
use super::transactions::Transactions;
use crate::history::Process;

/// That one version comes before another, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Before {
    source: Source,
    first: usize,
    second: usize,
}

/// How an order is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// By transactions, or by what all read in the end.
    Seen,
    /// By the order of a process.
    Process,
    /// By real time.
    Realtime,
}

impl Source {
    /// The kinds of edges that follow: between writers, and from readers.
    fn relations(self) -> [Relations; 2] {
        match self {
            Self::Seen => [Relations::WW, Relations::RW],
            Self::Process => [Relations::WW_PROCESS, Relations::RW_PROCESS],
            Self::Realtime => [Relations::WW_REALTIME, Relations::RW_REALTIME],
        }
    }
}

/// Which orders the model promises to hold key by key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Promises {
    pub(super) process: bool,
    pub(super) realtime: bool,
}

impl Promises {
    /// What is promised. Who follows real time follows each process; Elle is not asked for either.
    pub(super) fn of(models: &[Model], manner: Manner) -> Self {
        let implied =
            |name| manner == Manner::Own && models.iter().any(|model| model.implies(name));
        let realtime = implied("strong-snapshot-isolation");
        Self { process: !realtime && implied("strong-session-snapshot-isolation"), realtime }
    }
}

/// Adds the edges that follow from reads and writes, and finds `cyclic-versions` on the way.
pub(super) fn add_dependencies(
    transactions: &Transactions,
    finals: &BTreeMap<usize, usize>,
    promises: Promises,
    edges: &mut Edges,
    cases: &mut Cases<'_>,
) {
    let readers = Readers::of(transactions, true);
    add_reads(transactions, edges, &readers);
    let mut order = reads_before_writes(transactions);
    for members in without_cycles(transactions, &mut order, 0) {
        cyclic_versions(transactions, cases, &members);
    }
    let known = order.len();
    order.extend(in_the_end(transactions, finals));
    // What is read in the end and yet known to be replaced is a case for others.
    without_cycles(transactions, &mut order, known);
    add_beginnings(transactions, &order, &readers, edges);
    if promises.process {
        order.extend(by_process(transactions));
    }
    if promises.realtime {
        order.extend(by_real_time(transactions));
    }
    order.sort_unstable();
    order.dedup();
    for group in order.chunk_by(|a, b| (a.source, a.first) == (b.source, b.first)) {
        let (version, [ww, rw]) = (group[0].first, group[0].source.relations());
        let next: Vec<_> = group
            .iter()
            .filter_map(|before| Some((transactions.live_writer(before.second)?, before.second)))
            .collect();
        if let Some(writer) = transactions.live_writer(version) {
            for &(next, replacing) in &next {
                edges.add(writer, next, ww, [version, replacing]);
            }
        }
        edges.add_overwritten(rw, version, readers.of_version(version), &next);
    }
}

/// What transactions read comes before what they then wrote.
fn reads_before_writes(transactions: &Transactions) -> Vec<Before> {
    let mut order = Vec::new();
    for txn in 0..transactions.list.len() {
        let mut read: BTreeMap<usize, usize> = BTreeMap::new();
        for (key, shown, first) in transactions.reads(txn) {
            if first {
                read.extend(shown.last().map(|&version| (key, version)));
            }
        }
        for (key, second) in transactions.last_writes(txn) {
            if let Some(&first) = read.get(&key)
                && first != second
            {
                order.push(Before { source: Source::Seen, first, second });
            }
        }
    }
    order
}

/// What is read of each key in the end comes after everything that was acknowledged.
fn in_the_end(transactions: &Transactions, finals: &BTreeMap<usize, usize>) -> Vec<Before> {
    let mut order = Vec::new();
    for (&key, &second) in finals {
        let acknowledged = transactions.writes_to(key).iter().filter(|&&version| {
            let writer = transactions.live_writer(version);
            writer.is_some_and(|writer| transactions.list[writer].is_ok())
                && transactions.is_last(version)
        });
        let others = acknowledged.filter(|&&version| version != second);
        order.extend(others.map(|&first| Before { source: Source::Seen, first, second }));
    }
    order
}

/// Takes the cycles out of an order: of those from place `fresh` on what lies on one. Returns the
/// versions of each.
fn without_cycles(
    transactions: &Transactions,
    order: &mut Vec<Before>,
    fresh: usize,
) -> Vec<Vec<usize>> {
    let mut sorted: Vec<(usize, usize)> =
        order.iter().map(|before| (before.first, before.second)).collect();
    sorted.sort_unstable();
    let component = components(transactions.versions.len(), |version, out| {
        let start = sorted.partition_point(|&(first, _)| first < version);
        let next = sorted[start..].iter().take_while(|&&(first, _)| first == version);
        out.extend(next.map(|&(_, second)| second));
    });
    let mut place = 0;
    order.retain(|before| {
        place += 1;
        place <= fresh || component[before.first] != component[before.second]
    });
    cyclic(&component)
}

fn cyclic_versions(transactions: &Transactions, cases: &mut Cases<'_>, members: &[usize]) {
    let key = transactions.versions[members[0]].key;
    let values: Vec<_> = members.iter().map(|&version| transactions.told(version)).collect();
    let writers: Vec<_> = members
        .iter()
        .filter_map(|&version| transactions.versions[version].writer)
        .map(|(txn, _)| txn)
        .collect();
    let text = format!(
        "of the values [{}] of key {}, each was written by who had read another: none came first",
        values.join(","),
        transactions.key_told(key),
    );
    cases.add("cyclic-versions", Case::of(writers, text, key).about(members[0]));
}

/// Who read a key when nothing was written yet comes before those who wrote its first versions: the
/// ones that are not known to come after another.
fn add_beginnings(
    transactions: &Transactions,
    order: &[Before],
    readers: &Readers,
    edges: &mut Edges,
) {
    let mut later = vec![false; transactions.versions.len()];
    for before in order {
        later[before.second] |= transactions.live_writer(before.first).is_some();
    }
    for key in 0..transactions.keys.len() {
        let initial = transactions.keys[key].initial;
        let firsts: Vec<_> = transactions
            .writes_to(key)
            .iter()
            .filter(|&&version| !later[version] && transactions.is_last(version))
            .filter_map(|&version| Some((transactions.live_writer(version)?, version)))
            .collect();
        edges.add_overwritten(Relations::RW, initial, readers.of_version(initial), &firsts);
    }
}

/// The versions of each key that a transaction met first and last, as far as it is known: what it
/// read, or else wrote; what it wrote, or else read.
fn met(transactions: &Transactions, txn: usize) -> BTreeMap<usize, [usize; 2]> {
    let mut met: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
    for (key, shown, first) in transactions.reads(txn) {
        if first {
            let version = transactions.state(key, shown);
            met.insert(key, [version; 2]);
        }
    }
    if transactions.list[txn].is_possible() {
        for (key, version) in transactions.last_writes(txn) {
            met.entry(key).or_insert([version; 2])[1] = version;
        }
    }
    met
}

fn by_process(transactions: &Transactions) -> Vec<Before> {
    let mut order = Vec::new();
    let mut last_met: BTreeMap<(Process, usize), usize> = BTreeMap::new();
    for (number, txn) in transactions.list.iter().enumerate() {
        for (key, [second, last]) in met(transactions, number) {
            match last_met.insert((txn.process, key), last) {
                Some(first) if first != second => {
                    order.push(Before { source: Source::Process, first, second });
                }
                _ => {}
            }
        }
    }
    order
}

/// What was met by a transaction that ended comes before what one met that began afterwards. Of those
/// that ended only the latest matter: those that ended before another began that has ended, too, are
/// covered by it.
fn by_real_time(transactions: &Transactions) -> Vec<Before> {
    let mut events: Vec<(usize, usize, usize, Option<[usize; 2]>)> = Vec::new();
    for (number, txn) in transactions.list.iter().enumerate() {
        for (key, [first, last]) in met(transactions, number) {
            events.push((key, txn.invoked, first, None));
            if txn.is_ok() {
                events.push((key, txn.index, last, Some([txn.invoked, txn.index])));
            }
        }
    }
    events.sort_unstable();
    let mut order = Vec::new();
    // Versions by when those who met them last ended.
    let mut latest: VecDeque<(usize, usize)> = VecDeque::new();
    for of_key in events.chunk_by(|a, b| a.0 == b.0) {
        latest.clear();
        for &(_, _, version, span) in of_key {
            match span {
                None => {
                    for &(_, first) in latest.iter().filter(|&&(_, first)| first != version) {
                        order.push(Before { source: Source::Realtime, first, second: version });
                    }
                }
                Some([invoked, ended]) => {
                    while latest.front().is_some_and(|&(before, _)| before < invoked) {
                        latest.pop_front();
                    }
                    latest.push_back((ended, version));
                }
            }
        }
    }
    order
}
