//! The reads after the faults, when all is quiet: whether everyone sees the same by then, and what.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{Case, Cases};
use super::transactions::{Datatype, Transactions};

/// What one of the last reads showed.
type Shown<'a> = (usize, &'a [usize]);

/// Finds `divergence` and `lost-write`. Returns the version of each key that everyone read in the
/// end, if it is the same and somebody wrote it.
///
/// Two reads of the end may differ only by what a transaction wrote of which nobody knows whether it
/// happened: it may do so in between.
pub(super) fn check(transactions: &Transactions, cases: &mut Cases<'_>) -> BTreeMap<usize, usize> {
    let mut reads: BTreeMap<usize, Vec<Shown<'_>>> = BTreeMap::new();
    for (number, txn) in transactions.list.iter().enumerate() {
        if txn.is_final && transactions.writes(number).next().is_none() {
            for (key, shown, _) in transactions.reads(number) {
                reads.entry(key).or_default().push((number, shown));
            }
        }
    }
    let mut finals = BTreeMap::new();
    let replaced = replaced(transactions);
    for (key, reads) in reads {
        let (reader, shown) = reads[0];
        let other = reads.iter().find(|(_, other)| !agree(transactions, shown, other));
        if let Some(&(other, differing)) = other {
            let name = transactions.key_told(key);
            let text = format!(
                "in the end, {} still read {name} = {}, and {} read {name} = {}",
                cases.name(reader),
                transactions.list_text(shown),
                cases.name(other),
                transactions.list_text(differing),
            );
            let about = odd(transactions, shown, differing);
            cases.add("divergence", Case::of([reader, other], text, key).about(about));
        } else if reads.iter().all(|(_, other)| *other == shown) {
            let version = transactions.state(key, shown);
            if transactions.live_writer(version).is_some() {
                finals.insert(key, version);
            }
            if let Some((writer, lost)) = lost(transactions, &replaced, key, shown) {
                let text = format!(
                    "in the end everyone read {} = {}, as {} did, but {} had written {} there, \
                     which came later",
                    transactions.key_told(key),
                    transactions.list_text(shown),
                    cases.name(reader),
                    cases.name(writer),
                    transactions.told(lost),
                );
                cases.add("lost-write", Case::of([writer, reader], text, key).about(lost));
            }
        }
    }
    finals
}

/// Whether two of the last reads can both be right.
fn agree(transactions: &Transactions, a: &[usize], b: &[usize]) -> bool {
    let is_open = |version: &usize| {
        let writer = transactions.live_writer(*version);
        writer.is_some_and(|writer| !transactions.list[writer].is_ok())
    };
    match transactions.datatype {
        Datatype::Register => a == b || a.iter().chain(b).any(is_open),
        Datatype::List => {
            let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
            long.starts_with(short) && long[short.len()..].iter().all(is_open)
        }
    }
}

/// The version that one of two reads shows and the other does not: of two such the one that was written
/// later, which is what the other ought to show.
fn odd(transactions: &Transactions, a: &[usize], b: &[usize]) -> Option<usize> {
    let only = |these: &[usize], others: &[usize]| {
        these.iter().copied().find(|version| !others.contains(version))
    };
    let written = |version: &usize| {
        let (writer, _) = transactions.versions[*version].writer?;
        Some(transactions.list[writer].index)
    };
    [only(a, b), only(b, a)].into_iter().flatten().max_by_key(written)
}

/// By version of a register, one that a transaction which happened wrote after it had read it.
fn replaced(transactions: &Transactions) -> BTreeMap<usize, usize> {
    let mut replaced = BTreeMap::new();
    // A list tells itself what was replaced.
    if transactions.datatype == Datatype::List {
        return replaced;
    }
    transactions.each_update(|_, met, version| {
        replaced.insert(met, version);
    });
    replaced
}

/// A write that was acknowledged, and that what is read in the end cannot have replaced: any, if that
/// is nothing; one of who had read it; of a list, any that is not in it.
fn lost(
    transactions: &Transactions,
    replaced: &BTreeMap<usize, usize>,
    key: usize,
    shown: &[usize],
) -> Option<(usize, usize)> {
    let acknowledged = |version: usize| {
        let writer = transactions.live_writer(version)?;
        transactions.list[writer].is_ok().then_some((writer, version))
    };
    let written =
        || transactions.writes_to(key).iter().filter_map(|&version| acknowledged(version));
    match (transactions.datatype, shown.last()) {
        (Datatype::Register, Some(last)) => acknowledged(*replaced.get(last)?),
        (Datatype::Register, None) => written().next(),
        (Datatype::List, _) => {
            let shown: BTreeSet<usize> = shown.iter().copied().collect();
            written().find(|(_, version)| !shown.contains(version))
        }
    }
}
