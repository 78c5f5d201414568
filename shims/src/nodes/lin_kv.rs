use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Element;
use crate::kv::Service;
use crate::protocol::Error;
use crate::runtime::{Net, Node};

/// Registers by key, linearizable: each request is passed on to the service lin-kv, and its answer
/// back.
///
/// A request takes effect once, between its arrival and its answer, because it does so at the
/// service. What the service refuses is refused with the same error, which is definite; where no
/// answer comes in time the error is a time-out, as the request may have been carried out, or may be
/// yet. Nothing is tried again: a compare-and-set that succeeded but whose answer was lost would find
/// its own value and call that a failure.
pub struct LinKv {
    net: Net,
    patience: Duration,
}

/// The arguments.
#[derive(Args, Clone, Debug)]
pub struct LinKvArgs {
    /// How long to wait for the service's answer, in milliseconds, at most 2900. It takes two of the
    /// network's delays to come; clients wait for ten of them, but for a second at least.
    #[arg(long, value_name = "MS", default_value_t = 2500,
          value_parser = clap::value_parser!(u64).range(..=2900))]
    pub patience: u64,
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Asks for a key's value.
    Read {
        /// Any JSON.
        key: Element,
    },
    /// Sets a key, whatever it was.
    Write {
        /// Any JSON.
        key: Element,
        /// Any JSON.
        value: Element,
    },
    /// Sets a key if it is as demanded.
    Cas {
        /// Any JSON.
        key: Element,
        /// What it must be.
        from: Element,
        /// What it becomes.
        to: Element,
    },
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the protocol's names")]
pub enum Response {
    /// The key's value.
    ReadOk {
        /// Any JSON.
        value: Element,
    },
    /// Set.
    WriteOk,
    /// It was as demanded, and is set.
    CasOk,
}

/// What the service is asked.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Question {
    Read { key: Element },
    Write { key: Element, value: Element },
    Cas { key: Element, from: Element, to: Element },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReadAnswer {
    ReadOk { value: Element },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WriteAnswer {
    WriteOk,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CasAnswer {
    CasOk,
}

impl LinKv {
    async fn ask<R: DeserializeOwned>(&self, question: Question) -> Result<R, Error> {
        Ok(self.net.rpc(Service::LinKv.name(), &question, self.patience).await?)
    }
}

impl Node for LinKv {
    const NAME: &'static str = "lin-kv";
    const ABOUT: &'static str = "Linearizable registers by key, kept by the service lin-kv";
    type Args = LinKvArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, args: LinKvArgs) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self { net, patience: Duration::from_millis(args.patience) }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(Some(match request {
            Request::Read { key } => {
                let ReadAnswer::ReadOk { value } = self.ask(Question::Read { key }).await?;
                Response::ReadOk { value }
            }
            Request::Write { key, value } => {
                let WriteAnswer::WriteOk = self.ask(Question::Write { key, value }).await?;
                Response::WriteOk
            }
            Request::Cas { key, from, to } => {
                let CasAnswer::CasOk = self.ask(Question::Cas { key, from, to }).await?;
                Response::CasOk
            }
        }))
    }
}
