//! Groups that stand beyond the end of a log: they have committed too far, or it has lost its end.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use glomers_log::{OffsetLog, OutOfRange, Reset};

const LONG: Duration = Duration::from_secs(60);

/// A log of the offsets from 10 to before 25, whose group "billing" has committed so far.
fn log(committed: u64) -> OffsetLog<String, u64> {
    let log = OffsetLog::new();
    for message in 0..25 {
        log.append("k", message);
    }
    log.truncate("k", 10);
    log.group("billing").commit("k", committed);
    log
}

#[test]
fn a_poll_resets_a_group_and_it_goes_on() {
    for committed in [25, 1_000, u64::MAX - 1, u64::MAX] {
        let log = log(committed);
        let billing = log.group("billing");
        let error = OutOfRange::new(committed.saturating_add(1), 10, 25);
        assert_eq!(billing.poll("k", 5, Reset::Error), Err(error));
        assert_eq!(billing.committed("k"), Some(committed), "nothing has changed");
        assert_eq!(billing.poll("k", 5, Reset::Earliest).unwrap().first_offset(), 10);
        assert_eq!((billing.committed("k"), billing.lag("k")), (Some(9), 15));
        assert!(billing.commit("k", 12), "it is no longer further than that");

        let shipping = log.group("shipping");
        shipping.commit("k", committed);
        assert!(shipping.poll("k", 5, Reset::Latest).unwrap().is_empty());
        assert_eq!((shipping.committed("k"), shipping.lag("k")), (Some(24), 0));
        log.append("k", 25);
        assert!(shipping.poll("k", 5, Reset::Error).unwrap().iter().eq([(25, &25)]));
        assert_eq!(billing.committed("k"), Some(12), "groups are reset for themselves");
    }
}

#[test]
fn the_end_is_not_beyond_it() {
    let log = log(24);
    for reset in [Reset::Error, Reset::Earliest, Reset::Latest] {
        let batch = log.group("billing").poll("k", 5, reset).unwrap();
        assert_eq!((batch.len(), batch.next_offset()), (0, 25));
        assert_eq!(log.poll_or("k", 25, 5, reset).unwrap().next_offset(), 25);
        assert_eq!(log.group("billing").committed("k"), Some(24));
    }
}

#[test]
fn a_key_without_messages_has_nothing_committed_once_it_is_polled() {
    let log = OffsetLog::<String, u64>::new();
    let billing = log.group("billing");
    for reset in [Reset::Earliest, Reset::Latest] {
        billing.commit("k", 7);
        assert_eq!(billing.poll("k", 5, Reset::Error), Err(OutOfRange::new(8, 0, 0)));
        assert!(billing.poll("k", 5, reset).unwrap().is_empty());
        assert_eq!((billing.committed("k"), billing.position("k")), (None, 0));
    }
    assert_eq!(log.append("k", 1), 0);
    assert_eq!(billing.poll("k", 5, Reset::Error).unwrap().len(), 1);
}

#[test]
fn a_wait_resets_a_group_and_goes_on() {
    let log = log(1_000);
    let billing = log.group("billing");
    let wait = || billing.poll_wait("k", 5);
    assert_eq!(wait().blocking(LONG), Err(OutOfRange::new(1_001, 10, 25)));
    assert_eq!(wait().reset(Reset::Earliest).blocking(LONG).unwrap().first_offset(), 10);
    assert_eq!(billing.committed("k"), Some(9));

    billing.commit("k", 1_000);
    let mut latest = Box::pin(wait().reset(Reset::Latest));
    let mut context = Context::from_waker(Waker::noop());
    assert!(latest.as_mut().poll(&mut context).is_pending());
    assert_eq!(billing.committed("k"), Some(24), "also while it waits");
    // Another member commits too far while it waits, and a third has that reset.
    billing.commit("k", 2_000);
    assert!(billing.poll("k", 5, Reset::Latest).unwrap().is_empty());
    log.append("k", 25);
    let Poll::Ready(Ok(batch)) = latest.as_mut().poll(&mut context) else { panic!("it came") };
    assert!(batch.iter().eq([(25, &25)]));

    billing.commit("k", 3_000);
    let none = wait().reset(Reset::Latest).blocking(Duration::ZERO).unwrap();
    assert_eq!((none.len(), none.next_offset()), (0, 26), "where it goes on");
}

/// A commit by another member is as far beyond when messages come.
#[test]
fn a_wait_that_finds_its_group_beyond_the_end_resets_it() {
    let log = log(24);
    let billing = log.group("billing");
    let mut earliest = Box::pin(billing.poll_wait("k", 5).reset(Reset::Earliest));
    let mut context = Context::from_waker(Waker::noop());
    assert!(earliest.as_mut().poll(&mut context).is_pending());
    billing.commit("k", 1_000);
    log.append("k", 25);
    let Poll::Ready(Ok(batch)) = earliest.as_mut().poll(&mut context) else { panic!("it came") };
    assert_eq!((batch.first_offset(), billing.committed("k")), (10, Some(9)));
}

#[test]
fn a_wait_without_a_group_waits_for_what_is_beyond_unless_it_is_told_otherwise() {
    let log = log(0);
    assert!(log.poll_wait("k", 30, 5).blocking(Duration::ZERO).unwrap().is_empty());
    let reset = |reset| log.poll_wait("k", 30, 5).reset(reset).blocking(Duration::ZERO);
    assert_eq!(reset(Reset::Error), Err(OutOfRange::new(30, 10, 25)));
    assert_eq!(reset(Reset::Earliest).unwrap().first_offset(), 10);
    assert_eq!(reset(Reset::Latest).unwrap().next_offset(), 25);
}

#[test]
fn a_wait_for_several_keys_tells_where_there_is_something_to_reset() {
    let log = log(1_000);
    let billing = log.group("billing");
    billing.commit("unknown", 3);
    let wait = || billing.wait_any(["other", "k", "unknown"]).blocking(Duration::ZERO);
    assert_eq!(wait(), [1, 2]);
    assert!(billing.poll("unknown", 5, Reset::Latest).unwrap().is_empty());
    assert!(billing.poll("k", 5, Reset::Latest).unwrap().is_empty());
    assert_eq!(wait(), [0; 0], "and then waits again");
    assert_eq!(log.wait_any([("k", 1_000)]).blocking(Duration::ZERO), [0; 0]);
}

/// Members that reset and commit at once: what one has committed since is not lowered by another.
#[test]
fn a_reset_takes_back_no_commit_but_the_one_that_was_too_far() {
    for round in 0..200 {
        let log = log(1_000 + round);
        let is_done = AtomicBool::new(false);
        thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    let billing = log.group("billing");
                    while billing.position("k") != 25 {
                        for (offset, _) in &billing.poll("k", 2, Reset::Earliest).unwrap() {
                            billing.commit("k", offset);
                        }
                    }
                    is_done.store(true, SeqCst);
                });
            }
            threads.spawn(|| {
                let (billing, mut last) = (log.group("billing"), None);
                while !is_done.load(SeqCst) {
                    let committed = billing.committed("k").filter(|committed| *committed < 1_000);
                    assert!(committed >= last, "{committed:?} after {last:?}");
                    last = committed;
                }
            });
        });
    }
}
