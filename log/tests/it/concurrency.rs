//! Many threads on few keys: what a single thread cannot show.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

use glomers_log::{Iter, OffsetLog, Snapshot};

const KEYS: [&str; 3] = ["barley", "oat", "rye"];
const PRODUCERS: usize = 8;
const APPENDS: usize = 20_000;

/// Who appended a message, and as which of its own.
type Message = (usize, usize);

/// Each producer's messages must be in the order in which it appended them.
fn assert_own_order(snapshot: &Snapshot<Message>) {
    let mut latest = [None; PRODUCERS];
    for ((offset, &(producer, index)), expected) in snapshot.iter().zip(0..) {
        assert_eq!(offset, expected, "dense from 0");
        assert!(latest[producer] < Some(index), "{producer}'s {index} after {latest:?}");
        latest[producer] = Some(index);
    }
}

#[test]
fn offsets_are_dense_unique_and_grow_for_each_thread_while_snapshots_are_prefixes() {
    let log = OffsetLog::<String, Message>::new();
    let start = Barrier::new(PRODUCERS + 2);
    let done = AtomicBool::new(false);

    let (appended, taken) = thread::scope(|threads| {
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|producer| {
                let (log, start) = (&log, &start);
                threads.spawn(move || {
                    start.wait();
                    let mut appended = Vec::with_capacity(APPENDS);
                    for index in 0..APPENDS {
                        let key = KEYS[(producer + index) % KEYS.len()];
                        let offset = log.append(key, (producer, index));
                        let shown = log.poll(key, offset, 1).unwrap();
                        assert_eq!(shown.get(offset), Some(&(producer, index)), "read your writes");
                        appended.push((key, offset, (producer, index)));
                    }
                    appended
                })
            })
            .collect();
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                let (log, start, done) = (&log, &start, &done);
                threads.spawn(move || {
                    start.wait();
                    let mut taken = Vec::new();
                    loop {
                        let key = KEYS[(reader + taken.len()) % KEYS.len()];
                        let snapshot = log.snapshot(key);
                        assert_own_order(&snapshot);
                        assert!(snapshot.next_offset() <= log.next_offset(key));
                        taken.push((key, snapshot));
                        if done.load(Relaxed) {
                            break;
                        }
                        thread::yield_now();
                    }
                    taken
                })
            })
            .collect();
        let appended: Vec<_> = producers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        // Before anything can panic here, or the readers would never end.
        done.store(true, Relaxed);
        let appended: Vec<_> = appended.into_iter().map(Result::unwrap).collect();
        let taken: Vec<_> = readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect();
        (appended, taken)
    });

    assert_eq!(log.keys(), KEYS);
    for key in KEYS {
        let all = log.snapshot(key);
        assert_own_order(&all);
        let mut offsets = Vec::new();
        for own in &appended {
            let own: Vec<_> = own.iter().filter(|(at, ..)| *at == key).collect();
            assert!(own.is_sorted_by(|(_, a, _), (_, b, _)| a < b), "a thread's own offsets grow");
            for (_, offset, message) in own {
                assert_eq!(all.get(*offset), Some(message));
                offsets.push(*offset);
            }
        }
        offsets.sort_unstable();
        assert!(offsets.into_iter().eq(0..all.next_offset()), "each offset given out once");
        for (_, snapshot) in taken.iter().filter(|(at, _)| *at == key) {
            assert_eq!(*snapshot, all.slice(0, snapshot.len()), "a prefix of the log");
        }
    }
}

#[test]
fn each_commit_advances_for_one_thread_only() {
    const COMMITS: u64 = 10_000;
    let log = OffsetLog::<String, u8>::new();
    let advanced = AtomicUsize::new(0);
    thread::scope(|threads| {
        for _ in 0..PRODUCERS {
            threads.spawn(|| {
                for offset in 0..COMMITS {
                    if log.commit("k", offset) {
                        advanced.fetch_add(1, Relaxed);
                    }
                    assert!(log.committed("k") >= Some(offset), "never behind one's own commit");
                }
            });
        }
    });
    assert_eq!(log.committed("k"), Some(COMMITS - 1));
    let advanced = advanced.into_inner() as u64;
    assert!((1..=COMMITS).contains(&advanced), "{advanced} advances over {COMMITS} offsets");
}

#[test]
fn a_first_append_and_a_first_commit_happen_once() {
    for round in 0..400 {
        let log = OffsetLog::<String, usize>::new();
        let start = Barrier::new(4);
        let firsts: Vec<_> = thread::scope(|threads| {
            let racers: Vec<_> = (0..4)
                .map(|racer| {
                    let (log, start) = (&log, &start);
                    threads.spawn(move || {
                        start.wait();
                        // Each in turn comes right after the start, where the race is closest.
                        if round % 2 == 0 {
                            (log.append("k", racer), log.commit("k", 9))
                        } else {
                            let advanced = log.commit("k", 9);
                            (log.append("k", racer), advanced)
                        }
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        let mut offsets: Vec<_> = firsts.iter().map(|(offset, _)| *offset).collect();
        offsets.sort_unstable();
        assert_eq!(offsets, [0, 1, 2, 3]);
        assert_eq!(firsts.iter().filter(|(_, advanced)| *advanced).count(), 1);
    }
}

/// Counts how often it is dropped; neither `Clone` nor `Debug`.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_message_is_dropped_once_and_not_before_the_last_that_shows_it() {
    let drops = Arc::new(AtomicUsize::new(0));
    let log = OffsetLog::<u8, Counted>::new();
    for _ in 0..3000 {
        log.append(&0, Counted(Arc::clone(&drops)));
    }
    let all = log.snapshot(&0);
    let last = log.poll(&0, 2999, 1).unwrap();
    drop(log.snapshot(&0));
    drop(log);
    assert_eq!(drops.load(Relaxed), 0, "a snapshot still shares them");
    drop(all);
    let left = 3000 - drops.load(Relaxed);
    assert!((1..=1024).contains(&left), "the poll shares one segment, not {left} messages");
    assert!(last.get(2999).is_some());
    thread::spawn(move || drop(last)).join().unwrap();
    assert_eq!(drops.load(Relaxed), 3000);
}

#[test]
fn logs_snapshots_and_iterators_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<OffsetLog<String, String>>();
    crosses::<Snapshot<String>>();
    crosses::<Iter<'_, String>>();
}
