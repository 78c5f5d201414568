//! Registers on a log that loses answers, delivers late, and shows what is old.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::{JoinSet, spawn_local};
use tokio::time::{Instant, sleep};

use super::super::entry::Entry;
use super::super::question::{Question, Reply};
use super::{Appended, Done, Log, Registers};
use crate::protocol::{Error, ErrorCode};
use crate::testing::in_virtual_time;

const KEY: &str = "k";
const PATIENCE: Duration = Duration::from_secs(2);

/// The truth, and how badly it is told.
#[derive(Clone)]
struct Faulty(Rc<RefCell<State>>);

struct State {
    entries: Vec<Entry>,
    /// Other keys' messages have numbers, too.
    number: u64,
    random: u64,
    /// Of a hundred appends, how many go wrong in each way.
    wrong: u64,
}

impl Faulty {
    fn new(seed: u64, wrong: u64) -> Self {
        let random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self(Rc::new(RefCell::new(State { entries: Vec::new(), number: 0, random, wrong })))
    }

    /// Below `n`, by chance.
    fn below(&self, n: u64) -> u64 {
        let mut state = self.0.borrow_mut();
        state.random ^= state.random << 13;
        state.random ^= state.random >> 7;
        state.random ^= state.random << 17;
        (state.random >> 11) % n
    }

    fn land(&self, expected: u64, payload: &[u8]) -> Appended {
        let mut state = self.0.borrow_mut();
        let newest = state.entries.last().map_or(0, |entry| entry.revision);
        if newest != expected {
            return Appended::Refused;
        }
        state.number += 3;
        let revision = state.number;
        state.entries.push(Entry::parse(revision, payload).unwrap());
        Appended::As(revision)
    }

    /// What the register really is.
    fn truth(&self) -> Option<u64> {
        let state = self.0.borrow();
        state.entries.last()?.value.as_ref()?.parse().ok()
    }
}

impl Log for Faulty {
    async fn last(&self, _: &str) -> Result<Entry, String> {
        sleep(Duration::from_millis(self.below(5))).await;
        let behind = if self.below(100) < self.0.borrow().wrong { self.below(4) } else { 0 };
        if behind == 3 {
            return Err("no leader".to_owned());
        }
        let state = self.0.borrow();
        let shown = state.entries.len().saturating_sub(usize::try_from(behind).unwrap());
        Ok(shown.checked_sub(1).map_or_else(Entry::none, |at| state.entries[at].clone()))
    }

    async fn append(&self, _: &str, expected: u64, payload: Vec<u8>) -> Appended {
        sleep(Duration::from_millis(1 + self.below(5))).await;
        let (chance, wrong) = (self.below(100), self.0.borrow().wrong);
        let unknown = || Appended::Unknown("no answer".to_owned());
        if chance >= wrong {
            let landed = self.land(expected, &payload);
            sleep(Duration::from_millis(self.below(5))).await;
            return landed;
        }
        match self.below(4) {
            // The answer is lost.
            0 => {
                self.land(expected, &payload);
                sleep(Duration::from_millis(500)).await;
                unknown()
            }
            // It comes later.
            1 => {
                let (log, late) = (self.clone(), Duration::from_millis(self.below(3000)));
                spawn_local(async move {
                    sleep(late).await;
                    log.land(expected, &payload);
                });
                sleep(Duration::from_millis(500)).await;
                unknown()
            }
            // It never does.
            2 => {
                sleep(Duration::from_millis(500)).await;
                unknown()
            }
            _ => Appended::Unsent("no responders".to_owned()),
        }
    }
}

async fn ask(node: &Rc<Registers<Faulty>>, question: Question) -> Result<Done, Error> {
    let began = Instant::now();
    let done = node.ask(KEY.to_owned(), question, began + PATIENCE).await;
    assert!(began.elapsed() <= PATIENCE + Duration::from_millis(1), "{:?}", began.elapsed());
    done
}

fn number(value: u64) -> Rc<str> {
    value.to_string().into()
}

/// What clients of several nodes do to one register, which only grows by one.
async fn play(log: Faulty) -> (u64, u64, u64) {
    let (mut clients, sums) = (JoinSet::new(), Rc::new(RefCell::new((0, 0, 0))));
    let begun = Registers::new(log.clone()).unwrap();
    while ask(&begun, Question::Write(number(0))).await.is_err() {}
    for _ in 0..3 {
        let node = Registers::new(log.clone()).unwrap();
        for _ in 0..3 {
            let (node, log, sums) = (Rc::clone(&node), log.clone(), Rc::clone(&sums));
            clients.spawn_local(async move {
                for _ in 0..20 {
                    let before = log.truth().unwrap();
                    let Ok(read) = ask(&node, Question::Read).await else { continue };
                    let Reply::Value(value) = read.reply else { panic!("{read:?}") };
                    let value: u64 = value.parse().unwrap();
                    assert!(value >= before, "read {value}, which was {before} already");
                    assert!(value <= log.truth().unwrap());
                    let before = log.truth().unwrap();
                    let cas =
                        Question::Cas { from: number(value), to: number(value + 1), create: false };
                    let outcome = ask(&node, cas).await;
                    let after = log.truth().unwrap();
                    let mut sums = sums.borrow_mut();
                    match outcome.map_err(|error| error.code) {
                        Ok(_) => {
                            sums.0 += 1;
                            assert!(after > value, "acknowledged and not there");
                        }
                        Err(ErrorCode::PreconditionFailed) => {
                            sums.1 += 1;
                            assert!(before != value || after != value, "refused without a reason");
                        }
                        Err(ErrorCode::Timeout) => sums.2 += 1,
                        Err(other) => panic!("{other:?}"),
                    }
                }
            });
        }
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    // What is still under way comes.
    sleep(Duration::from_secs(10)).await;
    let (won, lost, unknown) = *sums.borrow();
    let truth = log.truth().unwrap();
    assert!(
        (won..=won + unknown).contains(&truth),
        "{won} acknowledged, {unknown} unknown: {truth}"
    );
    (won, lost, unknown)
}

#[test]
fn increments_are_neither_lost_nor_doubled_whatever_the_log_does() {
    let mut sums = (0, 0, 0);
    for seed in 1..=60 {
        for wrong in [0, 10, 40, 80] {
            let found = in_virtual_time(play(Faulty::new(seed, wrong)));
            if wrong == 0 {
                assert_eq!(found.2, 0, "nothing goes wrong, and somebody does not know");
            }
            sums = (sums.0 + found.0, sums.1 + found.1, sums.2 + found.2);
        }
    }
    assert!(sums.0 > 1000 && sums.1 > 1000 && sums.2 > 100, "all outcomes are seen: {sums:?}");
}

#[test]
fn what_waits_together_is_one_write() {
    in_virtual_time(async {
        let log = Faulty::new(1, 0);
        let node = Registers::new(log.clone()).unwrap();
        let write = |value| ask(&node, Question::Write(number(value)));
        write(0).await.unwrap();
        let mut all = JoinSet::new();
        for value in 1..=50 {
            let node = Rc::clone(&node);
            all.spawn_local(async move {
                if value % 2 == 0 {
                    ask(&node, Question::Read).await.unwrap();
                } else {
                    ask(&node, Question::Write(number(value))).await.unwrap();
                }
            });
        }
        while let Some(ended) = all.join_next().await {
            ended.unwrap();
        }
        // The first of them goes alone.
        assert_eq!(log.0.borrow().entries.len(), 3);
    });
}

#[test]
fn a_key_that_does_not_exist_is_so_by_a_write() {
    in_virtual_time(async {
        let log = Faulty::new(1, 0);
        let node = Registers::new(log.clone()).unwrap();
        for entries in 1..3 {
            let code = ask(&node, Question::Read).await.unwrap_err().code;
            assert_eq!(code, ErrorCode::KeyDoesNotExist);
            assert_eq!(log.0.borrow().entries.len(), entries);
        }
        let cas = |create| Question::Cas { from: number(1), to: number(2), create };
        let refused = ask(&node, cas(false)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::KeyDoesNotExist);
        assert_eq!(ask(&node, cas(true)).await.unwrap().reply, Reply::Exchanged);
        assert_eq!(ask(&node, Question::Read).await.unwrap().reply, Reply::Value(number(2)));
    });
}
