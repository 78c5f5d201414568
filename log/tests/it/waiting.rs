//! Long polls: woken when something arrives, never too late, and only then.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use glomers_log::{Group, OffsetLog, PollWait, Reset, Retention, WaitAny};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (Arc::clone(&bell), Waker::from(bell))
}

#[test]
fn what_is_there_is_returned_at_once() {
    let log = OffsetLog::<String, u8>::new();
    log.append("k", 1);
    let began = Instant::now();
    assert_eq!(log.poll_wait("k", 0, 10).blocking(LONG).unwrap().len(), 1);
    assert_eq!(log.wait_any([("j", 0), ("k", 0)]).blocking(LONG), [1]);
    assert!(began.elapsed() < LONG);
}

#[test]
fn a_wait_ends_with_its_time_and_leaves_nothing_behind() {
    let log = OffsetLog::<String, u8>::new();
    log.append("k", 1);
    let began = Instant::now();
    let batch = log.poll_wait("k", 7, 10).blocking(SHORT).unwrap();
    assert!(began.elapsed() >= SHORT);
    assert_eq!((batch.len(), batch.next_offset()), (0, 7));
    assert!(log.poll_wait("new", 0, 10).blocking(SHORT).unwrap().is_empty());
    assert!(log.wait_any([("k", 1), ("new", 0)]).blocking(SHORT).is_empty());
    assert!(log.wait_any::<str>([]).blocking(Duration::ZERO).is_empty());
    assert_eq!(log.keys(), ["k"]);
    assert!(format!("{log:?}").contains("keys: 1"));
}

#[test]
fn tasks_are_woken_by_their_key_and_offset_alone() {
    let log = OffsetLog::<String, u8>::new();
    let (rings, waker) = bell();
    let mut context = Context::from_waker(&waker);
    let mut wait = pin!(log.poll_wait("k", 2, 10));
    assert!(wait.as_mut().poll(&mut context).is_pending());
    log.append("other", 0);
    log.append("k", 0);
    log.append("k", 1);
    assert_eq!(rings.0.load(SeqCst), 0, "not for what it does not wait for");
    log.append("k", 2);
    assert_eq!(rings.0.load(SeqCst), 1);
    log.append("k", 3);
    assert_eq!(rings.0.load(SeqCst), 1, "once");
    let Poll::Ready(Ok(batch)) = wait.as_mut().poll(&mut context) else { panic!("it is there") };
    assert!(batch.iter().eq([(2, &2), (3, &3)]));
}

#[test]
fn tasks_are_woken_where_nobody_has_read_yet() {
    // With room for more in the first segment, and with none.
    for appended in 1..=20 {
        let log = OffsetLog::<String, u8>::new();
        for message in 0..appended {
            log.append("k", message);
        }
        let (rings, waker) = bell();
        let mut wait = pin!(log.poll_wait("k", appended.into(), 10));
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        log.append("k", appended);
        assert_eq!(rings.0.load(SeqCst), 1, "after {appended}");
    }
}

#[test]
fn the_latest_waker_counts_and_a_dropped_wait_wakes_nobody() {
    let log = OffsetLog::<String, u8>::new();
    let (first, first_waker) = bell();
    let (second, second_waker) = bell();
    let mut wait = Box::pin(log.poll_wait("k", 0, 10));
    assert!(wait.as_mut().poll(&mut Context::from_waker(&first_waker)).is_pending());
    assert!(wait.as_mut().poll(&mut Context::from_waker(&second_waker)).is_pending());
    let mut dropped = Box::pin(log.wait_any([("k", 0), ("j", 0)]));
    assert!(dropped.as_mut().poll(&mut Context::from_waker(&first_waker)).is_pending());
    drop(dropped);
    log.append("k", 0);
    log.append("j", 0);
    assert_eq!((first.0.load(SeqCst), second.0.load(SeqCst)), (0, 1));
    assert_eq!(Arc::strong_count(&first), 2, "its waker is not kept");
}

#[test]
fn a_wait_for_several_keys_is_woken_by_each() {
    let log = OffsetLog::<String, u8>::new();
    for key in ["a", "b", "c"] {
        let (rings, waker) = bell();
        let mut context = Context::from_waker(&waker);
        let next = |key: &str| log.next_offset(key);
        let mut wait = pin!(log.wait_any([("a", next("a")), ("b", next("b")), ("c", next("c"))]));
        assert!(wait.as_mut().poll(&mut context).is_pending());
        log.append(key, 0);
        assert_eq!(rings.0.load(SeqCst), 1);
        let index = ["a", "b", "c"].iter().position(|known| *known == key).unwrap();
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Ready(vec![index]));
    }
}

#[test]
fn what_is_dropped_while_one_waits_is_told_or_skipped() {
    let log = OffsetLog::<String, u8>::with_retention(Retention::forever().messages(2));
    let (_, waker) = bell();
    let mut context = Context::from_waker(&waker);
    let mut strict = pin!(log.poll_wait("k", 0, 10));
    let mut earliest = pin!(log.poll_wait("k", 0, 10).reset(Reset::Earliest));
    let mut latest = pin!(log.poll_wait("k", 0, 10).reset(Reset::Latest));
    assert!(strict.as_mut().poll(&mut context).is_pending());
    assert!(earliest.as_mut().poll(&mut context).is_pending());
    for message in 0..5 {
        log.append("k", message);
    }
    let Poll::Ready(Err(gone)) = strict.as_mut().poll(&mut context) else { panic!("it is gone") };
    assert_eq!((gone.offset, gone.start, gone.end), (0, 3, 5));
    let Poll::Ready(Ok(rest)) = earliest.as_mut().poll(&mut context) else { panic!("some are") };
    assert!(rest.iter().eq([(3, &3), (4, &4)]));
    assert!(latest.as_mut().poll(&mut context).is_pending(), "at the end there is nothing yet");
    log.append("k", 5);
    let Poll::Ready(Ok(new)) = latest.as_mut().poll(&mut context) else { panic!("it came") };
    assert!(new.iter().eq([(5, &5)]));
}

#[test]
fn no_wake_up_is_lost_in_ping_pong() {
    const ROUNDS: u64 = 20_000;
    let log = OffsetLog::<u8, u64>::new();
    let play = |own: u8, other: u8, serves: bool| {
        for round in 0..ROUNDS {
            if serves {
                log.append(&own, round);
            }
            let ball = log.poll_wait(&other, round, 1).blocking(LONG).unwrap();
            assert_eq!(ball.get(round), Some(&round), "a wake-up is lost");
            if !serves {
                log.append(&own, round);
            }
        }
    };
    thread::scope(|threads| {
        threads.spawn(|| play(0, 1, true));
        threads.spawn(|| play(1, 0, false));
    });
}

#[test]
fn every_waiter_gets_every_message_from_several_producers() {
    const PRODUCERS: u64 = 4;
    const APPENDS: u64 = 3_000;
    let log = OffsetLog::<u8, u64>::new();
    let start = Barrier::new(8);
    thread::scope(|threads| {
        for producer in 0..PRODUCERS {
            let (log, start) = (&log, &start);
            threads.spawn(move || {
                start.wait();
                for message in 0..APPENDS {
                    log.append(&u8::from(producer % 2 == 0), message);
                    if message % 64 == 0 {
                        thread::sleep(Duration::from_micros(50));
                    }
                }
            });
        }
        for key in [0, 1] {
            let (log, start) = (&log, &start);
            threads.spawn(move || {
                start.wait();
                let mut next = 0;
                while next < PRODUCERS / 2 * APPENDS {
                    let batch = log.poll_wait(&key, next, 100).blocking(LONG).unwrap();
                    assert!(!batch.is_empty(), "a wake-up is lost at {next}");
                    assert_eq!(batch.first_offset(), next);
                    next = batch.next_offset();
                }
            });
        }
        for _ in 0..2 {
            let (log, start) = (&log, &start);
            threads.spawn(move || {
                start.wait();
                let mut next = [0_u64; 2];
                while next.iter().sum::<u64>() < PRODUCERS * APPENDS {
                    let ready = log.wait_any([(&0, next[0]), (&1, next[1])]).blocking(LONG);
                    assert!(!ready.is_empty(), "a wake-up is lost at {next:?}");
                    for index in ready {
                        let key = u8::try_from(index).unwrap();
                        next[index] = log.poll(&key, next[index], 100).unwrap().next_offset();
                    }
                }
            });
        }
    });
}

#[test]
fn a_groups_wait_begins_where_the_group_is_when_messages_come() {
    let log = Arc::new(OffsetLog::<String, u8>::new());
    let (group, other) = (log.group_owned("g"), log.group("g"));
    let (rings, waker) = bell();
    let mut context = Context::from_waker(&waker);
    let mut wait = pin!(group.poll_wait("k", 10));
    assert!(wait.as_mut().poll(&mut context).is_pending());
    log.append("k", 0);
    assert_eq!(rings.0.load(SeqCst), 1);
    log.append("k", 1);
    assert!(other.commit("k", 1));
    assert!(wait.as_mut().poll(&mut context).is_pending(), "they are committed");
    assert_eq!(rings.0.load(SeqCst), 1);
    log.append("k", 2);
    assert_eq!(rings.0.load(SeqCst), 2);
    log.append("k", 3);
    let Poll::Ready(Ok(batch)) = wait.as_mut().poll(&mut context) else { panic!("it is there") };
    assert!(batch.iter().eq([(2, &2), (3, &3)]));
    assert_eq!(group.position("k"), 2, "to wait is not to commit");

    let empty = group.poll_wait("new", 10).blocking(Duration::ZERO).unwrap();
    assert_eq!((empty.len(), empty.next_offset()), (0, 0));
    group.commit("k", 3);
    let empty = group.poll_wait("k", 10).blocking(Duration::ZERO).unwrap();
    assert_eq!((empty.len(), empty.next_offset()), (0, 4));
    let strict = log.group("late").poll_wait("k", 10).blocking(Duration::ZERO);
    assert_eq!(strict.unwrap().len(), 4, "another group has all of it before it");
    log.truncate("k", 1);
    let gone = log.group("late").poll_wait("k", 10).blocking(Duration::ZERO).unwrap_err();
    assert_eq!((gone.offset, gone.start), (0, 1));
}

#[test]
fn members_of_a_group_share_the_messages_and_lose_none() {
    const APPENDS: u64 = 5_000;
    let log = Arc::new(OffsetLog::<u8, u64>::new());
    let member = |group: Group<u8, u64>| {
        thread::spawn(move || {
            let mut seen = Vec::new();
            while group.position(&7) < APPENDS {
                // Another member may get the last ones.
                let batch = group.poll_wait(&7, 3).blocking(Duration::from_millis(20)).unwrap();
                for (offset, message) in &batch {
                    assert_eq!(offset, *message);
                    seen.push(offset);
                    group.commit(&7, offset);
                }
            }
            seen
        })
    };
    let members = [(); 3].map(|()| member(log.group_owned("g")));
    let alone = member(log.group_owned("alone"));
    for message in 0..APPENDS {
        log.append(&7, message);
        if message % 64 == 0 {
            thread::sleep(Duration::from_micros(50));
        }
    }
    let seen = members.map(|member| member.join().unwrap());
    let all: BTreeSet<u64> = seen.iter().flatten().copied().collect();
    assert!(all.into_iter().eq(0..APPENDS), "someone gets each");
    for member in &seen {
        assert!(member.is_sorted_by(|one, next| one < next), "nobody goes back");
    }
    assert!(alone.join().unwrap().into_iter().eq(0..APPENDS), "who is alone gets all once");
}

#[test]
fn a_group_waits_for_the_first_of_its_keys() {
    let log = OffsetLog::<String, u8>::new();
    let group = log.group("g");
    group.commit("b", 1);
    for message in 0..2 {
        log.append("b", message);
    }
    assert!(group.wait_any(["a", "b"]).blocking(Duration::ZERO).is_empty(), "all is committed");
    log.append("b", 2);
    assert_eq!(group.wait_any(["a", "b"]).blocking(LONG), [1]);
    log.append("a", 0);
    assert_eq!(group.wait_any(["a", "b"]).blocking(LONG), [0, 1]);
}

#[test]
fn waits_cross_threads() {
    fn crosses<T: Send>() {}
    crosses::<PollWait<'_, String, String>>();
    crosses::<WaitAny<'_, String, String>>();
}
