//! A history as calls on registers, key by key.

use super::model::{Action, Call, Id, MISSING};
use crate::check::elements::Elements;
use crate::history::{History, Kind};
use crate::value::{Value, View};

/// All keys of a history.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) keys: Vec<Key>,
    /// How many operations succeeded.
    pub(super) acknowledged: usize,
    values: Elements,
}

/// What happened to one key.
pub(super) struct Key {
    pub(super) name: Value,
    /// Sorted by invocation; without those that surely did not happen, or tell nothing.
    pub(super) calls: Vec<Call>,
    /// Operations that cannot be understood.
    pub(super) unclear: Vec<usize>,
}

impl Calls {
    pub(super) fn of(history: &History) -> Self {
        let mut calls = Self::default();
        let mut keys = Elements::default();
        for (invoked, completed) in history.pairs() {
            let kind = completed.map_or(Kind::Info, |op| op.kind);
            if !matches!(invoked.f.as_str(), "read" | "write" | "cas") || kind == Kind::Fail {
                continue;
            }
            let nothing = Value::default();
            let name = invoked.value.view().nth(0).unwrap_or(nothing.view());
            let key = keys.id(name);
            if key == calls.keys.len() {
                let name = name.to_value();
                calls.keys.push(Key { name, calls: Vec::new(), unclear: Vec::new() });
            }
            let ended = completed.filter(|_| kind == Kind::Ok);
            calls.acknowledged += usize::from(ended.is_some());
            let action = match (invoked.f.as_str(), ended) {
                // It has shown nothing.
                ("read", None) => continue,
                ("read", Some(ended)) => calls.read(name, ended.value.view()),
                (f, _) => calls.change(f, invoked.value.view()),
            };
            match action {
                Some(action) => calls.keys[key].calls.push(Call {
                    action,
                    invoked: invoked.index,
                    returned: ended.map(|op| op.index),
                }),
                None => calls.keys[key].unclear.push(ended.unwrap_or(invoked).index),
            }
        }
        calls
    }

    /// What a key holds; nothing if it was never written.
    pub(super) fn value(&self, id: Id) -> Option<View<'_>> {
        let element = usize::try_from(id).ok()?.checked_sub(1)?;
        Some(self.values.value(element))
    }

    fn read(&mut self, key: View<'_>, value: View<'_>) -> Option<Action> {
        let [of, shown] = value.array()?;
        (of == key).then(|| Action::Read(self.id(shown)))
    }

    fn change(&mut self, f: &str, value: View<'_>) -> Option<Action> {
        let [_, change] = value.array()?;
        if f == "write" {
            return Some(Action::Write(self.id(change)));
        }
        let [from, to] = change.array()?;
        Some(Action::Cas(self.id(from), self.id(to)))
    }

    fn id(&mut self, value: View<'_>) -> Id {
        if value.is_null() {
            return MISSING;
        }
        // Histories are shorter than 2^32.
        Id::try_from(self.values.id(value) + 1).unwrap_or(Id::MAX)
    }
}
