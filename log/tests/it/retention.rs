//! What is kept, what is dropped, and when its memory is free.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use glomers_log::{OffsetLog, OutOfRange, Reset, Retention};

/// A message that counts those like it.
struct Counted {
    weight: usize,
    alive: Arc<AtomicUsize>,
}

impl Counted {
    fn new(weight: usize, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Relaxed);
        Self { weight, alive: Arc::clone(alive) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Relaxed);
    }
}

#[test]
fn memory_is_bounded_by_the_number_of_messages() {
    for limit in [0, 1, 7, 100, 5_000] {
        let alive = Arc::default();
        let log = OffsetLog::<u8, _>::with_retention(Retention::forever().messages(limit));
        let kept = limit.max(1);
        for offset in 0..30_000_u64 {
            assert_eq!(log.append(&0, Counted::new(1, &alive)), offset);
            let offsets = log.offsets(&0);
            assert_eq!(offsets, (offset + 1).saturating_sub(kept)..offset + 1);
            let alive = alive.load(Relaxed) as u64;
            assert!(alive <= kept + kept / 4 + 16, "{alive} alive of {kept}");
        }
        assert_eq!(log.snapshot(&0).len() as u64, kept);
        drop(log);
        assert_eq!(alive.load(Relaxed), 0);
    }
}

#[test]
fn memory_is_bounded_by_weight_however_it_is_spread() {
    const LIMIT: usize = 10_000;
    const HEAVIEST: usize = 1_200;
    for read in [false, true] {
        let alive = Arc::default();
        let retention =
            Retention::forever().bytes(LIMIT as u64, |message: &Counted| message.weight);
        let log = OffsetLog::<u8, _>::with_retention(retention);
        let append = |weight| {
            let offset = log.append(&0, Counted::new(weight, &alive));
            if read {
                assert!(log.poll(&0, offset, 1).is_ok_and(|batch| batch.len() == 1));
            }
            let kept = log.snapshot(&0);
            let first = kept.first_offset();
            assert!(first == 0 || log.poll(&0, first - 1, 1).is_err());
            let total: usize = kept.iter().map(|(_, message)| message.weight).sum();
            (kept.len(), total, alive.load(Relaxed) - kept.len())
        };
        // Long runs of light ones, so that segments have much room, and of heavy ones.
        for i in 0..12_000 {
            let light = i / 2_000 % 2 == 0;
            let (kept, total, idle) = append(if light { 1 + i % 3 } else { HEAVIEST - i % 700 });
            assert!(total <= LIMIT && (i < 10_000 || total > LIMIT - HEAVIEST), "{total}");
            if i % 2_000 == 1_999 {
                // They weigh at least 500 each, or 1: so many are an eighth of the limit, twice.
                let most = if light { kept / 2 } else { 2 * LIMIT / 8 / 500 + 2 };
                assert!(idle <= most, "{idle} idle besides {kept}");
            }
        }
        assert_eq!(append(5 * LIMIT).0, 1, "the newest stays, however heavy");
        let (kept, _, idle) = append(1);
        assert!(kept == 1 && idle <= 4, "{idle} idle besides {kept}");
    }
}

#[test]
fn truncation_drops_and_offsets_go_on() {
    let alive = Arc::default();
    let log = OffsetLog::<u8, _>::new();
    for _ in 0..10_000 {
        log.append(&0, Counted::new(1, &alive));
    }
    assert_eq!(log.truncate(&0, 6_000), 6_000);
    assert!(alive.load(Relaxed) <= 4_000 + 1_024);
    assert_eq!(log.truncate(&0, 2_000), 6_000, "not back");
    let held = log.poll(&0, 9_999, 1).unwrap();
    assert_eq!(log.truncate(&0, u64::MAX), 10_000);
    assert!(log.snapshot(&0).is_empty());
    assert_eq!(log.snapshot(&0).first_offset(), 10_000);
    assert!((1..=1_024).contains(&alive.load(Relaxed)), "what the snapshot shares");
    assert!(held.get(9_999).is_some());
    drop(held);
    assert_eq!(alive.load(Relaxed), 0);
    assert_eq!(log.append(&0, Counted::new(1, &alive)), 10_000);
    assert_eq!(log.keys(), [0]);
    assert_eq!(log.truncate(&1, 5), 0, "nobody has appended to it");
}

#[test]
fn a_poll_shares_no_more_than_its_segments() {
    let alive = Arc::default();
    let log = OffsetLog::<u8, _>::new();
    for _ in 0..100_000 {
        log.append(&0, Counted::new(1, &alive));
    }
    let page = log.poll(&0, 50_000, 2_000).unwrap();
    drop(log);
    let shared = alive.load(Relaxed);
    assert!((2_000..=2_000 + 2 * 1_024).contains(&shared), "{shared} shared");
    assert_eq!(page.iter().count(), 2_000);
    assert!(page.iter().map(|(offset, _)| offset).eq(50_000..52_000));
}

#[test]
fn a_poll_below_the_start_does_what_the_caller_chose() {
    let log = OffsetLog::<String, u64>::new();
    for message in 0..100 {
        log.append("k", message);
    }
    log.truncate("k", 40);
    let gone = OutOfRange::new(39, 40, 100);
    assert_eq!(log.poll("k", 39, 5), Err(gone));
    assert_eq!(log.poll_or("k", 39, 5, Reset::Error), Err(gone));
    assert!(log.poll("k", 40, 1).unwrap().iter().eq([(40, &40)]));
    assert!(log.poll_or("k", 0, 1, Reset::Earliest).unwrap().iter().eq([(40, &40)]));
    let latest = log.poll_or("k", 0, 1, Reset::Latest).unwrap();
    assert_eq!((latest.len(), latest.next_offset()), (0, 100));
    let beyond = log.poll("k", 500, 5).unwrap();
    assert_eq!((beyond.len(), beyond.next_offset()), (0, 500), "it may come yet");
}

#[test]
fn groups_commit_for_themselves_and_see_their_lag() {
    let log = OffsetLog::<String, u64>::with_retention(Retention::forever().messages(10));
    for message in 0..30 {
        log.append("k", message);
    }
    let billing = log.group("billing");
    assert_eq!((billing.position("k"), billing.lag("k")), (0, 10));
    assert!(billing.poll("k", 5, Reset::Error).is_err());
    assert_eq!(billing.poll("k", 5, Reset::Earliest).unwrap().first_offset(), 20);
    assert!(billing.commit("k", 24));
    assert!(!log.group("billing").clone().commit("k", 23));
    assert_eq!((billing.position("k"), billing.lag("k")), (25, 5));
    assert!(billing.poll("k", 2, Reset::Error).unwrap().iter().eq([(25, &25), (26, &26)]));
    assert!(billing.commit("k", 1_000), "beyond the end, too");
    assert_eq!(billing.lag("k"), 0);
    assert!(billing.commit("k", u64::MAX));
    assert_eq!(billing.position("k"), u64::MAX);
    assert_eq!(log.group("shipping").committed("k"), None);
    assert_eq!(log.committed("k"), None);
    assert!(log.commit("k", 3));
    assert_eq!(log.group("").committed("k"), Some(3));
    assert_eq!(log.groups(), ["billing"]);
}

#[test]
fn pollers_see_no_gap_while_the_log_is_truncated() {
    let log = OffsetLog::<u8, u64>::with_retention(Retention::forever().messages(3_000));
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        let pollers: Vec<_> = [Reset::Error, Reset::Earliest, Reset::Latest]
            .into_iter()
            .map(|reset| {
                let (log, done) = (&log, &done);
                threads.spawn(move || {
                    let (mut next, mut seen) = (0, 0_u64);
                    while !done.load(Relaxed) || next < log.next_offset(&0) {
                        let batch = match log.poll_or(&0, next, 50, reset) {
                            Ok(batch) => batch,
                            Err(gone) => {
                                assert_eq!((gone.offset, reset), (next, Reset::Error));
                                assert!(gone.start > next && gone.start <= gone.end);
                                next = gone.start;
                                continue;
                            }
                        };
                        assert!(batch.first_offset() >= next, "never back");
                        let dense = batch.first_offset()..batch.next_offset();
                        assert!(batch.iter().map(|(offset, _)| offset).eq(dense));
                        assert!(batch.iter().all(|(offset, message)| offset == *message));
                        seen += batch.len() as u64;
                        next = batch.next_offset();
                    }
                    seen
                })
            })
            .collect();
        for message in 0..200_000 {
            log.append(&0, message);
            if message % 1_000 == 999 {
                log.truncate(&0, message - 500);
                thread::yield_now();
            }
        }
        done.store(true, Relaxed);
        for poller in pollers {
            assert!(poller.join().unwrap() <= 200_000);
        }
    });
}
