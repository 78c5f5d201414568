use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use serde::Serialize;

use super::{Net, Node};
use crate::protocol::{Body, DecodeError, Error};

/// A node as the loop sees it, which need not know what the node can be asked and what it answers.
pub(super) trait Host {
    /// Begins the node's life.
    fn start(&mut self, net: &Net) -> Result<(), Error>;

    /// Lets the handler of a request run at once; what is left of one that has to wait is returned.
    fn handle(&self, net: &Net, src: Rc<str>, body: &Body<'_>)
    -> Result<Option<Rest>, DecodeError>;
}

/// What a handler has still to do, its answer included.
pub(super) type Rest = Pin<Box<dyn Future<Output = ()>>>;

/// The replies that are the same for every node.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Common<'a> {
    InitOk,
    Error {
        #[serde(flatten)]
        error: &'a Error,
    },
}

/// A node, and what it is made of when its life begins.
pub(super) struct Hosted<N: Node> {
    args: N::Args,
    node: Option<Rc<N>>,
}

impl<N: Node> Hosted<N> {
    pub(super) fn new(args: N::Args) -> Self {
        Self { args, node: None }
    }
}

impl<N: Node> Host for Hosted<N> {
    fn start(&mut self, net: &Net) -> Result<(), Error> {
        self.node = Some(N::start(net.clone(), self.args.clone())?);
        Ok(())
    }

    fn handle(
        &self,
        net: &Net,
        src: Rc<str>,
        body: &Body<'_>,
    ) -> Result<Option<Rest>, DecodeError> {
        let Some(node) = &self.node else { return Ok(None) };
        let request = body.decode()?;
        let (net, node, msg_id) = (net.clone(), Rc::clone(node), body.msg_id);
        let mut rest = Box::pin(async move {
            let outcome = node.handle(Rc::clone(&src), request).await;
            respond::<N>(&net, &src, msg_id, outcome);
        });
        let mut no_wake = Context::from_waker(Waker::noop());
        Ok(match rest.as_mut().poll(&mut no_wake) {
            Poll::Ready(()) => None,
            Poll::Pending => Some(rest),
        })
    }
}

fn respond<N: Node>(
    net: &Net,
    src: &str,
    msg_id: Option<u64>,
    outcome: Result<Option<N::Response>, Error>,
) {
    match (outcome, msg_id) {
        (Ok(Some(response)), Some(msg_id)) => net.reply(src, msg_id, &response),
        (Ok(Some(_)), None) => {
            tracing::warn!(src, "a request without \"msg_id\" cannot be answered");
        }
        (Ok(None), _) => {}
        (Err(error), msg_id) => refuse(net, src, msg_id, &error),
    }
}

/// Answers with an error, if an answer is wanted.
pub(super) fn refuse(net: &Net, src: &str, msg_id: Option<u64>, error: &Error) {
    match msg_id {
        Some(msg_id) => net.reply(src, msg_id, &Common::Error { error }),
        None => tracing::warn!(%error, src, "a message is refused"),
    }
}
