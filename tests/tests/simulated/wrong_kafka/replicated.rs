use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use clap::ValueEnum;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::{Every, Flawed, tell_peers};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where it says so, one send in ten is not as it should be; else all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    /// Right as long as no message is lost.
    None,
    /// A poll shows what is there, whoever may still put something before it.
    ShowsAtOnce,
    /// A poll waits for the answers of most nodes instead of all.
    ShowsWhatMostHaveAnswered,
    /// A poll shows what its own node has appended without waiting for anyone.
    ShowsItsOwnAtOnce,
    /// A promise counts though messages that were appended before it are still on their way.
    CountsOnEarlyPromises,
    /// What a node has promised does not raise its own clock.
    BreaksPromises,
    /// Offsets are clocks, without the rank.
    IgnoresRank,
    /// Nodes do not answer what they hear.
    NeverFollows,
    /// A message is acknowledged and forgotten, one in ten.
    Forgets,
    /// A message is appended twice, one in ten.
    AppendsAgain,
    /// A message is refused for certain and spreads all the same, one in ten.
    RefusesWhatItKeeps,
    /// A node forgets its clock and takes the lowest of its offsets that is free, one time in ten.
    ForgetsItsClock,
    /// A poll shows one author's messages after another's.
    ListsByAuthor,
    /// A poll starts with the last message that was committed, wherever its client has got to.
    StartsFromCommitted,
}

/// The design of the replicated log in small: what is new is told to every other node, once and
/// in no order, and what they promise in answer is told in the same way.
pub(crate) struct Replicated {
    net: Net,
    flaw: Flaw,
    me: usize,
    logs: RefCell<BTreeMap<String, Log>>,
    committed: RefCell<BTreeMap<String, u64>>,
    tenth: Every,
}

/// The log of one key.
struct Log {
    /// Author and message by offset.
    entries: BTreeMap<u64, (usize, Value)>,
    /// By rank.
    seats: Vec<Seat>,
}

#[derive(Clone, Default)]
struct Seat {
    /// The numbers of its messages that are here, from 1 on.
    known: BTreeSet<u64>,
    promises: Vec<Promise>,
}

/// No message of its author but the first `after` has an offset below `clock`.
#[derive(Clone, Copy, Deserialize, Serialize)]
struct Promise {
    clock: u64,
    after: u64,
}

impl Seat {
    fn contiguous(&self) -> u64 {
        (1..).zip(&self.known).take_while(|(number, seq)| number == *seq).count() as u64
    }

    fn clock(&self, counts_on_early: bool) -> u64 {
        let known = if counts_on_early { u64::MAX } else { self.contiguous() };
        let counting = self.promises.iter().filter(|promise| promise.after <= known);
        counting.map(|promise| promise.clock).max().unwrap_or(0)
    }
}

impl Log {
    fn insert(&mut self, offset: u64, author: usize, seq: u64, msg: Value) {
        // The first is kept, should there be two.
        self.entries.entry(offset).or_insert((author, msg));
        self.seats[author].known.insert(seq);
        self.seats[author].promises.push(Promise { clock: offset + 1, after: seq });
    }

    fn end(&self) -> u64 {
        self.entries.last_key_value().map_or(0, |(offset, _)| offset + 1)
    }

    /// One more than the last offset of `author`.
    fn own_end(&self, author: usize) -> u64 {
        let mut own = self.entries.iter().rev().filter(|(_, (by, _))| *by == author);
        own.next().map_or(0, |(offset, _)| offset + 1)
    }

    /// Below this all is settled.
    fn frontier(&self, flaw: Flaw) -> u64 {
        let counts_on_early = flaw == Flaw::CountsOnEarlyPromises;
        let mut clocks: Vec<_> = self.seats.iter().map(|it| it.clock(counts_on_early)).collect();
        clocks.sort_unstable();
        match flaw {
            Flaw::ShowsAtOnce => u64::MAX,
            Flaw::ShowsWhatMostHaveAnswered => clocks[clocks.len() / 2],
            _ => clocks[0],
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Send { key: String, msg: Value },
    Poll { offsets: BTreeMap<String, u64> },
    CommitOffsets { offsets: BTreeMap<String, u64> },
    ListCommittedOffsets { keys: Vec<String> },
    Appended { key: String, offset: u64, seq: u64, msg: Value },
    Promised { key: String, clock: u64, after: u64 },
    Committed { offsets: BTreeMap<String, u64> },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire<'a> {
    Appended { key: &'a str, offset: u64, seq: u64, msg: &'a Value },
    Promised { key: &'a str, clock: u64, after: u64 },
    Committed { offsets: &'a BTreeMap<String, u64> },
}

impl Replicated {
    /// Does something with the log of `key`.
    fn with_log<T>(&self, key: &str, job: impl FnOnce(&mut Log) -> T) -> T {
        let seats = vec![Seat::default(); self.net.node_ids().len()];
        let new = || Log { entries: BTreeMap::new(), seats };
        job(self.logs.borrow_mut().entry(key.to_owned()).or_insert_with(new))
    }

    fn send(&self, key: &str, msg: &Value) -> Result<u64, Error> {
        let tenth = self.tenth.strikes();
        match self.flaw {
            Flaw::Forgets if tenth => Ok(self.with_log(key, |log| {
                let (offset, after) = self.next_place(log, tenth);
                log.seats[self.me].promises.push(Promise { clock: offset + 1, after: after - 1 });
                offset
            })),
            Flaw::RefusesWhatItKeeps if tenth => {
                self.append(key, msg, tenth);
                Err(Error::new(ErrorCode::TemporarilyUnavailable, "nobody has answered in time"))
            }
            Flaw::AppendsAgain if tenth => {
                self.append(key, msg, tenth);
                Ok(self.append(key, msg, tenth))
            }
            _ => Ok(self.append(key, msg, tenth)),
        }
    }

    fn append(&self, key: &str, msg: &Value, tenth: bool) -> u64 {
        self.with_log(key, |log| {
            let (offset, seq) = self.next_place(log, tenth);
            log.insert(offset, self.me, seq, msg.clone());
            tell_peers(&self.net, &Wire::Appended { key, offset, seq, msg });
            offset
        })
    }

    /// The next of our offsets, and the number of the message to be put there.
    fn next_place(&self, log: &Log, tenth: bool) -> (u64, u64) {
        let clock = match self.flaw {
            Flaw::BreaksPromises => log.own_end(self.me),
            Flaw::ForgetsItsClock if tenth => 0,
            _ => log.seats[self.me].clock(false),
        };
        let size = log.seats.len() as u64;
        let is_ours = |offset: &u64| {
            let is_right = offset % size == self.me as u64 || self.flaw == Flaw::IgnoresRank;
            is_right && !log.entries.contains_key(offset)
        };
        let offset = (clock..u64::MAX).find(is_ours).unwrap_or(u64::MAX);
        (offset, log.seats[self.me].contiguous() + 1)
    }

    /// Promises to put nothing before what there is.
    fn follow(&self, key: &str) {
        self.with_log(key, |log| {
            let (end, seat) = (log.end(), &mut log.seats[self.me]);
            if self.flaw != Flaw::NeverFollows && seat.clock(false) < end {
                let promise = Promise { clock: end, after: seat.contiguous() };
                seat.promises.push(promise);
                let Promise { clock, after } = promise;
                tell_peers(&self.net, &Wire::Promised { key, clock, after });
            }
        });
    }

    fn poll(&self, key: &str, from: u64) -> Vec<(u64, Value)> {
        let from = match (self.flaw, self.committed.borrow().get(key)) {
            (Flaw::StartsFromCommitted, Some(&committed)) => committed,
            _ => from,
        };
        self.with_log(key, |log| {
            let frontier = log.frontier(self.flaw);
            let is_shown = |offset: u64, author: usize| {
                offset < frontier || self.flaw == Flaw::ShowsItsOwnAtOnce && author == self.me
            };
            let entries = log.entries.range(from..);
            let shown = entries.filter(|(offset, (author, _))| is_shown(**offset, *author));
            let mut shown: Vec<_> = shown.collect();
            if self.flaw == Flaw::ListsByAuthor {
                shown.sort_by_key(|(_, (author, _))| *author);
            }
            shown.into_iter().map(|(offset, (_, msg))| (*offset, msg.clone())).collect()
        })
    }

    fn commit(&self, offsets: BTreeMap<String, u64>) {
        let mut committed = self.committed.borrow_mut();
        for (key, offset) in offsets {
            let mine = committed.entry(key).or_default();
            *mine = offset.max(*mine);
        }
    }
}

impl Node for Replicated {
    const NAME: &'static str = "wrong-kafka";
    const ABOUT: &'static str = "Keeps logs together with others, more or less";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let me = net.node_ids().iter().position(|node| node == net.id()).unwrap();
        Ok(Rc::new(Self {
            net,
            flaw: args.flaw,
            me,
            logs: RefCell::default(),
            committed: RefCell::default(),
            tenth: Every::new(10),
        }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        let peer = self.net.node_ids().iter().position(|node| *node == from);
        Ok(Some(match (request, peer) {
            (Request::Send { key, msg }, _) => {
                json!({"type": "send_ok", "offset": self.send(&key, &msg)?})
            }
            (Request::Poll { offsets }, _) => {
                let poll = |(key, from): (String, u64)| (self.poll(&key, from), key);
                let msgs: BTreeMap<_, _> =
                    offsets.into_iter().map(poll).map(|(shown, key)| (key, shown)).collect();
                json!({"type": "poll_ok", "msgs": msgs})
            }
            (Request::CommitOffsets { offsets }, _) => {
                tell_peers(&self.net, &Wire::Committed { offsets: &offsets });
                self.commit(offsets);
                json!({"type": "commit_offsets_ok"})
            }
            (Request::ListCommittedOffsets { keys }, _) => {
                let committed = self.committed.borrow();
                let offset = |key: String| committed.get(&key).map(|&offset| (key, offset));
                let offsets: BTreeMap<_, _> = keys.into_iter().filter_map(offset).collect();
                json!({"type": "list_committed_offsets_ok", "offsets": offsets})
            }
            (Request::Appended { key, offset, seq, msg }, Some(author)) => {
                self.with_log(&key, |log| log.insert(offset, author, seq, msg));
                self.follow(&key);
                return Ok(None);
            }
            (Request::Promised { key, clock, after }, Some(author)) => {
                let promise = Promise { clock, after };
                self.with_log(&key, |log| log.seats[author].promises.push(promise));
                return Ok(None);
            }
            (Request::Committed { offsets }, Some(_)) => {
                self.commit(offsets);
                return Ok(None);
            }
            (_, None) => return Ok(None),
        }))
    }
}
