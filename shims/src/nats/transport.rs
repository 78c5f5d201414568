use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc as blocking;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use async_nats::Event;
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;

use super::args::{Access, Member, MemberArgs, ServerArgs};
use super::connect::{NatsError, connect};
use super::counts::{Counters, Counts};
use super::link::Link;
use super::names::subject;
use super::service::Services;
use super::traffic::{Input, Output};
use super::wire::Wire;
use crate::transport::Transport;

/// How long a node waits for servers that are not up yet.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the end may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How many chunks of lines wait for the node; then the client's buffer fills.
const READ_AHEAD: usize = 64;

/// How many bytes the node is given at a time, about.
const CHUNK: usize = 64 * 1024;

/// How many bytes of the node's lines may wait for the thread that sends them.
const MAX_HELD: usize = 256 * 1024 * 1024;

/// A node's messages on core NATS, and its services on JetStream.
///
/// A node listens to the subject `glomers.CLUSTER.NODE`. What comes there without headers of ours is a request from
/// outside: a body alone, such as `{"type":"read"}`. The node's answer goes to the request's reply subject, a body
/// alone, too. Messages between nodes are bodies with three headers, which name the version of this transport, the
/// cluster and the sender; what names others is dropped and counted. What the node sends to `lin-kv`, `seq-kv`,
/// `lww-kv` and `lin-tso` is answered by this process, out of JetStream.
///
/// The connection has a thread of its own, so that a node with much to do is not taken for dead. The transport itself
/// tells the node its name; a node that does not accept it ends. While there is no connection the node's messages
/// are dropped and counted: they would be old when it is back, and the protocols above repeat what matters.
pub struct NatsTransport {
    input: mpsc::Receiver<Input>,
    output: mpsc::UnboundedSender<Output>,
    held: Arc<AtomicUsize>,
    counters: Arc<Counters>,
    has_ended: bool,
    failure: Option<String>,
}

/// What ends a node, besides its own failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// SIGTERM, or SIGINT as Ctrl-C sends it.
    Signal,
    /// Nothing.
    Forever,
}

impl NatsTransport {
    /// Connects, and waits until the node can be reached.
    ///
    /// # Errors
    ///
    /// What is wrong with the arguments, or why there is no connection.
    pub fn start(
        servers: &ServerArgs,
        member: &MemberArgs,
        until: Until,
    ) -> Result<Self, NatsError> {
        let access = servers.access().map_err(NatsError::Arguments)?;
        let member = member.member().map_err(NatsError::Arguments)?;
        let (to_node, input) = mpsc::channel(READ_AHEAD);
        let (output, from_node) = mpsc::unbounded_channel();
        let (started, is_started) = blocking::channel();
        let (held, counters) = (Arc::<AtomicUsize>::default(), Arc::<Counters>::default());
        let life = Life {
            access,
            member,
            until,
            input: to_node,
            held: Arc::clone(&held),
            counters: Arc::clone(&counters),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("nats".into()).spawn(move || {
            LocalSet::new().block_on(&runtime, life.lead(from_node, started));
            // What is left, such as an attempt to connect, is not waited for.
            runtime.shutdown_background();
        })?;
        is_started.recv().map_err(|_| io::Error::other("the thread of NATS has panicked"))??;
        Ok(Self { input, output, held, counters, has_ended: false, failure: None })
    }

    /// How often something went wrong so far.
    pub fn counts(&self) -> Watch {
        Watch(Arc::clone(&self.counters))
    }
}

/// Shows what a transport counts, for as long as anybody looks.
#[derive(Clone)]
pub struct Watch(Arc<Counters>);

impl Watch {
    /// The figures as they are now.
    pub fn read(&self) -> Counts {
        self.0.read()
    }
}

/// What the thread is given.
struct Life {
    access: Access,
    member: Member,
    until: Until,
    input: mpsc::Sender<Input>,
    held: Arc<AtomicUsize>,
    counters: Arc<Counters>,
}

impl Life {
    async fn lead(
        self,
        output: mpsc::UnboundedReceiver<Output>,
        started: blocking::Sender<Result<(), NatsError>>,
    ) {
        let (client, subscriber) = match self.connected().await {
            Ok(connected) => connected,
            Err(error) => {
                let _ = started.send(Err(error));
                return;
            }
        };
        if self.until == Until::Signal {
            spawn_local(end_on_signal(self.input.clone()));
        }
        // Whoever started this waits.
        let _ = started.send(Ok(()));
        let wire = Wire::new(self.member.clone(), Arc::clone(&self.counters));
        let services = Services::new(client.clone(), &self.member);
        let link = Link::new(client.clone(), wire, services, self.input, self.counters);
        spawn_local(Rc::clone(&link).read(subscriber));
        spawn_local(Rc::clone(&link).tell_answers());
        let done = link.write(output, &self.held).await;
        let flushed = match timeout(LAST_WORDS, client.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(NatsError::Server(error.to_string())),
            Err(_) => Err(NatsError::Server("the last messages cannot be sent".to_owned())),
        };
        if let Some(done) = done {
            let _ = done.send(flushed);
        }
    }

    async fn connected(&self) -> Result<(async_nats::Client, async_nats::Subscriber), NatsError> {
        let Member { cluster, id, .. } = &self.member;
        let counters = Arc::clone(&self.counters);
        let name = format!("glomers {id} of {cluster}");
        let hear = move |event| hear(&counters, &event);
        let client = connect(&self.access, &name, PATIENCE, hear).await?;
        let server = |error: &dyn std::fmt::Display| NatsError::Server(error.to_string());
        let subscriber =
            client.subscribe(subject(cluster, id)).await.map_err(|error| server(&error))?;
        let flushed = timeout(LAST_WORDS, client.flush()).await;
        flushed.map_err(|error| server(&error))?.map_err(|error| server(&error))?;
        tracing::info!(
            subject = subject(cluster, id),
            "connected to {}",
            self.access.urls.join(",")
        );
        Ok((client, subscriber))
    }
}

/// What the client tells of its connection.
fn hear(counters: &Counters, event: &Event) {
    match event {
        Event::Disconnected => counters.disconnects(""),
        Event::SlowConsumer(_) => counters.slow(""),
        Event::Connected => tracing::info!("NATS is connected"),
        Event::ServerError(error) => tracing::warn!(%error, "the NATS server says"),
        Event::ClientError(error) => tracing::warn!(%error, "the connection to NATS"),
        Event::LameDuckMode => tracing::info!("the NATS server is about to end"),
        Event::Draining | Event::Closed => tracing::debug!("{event}"),
    }
}

async fn end_on_signal(input: mpsc::Sender<Input>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    match (interrupt, terminate) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("told to end");
            let _ = input.send(Input::End).await;
        }
        (Err(error), _) | (_, Err(error)) => tracing::warn!(%error, "signals end this at once"),
    }
}

impl Transport for NatsTransport {
    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<bool> {
        if self.has_ended {
            return Poll::Ready(false);
        }
        let before = input.len();
        loop {
            match self.input.poll_recv(context) {
                Poll::Ready(Some(Input::Lines(lines))) => input.extend_from_slice(&lines),
                Poll::Ready(Some(Input::End)) => self.has_ended = true,
                Poll::Ready(Some(Input::Failed(text))) => {
                    self.failure = Some(text);
                    self.has_ended = true;
                }
                Poll::Ready(None) => {
                    self.failure = Some("the thread of NATS has ended".to_owned());
                    self.has_ended = true;
                }
                Poll::Pending if input.len() > before => return Poll::Ready(true),
                Poll::Pending => return Poll::Pending,
            }
            // What has come before the end is not lost.
            if self.has_ended || input.len() > before + CHUNK {
                return Poll::Ready(!self.has_ended || input.len() > before);
            }
        }
    }

    fn write(&mut self, output: &mut Vec<u8>) {
        if output.is_empty() {
            return;
        }
        let lines = std::mem::take(output);
        if self.held.load(Ordering::Relaxed) > MAX_HELD {
            self.counters.unsent("there is no room");
            return;
        }
        self.held.fetch_add(lines.len(), Ordering::Relaxed);
        if self.output.send(Output::Lines(lines)).is_err() {
            self.counters.unsent("the thread of NATS has ended");
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let (done, is_done) = blocking::channel();
        let flushed = match self.output.send(Output::Finish(done)) {
            Ok(()) => is_done.recv_timeout(LAST_WORDS * 2).ok(),
            Err(_) => None,
        };
        let counts = self.counters.read();
        if counts != Counts::default() {
            tracing::info!(?counts, "what went wrong on the way");
        }
        match (self.failure.take(), flushed) {
            (Some(text), _) => Err(io::Error::other(text)),
            (None, Some(Ok(()))) => Ok(()),
            (None, Some(Err(error))) => Err(io::Error::other(error)),
            (None, None) => Err(io::Error::other("the thread of NATS does not end")),
        }
    }
}
