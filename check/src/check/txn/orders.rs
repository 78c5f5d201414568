//! The orders in which transactions were carried out, as edges.

use std::collections::BTreeMap;

use super::graph::{Edges, NO_VERSION, Relations};
use super::transactions::Transactions;
use crate::history::Process;

/// From each transaction that happened to the next of its process.
pub(super) fn add_process(transactions: &Transactions, edges: &mut Edges) {
    let mut last: BTreeMap<Process, usize> = BTreeMap::new();
    for (number, txn) in transactions.list.iter().enumerate().filter(|(_, txn)| txn.is_possible()) {
        if let Some(&last) = last.get(&txn.process) {
            edges.add(last, number, Relations::PROCESS, [NO_VERSION; 2]);
        }
        if txn.is_ok() {
            last.insert(txn.process, number);
        }
    }
}

/// Of a transaction.
#[derive(Clone, Copy)]
enum Event {
    Begins(usize),
    Ends(usize),
}

/// From each transaction that happened to all that began after it had ended: by way of a chain of
/// moments, so that there are no more edges than a few a transaction. The moments are those in which
/// something begins after something has ended; to each lead the transactions that ended since the one
/// before, and the one before; from each, edges lead to the transactions that begin before the next.
pub(super) fn add_realtime(transactions: &Transactions, edges: &mut Edges) {
    // By the place in the history, which transaction begins or ends there.
    let length = transactions.list.iter().map(|txn| txn.index + 1).max().unwrap_or_default();
    let mut events: Vec<Option<Event>> = vec![None; length];
    for (number, txn) in transactions.list.iter().enumerate().filter(|(_, txn)| txn.is_possible()) {
        events[txn.invoked] = Some(Event::Begins(number));
        if txn.is_ok() {
            events[txn.index] = Some(Event::Ends(number));
        }
    }
    let nothing = [NO_VERSION; 2];
    let mut ended: Vec<usize> = Vec::new();
    let mut moment: Option<usize> = None;
    for event in events.into_iter().flatten() {
        let number = match event {
            Event::Begins(number) => number,
            Event::Ends(number) => {
                ended.push(number);
                continue;
            }
        };
        if !ended.is_empty() {
            let next = edges.node();
            if let Some(moment) = moment {
                edges.add(moment, next, Relations::ON, nothing);
            }
            for ended in ended.drain(..) {
                edges.add(ended, next, Relations::REALTIME, nothing);
            }
            moment = Some(next);
        }
        if let Some(moment) = moment {
            edges.add(moment, number, Relations::ON, nothing);
        }
    }
}
