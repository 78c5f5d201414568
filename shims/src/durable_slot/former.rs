use std::fs;
use std::path::PathBuf;

use super::Tally;
use crate::runtime::Net;
use crate::storage::boot;

/// What a node's former lives have left of its slot, and whether this life keeps what it adds.
pub struct Former<T> {
    /// What the journal has of the node's entries, by number.
    pub(crate) entries: Vec<T>,
    /// Whether nothing of it was lost since it was written.
    pub(crate) is_unbroken: bool,
    /// Whether it is the journal of a life of this name, and unbroken.
    pub(crate) continues: Box<dyn Fn(&str) -> bool>,
    /// What a life of this name had in a journal for itself alone, if that is there and unbroken.
    pub(crate) read: Box<dyn Fn(&str) -> Option<Vec<T>>>,
    /// Removes that.
    pub(crate) remove: Box<dyn Fn(&str)>,
    /// Whether there is a journal for what is added now.
    pub(crate) is_kept: bool,
}

impl<T: Tally> Former<T> {
    /// Brings the entries of a record up to what is known beyond it, where `named` is the life whose
    /// journal may be ahead of the last. If that is not to be had, another one is begun.
    pub(super) fn go_on(&self, net: &Net, entries: &mut Vec<T>, named: Option<&str>) {
        let is_recorded = !entries.is_empty();
        let ahead = match named {
            // All of it is in the record, or there is none.
            None => (is_recorded || self.is_unbroken).then(Vec::new),
            Some(life) if (self.continues)(life) => Some(Vec::new()),
            Some(life) => (self.read)(life).or_else(|| {
                let mut ahead = vec![T::default(); entries.len().saturating_sub(1)];
                ahead.push(last_line(net, life)?);
                Some(ahead)
            }),
        };
        bring_up(entries, ahead.as_deref().unwrap_or_default());
        bring_up(entries, &self.entries);
        if ahead.is_none() && !entries.is_empty() {
            tracing::warn!(life = named, "the journal is gone: a new entry is begun");
            entries.push(T::default());
        }
        if entries.is_empty() {
            entries.push(T::default());
        }
    }

    /// Removes what a former life has left that is of no use any more.
    pub(super) fn forget(&self, net: &Net, life: &str) {
        (self.remove)(life);
        if let Some(file) = file(net, life) {
            // Most have none.
            let _ = fs::remove_file(file);
        }
    }
}

fn bring_up<T: Tally>(entries: &mut Vec<T>, ahead: &[T]) {
    if entries.len() < ahead.len() {
        entries.resize(ahead.len(), T::default());
    }
    for (entry, ahead) in entries.iter_mut().zip(ahead) {
        *entry = entry.later(*ahead);
    }
}

/// The file that a life had before there were journals: a line for each value that its last entry had.
fn file(net: &Net, life: &str) -> Option<PathBuf> {
    let boot: String = boot().chars().filter(char::is_ascii_hexdigit).collect();
    Some(net.storage()?.folder()?.join(format!("glomers-{life}-{boot}")))
}

/// The last whole line: what was cut off was not acknowledged.
fn last_line<T: Tally>(net: &Net, life: &str) -> Option<T> {
    let content = fs::read(file(net, life)?).ok()?;
    let whole = &content[..memchr::memrchr(b'\n', &content)?];
    let last = memchr::memrchr(b'\n', whole).map_or(0, |end| end + 1);
    serde_json::from_slice(&whole[last..]).ok()
}
