//! A log that is larger than the memory it takes: writes so many mebibytes to a folder, reads them back, and
//! tells the most memory that this process ever had (`VmHWM`), how long it took, and how long to open it again.
//!
//! ```sh
//! cargo run --release -p glomers-log --features store --example large -- 10240 /var/tmp/large
//! ```
#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use glomers_log::{DiskConfig, DiskLog, OffsetLog, SyncPolicy};

const MESSAGE: usize = 1024;
const PER_APPEND: u64 = 64;
const KEYS: [&str; 2] = ["orders", "returns"];

/// A message that tells its place, and that no file system makes smaller.
fn message(key: &str, offset: u64) -> Vec<u8> {
    let mut state = offset << 8 | key.len() as u64;
    let mut message = Vec::with_capacity(MESSAGE);
    while message.len() < MESSAGE {
        // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        message.extend_from_slice(&(mixed ^ mixed >> 31).to_le_bytes());
    }
    message
}

fn write(log: &DiskLog, mebibytes: u64) -> Result<(), Box<dyn Error>> {
    let each = (mebibytes << 20) / MESSAGE as u64 / KEYS.len() as u64;
    for first in (0..each).step_by(usize::try_from(PER_APPEND)?) {
        for key in KEYS {
            let offsets = first..each.min(first + PER_APPEND);
            log.append_all(key, offsets.map(|offset| message(key, offset)))?;
        }
    }
    Ok(())
}

/// Reads all from the start; returns how many messages there are.
fn read(log: &DiskLog) -> Result<u64, Box<dyn Error>> {
    let mut read = 0;
    for key in KEYS {
        let mut next = 0;
        loop {
            let batch = log.poll(key, next, 500)?;
            if batch.is_empty() {
                break;
            }
            for (offset, found) in &batch {
                if offset != next || *found != message(key, offset) {
                    return Err(format!("{key} {offset} is not what was written").into());
                }
                next += 1;
                read += 1;
            }
        }
    }
    Ok(read)
}

/// The most memory that this process has had, in bytes.
fn most_memory() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("the system does not tell")?.trim().parse::<u64>()? << 10)
}

/// Writes, reads, opens again and reads again; returns the most memory.
fn run(mebibytes: u64, folder: &Path) -> Result<u64, Box<dyn Error>> {
    let mut config = DiskConfig::default();
    config.sync = SyncPolicy::Every(Duration::from_millis(100));
    let expected = (mebibytes << 20) / MESSAGE as u64 / 2 * 2;
    let began = Instant::now();
    let tell = |what: &str| println!("{:6.1} s: {what}", began.elapsed().as_secs_f64());
    let (log, _) = OffsetLog::open(folder, config.clone())?;
    write(&log, mebibytes)?;
    tell("written");
    for _ in 0..2 {
        if read(&log)? != expected {
            return Err("messages are lacking".into());
        }
        tell("read");
    }
    drop(log);
    let (log, _) = OffsetLog::open(folder, config)?;
    tell("open again");
    log.poll(KEYS[0], expected / 4, 100)?;
    tell("polled in the middle");
    log.close()?;
    most_memory()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: large MEBIBYTES FOLDER";
    let (Some(mebibytes), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(usage.into());
    };
    let most = run(mebibytes.parse()?, Path::new(&folder))?;
    println!("{mebibytes} MiB in {} MiB of memory", most >> 20);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn memory_does_not_grow_with_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let most = super::run(256, folder.path()).unwrap();
        assert!(most <= 48 << 20, "{} MiB", most >> 20);
    }
}
