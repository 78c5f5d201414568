use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use rand::RngExt;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::inbox::Mailbox;
use super::pauses::Pauses;
use super::trace::{Fate, Trace};
use super::{Event, EventKind, Hazard, Message, Muted, Options, Reject, Stats};
use crate::workload::Rng;

/// All that a network knows.
pub(super) struct State {
    pub(super) options: Options,
    /// For latencies alone, so that a fault or a load does not shift them.
    pub(super) rng: Rng,
    pub(super) began: Instant,
    pub(super) next_message: u64,
    pub(super) pauses: Pauses,
    pub(super) mailboxes: BTreeMap<Rc<str>, Rc<RefCell<Mailbox>>>,
    /// For each recipient, those it does not hear.
    pub(super) cuts: BTreeMap<String, BTreeSet<String>>,
    pub(super) loss: Option<Hazard>,
    pub(super) duplication: Option<Hazard>,
    /// What is held up, and for how long at most.
    pub(super) delay: Option<(Hazard, Duration)>,
    pub(super) muted: Vec<Muted>,
    /// Where in `muted` the nodes stand that are muted now.
    pub(super) mutes: BTreeMap<String, usize>,
    pub(super) stats: Stats,
    pub(super) trace: Trace,
    pub(super) journal: Vec<Event>,
}

impl State {
    pub(super) fn new(options: Options, rng: Rng) -> Self {
        Self {
            options,
            rng,
            began: Instant::now(),
            next_message: 0,
            pauses: Pauses::default(),
            mailboxes: BTreeMap::new(),
            cuts: BTreeMap::new(),
            loss: None,
            duplication: None,
            delay: None,
            muted: Vec::new(),
            mutes: BTreeMap::new(),
            stats: Stats::default(),
            trace: Trace::default(),
            journal: Vec::new(),
        }
    }

    pub(super) fn send(
        &mut self,
        src: &str,
        dest: &str,
        body: Rc<RawValue>,
    ) -> Result<u64, Reject> {
        let Some((src, _)) = self.mailboxes.get_key_value(src) else {
            return Err(Reject::UnknownSource(src.to_owned()));
        };
        let Some((dest, mailbox)) = self.mailboxes.get_key_value(dest) else {
            return Err(self.no_such(dest));
        };
        let (id, mailbox) = (self.next_message, Rc::clone(mailbox));
        let message = Message { id, src: Rc::clone(src), dest: Rc::clone(dest), body };
        // Drawn for what is lost as well, so that the latencies of others do not depend on it.
        let latency = if message.involves_client() {
            Duration::ZERO
        } else {
            self.options.latency.draw(&mut self.rng)
        };
        self.next_message += 1;
        if self.options.log_send {
            tracing::info!(target: "net::send", "{message}");
        }
        self.stats.sent(&message);
        let (now, mailbox) = (Instant::now(), &mut *mailbox.borrow_mut());
        let mut note = |fate| self.trace.note(fate, now - self.began, &message);
        note(Fate::Sent);
        if self.options.journal {
            let (time, kind) = (now - self.began, EventKind::Send);
            self.journal.push(Event { time, kind, message: message.clone() });
        }
        if self.loss.as_mut().is_some_and(|loss| loss.strikes(&message)) {
            self.stats.lost += 1;
            note(Fate::Lost);
            return Ok(id);
        }
        if let Some(hazard) = &mut self.duplication
            && hazard.strikes(&message)
        {
            self.stats.duplicated += 1;
            note(Fate::Doubled);
            let latency = self.options.latency.draw(hazard.rng());
            if !mailbox.is_closed() {
                mailbox.push(now + latency, message.clone());
            }
        }
        let held_up = self.delay.as_mut().and_then(|(hazard, most)| {
            let strikes = hazard.strikes(&message);
            strikes.then(|| hazard.rng().random_range(1..=millis(*most).max(1)))
        });
        if mailbox.is_closed() {
            self.stats.unheard += 1;
            note(Fate::Unheard);
        } else if let Some(ms) = held_up {
            self.stats.held_up += 1;
            note(Fate::HeldUp);
            let from = now + Duration::from_millis(ms);
            mailbox.push_later(from, from + latency, message);
        } else {
            mailbox.push(now + latency, message);
        }
        Ok(id)
    }

    fn no_such(&self, dest: &str) -> Reject {
        if self.pauses.has_come(dest) {
            Reject::ClientGone(dest.to_owned())
        } else {
            Reject::UnknownDestination(dest.to_owned())
        }
    }

    pub(super) fn note(&mut self, fate: Fate, message: &Message) {
        self.trace.note(fate, self.began.elapsed(), message);
    }

    pub(super) fn record(&mut self, kind: EventKind, message: &Message) {
        if self.options.journal {
            let time = self.began.elapsed();
            self.journal.push(Event { time, kind, message: message.clone() });
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
