//! The key-value services, by the node's own process.

mod bucket;
mod entry;
mod follower;
mod question;
mod registers;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::{self};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use self::bucket::Bucket;
use self::follower::Follower;
use self::question::{Ask, Question, Reply};
use self::registers::Registers;
use super::args::Member;
use super::names;
use super::wire::error;
use crate::protocol::{Error, ErrorCode};

/// Within what time a service answers: before those who ask give up, which the node lin-kv does after 2.5 s.
const DEADLINE: Duration = Duration::from_secs(2);

/// Within what time JetStream answers, or has not heard.
const ATTEMPT: Duration = Duration::from_millis(800);

/// A value's longest JSON, in bytes. A server takes messages of a mebibyte unless told otherwise, headers and all.
const MAX_VALUE: usize = 512 * 1024;

/// What else is in a message that carries a value, at most.
const OVERHEAD: usize = 4096;

/// The services that a node asks.
pub(super) struct Services {
    client: Client,
    context: jetstream::Context,
    member: Member,
    opened: BTreeMap<&'static str, OnceCell<Rc<Opened>>>,
}

/// A service at work.
struct Opened {
    registers: Rc<Registers<Bucket>>,
    /// Where reads come from a copy.
    follower: Option<Rc<Follower>>,
}

impl Services {
    pub(super) fn new(client: Client, member: &Member) -> Rc<Self> {
        let context = ContextBuilder::new()
            .timeout(ATTEMPT)
            .ack_timeout(ATTEMPT)
            .max_ack_inflight(64 * 1024)
            .build(client.clone());
        let opened = names::SERVICES.map(|service| (service, OnceCell::new())).into();
        Rc::new(Self { client, context, member: member.clone(), opened })
    }

    /// Answers a request to a service, if it asks for an answer: the body, as JSON.
    pub(super) async fn ask(&self, service: &'static str, body: &RawValue) -> Option<String> {
        let (msg_id, outcome) = match Ask::parse(body) {
            Ok(ask) => (ask.msg_id?, self.answer(service, ask).await),
            Err(malformed) => (malformed.msg_id?, Err(malformed.error)),
        };
        let body = match &outcome {
            Ok(reply) => reply.body(),
            Err(refused) => error(refused.code, &refused.text),
        };
        Some(format!("{},\"in_reply_to\":{msg_id}}}", &body[..body.len() - 1]))
    }

    async fn answer(&self, service: &'static str, ask: Ask) -> Result<Reply, Error> {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        let (key, question) = ask.question(service == "lin-tso")?;
        let limit = MAX_VALUE.min(self.client.max_payload().saturating_sub(OVERHEAD));
        if question.len() > limit {
            let text = format!(
                "a value may take {limit} bytes on NATS, and this takes {}",
                question.len()
            );
            return Err(Error::new(ErrorCode::MalformedRequest, text));
        }
        // Until the bucket is there nothing can have happened.
        let opened = timeout(DEADLINE, self.opened(service))
            .await
            .unwrap_or_else(|_| Err("JetStream does not answer".to_owned()));
        let opened = opened.map_err(|text| {
            let text = format!("{service} on NATS: {text}");
            Error::new(ErrorCode::TemporarilyUnavailable, text)
        })?;
        match (&opened.follower, question) {
            (Some(follower), Question::Read) => follower.read(&key, deadline).await,
            (Some(follower), question) => {
                let done = opened.registers.ask(key, question, deadline).await?;
                follower.wait_for(done.revision);
                Ok(done.reply)
            }
            (None, question) => Ok(opened.registers.ask(key, question, deadline).await?.reply),
        }
    }

    async fn opened(&self, service: &'static str) -> Result<&Rc<Opened>, String> {
        let cell = self.opened.get(service).ok_or("there is no such service")?;
        cell.get_or_try_init(|| async {
            let name = names::bucket(&self.member.cluster, service);
            let bucket =
                Bucket::open(&self.client, &self.context, &name, self.member.replicas).await?;
            tracing::info!(bucket = name, "{service} is at work");
            let registers = Registers::new(bucket.clone())?;
            let follower = match service {
                "seq-kv" => Some(self.follower(&bucket, &registers).await?),
                _ => None,
            };
            Ok(Rc::new(Opened { registers, follower }))
        })
        .await
    }

    /// A copy that is not read before it has all that was acknowledged before now: the mark's revision is later.
    async fn follower(
        &self,
        bucket: &Bucket,
        registers: &Rc<Registers<Bucket>>,
    ) -> Result<Rc<Follower>, String> {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        let mark = Question::Write("null".into());
        let marked = registers.ask(names::mark(&self.member.id), mark, deadline).await;
        let follower = Follower::start(bucket.clone());
        follower.wait_for(marked.map_err(|error| error.to_string())?.revision);
        Ok(follower)
    }
}
