use glomers_store::{Disk, Faults, SimulatedDisk};
use rand::{RngExt, SeedableRng};

use crate::nemesis::{Disturbance, Flip};
use crate::rng::Rng;

/// How many changes a node still makes at most when it ends in the middle of one.
const LAST_CHANGES: u64 = 4;

/// How often a bit is looked for that can be turned round.
const TRIES: u32 = 1000;

/// The disk of a node, which outlives its lives, and what befalls it.
pub(super) struct NodeDisk {
    disk: SimulatedDisk,
    rng: Rng,
    faults: Faults,
    /// Whether it has failed since the node's life began, or may have.
    has_failed: bool,
    /// The bit that was turned round, and what its byte was then.
    flipped: Option<Flipped>,
}

/// A bit that was turned round.
struct Flipped {
    flip: Flip,
    bit: u8,
    /// What its byte is since.
    after: u8,
}

impl NodeDisk {
    /// One without files. `rng` decides about all that befalls it, but for what is asked for.
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            disk: SimulatedDisk::new(rng.random()),
            rng: Rng::from_rng(rng),
            faults: Faults::default(),
            has_failed: false,
            flipped: None,
        }
    }

    pub(super) fn disk(&self) -> &SimulatedDisk {
        &self.disk
    }

    /// A life of the node begins.
    pub(super) fn life_begins(&mut self) {
        self.has_failed = self.fails();
    }

    /// The node is initialised: if a bit was flipped, it does not mind.
    pub(super) fn is_accepted(&mut self) {
        self.flipped = None;
    }

    /// Whether what is written or synced may fail now.
    pub(super) fn fails(&self) -> bool {
        self.faults.sync_errors > 0.0 || self.faults.capacity.is_some()
    }

    /// Whether it may have, since the node's life began.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// The file of which a bit was turned round, if the node has not begun a life since.
    pub(super) fn flipped(&self) -> Option<&str> {
        self.flipped.as_ref().map(|flipped| &*flipped.flip.file)
    }

    /// Whether the node is to end in the middle of a change, if it is about to make any: then it ends with
    /// one of its next. A node that keeps nothing is not.
    pub(super) fn ends_in_a_change(&mut self) -> bool {
        let keeps = self.disk.list().is_ok_and(|files| !files.is_empty());
        let ends = keeps && self.rng.random();
        if ends {
            self.disk.die_after(self.rng.random_range(1..=LAST_CHANGES));
        }
        ends
    }

    /// The node's process is gone, and perhaps the power.
    pub(super) fn ends(&self, with_power: bool) {
        if with_power {
            self.disk.power_cut();
        } else {
            self.disk.kill();
        }
    }

    pub(super) fn disturb(&mut self, disturbance: Disturbance) {
        match disturbance {
            Disturbance::Errors(probability) => {
                self.faults.sync_errors = probability;
                self.faults.write_errors = probability;
            }
            Disturbance::Room(room) => {
                let used = self.files().into_iter().map(|(_, len)| len).sum::<u64>();
                self.faults.capacity = room.map(|room| used.saturating_add(room));
            }
            Disturbance::SlowestSync(most) => self.faults.slowest_sync = most,
        }
        self.has_failed |= self.fails();
        self.disk.set_faults(self.faults.clone());
    }

    /// Turns any bit round but one that is the only one in its byte: that byte might never have been
    /// written, for all that a node can know. Nor can it know two bits from a write that was cut off: so
    /// there is never more than one.
    pub(super) fn flip_bit(&mut self) -> Option<Flip> {
        if self.flipped.is_some() {
            return None;
        }
        let files = self.files();
        let all = files.iter().map(|(_, len)| len).sum::<u64>();
        for _ in 0..if all > 0 { TRIES } else { 0 } {
            let mut byte = self.rng.random_range(0..all);
            let bit = self.rng.random_range(0..8_u8);
            let holder = files.iter().find(|(_, len)| {
                let is_in = byte < *len;
                byte -= if is_in { 0 } else { *len };
                is_in
            });
            let Some((file, _)) = holder else { continue };
            let Some(before) = self.byte(file, byte) else { continue };
            let after = before ^ (1 << bit);
            if after != 0 {
                self.disk.flip_bit(file, byte, bit);
                let flip = Flip { file: file.clone(), byte };
                self.flipped = Some(Flipped { flip: flip.clone(), bit, after });
                return Some(flip);
            }
        }
        None
    }

    /// Turns the bit back, if its byte is still what it became.
    pub(super) fn turn_back(&mut self) {
        if let Some(Flipped { flip: Flip { file, byte }, bit, after }) = self.flipped.take()
            && self.byte(&file, byte) == Some(after)
        {
            self.disk.flip_bit(&file, byte, bit);
        }
    }

    /// The names of all files, with how long they are.
    fn files(&self) -> Vec<(String, u64)> {
        let names = self.disk.list().unwrap_or_default().into_iter();
        let len = |name: &String| self.disk.open(name).and_then(|file| file.len());
        names.filter_map(|name| Some((name.clone(), len(&name).ok()?))).collect()
    }

    fn byte(&self, file: &str, at: u64) -> Option<u8> {
        let mut byte = [0];
        let read = self.disk.open(file).and_then(|file| file.read_at(&mut byte, at));
        matches!(read, Ok(1)).then_some(byte[0])
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn disk_with(content: &[u8]) -> NodeDisk {
        let disk = NodeDisk::new(&mut Rng::seed_from_u64(1));
        let file = disk.disk.create("a").unwrap();
        file.write_at(content, 0).unwrap();
        file.sync().unwrap();
        disk.disk.sync_names().unwrap();
        disk
    }

    fn content(disk: &NodeDisk) -> Vec<u8> {
        (0..).map_while(|at| disk.byte("a", at)).collect()
    }

    #[test]
    fn a_bit_is_turned_and_turned_back_and_never_the_only_one_of_a_byte() {
        let mut disk = disk_with(&[0b100, 0, 0xff]);
        for _ in 0..100 {
            let flip = disk.flip_bit().unwrap();
            let found = content(&disk);
            assert_ne!(found, [0b100, 0, 0xff]);
            let byte = usize::try_from(flip.byte).unwrap();
            assert_ne!(found[byte], 0, "{flip:?}");
            assert_eq!(disk.flipped(), Some("a"));
            assert_eq!(disk.flip_bit(), None, "one at a time");
            disk.turn_back();
            assert_eq!((content(&disk), disk.flipped()), (vec![0b100, 0, 0xff], None));
        }
        assert_eq!(NodeDisk::new(&mut Rng::seed_from_u64(1)).flip_bit(), None);
        // What has become of it otherwise is left alone.
        let flip = disk.flip_bit().unwrap();
        disk.disk.open("a").unwrap().write_at(&[0b1010_1010], flip.byte).unwrap();
        disk.turn_back();
        let byte = usize::try_from(flip.byte).unwrap();
        assert_eq!(content(&disk)[byte], 0b1010_1010);
    }

    #[test]
    fn disturbances_add_up_and_end_one_by_one() {
        let mut disk = disk_with(b"abc");
        let file = disk.disk.open("a").unwrap();
        disk.disturb(Disturbance::Room(Some(2)));
        assert!(disk.fails() && disk.has_failed());
        file.write_at(b"de", 3).unwrap();
        let error = file.write_at(b"f", 5).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        disk.disturb(Disturbance::Errors(1.0));
        assert!(file.sync().is_err());
        disk.disturb(Disturbance::Room(None));
        assert!(disk.fails() && file.sync().is_err());
        disk.disturb(Disturbance::Errors(0.0));
        file.write_at(b"f", 5).unwrap();
        file.sync().unwrap();
        assert!(!disk.fails() && disk.has_failed());
        disk.life_begins();
        assert!(!disk.has_failed());
    }

    #[test]
    fn a_node_that_keeps_nothing_does_not_end_in_a_change() {
        let mut none = NodeDisk::new(&mut Rng::seed_from_u64(1));
        assert!((0..20).all(|_| !none.ends_in_a_change()));
        let mut some = disk_with(b"a");
        let ended = (0..20).filter(|_| some.ends_in_a_change()).count();
        assert!((5..15).contains(&ended), "{ended}");
        let file = some.disk.open("a").unwrap();
        assert!((0..LAST_CHANGES).any(|_| file.write_at(b"b", 0).is_err()));
        assert!(some.disk.is_gone());
        some.ends(false);
        assert!(!some.disk.is_gone() && file.sync().is_err());
    }
}
