//! A history as transactions: what each read and wrote, with small numbers for keys and versions.
//!
//! Every write makes a *version* of its key, and every key begins with one that nobody wrote. A
//! read shows a version: a register's by its value; a list's by its last element, whose appending
//! made it, with all that were appended before.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use serde_json::Value as Json;

use super::longest::Longest;
use super::manner::Manner;
use super::mop::{Act, Mop, Shown, narrow};
use crate::check::Finding;
use crate::check::elements::Elements;
use crate::check::mix::Mixed;
use crate::check::wording::{brief, shown};
use crate::exact;
use crate::history::{History, Kind, Op, Process};
use crate::value::View;

/// What the keys hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Datatype {
    /// A value, which `w` replaces.
    Register,
    /// A list, which `append` extends.
    List,
}

impl Datatype {
    fn write(self) -> &'static str {
        match self {
            Self::Register => "w",
            Self::List => "append",
        }
    }
}

pub(super) struct Txn {
    pub(super) process: Process,
    /// How it ended: `info` if it never did.
    pub(super) kind: Kind,
    /// The indices of its invocation, and of its completion: of its invocation if it never ended.
    pub(super) invoked: usize,
    pub(super) index: usize,
    /// Places in [`Transactions::mops`].
    pub(super) mops: Range<usize>,
    /// It is one of the reads after the faults.
    pub(super) is_final: bool,
}

impl Txn {
    /// It surely happened.
    pub(super) fn is_ok(&self) -> bool {
        self.kind == Kind::Ok
    }

    /// It may have happened.
    pub(super) fn is_possible(&self) -> bool {
        self.kind != Kind::Fail
    }
}

pub(super) struct Version {
    pub(super) key: usize,
    /// Its value; absent if it is the one that the key begins with.
    value: Option<usize>,
    /// The transaction that wrote it, and the place of the write in [`Transactions::mops`].
    pub(super) writer: Option<(usize, usize)>,
}

pub(super) struct Key {
    name: String,
    /// The version that it begins with.
    pub(super) initial: usize,
    written: Vec<usize>,
    longest: Longest,
}

/// The transactions of a history, in the order of their invocations.
pub(super) struct Transactions {
    pub(super) datatype: Datatype,
    pub(super) list: Vec<Txn>,
    pub(super) mops: Vec<Mop>,
    /// What those reads showed that did not begin as others did.
    others: Vec<usize>,
    /// Whether any version was shown that nobody wrote, or who wrote it failed.
    pub(super) has_doubtful: bool,
    /// The places of reads that were answered by null.
    nulls: BTreeSet<usize>,
    pub(super) keys: Vec<Key>,
    pub(super) versions: Vec<Version>,
    key_ids: Elements,
    values: Elements,
    /// The version of each key and value.
    numbers: HashMap<(u32, u32), u32, Mixed>,
}

impl Transactions {
    /// Those that count in this manner.
    ///
    /// # Errors
    ///
    /// What is no transaction, or is written twice, so that nothing can be concluded.
    pub(super) fn of(
        history: &History,
        datatype: Datatype,
        manner: Manner,
    ) -> Result<Self, Box<Finding>> {
        let mut transactions = Self {
            datatype,
            list: Vec::new(),
            mops: Vec::new(),
            others: Vec::new(),
            has_doubtful: false,
            nulls: BTreeSet::new(),
            keys: Vec::new(),
            versions: Vec::new(),
            key_ids: Elements::default(),
            values: Elements::default(),
            numbers: HashMap::default(),
        };
        for (invoked, completed) in history.pairs() {
            if invoked.f == "txn" && (manner == Manner::Own || !invoked.is_final()) {
                transactions.push(invoked, completed)?;
            }
        }
        // Versions are told by their numbers from here on.
        transactions.numbers = HashMap::default();
        transactions.note_firsts_and_lasts();
        transactions.has_doubtful = transactions.shows_doubtful();
        Ok(transactions)
    }

    /// The operations of a transaction.
    pub(super) fn mops_of(&self, txn: usize) -> &[Mop] {
        &self.mops[self.list[txn].mops.clone()]
    }

    /// The reads of a transaction whose results are known: the key, what was shown, and whether the
    /// transaction had not touched the key before.
    pub(super) fn reads(&self, txn: usize) -> impl Iterator<Item = (usize, &[usize], bool)> {
        self.mops_of(txn).iter().filter_map(|mop| match &mop.act {
            Act::Read(Some(shown)) => Some((mop.key(), self.shown(mop.key(), *shown), mop.first)),
            _ => None,
        })
    }

    /// The versions that a read of a key shows.
    pub(super) fn shown(&self, key: usize, shown: Shown) -> &[usize] {
        match shown {
            Shown::Beginning(length) => &self.keys[key].longest.versions()[..length as usize],
            Shown::Other(start, end) => &self.others[start as usize..end as usize],
        }
    }

    /// Whether the read at this place of [`mops`](Self::mops) was answered by null.
    pub(super) fn is_null(&self, place: usize) -> bool {
        self.nulls.contains(&place)
    }

    /// Tells of each key that a transaction read before it wrote there: the transaction, the version that it met,
    /// and the last that it wrote; in the order of the transactions.
    pub(super) fn each_update(&self, mut tell: impl FnMut(usize, usize, usize)) {
        // By key, who met it last before having touched it, and in which version.
        let mut met = vec![(usize::MAX, 0); self.keys.len()];
        for txn in 0..self.list.len() {
            for (key, shown, _) in self.reads(txn).filter(|&(_, _, first)| first) {
                met[key] = (txn, self.state(key, shown));
            }
            for (key, version) in self.last_writes(txn) {
                let (reader, read) = met[key];
                if reader == txn {
                    tell(txn, read, version);
                }
            }
        }
    }

    /// What a transaction leaves behind: each key that it writes, and the last version.
    pub(super) fn last_writes(&self, txn: usize) -> impl Iterator<Item = (usize, usize)> {
        self.mops_of(txn).iter().filter_map(|mop| match mop.act {
            Act::Write { version, last: true } => Some((mop.key(), version)),
            _ => None,
        })
    }

    /// Every version that a transaction makes.
    pub(super) fn writes(&self, txn: usize) -> impl Iterator<Item = (usize, usize)> {
        self.mops_of(txn).iter().filter_map(|mop| match mop.act {
            Act::Write { version, .. } => Some((mop.key(), version)),
            Act::Read(_) => None,
        })
    }

    /// The version of `key` that a read which shows this has met.
    pub(super) fn state(&self, key: usize, shown: &[usize]) -> usize {
        shown.last().copied().unwrap_or(self.keys[key].initial)
    }

    /// The transaction that wrote a version, if it may have happened.
    pub(super) fn live_writer(&self, version: usize) -> Option<usize> {
        let (txn, _) = self.versions[version].writer?;
        self.list[txn].is_possible().then_some(txn)
    }

    /// Whether the writer of a version did not overwrite it itself.
    pub(super) fn is_last(&self, version: usize) -> bool {
        let writer = self.versions[version].writer;
        writer.is_none_or(|(_, mop)| matches!(self.mops[mop].act, Act::Write { last: true, .. }))
    }

    /// A key, for people.
    pub(super) fn key_name(&self, key: usize) -> &str {
        &self.keys[key].name
    }

    /// A version's value, for programs.
    pub(super) fn value(&self, version: usize) -> Json {
        self.versions[version].value.map_or(Json::Null, |value| self.values.value(value).to_json())
    }

    fn push(&mut self, invoked: &Op, completed: Option<&Op>) -> Result<(), Box<Finding>> {
        let kind = completed.map_or(Kind::Info, |op| op.kind);
        let op = completed.filter(|op| op.kind == Kind::Ok).unwrap_or(invoked);
        let unreadable = |what: View<'_>| {
            let text =
                format!("op {} is no transaction that can be judged: {}", op.index, shown(what));
            Box::new(Finding::new("unreadable", text, [op.index]))
        };
        let number = self.list.len();
        let start = self.mops.len();
        // Null is nothing of a list.
        if !op.value.view().is_list() && !op.value.view().is_null() {
            return Err(unreadable(op.value.view()));
        }
        for mop in op.value.view().items() {
            let Some([f, key, value]) = mop.array() else {
                return Err(unreadable(mop));
            };
            let key = self.key(key);
            let act = match f.text() {
                Some("r") if kind == Kind::Ok => {
                    if value.is_null() {
                        self.nulls.insert(self.mops.len());
                    }
                    Act::Read(Some(self.show(key, value).ok_or_else(|| unreadable(mop))?))
                }
                Some("r") => Act::Read(None),
                Some(f) if f == self.datatype.write() => {
                    let version = self.version(key, value);
                    if self.versions[version].writer.is_some() {
                        let text = format!(
                            "{} is written to key {} twice",
                            shown(value),
                            self.key_told(key)
                        );
                        return Err(Finding::new("not-unique", text, [op.index]).into());
                    }
                    self.versions[version].writer = Some((number, self.mops.len()));
                    self.keys[key].written.push(version);
                    Act::Write { version, last: false }
                }
                _ => return Err(unreadable(mop)),
            };
            self.mops.push(Mop::new(key, act));
        }
        self.list.push(Txn {
            process: invoked.process,
            kind,
            invoked: invoked.index,
            index: completed.map_or(invoked.index, |op| op.index),
            mops: start..self.mops.len(),
            is_final: invoked.is_final(),
        });
        Ok(())
    }

    /// Takes in what a read shows; `None` if it is nothing that a key can hold.
    fn show(&mut self, key: usize, value: View<'_>) -> Option<Shown> {
        if value.is_null() {
            return Some(Shown::Beginning(0));
        }
        if self.datatype == Datatype::Register {
            let version = self.version(key, value);
            return Some(self.other([version]));
        }
        if !value.is_list() {
            return None;
        }
        let items = value.items();
        let longest = &self.keys[key].longest;
        if let Some(length) = longest.beginning(&items) {
            return Some(Shown::Beginning(narrow(length)));
        }
        if let Some(beyond) = longest.beyond(&items) {
            for element in beyond {
                let version = self.version(key, element);
                self.keys[key].longest.push(version, element);
            }
            let length = self.keys[key].longest.versions().len();
            return Some(Shown::Beginning(narrow(length)));
        }
        let versions: Vec<_> = items.map(|element| self.version(key, element)).collect();
        Some(self.other(versions))
    }

    fn other(&mut self, versions: impl IntoIterator<Item = usize>) -> Shown {
        let start = narrow(self.others.len());
        self.others.extend(versions);
        Shown::Other(start, narrow(self.others.len()))
    }

    fn key(&mut self, name: View<'_>) -> usize {
        let key = self.key_ids.id(name);
        if key == self.keys.len() {
            self.keys.push(Key {
                name: name.name().into_owned(),
                initial: self.versions.len(),
                written: Vec::new(),
                longest: Longest::default(),
            });
            self.versions.push(Version { key, value: None, writer: None });
        }
        key
    }

    fn version(&mut self, key: usize, value: View<'_>) -> usize {
        let value = self.values.id(value);
        let fresh = self.versions.len();
        let place = (narrow(key), narrow(value));
        let version = *self.numbers.entry(place).or_insert(narrow(fresh)) as usize;
        if version == fresh {
            self.versions.push(Version { key, value: Some(value), writer: None });
        }
        version
    }

    fn shows_doubtful(&self) -> bool {
        let is_doubtful = |version: usize| {
            let writer = self.versions[version].writer;
            writer.is_none_or(|(writer, _)| !self.list[writer].is_possible())
        };
        let mut shown = self.keys.iter().flat_map(|key| key.longest.versions()).chain(&self.others);
        shown.any(|&version| is_doubtful(version))
    }

    fn note_firsts_and_lasts(&mut self) {
        // By key, the transaction that touched, and that wrote, it last.
        let mut touched = vec![usize::MAX; self.keys.len()];
        let mut written = vec![usize::MAX; self.keys.len()];
        for (number, txn) in self.list.iter().enumerate() {
            for mop in &mut self.mops[txn.mops.clone()] {
                mop.first = touched[mop.key()] != number;
                touched[mop.key()] = number;
            }
            for mop in self.mops[txn.mops.clone()].iter_mut().rev() {
                let key = mop.key();
                if let Act::Write { last, .. } = &mut mop.act {
                    *last = written[key] != number;
                    written[key] = number;
                }
            }
        }
    }

    /// What a read showed, for people.
    pub(super) fn list_text(&self, shown: &[usize]) -> String {
        match self.datatype {
            Datatype::Register => {
                shown.last().map_or("nothing".to_owned(), |&version| self.told(version))
            }
            Datatype::List => shown_list(shown.iter().map(|&version| self.value(version))),
        }
    }

    /// What a key is called, for people.
    pub(super) fn key_told(&self, key: usize) -> String {
        brief(self.key_name(key))
    }

    /// A version's value, for people.
    pub(super) fn told(&self, version: usize) -> String {
        shown(exact::shown(&self.value(version)))
    }

    /// The versions of a key that transactions made.
    pub(super) fn writes_to(&self, key: usize) -> &[usize] {
        &self.keys[key].written
    }
}

/// The longest list that is written out.
const LISTED: usize = 12;

fn shown_list(values: impl ExactSizeIterator<Item = Json>) -> String {
    let skipped = values.len().saturating_sub(LISTED);
    let values: Vec<String> =
        values.skip(skipped).map(|value| shown(exact::shown(&value))).collect();
    format!("[{}{}]", if skipped > 0 { "… " } else { "" }, values.join(" "))
}
