use std::collections::BTreeMap;

use super::rng::Rng;

/// Which file has which name: as it is seen, and as it is after a power cut.
#[derive(Debug, Default)]
pub(super) struct Names {
    visible: BTreeMap<String, u64>,
    durable: BTreeMap<String, u64>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Name { name: String, file: u64 },
    Rename { from: String, to: String, file: u64 },
    Remove(String),
}

impl Names {
    pub(super) fn get(&self, name: &str) -> Option<u64> {
        self.visible.get(name).copied()
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.visible.keys().cloned().collect()
    }

    pub(super) fn files(&self) -> impl Iterator<Item = u64> {
        self.visible.values().copied()
    }

    /// Whether the file can still be found, now or after a power cut.
    pub(super) fn knows(&self, file: u64) -> bool {
        let is_pending = |change: &Change| match change {
            Change::Name { file: named, .. } | Change::Rename { file: named, .. } => *named == file,
            Change::Remove(_) => false,
        };
        self.visible.values().any(|named| *named == file)
            || self.durable.values().any(|named| *named == file)
            || self.pending.iter().any(is_pending)
    }

    pub(super) fn name(&mut self, name: &str, file: u64) {
        self.change(Change::Name { name: name.to_owned(), file });
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Option<()> {
        let file = self.get(from)?;
        self.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), file });
        Some(())
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<()> {
        self.get(name)?;
        self.change(Change::Remove(name.to_owned()));
        Some(())
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.visible, &change);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        self.durable.clone_from(&self.visible);
        self.pending.clear();
    }

    /// Each change comes through or does not, whatever the others do.
    pub(super) fn fail_sync(&mut self, rng: &mut Rng) {
        let kept = [0.0, 0.5, 0.9, 1.0][rng.cut(3)];
        for change in std::mem::take(&mut self.pending) {
            if rng.chance(kept) {
                apply(&mut self.durable, &change);
            }
        }
    }

    pub(super) fn power_cut(&mut self, rng: &mut Rng) {
        self.fail_sync(rng);
        self.visible.clone_from(&self.durable);
    }
}

fn apply(names: &mut BTreeMap<String, u64>, change: &Change) {
    match change {
        Change::Name { name, file } => {
            names.insert(name.clone(), *file);
        }
        Change::Rename { from, to, file } => {
            if names.get(from) == Some(file) {
                names.remove(from);
            }
            names.insert(to.clone(), *file);
        }
        Change::Remove(name) => {
            names.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn outcomes(of: impl Fn(&mut Names)) -> BTreeSet<Vec<String>> {
        let cut = |seed| {
            let mut names = Names::default();
            of(&mut names);
            names.power_cut(&mut Rng::new(seed));
            names.all()
        };
        (0..500).map(cut).collect()
    }

    #[test]
    fn names_are_lost_until_they_are_synced() {
        let found = outcomes(|names| names.name("a", 1));
        assert_eq!(Vec::from_iter(found), [vec![], vec!["a".to_owned()]]);
        let found = outcomes(|names| {
            names.name("a", 1);
            names.sync();
            names.rename("a", "b");
            names.name("c", 2);
        });
        let found: Vec<String> = found.into_iter().map(|names| names.join(" ")).collect();
        assert_eq!(found, ["a", "a c", "b", "b c"], "in any order, but a file never has none");
    }
}
