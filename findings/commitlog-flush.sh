#!/usr/bin/env bash
# Flushing the log syncs no message, and an index that lags by one entry gives two messages one offset.
#
# Library:  commitlog 0.2.0 (Rust)
# Guess:    `flush`, which forces a flush of the log by its documentation, makes what was appended survive a power cut;
#           and on opening, the log goes by its segment: what is not whole there is cut off, what is there has an
#           offset.
# Seen:     the file of messages is never synced, since flushing a File of the standard library does nothing. Of the
#           index only full pages are: after three messages nothing at all. So the disk may hold the last message
#           without its index entry. A log opened in that state appends over the old offset and then reads two
#           messages with offset 3; read from offset 3 on, it shows only the second.
# Matters:  an offset names one message for ever; whoever has read the first of the two never sees the second. An
#           index is rebuilt from the log it indexes, and durability is the syscall, not the name of the method.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "run"
version = "0.0.0"
edition = "2024"

[dependencies]
commitlog = "=0.2.0"
TOML
cat >src/main.rs <<'RS'
use std::ffi::{c_int, c_void};
use std::fs::{self, File};
use std::sync::atomic::{AtomicUsize, Ordering};

use commitlog::message::MessageSet;
use commitlog::{CommitLog, LogOptions, ReadLimit};

/// How often this process has asked for anything to be synced: the three functions below stand in for libc's.
static SYNCS: AtomicUsize = AtomicUsize::new(0);

fn count() -> c_int {
    SYNCS.fetch_add(1, Ordering::Relaxed);
    0
}

#[unsafe(no_mangle)]
extern "C" fn fsync(_: c_int) -> c_int {
    count()
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(_: c_int) -> c_int {
    count()
}

#[unsafe(no_mangle)]
extern "C" fn msync(_: *mut c_void, _: usize, _: c_int) -> c_int {
    count()
}

fn syncs() -> usize {
    SYNCS.swap(0, Ordering::Relaxed)
}

fn open() -> CommitLog {
    CommitLog::new(LogOptions::new("log")).expect("opened")
}

fn read(log: &CommitLog, from: u64) -> Vec<(u64, String)> {
    let messages = log.read(from, ReadLimit::default()).expect("read");
    messages.iter().map(|m| (m.offset(), String::from_utf8_lossy(m.payload()).into_owned())).collect()
}

fn main() {
    let control = File::create("control").expect("created");
    control.sync_all().expect("synced");
    control.sync_data().expect("synced");
    assert_eq!(syncs(), 2, "syncs are counted");

    let mut log = open();
    for message in ["one", "two", "three"] {
        log.append_msg(message).expect("appended");
    }
    log.flush().expect("flushed");
    let after_three = syncs();
    let index = "log/00000000000000000000.index";
    let lagging = fs::read(index).expect("index read");
    log.append_msg("four").expect("appended");
    log.flush().expect("flushed");
    let after_four = syncs();
    drop(log);
    println!("syncs asked for by flush: after three messages {after_three}, after a fourth {after_four}");

    fs::write(index, lagging).expect("index written");
    let mut log = open();
    let offset = log.append_msg("another four").expect("appended");
    let (all, from_three) = (read(&log, 0), read(&log, 3));
    println!("the index one entry behind, opened; the next message got offset {offset}");
    println!("read from 0: {all:?}");
    println!("read from 3: {from_three:?}");
    for _ in 0..600 {
        log.append_msg("more").expect("appended");
    }
    log.flush().expect("flushed");
    let after_many = syncs();
    println!("syncs asked for by flush after 600 more: {after_many}, of the index");

    assert_eq!([after_three, after_four, after_many], [0, 0, 1]);
    let offsets: Vec<u64> = all.iter().map(|(offset, _)| *offset).collect();
    assert_eq!((offset, offsets), (3, vec![0, 1, 2, 3, 3]));
    assert_eq!(from_three, [(3, "another four".into())]);
}
RS
cargo run --quiet
