//! Prints what a map of 100,000 takes of memory for each pair of 16 bytes, as its allocator counts
//! it, grown one pair at a time in no order: ours, that of the imbl crate, and std's.

use std::collections::BTreeMap;
use std::io::{self, Write};

use glomers_crdt::MaxMap;
use imbl::OrdMap;
use peak_alloc::PeakAlloc;

/// Counts the bytes that are asked for, not what the allocator itself adds to them.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const PAIRS: u32 = 100_000;

/// Bytes for each pair of a map.
fn bytes_per_pair<M>(mut map: M, insert: impl Fn(&mut M, u64)) -> f64 {
    let before = ALLOCATOR.current_usage();
    for i in 0..u64::from(PAIRS) {
        // A multiplication by an odd number is a bijection.
        insert(&mut map, (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29));
    }
    let grown = u32::try_from(ALLOCATOR.current_usage() - before).unwrap_or(u32::MAX);
    drop(map);
    f64::from(grown) / f64::from(PAIRS)
}

fn main() -> io::Result<()> {
    let ours = bytes_per_pair(MaxMap::default(), |map, key| drop(map.insert(key, key)));
    let imbl = bytes_per_pair(OrdMap::new(), |map, key| {
        map.insert(key, key);
    });
    let std = bytes_per_pair(BTreeMap::new(), |map, key| {
        map.insert(key, key);
    });
    for bytes in [ours, imbl, std] {
        writeln!(io::stdout(), "{bytes}")?;
    }
    Ok(())
}
