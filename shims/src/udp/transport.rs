use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::time::{Instant, Sleep, sleep_until};

use super::membership::{Member, Membership};
use super::routes::Routes;
use super::sessions::{Draw, Dropped, Sessions};
use super::{Channel, Key, MAX_DATAGRAM, MAX_PIECES};
use crate::transport::Transport;

/// How many datagrams are taken in before the node looks at what came.
const AT_ONCE: usize = 64;

/// How long a node's name may be, in bytes.
const MAX_NAME: usize = 64;

/// Whoever begins the node's life, and hears whether it has begun.
const STARTER: &str = "udp";

/// Where a node is, and whom it knows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UdpOptions {
    /// The address that the node binds to, and by which all others reach it.
    pub address: SocketAddr,
    /// Addresses of other nodes, of which one suffices; none for the first.
    pub join: Vec<SocketAddr>,
    /// The cluster's name: what comes from another is dropped.
    pub cluster: String,
    /// The node's name: without one, its address.
    pub name: Option<String>,
    /// All nodes' names, for a cluster whose nodes are always the same. Otherwise they are those that are found.
    pub nodes: Option<Vec<String>>,
    /// What datagrams are sealed with.
    pub key: Option<Key>,
    /// How many of a hundred datagrams are lost on purpose, at random, of those that come: to see what holds on a
    /// bad network.
    pub loss: u8,
}

impl UdpOptions {
    /// The first node of the cluster `glomers`, under its address's name, without a key.
    pub fn new(address: SocketAddr) -> Self {
        let (join, cluster) = (Vec::new(), "glomers".to_owned());
        Self { address, join, cluster, name: None, nodes: None, key: None, loss: 0 }
    }
}

/// Why a node is not on UDP.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UdpError {
    /// Everybody could read and send.
    #[error("{0} is not loopback: others could listen and take part, so a key file is needed")]
    Open(SocketAddr),
    /// An address at which nobody can reach the node.
    #[error("{0} is no address at which others reach this node: give the host's own, and a port")]
    Nowhere(SocketAddr),
    /// A name that is empty or too long.
    #[error("a name has from 1 to {MAX_NAME} bytes, not {0:?}")]
    Name(String),
    /// The node is not among the nodes.
    #[error("{name:?} is not among the nodes {nodes:?}")]
    NotAmong {
        /// The node.
        name: String,
        /// Those that were named.
        nodes: Vec<String>,
    },
    /// The system does not give the socket.
    #[error("{address} cannot be bound: {error}")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The system has no entropy to give.
    #[error(transparent)]
    Entropy(#[from] getrandom::Error),
}

/// A node's lines in datagrams. It begins the node's life by itself, and ends it when it is told to.
///
/// ```no_run
/// use std::net::SocketAddr;
///
/// use glomers_shims::cli::NoArgs;
/// use glomers_shims::nodes::Echo;
/// use glomers_shims::runtime::{Env, serve};
/// use glomers_shims::udp::{UdpOptions, UdpTransport};
///
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// tokio::task::LocalSet::new().block_on(&runtime, async {
///     let options = UdpOptions::new(SocketAddr::from(([127, 0, 0, 1], 7001)));
///     let transport = UdpTransport::bind(options, async {
///         let _ = tokio::signal::ctrl_c().await;
///     })?;
///     serve::<Echo>(NoArgs {}, Env::from_os()?, transport).await?;
///     Ok::<_, Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct UdpTransport {
    socket: UdpSocket,
    name: Rc<str>,
    began: Instant,
    sessions: Sessions,
    membership: Membership,
    /// Whether the nodes are those that are found.
    finds_nodes: bool,
    routes: Routes,
    /// What has come for the node and was not taken yet.
    input: Vec<u8>,
    buffer: Vec<u8>,
    sleep: Pin<Box<Sleep>>,
    stop: Option<Pin<Box<dyn Future<Output = ()>>>>,
    loss: u8,
    dice: ChaCha8Rng,
    failed: Option<io::Error>,
}

/// A line on its way out.
#[derive(Deserialize)]
struct Outgoing<'a> {
    #[serde(borrow)]
    dest: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// A line on its way in.
#[derive(Serialize, Deserialize)]
struct Incoming<'a> {
    #[serde(borrow)]
    src: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    dest: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// What was said to the node's beginning.
#[derive(Deserialize)]
struct Begun<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(default)]
    text: String,
}

impl UdpTransport {
    /// Binds the address. The node ends in peace, and tells the others, when `stop` does. Must be called inside a
    /// tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// See [`UdpError`].
    pub fn bind(
        options: UdpOptions,
        stop: impl Future<Output = ()> + 'static,
    ) -> Result<Self, UdpError> {
        let UdpOptions { address, join, cluster, name, nodes, key, loss } = options;
        if key.is_none()
            && let Some(open) =
                [&address].into_iter().chain(&join).find(|it| !it.ip().is_loopback())
        {
            return Err(UdpError::Open(*open));
        }
        if address.ip().is_unspecified() {
            return Err(UdpError::Nowhere(address));
        }
        let socket = bind(address).map_err(|error| UdpError::Bind { address, error })?;
        // Of port 0 the system has made another.
        let address = socket.local_addr().map_err(|error| UdpError::Bind { address, error })?;
        let name = name.unwrap_or_else(|| address.to_string());
        if let Some(wrong) = [&name]
            .into_iter()
            .chain(nodes.iter().flatten())
            .find(|it| !(1..=MAX_NAME).contains(&it.len()))
        {
            return Err(UdpError::Name(wrong.clone()));
        }
        if let Some(nodes) = nodes.as_ref().filter(|nodes| !nodes.contains(&name)) {
            return Err(UdpError::NotAmong { name, nodes: nodes.clone() });
        }
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let generation = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX / 2);
        let seed = getrandom::u64()?;
        getrandom::u64()?;
        // The system gave entropy just now.
        let draw = Draw(Box::new(|| getrandom::u64().unwrap_or_default()));
        let sessions = Sessions::new(address, &cluster, key, generation, draw);
        let room = MAX_DATAGRAM - sessions.overhead() - 1;
        let name = Rc::<str>::from(name);
        let me = Member { address, name: Rc::clone(&name), generation };
        let max_packet = NonZeroUsize::new(room).unwrap_or(NonZeroUsize::MIN);
        let membership = Membership::new(Duration::ZERO, me, join, max_packet, seed);
        let node_ids = nodes.clone().unwrap_or_else(|| vec![name.to_string()]);
        let init = serde_json::json!({
            "src": STARTER, "dest": &*name,
            "body": { "type": "init", "msg_id": 0, "node_id": &*name, "node_ids": node_ids },
        });
        tracing::info!(%address, node = &*name, cluster, "on UDP");
        Ok(Self {
            socket,
            name,
            began: Instant::now(),
            sessions,
            membership,
            finds_nodes: nodes.is_none(),
            routes: Routes::default(),
            input: format!("{init}\n").into_bytes(),
            buffer: vec![0; MAX_PIECES + 1],
            sleep: Box::pin(sleep_until(Instant::now())),
            stop: Some(Box::pin(stop)),
            loss,
            dice: ChaCha8Rng::seed_from_u64(seed),
            failed: None,
        })
    }

    /// Where the node is.
    ///
    /// # Errors
    ///
    /// If the system does not know.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// What was not taken or not sent.
    pub fn dropped(&self) -> Dropped {
        self.sessions.dropped()
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn take_in(&mut self, from: SocketAddr, length: usize) {
        if self.loss > 0 && self.dice.next_u32() % 100 < u32::from(self.loss) {
            return;
        }
        let now = self.now();
        let Some(bytes) = self.sessions.receive(now, from, &self.buffer[..length]) else { return };
        let taken = match Channel::of(&bytes) {
            Some((Channel::Members, packet)) => {
                self.membership.receive(now, packet);
                true
            }
            Some((Channel::Line, line)) => self.take_line(from, line),
            Some((Channel::Body, body)) => self.take_request(from, body),
            None => false,
        };
        if !taken {
            self.sessions.dropped_mut().misdirected += 1;
        }
    }

    /// Whether a line is of who sent it, and for this node. One of a node that is not known yet comes again.
    fn take_line(&mut self, from: SocketAddr, line: &[u8]) -> bool {
        let Ok(Incoming { src, dest, .. }) = serde_json::from_slice(line) else { return false };
        let is_right =
            *dest == *self.name && self.membership.name(from).is_some_and(|name| **name == *src);
        if is_right {
            push_line(&mut self.input, line);
        }
        is_right
    }

    fn take_request(&mut self, from: SocketAddr, body: &[u8]) -> bool {
        let Ok(body) = serde_json::from_slice::<&RawValue>(body) else { return false };
        let (src, dest) = (self.routes.name(from).into(), (&*self.name).into());
        let line = serde_json::to_vec(&Incoming { src, dest, body });
        line.map(|line| push_line(&mut self.input, &line)).is_ok()
    }

    fn send_line(&mut self, line: &[u8]) {
        let Ok(Outgoing { dest, body }) = serde_json::from_slice(line) else { return };
        let now = self.now();
        let (to, channel, bytes, limit) = if *dest == *STARTER {
            return self.hear(body.get());
        } else if let Some(to) = self.membership.address(&dest) {
            (to, Channel::Line, line, MAX_DATAGRAM)
        } else if let Some(to) = self.routes.address(&dest) {
            (to, Channel::Body, body.get().as_bytes(), MAX_PIECES)
        } else {
            tracing::debug!(dest = &*dest, "nobody is known there");
            self.sessions.dropped_mut().misdirected += 1;
            return;
        };
        let length = bytes.len() + 1 + self.sessions.overhead();
        if length > limit {
            self.sessions.dropped_mut().too_long += 1;
            tracing::warn!(dest = &*dest, length, limit, "a message is too long for a datagram");
            return;
        }
        self.sessions.send(now, to, &channel.around(bytes));
    }

    /// Learns whether the node's life has begun.
    fn hear(&mut self, body: &str) {
        match serde_json::from_str::<Begun<'_>>(body) {
            Ok(begun) if begun.kind == "error" => self.failed = Some(io::Error::other(begun.text)),
            _ => {}
        }
    }

    /// Sends what is to be sent: what the socket does not take is lost, as anything on UDP may be.
    fn flush(&mut self) {
        let now = self.now();
        while let Some((to, packet)) = self.membership.poll_transmit() {
            self.sessions.send(now, to, &Channel::Members.around(&packet));
        }
        while let Some((to, datagram)) = self.sessions.poll_transmit() {
            if let Err(error) = self.socket.try_send_to(&datagram, to) {
                tracing::debug!(%error, %to, "a datagram is not sent");
            }
        }
    }

    /// Does what is due, and sees to it that the task wakes for what will be.
    fn keep_time(&mut self, context: &mut Context<'_>) {
        loop {
            let now = self.now();
            self.sessions.wake(now);
            self.membership.wake(now);
            self.flush();
            let membership = self.membership.next_wake();
            let next = self.sessions.next_wake().map_or(membership, |at| at.min(membership));
            self.sleep.as_mut().reset(self.began + next);
            if self.sleep.as_mut().poll(context).is_pending() {
                break;
            }
        }
    }

    fn has_stopped(&mut self, context: &mut Context<'_>) -> bool {
        let has_stopped =
            self.stop.as_mut().is_none_or(|stop| stop.as_mut().poll(context).is_ready());
        if has_stopped && self.stop.take().is_some() {
            self.membership.leave(self.now());
            self.flush();
        }
        has_stopped || self.failed.is_some()
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Appends JSON as one line: a newline in it is between its parts.
fn push_line(input: &mut Vec<u8>, line: &[u8]) {
    input.extend(line.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
    input.push(b'\n');
}

impl Transport for UdpTransport {
    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<bool> {
        if self.has_stopped(context) {
            return Poll::Ready(false);
        }
        for _ in 0..AT_ONCE {
            let mut buffer = ReadBuf::new(&mut self.buffer);
            match self.socket.poll_recv_from(context, &mut buffer) {
                Poll::Ready(Ok(from)) => {
                    let length = buffer.filled().len();
                    self.take_in(from, length);
                }
                // Such as that nobody listens at an address to which something was sent.
                Poll::Ready(Err(error)) => tracing::debug!(%error, "nothing is received"),
                Poll::Pending => break,
            }
        }
        self.keep_time(context);
        if !self.input.is_empty() {
            input.append(&mut self.input);
            return Poll::Ready(true);
        }
        if self.finds_nodes && self.membership.has_changed() {
            return Poll::Ready(true);
        }
        Poll::Pending
    }

    fn write(&mut self, output: &mut Vec<u8>) {
        for line in output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.send_line(line);
        }
        output.clear();
        self.flush();
    }

    fn max_message(&self) -> Option<usize> {
        // Whoever comes later may have a long name.
        Some(MAX_DATAGRAM - self.sessions.overhead() - 1 - 2 * MAX_NAME)
    }

    fn poll_members(&mut self) -> Option<Vec<Rc<str>>> {
        let mut names = self.membership.poll_names().filter(|_| self.finds_nodes)?;
        names.push(Rc::clone(&self.name));
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush();
        self.failed.take().map_or(Ok(()), Err)
    }
}
