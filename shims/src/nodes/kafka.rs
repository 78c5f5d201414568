use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use glomers_crdt::Lattice;
use glomers_gossip::{Config, Message};
use glomers_log::{Acks, Member, Rank, ReplicatedLog, Reset, Retention};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Element;
use crate::protocol::{Error, ErrorCode};
use crate::replicated::{BoundArgs, Replicated, Restored};
use crate::runtime::{Net, Node};

type Log = ReplicatedLog<Arc<str>, Element>;

/// The one consumer group that the workload knows.
const GROUP: &str = "";

/// Logs by key, with offsets and committed offsets, which all nodes share.
pub struct Kafka {
    args: KafkaArgs,
    nodes: Vec<Rc<str>>,
    log: Replicated<Log>,
    member: RefCell<Member<Arc<str>, Element>>,
    /// Something has come from another node.
    news: Notify,
}

/// The arguments.
#[derive(Args, Clone, Debug)]
pub struct KafkaArgs {
    /// Within what time a message shall reach every node, in milliseconds; it is visible there
    /// within twice that. A round of messages between the nodes takes about so long, and at least
    /// as long as a message there and one back.
    #[arg(long, value_name = "MS", default_value_t = 80)]
    pub latency_target: u64,

    /// Who must have a message before it is acknowledged: the node it was sent to, more than half
    /// of the nodes, or all. The same for all nodes.
    #[arg(long, value_name = "WHO", value_enum, default_value_t = AcksArg::Local)]
    pub acks: AcksArg,

    /// How long to wait for them, in milliseconds, at most 2900. After that the answer is that the
    /// message may come to be acknowledged still; it is not lost.
    #[arg(long, value_name = "MS", default_value_t = 2500,
          value_parser = clap::value_parser!(u64).range(..=2900))]
    pub acks_timeout: u64,

    /// How many messages of a key one poll returns at most.
    #[arg(long, value_name = "N", default_value = "1000")]
    pub poll_limit: NonZeroUsize,

    /// How many messages of a key are kept; all, if not given. The strictest node's limit holds
    /// for all.
    #[arg(long, value_name = "N")]
    pub retention_messages: Option<u64>,

    /// How many bytes of JSON the messages of a key may take, if there is a limit.
    #[arg(long, value_name = "BYTES")]
    pub retention_bytes: Option<u64>,

    /// What a poll gets from an offset whose message is not kept any more: an error, what there is
    /// from the earliest message on, or only what comes from now on.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = ResetArg::Earliest)]
    pub offset_reset: ResetArg,

    /// How large messages between nodes may be.
    #[command(flatten)]
    pub bound: BoundArgs,
}

/// When a message is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AcksArg {
    /// Once the node it was sent to has it.
    Local,
    /// Once more than half of the nodes have it.
    Majority,
    /// Once all nodes have it.
    All,
}

/// What a poll gets that asks for what is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResetArg {
    /// An error.
    Error,
    /// The earliest messages there are.
    Earliest,
    /// What comes from now on.
    Latest,
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Appends a message.
    Send {
        /// To which log.
        key: Arc<str>,
        /// Any JSON.
        msg: Element,
    },
    /// Asks for messages.
    Poll {
        /// For each key the first offset of interest.
        offsets: BTreeMap<Arc<str>, u64>,
    },
    /// Tells what has been processed.
    CommitOffsets {
        /// For each key the last offset that has been processed.
        offsets: BTreeMap<Arc<str>, u64>,
    },
    /// Asks what has been processed.
    ListCommittedOffsets {
        /// Of which logs.
        keys: Vec<Arc<str>>,
    },
    /// Leaves nodes out that are gone for good; an addition to the workload, for operators.
    Exclude {
        /// Their names.
        nodes: Vec<String>,
    },
    /// Between nodes.
    Gossip(Box<Message<Log>>),
}

/// The answers.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the protocol's names")]
pub enum Response {
    /// Appended.
    SendOk {
        /// Where.
        offset: u64,
    },
    /// The messages, by offset.
    PollOk {
        /// For each key that has any.
        msgs: BTreeMap<Arc<str>, Vec<(u64, Element)>>,
    },
    /// Noted; a committed offset never goes back.
    CommitOffsetsOk,
    /// What has been processed.
    ListCommittedOffsetsOk {
        /// For each key of which anything was committed.
        offsets: BTreeMap<Arc<str>, u64>,
    },
    /// It is so once every other node has heard of it.
    ExcludeOk,
}

impl Node for Kafka {
    const NAME: &'static str = "kafka";
    const ABOUT: &'static str = "Kafka-style logs with offsets and committed offsets, on all nodes \
                                 and without coordination";
    type Args = KafkaArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, args: KafkaArgs) -> Result<Rc<Self>, Error> {
        let mut nodes = net.node_ids().to_vec();
        nodes.sort_unstable();
        nodes.dedup();
        let target = Duration::from_millis(args.latency_target);
        let config = Config::default().latency_target(target).is_answered(true);
        let config = args.bound.bound(config, &net);
        let restored = Restored::open(&net)?;
        if let Some(former) = restored.former_nodes() {
            same_nodes(former, &nodes)?;
        }
        let member = rank(&nodes, net.id())
            .zip(Rank::try_from(nodes.len()).ok())
            .and_then(|(rank, size)| Member::restore(rank, size, restored.state()))
            .ok_or_else(|| {
                Error::new(ErrorCode::MalformedRequest, "this node is not among the nodes")
            })?;
        let mut member = member.with_acks(args.acks.into()).with_retention(args.retention());
        let log = Replicated::join(net, config, restored);
        log.update(|log| member.resume(log));
        Ok(Rc::new(Self { nodes, log, member: RefCell::new(member), news: Notify::new(), args }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        if let Request::Gossip(message) = request {
            self.gossip(&from, *message);
            return Ok(None);
        }
        // Clients come last: all nodes are up.
        self.log.open();
        Ok(Some(match request {
            Request::Send { key, msg } => Response::SendOk { offset: self.send(&key, msg).await? },
            Request::Poll { offsets } => Response::PollOk { msgs: self.poll(offsets)? },
            Request::CommitOffsets { offsets } => {
                self.commit(offsets);
                Response::CommitOffsetsOk
            }
            Request::ListCommittedOffsets { keys } => {
                let log = self.log.state();
                let committed = |key| Some((Arc::clone(key), log.committed(GROUP, key)?));
                Response::ListCommittedOffsetsOk {
                    offsets: keys.iter().filter_map(committed).collect(),
                }
            }
            Request::Exclude { nodes } => {
                self.exclude(&nodes)?;
                Response::ExcludeOk
            }
            Request::Gossip(_) => return Ok(None),
        }))
    }
}

impl Kafka {
    async fn send(&self, key: &Arc<str>, msg: Element) -> Result<u64, Error> {
        let mut appended = None;
        self.log.update(|log| match self.member.borrow_mut().append(log, key, msg) {
            Ok((place, delta)) => {
                appended = Some(Ok(place));
                delta
            }
            Err(error) => {
                appended = Some(Err(error));
                Log::default()
            }
        });
        let appended = match appended {
            Some(Ok(appended)) => appended,
            Some(Err(error)) => return Err(refused(&error)),
            None => return Err(Error::new(ErrorCode::Crash, "the message was not appended")),
        };
        let is_held = async {
            loop {
                let news = self.news.notified();
                if self.is_acknowledged(appended.seq) {
                    break;
                }
                news.await;
            }
        };
        let patience = Duration::from_millis(self.args.acks_timeout);
        timeout(patience, is_held).await.map_err(|_| {
            let text = "not enough nodes have acknowledged the message in time; they may yet";
            Error::new(ErrorCode::Timeout, text)
        })?;
        Ok(appended.offset)
    }

    fn is_acknowledged(&self, seq: u64) -> bool {
        self.member.borrow().is_acknowledged(&self.log.state(), seq)
    }

    fn poll(
        &self,
        offsets: BTreeMap<Arc<str>, u64>,
    ) -> Result<BTreeMap<Arc<str>, Vec<(u64, Element)>>, Error> {
        let (log, member) = (self.log.state(), self.member.borrow());
        let (limit, reset) = (self.args.poll_limit.get(), self.args.offset_reset.into());
        let poll = |(key, from)| {
            let batch =
                member.poll(&log, &key, from, limit, reset).map_err(|error| refused(&error))?;
            let messages = batch.iter().map(|(offset, msg)| (offset, msg.clone())).collect();
            Ok((key, messages))
        };
        offsets.into_iter().map(poll).collect()
    }

    fn commit(&self, offsets: BTreeMap<Arc<str>, u64>) {
        self.log.update(|log| {
            let mut delta = Log::default();
            for (key, offset) in offsets {
                delta.merge(&log.commit(GROUP, key, offset));
            }
            delta
        });
    }

    fn exclude(&self, names: &[String]) -> Result<(), Error> {
        let mut gone = Vec::new();
        for name in names {
            let unknown = || refused(&format_args!("there is no node {name}"));
            gone.push(rank(&self.nodes, name).ok_or_else(unknown)?);
        }
        let mut result = Ok(());
        self.log.update(|log| match self.member.borrow_mut().exclude(log, gone) {
            Ok(delta) => delta,
            Err(error) => {
                result = Err(refused(&error));
                Log::default()
            }
        });
        result
    }

    fn gossip(&self, from: &Rc<str>, message: Message<Log>) {
        let novel = self.log.receive(from, message);
        if !novel.is_bottom() {
            self.log.update(|log| self.member.borrow_mut().follow(log, &novel));
            self.news.notify_waiters();
        }
    }
}

fn refused(error: &dyn Display) -> Error {
    Error::new(ErrorCode::PreconditionFailed, error.to_string())
}

/// A node's rank is its place among all nodes: in another list it would be another's.
fn same_nodes(former: &[String], nodes: &[Rc<str>]) -> Result<(), Error> {
    let mut former: Vec<&str> = former.iter().map(String::as_str).collect();
    former.sort_unstable();
    former.dedup();
    if former.iter().copied().eq(nodes.iter().map(|node| &**node)) {
        return Ok(());
    }
    let text = format!("the log was kept as one of {former:?}, and the nodes must stay the same");
    Err(Error::new(ErrorCode::PreconditionFailed, text))
}

fn rank(nodes: &[Rc<str>], name: &str) -> Option<Rank> {
    nodes.iter().position(|node| **node == *name).and_then(|rank| Rank::try_from(rank).ok())
}

impl KafkaArgs {
    fn retention(&self) -> Retention<Element> {
        let retention = Retention::forever().messages(self.retention_messages.unwrap_or(u64::MAX));
        match self.retention_bytes {
            Some(bytes) => retention.bytes(bytes, Element::json_len),
            None => retention,
        }
    }
}

impl From<AcksArg> for Acks {
    fn from(acks: AcksArg) -> Self {
        match acks {
            AcksArg::Local => Self::Local,
            AcksArg::Majority => Self::Majority,
            AcksArg::All => Self::All,
        }
    }
}

impl From<ResetArg> for Reset {
    fn from(reset: ResetArg) -> Self {
        match reset {
            ResetArg::Error => Self::Error,
            ResetArg::Earliest => Self::Earliest,
            ResetArg::Latest => Self::Latest,
        }
    }
}
