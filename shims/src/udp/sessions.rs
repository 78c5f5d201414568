use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use super::Key;
use super::frame::{Header, Kind, Life, cluster_tag};
use super::window::Window;

/// How many others are known at a time.
const MAX_SESSIONS: usize = 1_024;
/// How much is held for one whose life is not known yet.
const MAX_HELD: usize = 64;
/// How often a question is asked again, each time after twice the time.
const MAX_TRIES: u32 = 6;
const FIRST_PATIENCE: Duration = Duration::from_millis(100);

/// What the datagrams between two sockets are made of: sealed, if there is a key, and taken once. No input or
/// output, and no clock, is in it.
///
/// With a key, two sockets first learn each other's present *life*: a question with a random challenge, and an
/// answer that repeats it. All that is sent is then sealed for that life, with a counter. So what was overheard
/// is of no use later: within a life a [`Window`] knows the counter, and to another life nothing opens. The
/// addresses of both are sealed in as well: nothing can be sent on to another, or in another's name.
///
/// What strangers send costs an attempt to open it, and no memory.
#[derive(Debug)]
pub(super) struct Sessions {
    key: Option<Key>,
    cluster: u64,
    me: SocketAddr,
    life: Life,
    counter: u64,
    known: BTreeMap<SocketAddr, Session>,
    outgoing: VecDeque<(SocketAddr, Vec<u8>)>,
    dropped: Dropped,
    draw: Draw,
}

/// Draws 64 random bits that nobody can guess.
pub(super) struct Draw(pub(super) Box<dyn FnMut() -> u64>);

impl std::fmt::Debug for Draw {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Draw")
    }
}

/// How many datagrams were not taken, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Not of this protocol, or of another version of it.
    pub foreign: u64,
    /// Of another cluster.
    pub other_cluster: u64,
    /// Not sealed with the key, or changed on the way; or sealed, where there is no key.
    pub forged: u64,
    /// Come before, or of an earlier life.
    pub replayed: u64,
    /// From a sender that is not who it says, or to someone else.
    pub misdirected: u64,
    /// Not sent, since the receiver did not answer, or too much was waiting for it.
    pub unanswered: u64,
    /// Not sent, since it is longer than a datagram may be.
    pub too_long: u64,
}

/// What is known of another socket.
#[derive(Debug, Default)]
struct Session {
    heard: Duration,
    /// Its life's mark, for what is sent to it.
    mark: Option<u64>,
    /// The first counter that was sealed for that mark.
    since: u64,
    question: Option<Question>,
    held: VecDeque<Vec<u8>>,
    /// Its latest life, of what has come from it.
    latest: Life,
    window: Window,
}

#[derive(Clone, Copy, Debug)]
struct Question {
    challenge: u64,
    tries: u32,
    again_at: Duration,
}

impl Sessions {
    /// `generation` must be higher than that of any earlier life at the address, as milliseconds since 1970
    /// are; if it is not after all, it is raised as soon as someone says so.
    pub(super) fn new(
        me: SocketAddr,
        cluster: &str,
        key: Option<Key>,
        generation: u64,
        mut draw: Draw,
    ) -> Self {
        let life = Life { generation, mark: (draw.0)() };
        let (known, outgoing) = (BTreeMap::new(), VecDeque::new());
        let (cluster, dropped) = (cluster_tag(cluster), Dropped::default());
        Self { key, cluster, me, life, counter: 0, known, outgoing, dropped, draw }
    }

    /// How many bytes of a datagram are not the user's.
    pub(super) fn overhead(&self) -> usize {
        Header::LEN + self.key.as_ref().map_or(0, |_| Key::TAG)
    }

    pub(super) fn dropped(&self) -> Dropped {
        self.dropped
    }

    pub(super) fn dropped_mut(&mut self) -> &mut Dropped {
        &mut self.dropped
    }

    /// Sends bytes, or holds them until the other's life is known.
    pub(super) fn send(&mut self, now: Duration, to: SocketAddr, bytes: &[u8]) {
        if self.key.is_none() {
            let mut datagram = self.header(Kind::Plain, 0).write();
            datagram.extend(bytes);
            self.outgoing.push_back((to, datagram));
            return;
        }
        let session = self.session(now, to);
        if let Some(mark) = session.mark {
            return self.seal(Kind::Data, to, mark, bytes);
        }
        session.held.push_back(bytes.to_vec());
        if session.held.len() > MAX_HELD {
            session.held.pop_front();
            self.dropped.unanswered += 1;
        }
        self.ask(now, to);
    }

    /// Takes in a datagram; returns what the other's user sent with it, if anything.
    pub(super) fn receive(
        &mut self,
        now: Duration,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Option<Vec<u8>> {
        let Some((header, rest)) = Header::read(datagram) else {
            self.dropped.foreign += 1;
            return None;
        };
        if header.cluster != self.cluster {
            self.dropped.other_cluster += 1;
            return None;
        }
        let clear = match (&self.key, header.kind) {
            (None, Kind::Plain) => return Some(rest.to_vec()),
            (None, _) | (Some(_), Kind::Plain) => None,
            (Some(key), _) => key.open(header.nonce(), &header.around(from, self.me), rest),
        };
        let Some(clear) = clear else {
            self.dropped.forged += 1;
            return None;
        };
        let numbers = || clear.chunks_exact(8).map(|it| it.try_into().map(u64::from_be_bytes));
        let number = |at| numbers().nth(at).and_then(Result::ok).unwrap_or_default();
        match header.kind {
            // Answered out of nothing that is kept, so that one sent again does no harm.
            Kind::Hello => self.seal(Kind::Welcome, from, header.life.mark, &clear),
            Kind::Welcome => self.welcomed(now, from, &header, number(0)),
            Kind::Lost => self.lost(now, from, &header, number(0), number(1)),
            Kind::Data if header.to != self.life.mark => {
                self.refuse(from, &header, 0);
            }
            Kind::Data => return self.admit(now, from, &header).then_some(clear),
            Kind::Plain => {}
        }
        None
    }

    /// Whether something new has come, for this life and not from an earlier one.
    fn admit(&mut self, now: Duration, from: SocketAddr, header: &Header) -> bool {
        let session = self.session(now, from);
        if header.life > session.latest {
            session.latest = header.life;
            session.window = Window::default();
        }
        if header.life < session.latest {
            let exceed = session.latest.generation;
            self.dropped.replayed += 1;
            self.refuse(from, header, exceed);
            return false;
        }
        let is_new = session.window.admit(header.counter);
        session.heard = now;
        self.dropped.replayed += u64::from(!is_new);
        is_new
    }

    fn refuse(&mut self, from: SocketAddr, header: &Header, exceed: u64) {
        let mut inside = header.counter.to_be_bytes().to_vec();
        inside.extend(exceed.to_be_bytes());
        self.seal(Kind::Lost, from, header.life.mark, &inside);
    }

    fn welcomed(&mut self, now: Duration, from: SocketAddr, header: &Header, challenge: u64) {
        let Some(session) = self.known.get_mut(&from) else { return };
        let is_asked = session.question.is_some_and(|it| it.challenge == challenge);
        if header.to != self.life.mark || !is_asked {
            self.dropped.replayed += 1;
            return;
        }
        session.heard = now;
        session.question = None;
        session.mark = Some(header.life.mark);
        session.since = self.counter;
        for bytes in std::mem::take(&mut session.held) {
            self.seal(Kind::Data, from, header.life.mark, &bytes);
        }
    }

    /// Learns that the other has another life, or this one a later one. What was lost stays lost: whoever needs
    /// it sends it again.
    fn lost(
        &mut self,
        now: Duration,
        from: SocketAddr,
        header: &Header,
        counter: u64,
        exceed: u64,
    ) {
        let Some(session) = self.known.get_mut(&from) else { return };
        let is_recent =
            session.mark.is_some() && session.since <= counter && counter < self.counter;
        if header.to != self.life.mark || !is_recent {
            self.dropped.replayed += 1;
            return;
        }
        session.mark = None;
        if exceed >= self.life.generation {
            self.live_anew(exceed.saturating_add(1));
        }
        self.ask(now, from);
    }

    /// All that was sealed for the life before is void.
    fn live_anew(&mut self, generation: u64) {
        self.life = Life { generation, mark: (self.draw.0)() };
        self.counter = 0;
        for session in self.known.values_mut() {
            session.since = 0;
        }
    }

    /// The next datagram to be sent, and where to.
    pub(super) fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.outgoing.pop_front()
    }

    /// When [`wake`](Self::wake) is to be called, if nothing comes before.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        let questions = self.known.values().filter_map(|it| it.question);
        questions.map(|question| question.again_at).min()
    }

    /// Asks again who has not answered, or gives up on it.
    pub(super) fn wake(&mut self, now: Duration) {
        let due = |session: &Session| session.question.is_some_and(|it| it.again_at <= now);
        let late: Vec<_> = self.known.iter().filter(|(_, it)| due(it)).map(|(to, _)| *to).collect();
        for to in late {
            let Some(session) = self.known.get_mut(&to) else { continue };
            let question = session.question.filter(|it| it.tries < MAX_TRIES);
            match question {
                Some(Question { challenge, tries, .. }) => {
                    let again_at = now + FIRST_PATIENCE * (1 << tries);
                    session.question = Some(Question { challenge, tries: tries + 1, again_at });
                    self.seal(Kind::Hello, to, 0, &challenge.to_be_bytes());
                }
                None => {
                    session.question = None;
                    self.dropped.unanswered += session.held.len() as u64;
                    session.held.clear();
                }
            }
        }
    }

    fn ask(&mut self, now: Duration, to: SocketAddr) {
        let challenge = (self.draw.0)();
        let session = self.session(now, to);
        if session.question.is_none() {
            let again_at = now + FIRST_PATIENCE;
            session.question = Some(Question { challenge, tries: 1, again_at });
            self.seal(Kind::Hello, to, 0, &challenge.to_be_bytes());
        }
    }

    /// The session with another, which may take the place of that with whoever was silent for longest. Of whom
    /// nothing is known any more might send all again: so everything begins anew.
    fn session(&mut self, now: Duration, other: SocketAddr) -> &mut Session {
        if !self.known.contains_key(&other) && self.known.len() >= MAX_SESSIONS {
            let silent = self.known.iter().min_by_key(|(_, it)| it.heard).map(|(it, _)| *it);
            if let Some(session) = silent.and_then(|it| self.known.remove(&it)) {
                self.dropped.unanswered += session.held.len() as u64;
            }
            self.live_anew(self.life.generation.saturating_add(1));
        }
        self.known.entry(other).or_insert_with(|| Session { heard: now, ..Session::default() })
    }

    fn header(&mut self, kind: Kind, to: u64) -> Header {
        let counter = self.counter;
        self.counter += 1;
        Header { kind, cluster: self.cluster, life: self.life, counter, to }
    }

    fn seal(&mut self, kind: Kind, to: SocketAddr, mark: u64, inside: &[u8]) {
        let header = self.header(kind, mark);
        if let Some(key) = &self.key {
            let sealed = key.seal(header.nonce(), &header.around(self.me, to), inside);
            let mut datagram = header.write();
            datagram.extend(sealed);
            self.outgoing.push_back((to, datagram));
        }
    }
}

#[cfg(test)]
mod tests;
