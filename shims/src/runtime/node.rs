use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Net;
use crate::protocol::Error;

/// A node: what to do with each kind of request.
///
/// Handlers run as tasks of one thread, so a node's state needs no lock (`Cell` and `RefCell` do).
/// A handler that waits does not keep others from running.
///
/// A whole program, as Maelstrom runs it:
///
/// ```no_run
/// use std::process::ExitCode;
/// use std::rc::Rc;
///
/// use glomers_shims::cli;
/// use glomers_shims::protocol::Error;
/// use glomers_shims::runtime::{Net, Node};
/// use serde::{Deserialize, Serialize};
///
/// struct Greeter(Net);
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "snake_case")]
/// enum Request {
///     Greet { name: String },
/// }
///
/// #[derive(Serialize)]
/// #[serde(tag = "type", rename_all = "snake_case")]
/// enum Response {
///     GreetOk { greeting: String },
/// }
///
/// impl Node for Greeter {
///     const NAME: &'static str = "greeter";
///     const ABOUT: &'static str = "Greets people";
///     type Args = cli::NoArgs;
///     type Request = Request;
///     type Response = Response;
///
///     fn start(net: Net, _args: Self::Args) -> Result<Rc<Self>, Error> {
///         Ok(Rc::new(Self(net)))
///     }
///
///     async fn handle(self: Rc<Self>, _from: Rc<str>, request: Request)
///     -> Result<Option<Response>, Error> {
///         let Request::Greet { name } = request;
///         Ok(Some(Response::GreetOk { greeting: format!("{} greets {name}", self.0.id()) }))
///     }
/// }
///
/// fn main() -> ExitCode {
///     cli::main::<Greeter>()
/// }
/// ```
///
/// [`TestNode`](crate::testing::TestNode) shows how to test it.
pub trait Node: 'static {
    /// The workload's name, and the program's.
    const NAME: &'static str;

    /// What the node does, in a sentence: the head of its `--help`.
    const ABOUT: &'static str;

    /// The command-line arguments.
    type Args: clap::Args + Clone;

    /// What it can be asked: an enum with one variant a message type, `rename_all = "snake_case"`.
    type Request: DeserializeOwned;

    /// What it answers: an enum with one variant a message type, `tag = "type"`.
    type Response: Serialize;

    /// Begins its life; called when the network has told it its name.
    ///
    /// # Errors
    ///
    /// Why it cannot serve; the network is told so.
    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error>;

    /// Answers a request. `None` is for messages that ask for no answer. A handler that takes too
    /// long is dropped, and an indefinite error is answered for it; so it should see to it that
    /// what it does can be left at any `await`.
    fn handle(self: Rc<Self>, from: Rc<str>, request: Self::Request) -> impl Reply<Self>;
}

/// The future of a node's answer.
pub trait Reply<N: Node + ?Sized>: Future<Output = Result<Option<N::Response>, Error>> {}

impl<N: Node + ?Sized, F> Reply<N> for F where F: Future<Output = Result<Option<N::Response>, Error>>
{}
