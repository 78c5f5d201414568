use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use clap::Args;
use glomers_log::OffsetLog;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::protocol::{Error, ErrorCode};
use crate::runtime::{Net, Node};

/// Logs by key, with offsets and committed offsets; a cluster of one node.
pub struct Kafka {
    poll_limit: usize,
    log: OffsetLog<String, Arc<RawValue>>,
}

/// The arguments.
#[derive(Args, Clone, Debug)]
pub struct KafkaArgs {
    /// How many messages of a key one poll returns at most.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = at_least_one)]
    pub poll_limit: usize,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("a poll must return something".to_owned()),
        Ok(n) => Ok(n),
        Err(error) => Err(format!("{error}")),
    }
}

/// See [Maelstrom's workload](https://github.com/jepsen-io/maelstrom/blob/main/doc/workloads.md).
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Appends a message.
    Send {
        /// To which log.
        key: String,
        /// Any JSON.
        msg: Box<RawValue>,
    },
    /// Asks for messages.
    Poll {
        /// For each key the first offset of interest.
        offsets: BTreeMap<String, u64>,
    },
    /// Tells what has been processed.
    CommitOffsets {
        /// For each key the last offset that has been processed.
        offsets: BTreeMap<String, u64>,
    },
    /// Asks what has been processed.
    ListCommittedOffsets {
        /// Of which logs.
        keys: Vec<String>,
    },
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
        msgs: BTreeMap<String, Vec<(u64, Arc<RawValue>)>>,
    },
    /// Noted; a committed offset never goes back.
    CommitOffsetsOk,
    /// What has been processed.
    ListCommittedOffsetsOk {
        /// For each key of which anything was committed.
        offsets: BTreeMap<String, u64>,
    },
}

impl Node for Kafka {
    const NAME: &'static str = "kafka";
    const ABOUT: &'static str = "Kafka-style logs with offsets and committed offsets, on one node";
    type Args = KafkaArgs;
    type Request = Request;
    type Response = Response;

    fn start(net: Net, args: KafkaArgs) -> Result<Rc<Self>, Error> {
        if net.node_ids().len() > 1 {
            let text = "the kafka node serves alone: run it with --node-count 1";
            return Err(Error::new(ErrorCode::NotSupported, text));
        }
        Ok(Rc::new(Self { poll_limit: args.poll_limit, log: OffsetLog::new() }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        request: Request,
    ) -> Result<Option<Response>, Error> {
        Ok(Some(match request {
            Request::Send { key, msg } => {
                Response::SendOk { offset: self.log.append(&key, Arc::from(msg)) }
            }
            Request::Poll { offsets } => Response::PollOk {
                msgs: offsets
                    .into_iter()
                    .map(|(key, from)| {
                        // Nothing is ever dropped, so this cannot fail.
                        let messages =
                            self.log.poll(&key, from, self.poll_limit).unwrap_or_default();
                        let pairs = messages.iter().map(|(offset, msg)| (offset, Arc::clone(msg)));
                        (key, pairs.collect())
                    })
                    .collect(),
            },
            Request::CommitOffsets { offsets } => {
                for (key, offset) in offsets {
                    self.log.commit(&key, offset);
                }
                Response::CommitOffsetsOk
            }
            Request::ListCommittedOffsets { keys } => Response::ListCommittedOffsetsOk {
                offsets: keys
                    .into_iter()
                    .filter_map(|key| self.log.committed(&key).map(|offset| (key, offset)))
                    .collect(),
            },
        }))
    }
}
