use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tracing::Instrument;

use super::hosted::{Common, Host, Hosted, Rest, refuse};
use super::lines::{Lines, MAX_LINE};
use super::net::Outbox;
use super::{Env, Net, Node};
use crate::protocol::{Body, DecodeError, Envelope, Error, ErrorCode};
use crate::storage::{Keeper, Refused};
use crate::transport::Transport;

/// How long a handler may take. Clients give up after 5 s, and an answer to a client that has gone
/// is taken for a fault of the node; and a request may have waited behind a message from afar before
/// the node could read it.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// How many messages of peers are kept for a node that has not been told its name yet.
const MAX_EARLY: usize = 10_000;

/// A node at work, which ends as [`serve`] does.
pub type Running = Pin<Box<dyn Future<Output = io::Result<()>>>>;

/// Runs a node until its input ends; must be called inside a [`LocalSet`](tokio::task::LocalSet).
///
/// What is done about bad input: a line that is no message is logged, and answered with error 12
/// if it shows whom to answer and the node has a name to answer under; an unknown type is answered
/// with error 10; a request that came before `init` with error 11, but peers' messages that ask for
/// no answer are kept until then.
/// At the end of the input the handlers at hand are finished and everything is written.
///
/// # Errors
///
/// What the transport reports at the end; or at once that the node's journal is broken, after which nothing
/// leaves the node.
pub async fn serve<N: Node>(
    args: N::Args,
    env: Env,
    mut transport: impl Transport,
) -> io::Result<()> {
    run(Box::new(Hosted::<N>::new(args)), N::NAME, env, &mut transport).await
}

/// The loop, which is compiled once for all nodes and transports.
async fn run(
    host: Box<dyn Host>,
    workload: &'static str,
    env: Env,
    transport: &mut dyn Transport,
) -> io::Result<()> {
    let outbox = Rc::<Outbox>::default();
    let mut server = Server {
        workload,
        max_message: transport.max_message(),
        host,
        phase: Phase::Waiting { env, early: VecDeque::new() },
        outbox: Rc::clone(&outbox),
        handlers: JoinSet::new(),
    };
    let mut lines = Lines::default();
    let mut open = true;
    while open {
        open = tokio::select! {
            biased;
            open = poll_fn(|context| transport.poll_read(context, &mut lines.input)) => open,
            () = outbox.filled.notified() => true,
            () = server.kept() => true,
        };
        let dropped = lines.drain(!open, |line| server.line(line));
        if dropped > 0 {
            tracing::warn!(dropped, "lines longer than {MAX_LINE} bytes");
        }
        if let Phase::Running { net } = &server.phase
            && let Some(members) = transport.poll_members()
        {
            net.set_members(members);
        }
        while let Some(ended) = server.handlers.try_join_next() {
            report_panic(ended);
        }
        server.keep()?;
        transport.write(&mut outbox.outgoing.borrow_mut().lines);
    }
    if let Phase::Running { net } = &server.phase {
        net.close();
        while let Some(ended) = server.handlers.join_next().await {
            report_panic(ended);
        }
        net.shut_down();
        server.keep()?;
        while net.keeper().is_some_and(|keeper| !keeper.is_idle()) {
            server.kept().await;
            server.keep()?;
        }
    }
    transport.write(&mut outbox.outgoing.borrow_mut().lines);
    transport.finish()
}

struct Server {
    workload: &'static str,
    max_message: Option<usize>,
    host: Box<dyn Host>,
    phase: Phase,
    outbox: Rc<Outbox>,
    handlers: JoinSet<()>,
}

enum Phase {
    /// Its name is not known yet.
    Waiting { env: Env, early: VecDeque<Vec<u8>> },
    /// In service.
    Running { net: Net },
}

#[derive(Deserialize)]
struct Init {
    node_id: Rc<str>,
    node_ids: Vec<Rc<str>>,
}

impl Server {
    fn line(&mut self, line: &[u8]) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let message = match Envelope::parse(line) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(%error, line = excerpt(line), "a line is dropped");
                if let (Phase::Running { net }, Some((src, msg_id))) = (&self.phase, error.sender())
                {
                    let error = Error::new(ErrorCode::MalformedRequest, error.to_string());
                    self.refuse(net.id(), src, msg_id, &error);
                }
                return;
            }
        };
        let Envelope { src, dest, body } = message;
        if body.kind == "init" && body.in_reply_to.is_none() {
            return self.init(&src, &dest, &body);
        }
        match &mut self.phase {
            Phase::Running { net } => match (body.in_reply_to, body.msg_id) {
                (Some(request), _) => net.answer(&src, request, &body),
                (None, msg_id) => match self.host.handle(net, Rc::from(&*src), &body) {
                    Ok(None) => {}
                    Ok(Some(rest)) => {
                        let handler = finish(net.clone(), Rc::from(&*src), msg_id, rest);
                        self.handlers.spawn_local(handler.in_current_span());
                    }
                    Err(error) => {
                        tracing::warn!(%error, line = excerpt(line), "a request is refused");
                        if let Some(msg_id) = msg_id {
                            let code = match error {
                                DecodeError::UnknownType(_) => ErrorCode::NotSupported,
                                DecodeError::Malformed(_) => ErrorCode::MalformedRequest,
                            };
                            let error = Error::new(code, error.to_string());
                            self.refuse(&self.own_id(""), &src, msg_id, &error);
                        }
                    }
                },
            },
            Phase::Waiting { early, .. } => match (body.in_reply_to, body.msg_id) {
                (None, Some(msg_id)) => {
                    let text = "not initialised: the first request must be \"init\"";
                    let error = Error::new(ErrorCode::TemporarilyUnavailable, text);
                    self.refuse(&dest, &src, msg_id, &error);
                }
                (None, None) if early.len() < MAX_EARLY => early.push_back(line.to_vec()),
                _ => tracing::warn!(line = excerpt(line), "too early, and dropped"),
            },
        }
    }

    fn init(&mut self, src: &str, dest: &str, body: &Body<'_>) {
        let Some(msg_id) = body.msg_id else {
            tracing::warn!("an \"init\" without \"msg_id\" is dropped");
            return;
        };
        match self.start(body) {
            Ok(early) => {
                let id = self.own_id(dest);
                self.outbox.push(&id, src, &Common::InitOk, None, Some(msg_id));
                for line in early {
                    self.line(&line);
                }
            }
            Err(error) => {
                tracing::error!(%error, "initialisation failed");
                self.refuse(&self.own_id(dest), src, msg_id, &error);
            }
        }
    }

    /// Starts the node; returns what came too early for it. A second `init` changes nothing.
    fn start(&mut self, body: &Body<'_>) -> Result<VecDeque<Vec<u8>>, Error> {
        let malformed = |text: String| Error::new(ErrorCode::MalformedRequest, text);
        let Init { node_id, node_ids } =
            body.decode_fields().map_err(|error| malformed(error.to_string()))?;
        let (env, early) = match &mut self.phase {
            Phase::Waiting { env, early } => (env, early),
            Phase::Running { net } if net.id() == &node_id => return Ok(VecDeque::new()),
            Phase::Running { net } => {
                let text = format!("this node is {:?} already", net.id());
                return Err(Error::new(ErrorCode::PreconditionFailed, text));
            }
        };
        if !node_ids.contains(&node_id) {
            return Err(malformed(format!("{node_id:?} is not among the node_ids {node_ids:?}")));
        }
        let outbox = Rc::clone(&self.outbox);
        let (workload, max_message) = (self.workload, self.max_message);
        let net = Net::new(workload, node_id, node_ids, max_message, env.clone(), outbox);
        self.host.start(&net).inspect_err(|_| {
            net.shut_down();
            self.outbox.tells_replies.set(false);
        })?;
        let early = std::mem::take(early);
        tracing::info!(node = %net.id(), nodes = net.node_ids().len(), "{} is up", self.workload);
        self.phase = Phase::Running { net };
        Ok(early)
    }

    fn keeper(&self) -> Option<&Rc<Keeper>> {
        match &self.phase {
            Phase::Running { net } => net.keeper(),
            Phase::Waiting { .. } => None,
        }
    }

    /// Waits until the disk has done something.
    async fn kept(&self) {
        match self.keeper() {
            Some(keeper) => keeper.progress().await,
            None => pending().await,
        }
    }

    /// Keeps what must be kept before anything leaves the node, and leaves in the outbox what may.
    fn keep(&self) -> io::Result<()> {
        let Some(keeper) = self.keeper() else { return Ok(()) };
        let refused = keeper.turn(&mut self.outbox.outgoing.borrow_mut())?;
        if !refused.is_empty() {
            self.outbox.tells_replies.set(false);
            for Refused { dest, in_reply_to, error } in refused {
                self.refuse(&self.own_id(""), &dest, in_reply_to, &error);
            }
            self.outbox.tells_replies.set(true);
        }
        Ok(())
    }

    fn refuse(&self, own_id: &str, dest: &str, msg_id: u64, error: &Error) {
        self.outbox.push(own_id, dest, &Common::Error { error }, None, Some(msg_id));
    }

    /// The node's name, or else what others call it.
    fn own_id(&self, otherwise: &str) -> Rc<str> {
        match &self.phase {
            Phase::Running { net } => Rc::clone(net.id()),
            Phase::Waiting { .. } => Rc::from(otherwise),
        }
    }
}

/// Sees a handler to its end, or answers for one that takes too long.
async fn finish(net: Net, src: Rc<str>, msg_id: Option<u64>, rest: Rest) {
    if timeout(PATIENCE, rest).await.is_err() {
        let text = "it takes too long; it may have happened or not";
        refuse(&net, &src, msg_id, &Error::new(ErrorCode::Timeout, text));
    }
}

/// A handler that panics is a bug: its client gets no answer, and the log says why.
fn report_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a handler did not finish");
    }
}

/// The beginning of a line, for the log.
fn excerpt(line: &[u8]) -> String {
    const SHOWN: usize = 200;
    let mut text = String::from_utf8_lossy(&line[..line.len().min(SHOWN)]).into_owned();
    if line.len() > SHOWN {
        text.push('…');
    }
    text
}
