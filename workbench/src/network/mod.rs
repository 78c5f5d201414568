//! The simulated network: latencies, inboxes, partitions, and what it counts and rejects.
//!
//! It is Maelstrom's, down to the habits that surprise: see [`Inbox`] for the order in which
//! messages arrive, [`Muted`] for what one bad line does to a node, [`Latency`] for who is slow.
//! Nothing is lost except by a partition, a [`Hazard`] or the end of its recipient, nothing is
//! duplicated except by a hazard; with a random latency messages overtake one another. As there,
//! all may [stand still](Network::stall) at once.

mod hazard;
mod inbox;
mod latency;
mod mailbox;
mod message;
mod observer;
mod options;
mod pauses;
mod percent;
mod reject;
mod state;
mod stats;
mod trace;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use glomers_check::fingerprint::Fingerprint;
use serde_json::value::RawValue;
use tokio::time::Instant;

pub use hazard::Hazard;
pub use inbox::Inbox;
pub use latency::{Distribution, Latency};
pub use message::{Message, is_client};
pub use observer::{EventKind, Observer};
pub use options::Options;
pub use percent::Percent;
pub use reject::{LINE_LIMIT, Muted, Reject};
pub use stats::{Counts, Stats};

use self::mailbox::Mailbox;
use self::message::{Outgoing, escaped};
use self::state::State;
use self::trace::Fate;
use crate::rng::Rng;

/// A handle to the network; clones are handles to the same one.
#[derive(Clone)]
pub struct Network(Rc<RefCell<State>>);

impl Network {
    /// A network without anyone in it. `rng` decides about latencies only.
    pub fn new(options: Options, rng: Rng) -> Self {
        Self(Rc::new(RefCell::new(State::new(options, rng))))
    }

    /// The time since the network began.
    pub fn elapsed(&self) -> Duration {
        self.0.borrow().began.elapsed()
    }

    /// Brings a recipient into the network: what is under way to it.
    fn add(&self, id: &Rc<str>) -> Rc<RefCell<Mailbox>> {
        self.remove(id);
        let mailbox = Rc::<RefCell<Mailbox>>::default();
        let state = &mut *self.0.borrow_mut();
        state.mutes.remove(&**id);
        state.mailboxes.insert(Rc::clone(id), Rc::clone(&mailbox));
        mailbox
    }

    /// The id of the next client.
    fn next_client(&self) -> String {
        format!("c{}", self.0.borrow_mut().pauses.client_comes(Instant::now()))
    }

    /// Takes a recipient out of the network: its inbox ends, what is in it is lost, and a node
    /// that sends to it from now on is muted. For a node that shall come back there is
    /// [`take_down`](Self::take_down).
    pub fn remove(&self, id: &str) {
        let removed = self.0.borrow_mut().mailboxes.remove(id);
        if let Some(mailbox) = removed {
            mailbox.borrow_mut().close();
        }
    }

    /// Notes that a node is not running any more and may [come back](Self::register): its inbox ends,
    /// what is in it is lost, and so is what is sent to it meanwhile. Nobody is muted for that.
    pub fn take_down(&self, id: &str) {
        let nobody = Rc::new(RefCell::new(Mailbox::of_nobody()));
        let state = &mut *self.0.borrow_mut();
        if let Some(mailbox) = state.mailboxes.get_mut(id) {
            let mailbox = mem::replace(mailbox, nobody);
            let mut lost = mailbox.borrow_mut().close();
            lost.extend(state.forget_entering(&mailbox));
            for message in lost {
                state.stats.unheard += 1;
                state.note(Fate::Unheard, &message);
            }
        }
    }

    /// Notes that a node is stopped for a while. It knows nothing of the time that passes: a reply to a
    /// client that has asked before its end and has gone is passed over, and does not mute it.
    pub fn pause(&self, node: &str) {
        self.0.borrow_mut().pauses.begin(node);
    }

    /// Notes that a node goes on.
    pub fn resume(&self, node: &str) {
        self.0.borrow_mut().pauses.end(node, Instant::now());
    }

    /// Removes the recipient unless another has taken its id.
    fn retire(&self, id: &str, mailbox: &Rc<RefCell<Mailbox>>) {
        let current = self.0.borrow().mailboxes.get(id).is_some_and(|it| Rc::ptr_eq(it, mailbox));
        if current {
            self.remove(id);
        }
    }

    /// Whether a recipient of that id is in the network.
    pub fn is_registered(&self, id: &str) -> bool {
        self.0.borrow().mailboxes.contains_key(id)
    }

    /// Sends a message; its number.
    ///
    /// # Errors
    ///
    /// [`Reject`] if `src` or `dest` is not in the network.
    pub fn send(&self, src: &str, dest: &str, body: Rc<RawValue>) -> Result<u64, Reject> {
        self.0.borrow_mut().send(src, dest, body)
    }

    /// Sends what a node has printed to its STDOUT, one line without its line feed.
    ///
    /// A line that cannot be sent mutes the node: it is recorded in [`muted`](Self::muted), and
    /// further lines are discarded, until the node is registered anew. Lines of a node that is not
    /// in the network are discarded, too, and so are all after the [end](Self::end).
    ///
    /// # Errors
    ///
    /// [`Reject`] for the line that mutes the node.
    pub fn submit_line(&self, node: &str, line: &[u8]) -> Result<(), Reject> {
        let state = &mut *self.0.borrow_mut();
        if state.is_over {
            return Ok(());
        }
        if let Some(&at) = state.mutes.get(node) {
            state.muted[at].discarded += 1;
            return Ok(());
        }
        if !state.mailboxes.contains_key(node) {
            return Ok(());
        }
        let line = String::from_utf8_lossy(line);
        let sent = Outgoing::parse(&escaped(&line))
            .and_then(|message| state.send(&message.src, &message.dest, message.body));
        if let Err(Reject::ClientGone(client)) = &sent
            && state.pauses.excuse(node, client)
        {
            state.stats.excused += 1;
            return Ok(());
        }
        sent.map(drop).inspect_err(|reason| state.mute(node, &line, reason.clone()))
    }

    /// Mutes a node for a line that is not read to its end, of which this is the beginning. Of those that
    /// are not listened to anyway nothing is noted.
    pub fn refuse_line(&self, node: &str, start: &[u8], reason: Reject) {
        let state = &mut *self.0.borrow_mut();
        let is_heard = !state.is_over && state.mailboxes.contains_key(node);
        if is_heard && !state.mutes.contains_key(node) {
            state.mute(node, &String::from_utf8_lossy(start), reason);
        }
    }

    /// From now on what nodes print is passed over: they are taken down one after another, and those
    /// that are left cannot know who is still there.
    pub fn end(&self) {
        self.0.borrow_mut().is_over = true;
    }

    /// The nodes that one bad line has silenced, in the order in which it happened.
    pub fn muted(&self) -> Vec<Muted> {
        self.0.borrow().muted.clone()
    }

    /// From now on `dest` does not hear `src`. What is under way between them is lost, except the
    /// one message that `dest` may already have taken from its queue.
    pub fn cut(&self, dest: &str, src: &str) {
        let cuts = &mut self.0.borrow_mut().cuts;
        cuts.entry(dest.to_owned()).or_default().insert(src.to_owned());
    }

    /// Ends all cuts.
    pub fn heal(&self) {
        self.0.borrow_mut().cuts.clear();
    }

    /// From now on messages are lost as they are sent: those that the hazard strikes. With none,
    /// nothing is. Returns the hazard until now.
    pub fn set_loss(&self, hazard: Option<Hazard>) -> Option<Hazard> {
        mem::replace(&mut self.0.borrow_mut().loss, hazard)
    }

    /// From now on messages are delivered twice, each copy after a latency of its own: those that
    /// the hazard strikes as they are sent, and that are not lost. With none, nothing is. A copy is
    /// the same message, down to its number. Returns the hazard until now.
    pub fn set_duplication(&self, hazard: Option<Hazard>) -> Option<Hazard> {
        mem::replace(&mut self.0.borrow_mut().duplication, hazard)
    }

    /// From now on messages are held up, for up to so long, before they travel: those that the hazard
    /// strikes as they are sent, and that are not lost. With none, nothing is. What is sent later
    /// overtakes them. Returns the hazard and the delay until now.
    pub fn set_delay(&self, delay: Option<(Hazard, Duration)>) -> Option<(Hazard, Duration)> {
        mem::replace(&mut self.0.borrow_mut().delay, delay)
    }

    /// From now on everything stands still, as if the machine that carries the messages did: nobody
    /// gets anything, neither nodes nor clients nor services, and what they send begins to travel
    /// when the network goes [on](Self::go_on). A reply to a client that has gone by then does not
    /// mute a node.
    pub fn stall(&self) {
        self.0.borrow_mut().stall();
    }

    /// Ends a stall: what was due meanwhile is delivered now.
    pub fn go_on(&self) {
        self.0.borrow_mut().go_on(Instant::now());
    }

    fn is_stalled(&self) -> bool {
        self.0.borrow().stalled.is_some()
    }

    /// Who does not hear whom at present: for a recipient, the senders.
    pub fn cuts(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.0.borrow().cuts.clone()
    }

    /// The figures so far.
    pub fn stats(&self) -> Stats {
        self.0.borrow().stats
    }

    /// The fingerprint of all that has befallen messages so far: what each says, when it was sent and
    /// delivered, and which were dropped, lost, doubled or delayed.
    pub fn trace(&self) -> Fingerprint {
        self.0.borrow().trace.fingerprint()
    }

    /// From now on it tells `observer` what befalls messages, and whoever it told before nothing more.
    /// That changes nothing in what happens.
    pub fn observe_with(&self, observer: Option<Rc<RefCell<dyn Observer>>>) {
        self.0.borrow_mut().observer = observer;
    }

    /// Whether no partition swallows the message now. If one does, it is counted as dropped.
    fn passes(&self, message: &Message) -> bool {
        let state = &mut *self.0.borrow_mut();
        let cut = state.cuts.get(&*message.dest).is_some_and(|srcs| srcs.contains(&*message.src));
        if cut {
            state.stats.dropped += 1;
            state.note(Fate::Cut, message);
        }
        !cut
    }

    fn delivered(&self, message: &Message) {
        let state = &mut *self.0.borrow_mut();
        if state.options.log_recv {
            tracing::info!(target: "net::recv", "{message}");
        }
        state.stats.received(message);
        state.note(Fate::Delivered, message);
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
