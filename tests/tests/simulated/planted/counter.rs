use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use clap::ValueEnum;
use glomers_shims::protocol::Error;
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::Flawed;
use serde::Deserialize;
use serde_json::{Value, json};

use super::journal::{Journal, Slip};
use super::retrying::{Patience, Retrying};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// What comes twice counts twice.
    CountsTwice,
    /// What is numbered below the last that came counts as known.
    TrustsTheOrder,
    /// A node's sum is told, and counts in addition to what it was.
    AddsSums,
    /// A node's sum is told, and counts though a greater one has come before.
    TakesTheLastSum,
    /// A node begins anew when it was killed.
    ForgetsWhenKilled,
    /// What a node has added itself, but not what it has heard, is stored.
    StoresItsOwnAlone,
}

impl Flaw {
    fn tells_sums(self) -> bool {
        matches!(self, Self::AddsSums | Self::TakesTheLastSum)
    }
}

/// For g-counter: each addition is numbered, stored, and told until acknowledged.
pub(crate) struct Counter {
    flaw: Flaw,
    me: usize,
    net: Net,
    /// By the rank of who added it.
    seats: RefCell<Vec<Seat>>,
    next: Cell<i64>,
    journal: Journal,
    peers: Rc<Retrying>,
}

#[derive(Clone, Default)]
struct Seat {
    known: BTreeSet<i64>,
    sum: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Add { delta: i64 },
    Read,
    Things { things: Vec<(i64, i64)> },
    Known { numbers: Vec<i64> },
}

impl Counter {
    fn add(&self, delta: i64) -> Result<(), Error> {
        let number = self.next.replace(self.next.get() + 1);
        self.count(self.me, number, delta)?;
        let sum = self.seats.borrow()[self.me].sum;
        self.peers.tell_all(number, if self.flaw.tells_sums() { sum } else { delta });
        Ok(())
    }

    fn count(&self, who: usize, number: i64, delta: i64) -> Result<(), Error> {
        let seat = &mut self.seats.borrow_mut()[who];
        let last = seat.known.last().copied().unwrap_or(-1);
        let is_new = seat.known.insert(number);
        let counts = match self.flaw {
            Flaw::CountsTwice => true,
            Flaw::TrustsTheOrder => number > last,
            _ => is_new,
        };
        let is_told = who != self.me;
        if counts {
            seat.sum = match self.flaw {
                Flaw::TakesTheLastSum if is_told => delta,
                _ => seat.sum + delta,
            };
            if !is_told || self.flaw != Flaw::StoresItsOwnAlone {
                self.journal.write([i64::try_from(who).unwrap_or(0), number, delta])?;
            }
        }
        Ok(())
    }
}

impl Node for Counter {
    const NAME: &'static str = "planted-counter";
    const ABOUT: &'static str = "Counts, with one thought left out";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, Flawed { flaw }: Self::Args) -> Result<Rc<Self>, Error> {
        let me = net.node_ids().iter().position(|node| node == net.id()).unwrap();
        let (journal, lines) = Journal::open::<3>(&net, Slip::None);
        let peers = Retrying::start(&net, Patience::Endless);
        let mut seats = vec![Seat::default(); net.node_ids().len()];
        let mut after = 0;
        let kept = if flaw == Flaw::ForgetsWhenKilled { Vec::new() } else { lines };
        for [who, number, delta] in kept {
            let who = usize::try_from(who).unwrap();
            seats[who].known.insert(number);
            seats[who].sum += delta;
            if who == me {
                after = number + 1;
                peers.tell_all(number, delta);
            }
        }
        let seats = RefCell::new(seats);
        Ok(Rc::new(Self { flaw, me, net, seats, next: Cell::new(after), journal, peers }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Value>, Error> {
        Ok(Some(match request {
            Request::Add { delta } => {
                self.add(delta)?;
                json!({"type": "add_ok"})
            }
            Request::Read => {
                let sum: i64 = self.seats.borrow().iter().map(|seat| seat.sum).sum();
                json!({"type": "read_ok", "value": sum})
            }
            Request::Things { things } => {
                if let Some(who) = self.net.node_ids().iter().position(|node| *node == from) {
                    for (number, delta) in &things {
                        self.count(who, *number, *delta)?;
                    }
                    let numbers = things.into_iter().map(|(number, _)| number).collect();
                    self.peers.acknowledge(&from, numbers);
                }
                return Ok(None);
            }
            Request::Known { numbers } => {
                self.peers.acknowledged(&from, &numbers);
                return Ok(None);
            }
        }))
    }
}
