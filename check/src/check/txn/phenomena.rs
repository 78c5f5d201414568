//! Anomalies that one read, or one key, shows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cases::{Case, Cases};
use super::manner::Manner;
use super::mop::Act;
use super::transactions::{Datatype, Transactions};
use crate::history::Kind;

/// Finds `G1a`, `G1b`, `unexpected`, `internal`, `future-read` and `lost-update`.
///
/// Elle has no `unexpected`, and of registers no `future-read`.
pub(super) fn check(transactions: &Transactions, cases: &mut Cases<'_>, manner: Manner) {
    for txn in 0..transactions.list.len() {
        for (key, shown, _) in transactions.reads(txn) {
            reads(transactions, cases, manner, txn, key, shown);
        }
        if manner == Manner::Own || transactions.datatype == Datatype::List {
            future_read(transactions, cases, txn);
        }
        // What is to be expected is known only of a key that was touched before.
        if transactions.mops_of(txn).iter().any(|mop| !mop.first) {
            internal(transactions, cases, manner, txn);
        }
    }
    lost_updates(transactions, cases);
}

/// What a read shows must have been written, by a transaction that did not fail; and the last of it
/// must be the last that that transaction wrote.
fn reads(
    transactions: &Transactions,
    cases: &mut Cases<'_>,
    manner: Manner,
    txn: usize,
    key: usize,
    shown: &[usize],
) {
    let begin = || {
        let (name, shown) = (transactions.key_told(key), transactions.list_text(shown));
        format!("{} read {name} = {shown}", cases.name(txn))
    };
    let of = |version: usize| match transactions.datatype {
        Datatype::Register => String::new(),
        Datatype::List => format!(", whose element {}", transactions.told(version)),
    };
    let of_or_which = |version: usize| match transactions.datatype {
        Datatype::Register => ", which".to_owned(),
        Datatype::List => of(version),
    };
    let mut found: Vec<(&str, Case)> = Vec::new();
    let writer = |version: usize| transactions.versions[version].writer.map(|(txn, _)| txn);
    // All that is shown was written, nearly always.
    let doubtful = if transactions.has_doubtful { shown } else { &[] };
    let nobodys = doubtful.iter().find(|&&version| writer(version).is_none());
    if let Some(&version) = nobodys.filter(|_| manner == Manner::Own) {
        let text = format!("{}{} nobody wrote", begin(), of_or_which(version));
        found.push(("unexpected", Case::of([txn], text, key).about(version)));
    }
    let failed = doubtful.iter().filter_map(|&version| Some((version, writer(version)?)));
    let mut failed = failed.filter(|&(_, writer)| transactions.list[writer].kind == Kind::Fail);
    if let Some((version, writer)) = failed.next() {
        let text = format!(
            "{}{} was written by {}, which failed",
            begin(),
            of_or_which(version),
            cases.name(writer)
        );
        found.push(("G1a", Case::of([writer, txn], text, key).about(version)));
    }
    if let Some(&version) = shown.last()
        && let Some(writer) = writer(version)
        && writer != txn
        && !transactions.is_last(version)
    {
        let text = format!(
            "{}{} is not the last that {} wrote there",
            begin(),
            of_or_which(version),
            cases.name(writer)
        );
        found.push(("G1b", Case::of([writer, txn], text, key).about(version)));
    }
    for (anomaly, case) in found {
        cases.add(anomaly, case);
    }
}

/// A transaction must not read what it writes later.
fn future_read(transactions: &Transactions, cases: &mut Cases<'_>, txn: usize) {
    let start = transactions.list[txn].mops.start;
    for (place, mop) in transactions.mops_of(txn).iter().enumerate() {
        let Act::Read(Some(shown)) = &mop.act else { continue };
        let shown = transactions.shown(mop.key(), *shown);
        let is_own = |&&version: &&usize| {
            let writer = transactions.versions[version].writer;
            writer.is_some_and(|(writer, write)| writer == txn && write > start + place)
        };
        if let Some(&version) = shown.iter().find(is_own) {
            let text = format!(
                "{} read {} = {}, and only then wrote {} there",
                cases.name(txn),
                transactions.key_told(mop.key()),
                transactions.list_text(shown),
                transactions.told(version),
            );
            cases.add("future-read", Case::of([txn], text, mop.key()).about(version));
            return;
        }
    }
}

/// What a transaction knows of a key by its own reads and writes: all of it, or only its end.
struct Known {
    whole: bool,
    list: Vec<usize>,
    /// It was told as a list, and not as null.
    is_list: bool,
}

/// A transaction's read must show what it read or wrote before.
///
/// A list that was `[]` must not be null then: a node that knows the key says `[]`, one that does not
/// says null, so that something has come between. After a read of null Elle lets the next one show
/// anything; here nothing is in the key.
fn internal(transactions: &Transactions, cases: &mut Cases<'_>, manner: Manner, txn: usize) {
    let mut known: BTreeMap<usize, Known> = BTreeMap::new();
    let start = transactions.list[txn].mops.start;
    for (place, mop) in transactions.mops_of(txn).iter().enumerate() {
        match &mop.act {
            &Act::Write { version, .. } => match transactions.datatype {
                Datatype::Register => {
                    let list = vec![version];
                    known.insert(mop.key(), Known { whole: true, list, is_list: false });
                }
                Datatype::List => {
                    let unknown = || Known { whole: false, list: Vec::new(), is_list: true };
                    known.entry(mop.key()).or_insert_with(unknown).list.push(version);
                }
            },
            Act::Read(Some(shown)) => {
                let shown = transactions.shown(mop.key(), *shown);
                let is_null = transactions.is_null(start + place);
                if let Some(known) = known.get(&mop.key())
                    && !known.allows(shown, is_null, manner)
                {
                    let case = contradiction(transactions, cases, txn, mop.key(), known, shown);
                    cases.add("internal", case);
                    return;
                }
                let list = shown.to_vec();
                known.insert(mop.key(), Known { whole: true, list, is_list: !is_null });
            }
            Act::Read(None) => {}
        }
    }
}

impl Known {
    /// Whether a read may show this.
    fn allows(&self, shown: &[usize], is_null: bool, manner: Manner) -> bool {
        let is_nothing = self.whole && self.list.is_empty() && !self.is_list;
        if is_nothing && manner == Manner::Elle {
            true
        } else if self.whole {
            // Null for a list of nothing is another answer than before.
            shown == self.list && !(is_null && self.is_list)
        } else {
            shown.ends_with(&self.list)
        }
    }
}

/// A read that shows something else than its transaction knows.
fn contradiction(
    transactions: &Transactions,
    cases: &Cases<'_>,
    txn: usize,
    key: usize,
    known: &Known,
    shown: &[usize],
) -> Case {
    let expected = transactions.list_text(&known.list);
    // Of a list that is empty and had to be, the answer was null.
    let showed =
        if shown == known.list { "null".to_owned() } else { transactions.list_text(shown) };
    let text = format!(
        "{} read {} = {showed}, though by its own operations it had to be {}",
        cases.name(txn),
        transactions.key_told(key),
        if known.whole { expected.clone() } else { format!("… {expected}") },
    );
    let about = known.list.last().or(shown.last()).copied();
    let mut case = Case::of([txn], text, key).about(about);
    case.detail["expected"] = json!(expected);
    case
}

/// No two transactions that happened may read the same version of a key and then write the key.
fn lost_updates(transactions: &Transactions, cases: &mut Cases<'_>) {
    let mut updates: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    transactions.each_update(|txn, met, _| updates.entry(met).or_default().push(txn));
    for (version, txns) in updates.into_iter().filter(|(_, txns)| txns.len() > 1) {
        let key = transactions.versions[version].key;
        let name = transactions.key_told(key);
        let value = transactions.value(version);
        let (what, names): (_, Vec<_>) = (
            if value.is_null() {
                "nothing in it".to_owned()
            } else {
                format!("{} there", transactions.told(version))
            },
            txns.iter().take(4).map(|&txn| cases.name(txn)).collect(),
        );
        let more = if txns.len() > names.len() { " and more" } else { "" };
        let text = format!(
            "each of {}{more} read key {name} with {what}, and wrote it: all but one of the updates \
             are lost",
            names.join(", ")
        );
        // Who came first is likely the one whose update was overwritten.
        let first = transactions.last_writes(txns[0]).find(|&(written, _)| written == key);
        let mut case = Case::of(txns, text, key).about(first.map(|(_, version)| version));
        case.detail["value"] = Value::clone(&value);
        cases.add("lost-update", case);
    }
}
