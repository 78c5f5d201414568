use super::rng::Rng;

/// What a disk writes as a whole, or not at all, unless the power goes in the middle of it.
const SECTOR: usize = 512;

/// A file: as whoever reads it sees it, and as it is after a power cut.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    visible: Vec<u8>,
    durable: Vec<u8>,
    /// What was done since, and will be durable with the next sync.
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

/// What comes through a power cut of the changes that were not synced.
#[derive(Clone, Copy)]
enum Survival {
    All,
    /// The changes in order, the last of them cut off at any byte.
    Beginning,
    /// Each sector by itself with this probability, or a part of it.
    Some(f64),
    Nothing,
}

impl Content {
    pub(super) fn visible(&self) -> &[u8] {
        &self.visible
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        put(&mut self.visible, at, bytes);
        self.pending.push(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.visible.resize(len, 0);
        self.pending.push(Change::Truncate(len));
    }

    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            apply(&mut self.durable, &change);
        }
    }

    /// Any part becomes durable; the rest is taken for written, though it is not.
    pub(super) fn fail_sync(&mut self, rng: &mut Rng) {
        self.durable = self.after_power_cut(rng);
        self.pending.clear();
    }

    pub(super) fn power_cut(&mut self, rng: &mut Rng) {
        self.durable = self.after_power_cut(rng);
        self.visible = self.durable.clone();
        self.pending.clear();
    }

    pub(super) fn flip(&mut self, byte: usize, bit: u8) {
        for content in [&mut self.visible, &mut self.durable] {
            if let Some(byte) = content.get_mut(byte) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }

    fn after_power_cut(&self, rng: &mut Rng) -> Vec<u8> {
        let survival = match rng.below(8) {
            0 => Survival::All,
            1 => Survival::Nothing,
            2..=4 => Survival::Beginning,
            5 => Survival::Some(0.1),
            6 => Survival::Some(0.5),
            _ => Survival::Some(0.9),
        };
        let mut content = self.durable.clone();
        match survival {
            Survival::All => self.pending.iter().for_each(|change| apply(&mut content, change)),
            Survival::Nothing => {}
            Survival::Beginning => self.apply_beginning(&mut content, rng),
            Survival::Some(probability) => {
                for change in &self.pending {
                    apply_some(&mut content, change, probability, rng);
                }
            }
        }
        // A file's length may be written before what it covers.
        if content.len() < self.visible.len() && rng.chance(0.3) {
            let missing = self.visible.len() - content.len();
            content.resize(content.len() + rng.cut(missing), 0);
        }
        content
    }

    fn apply_beginning(&self, content: &mut Vec<u8>, rng: &mut Rng) {
        let whole = rng.cut(self.pending.len());
        self.pending[..whole].iter().for_each(|change| apply(content, change));
        if let Some(Change::Write { at, bytes }) = self.pending.get(whole) {
            put(content, *at, &bytes[..rng.cut(bytes.len())]);
        }
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes } => put(content, *at, bytes),
        Change::Truncate(len) => content.resize(*len, 0),
    }
}

fn apply_some(content: &mut Vec<u8>, change: &Change, probability: f64, rng: &mut Rng) {
    match change {
        Change::Truncate(_) if rng.chance(probability) => apply(content, change),
        Change::Truncate(_) => {}
        Change::Write { at, bytes } => {
            let mut at = *at;
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (sector, later) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                let cut = rng.cut(sector.len());
                match rng.chance(probability) {
                    true => put(content, at, sector),
                    // Torn, and either side of it may be there.
                    false if rng.chance(0.1) => put(content, at, &sector[..cut]),
                    false if rng.below(9) == 0 => put(content, at + cut, &sector[cut..]),
                    false => {}
                }
                at += sector.len();
                rest = later;
            }
        }
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if bytes.is_empty() {
        return;
    }
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn outcomes(of: impl Fn(&mut Content, &mut Rng)) -> BTreeSet<Vec<u8>> {
        let cut = |seed| {
            let mut content = Content::default();
            content.write(0, b"ab");
            content.sync();
            let mut rng = Rng::new(seed);
            of(&mut content, &mut rng);
            content.power_cut(&mut rng);
            assert_eq!(content.visible, content.durable);
            content.visible
        };
        (0..2000).map(cut).collect()
    }

    #[test]
    fn what_is_synced_stays_and_what_is_not_is_lost_or_torn_at_any_byte() {
        let found = outcomes(|content, _| content.write(2, b"cde"));
        assert!(found.iter().all(|found| found.starts_with(b"ab")));
        for expected in ["ab", "abc", "abcd", "abcde", "ab\0", "ab\0\0", "ab\0\0\0", "ab\0\0e"] {
            assert!(found.contains(expected.as_bytes()), "{expected:?} never happens");
        }
        let synced = outcomes(|content, _| {
            content.write(2, b"cde");
            content.sync();
        });
        assert_eq!(Vec::from_iter(synced), [b"abcde"]);
    }

    #[test]
    fn writes_come_out_of_order() {
        let found = outcomes(|content, _| {
            content.write(2, &[b'c'; SECTOR]);
            content.write(2 + SECTOR, &[b'd'; SECTOR]);
        });
        let later_only = |found: &Vec<u8>| found.len() > 1000 && found[2..500] == [0; 498];
        assert!(found.iter().any(later_only), "the second without the first");
    }

    #[test]
    fn what_a_failed_sync_left_is_read_but_never_comes_through() {
        let found = outcomes(|content, rng| {
            content.write(2, b"c");
            content.fail_sync(rng);
            assert_eq!(content.visible, b"abc");
            content.sync();
        });
        assert!(found.contains(&b"ab"[..]) && found.contains(&b"abc"[..]), "{found:?}");
        let again = outcomes(|content, rng| {
            content.write(2, b"c");
            content.fail_sync(rng);
            content.write(2, b"c");
            content.sync();
        });
        assert_eq!(Vec::from_iter(again), [b"abc"], "written again, it does");
    }
}
