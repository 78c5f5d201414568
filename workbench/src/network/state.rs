use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use rand::RngExt;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::mailbox::Mailbox;
use super::pauses::Pauses;
use super::trace::{Fate, Trace};
use super::{EventKind, Hazard, Message, Muted, Observer, Options, Reject, Stats};
use crate::rng::Rng;
use crate::units::millis;

/// A message that is about to travel.
pub(super) struct Entering {
    mailbox: Rc<RefCell<Mailbox>>,
    message: Message,
    /// For how long it is held up before.
    held_up: Option<Duration>,
    latency: Duration,
}

impl Entering {
    /// It begins to, now; unless its recipient has gone.
    fn enter(self, now: Instant) {
        let Self { mailbox, message, held_up, latency } = self;
        let mut mailbox = mailbox.borrow_mut();
        match held_up {
            _ if mailbox.is_closed() => {}
            Some(time) => mailbox.push_later(now + time, now + time + latency, message),
            None => mailbox.push(now + latency, message),
        }
    }
}

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
    /// While all stands still, what was sent meanwhile, in that order.
    pub(super) stalled: Option<Vec<Entering>>,
    /// Whether nodes are no longer listened to.
    pub(super) is_over: bool,
    pub(super) muted: Vec<Muted>,
    /// Where in `muted` the nodes stand that are muted now.
    pub(super) mutes: BTreeMap<String, usize>,
    pub(super) stats: Stats,
    pub(super) trace: Trace,
    pub(super) observer: Option<Rc<RefCell<dyn Observer>>>,
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
            stalled: None,
            is_over: false,
            muted: Vec::new(),
            mutes: BTreeMap::new(),
            stats: Stats::default(),
            trace: Trace::default(),
            observer: None,
        }
    }

    /// From now on a node is not listened to, for this line.
    pub(super) fn mute(&mut self, node: &str, line: &str, reason: Reject) {
        let muted = Muted::new(node, self.began.elapsed(), line, reason);
        tracing::warn!("{muted}");
        self.mutes.insert(node.to_owned(), self.muted.len());
        self.muted.push(muted);
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
        self.note(Fate::Sent, &message);
        if self.loss.as_mut().is_some_and(|loss| loss.strikes(&message)) {
            self.stats.lost += 1;
            self.note(Fate::Lost, &message);
            return Ok(id);
        }
        let is_closed = mailbox.borrow().is_closed();
        let copy = self.duplication.as_mut().and_then(|hazard| {
            hazard.strikes(&message).then(|| self.options.latency.draw(hazard.rng()))
        });
        if let Some(latency) = copy {
            self.stats.duplicated += 1;
            self.note(Fate::Doubled, &message);
            if !is_closed {
                let (mailbox, message) = (Rc::clone(&mailbox), message.clone());
                self.enter(Entering { mailbox, message, held_up: None, latency });
            }
        }
        let held_up = self.delay.as_mut().and_then(|(hazard, most)| {
            let strikes = hazard.strikes(&message);
            strikes.then(|| hazard.rng().random_range(1..=millis(*most).max(1)))
        });
        if is_closed {
            self.stats.unheard += 1;
            self.note(Fate::Unheard, &message);
            return Ok(id);
        }
        if held_up.is_some() {
            self.stats.held_up += 1;
            self.note(Fate::HeldUp, &message);
        }
        let held_up = held_up.map(Duration::from_millis);
        self.enter(Entering { mailbox, message, held_up, latency });
        Ok(id)
    }

    /// A message begins to travel, or will when nothing stands still any more.
    fn enter(&mut self, entering: Entering) {
        match &mut self.stalled {
            Some(waiting) => waiting.push(entering),
            None => entering.enter(Instant::now()),
        }
    }

    /// From now on everything stands still.
    pub(super) fn stall(&mut self) {
        self.stalled.get_or_insert_default();
    }

    /// Nothing stands still any more: what was sent meanwhile begins to travel.
    pub(super) fn go_on(&mut self, now: Instant) {
        let Some(waiting) = self.stalled.take() else { return };
        self.pauses.stall_ends(now);
        let due: usize = self.mailboxes.values().map(|it| it.borrow_mut().goes_on(now)).sum();
        self.stats.stalled += (due + waiting.len()) as u64;
        for entering in waiting {
            entering.enter(now);
        }
    }

    /// Forgets what waits to travel to that mailbox, and returns it.
    pub(super) fn forget_entering(&mut self, to: &Rc<RefCell<Mailbox>>) -> Vec<Message> {
        let waiting = self.stalled.iter_mut().flat_map(|waiting| {
            waiting.extract_if(.., |entering| Rc::ptr_eq(&entering.mailbox, to))
        });
        waiting.map(|entering| entering.message).collect()
    }

    fn no_such(&self, dest: &str) -> Reject {
        if self.pauses.has_come(dest) {
            Reject::ClientGone(dest.to_owned())
        } else {
            Reject::UnknownDestination(dest.to_owned())
        }
    }

    /// Notes what befalls a message, now.
    pub(super) fn note(&mut self, fate: Fate, message: &Message) {
        let time = self.began.elapsed();
        self.trace.note(fate, time, message);
        let kind = match fate {
            Fate::Sent => EventKind::Send,
            Fate::Delivered => EventKind::Recv,
            Fate::Lost => EventKind::Lost,
            Fate::Cut => EventKind::Dropped,
            Fate::Unheard => EventKind::Unheard,
            Fate::Doubled | Fate::HeldUp => return,
        };
        if let Some(observer) = &self.observer {
            observer.borrow_mut().event(time, kind, message);
        }
    }
}
