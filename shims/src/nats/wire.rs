use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subject};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::args::Member;
use super::counts::Counters;
use super::names::{SERVICES, subject};
use crate::protocol::ErrorCode;

/// What a message between nodes says of itself.
const CLUSTER: &str = "Glomers-Cluster";
const FROM: &str = "Glomers-From";
const VERSION: &str = "Glomers-Version";

/// This transport's version; another one's messages are not for us.
const OUR_VERSION: &str = "1";

/// Who tells the node its name, and what clients are called: no node and no service has a `/` in its name.
const INITIATOR: &str = "nats/init";
const CLIENT: &str = "nats/";

/// How many requests from outside may wait for their answers.
const MAX_WAITING: usize = 64 * 1024;

/// A request that the node has not answered by then never will be.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// Messages of NATS as the node's lines, and the other way round.
pub(super) struct Wire {
    member: Member,
    counters: Arc<Counters>,
    waiting: RefCell<Waiting>,
}

/// Who waits for an answer, by the number that the request got, and so by age.
#[derive(Default)]
struct Waiting {
    last: u64,
    clients: BTreeMap<u64, Client>,
}

struct Client {
    reply: Subject,
    /// As the client has numbered its request, if it has.
    msg_id: Option<Box<RawValue>>,
    since: Instant,
}

/// What is to be published.
pub(super) struct Publication {
    pub(super) subject: Subject,
    pub(super) headers: Option<HeaderMap>,
    pub(super) payload: Vec<u8>,
    pub(super) is_reply: bool,
}

/// What to do with a line of the node.
pub(super) enum Outbound {
    Publish(Publication),
    /// A service is asked.
    Ask {
        service: &'static str,
        body: Box<RawValue>,
    },
    /// The node has taken its name.
    Ready,
    /// It has not, for this reason.
    Failed(String),
    Nothing,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    dest: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

type Body = BTreeMap<String, Box<RawValue>>;

impl Wire {
    pub(super) fn new(member: Member, counters: Arc<Counters>) -> Rc<Self> {
        Rc::new(Self { member, counters, waiting: RefCell::default() })
    }

    /// The line that tells the node its name.
    pub(super) fn init(&self) -> Vec<u8> {
        let Member { id, nodes, .. } = &self.member;
        let body = serde_json::json!({
            "type": "init", "msg_id": 1, "node_id": id, "node_ids": nodes
        });
        line(INITIATOR, id, body.to_string().as_bytes())
    }

    /// A service's answer, as a line.
    pub(super) fn answer(&self, service: &str, body: &str) -> Vec<u8> {
        line(service, &self.member.id, body.as_bytes())
    }

    /// Appends the line of what came; what cannot become one is returned with what to answer.
    pub(super) fn inbound(&self, message: &Message, lines: &mut Vec<u8>) -> Option<Publication> {
        match message.headers.as_ref().filter(|headers| headers.get(VERSION).is_some()) {
            Some(headers) => {
                if let Some(from) = self.sender(headers) {
                    match serde_json::from_slice::<&RawValue>(&message.payload) {
                        Ok(body) if body.get().starts_with('{') => {
                            lines.extend(line(from, &self.member.id, body.get().as_bytes()));
                        }
                        _ => self.counters.malformed(from),
                    }
                }
                None
            }
            None => self.request(message, lines),
        }
    }

    /// Who has sent it, if it is one of us.
    fn sender<'a>(&'a self, headers: &HeaderMap) -> Option<&'a str> {
        let text = |name| headers.get(name).map_or("", |value| value.as_str());
        if text(VERSION) != OUR_VERSION {
            self.counters.foreign_version(text(VERSION));
            return None;
        }
        if text(CLUSTER) != self.member.cluster {
            self.counters.foreign_cluster(text(CLUSTER));
            return None;
        }
        let from = text(FROM);
        let peer = self.member.nodes.iter().find(|node| *node == from && **node != self.member.id);
        if peer.is_none() {
            self.counters.unknown_sender(from);
        }
        peer.map(String::as_str)
    }

    fn request(&self, message: &Message, lines: &mut Vec<u8>) -> Option<Publication> {
        let refused = |code, text: &str| {
            message.reply.clone().map(|reply| Publication {
                subject: reply,
                headers: None,
                payload: error(code, text).into_bytes(),
                is_reply: true,
            })
        };
        let Ok(mut body) = serde_json::from_slice::<Body>(&message.payload) else {
            self.counters.malformed("a request");
            return refused(ErrorCode::MalformedRequest, "a request is one JSON object");
        };
        let msg_id = body.remove("msg_id");
        // Nobody outside was ever asked.
        body.remove("in_reply_to");
        let mut waiting = self.waiting.borrow_mut();
        waiting.forget_old();
        if waiting.clients.len() >= MAX_WAITING {
            self.counters.refused("");
            return refused(ErrorCode::TemporarilyUnavailable, "too many requests wait already");
        }
        waiting.last += 1;
        let number = waiting.last;
        if let Some(reply) = message.reply.clone() {
            body.insert("msg_id".to_owned(), raw(&number.to_string()));
            waiting.clients.insert(number, Client { reply, msg_id, since: Instant::now() });
        }
        lines.extend(line(&format!("{CLIENT}{number}"), &self.member.id, &written(&body)));
        None
    }

    /// What to do with a line of the node.
    pub(super) fn outbound(&self, line: &[u8]) -> Outbound {
        let Ok(Line { dest, body }) = serde_json::from_slice(line) else {
            return Outbound::Nothing;
        };
        if let Some(service) = SERVICES.iter().find(|service| **service == dest) {
            return Outbound::Ask { service, body: body.to_owned() };
        }
        if dest == INITIATOR {
            return initialised(body);
        }
        if let Some(number) = dest.strip_prefix(CLIENT) {
            let number = number.parse().ok();
            let client = number.and_then(|it: u64| self.waiting.borrow_mut().clients.remove(&it));
            return client.map_or(Outbound::Nothing, |client| Outbound::Publish(client.told(body)));
        }
        let Member { cluster, id, nodes, .. } = &self.member;
        if !nodes.iter().any(|node| *node == dest) {
            self.counters.unknown_dest(&dest);
            return Outbound::Nothing;
        }
        let mut headers = HeaderMap::new();
        headers.insert(VERSION, OUR_VERSION);
        headers.insert(CLUSTER, cluster.as_str());
        headers.insert(FROM, id.as_str());
        Outbound::Publish(Publication {
            subject: subject(cluster, &dest).into(),
            headers: Some(headers),
            payload: body.get().as_bytes().to_vec(),
            is_reply: false,
        })
    }
}

impl Waiting {
    fn forget_old(&mut self) {
        while let Some(oldest) = self.clients.first_entry() {
            if oldest.get().since.elapsed() < FORGOTTEN_AFTER {
                break;
            }
            oldest.remove();
        }
    }
}

impl Client {
    /// The node's answer as the client is told it, with the client's own number.
    fn told(self, body: &RawValue) -> Publication {
        let mut body: Body = serde_json::from_str(body.get()).unwrap_or_default();
        match self.msg_id {
            Some(msg_id) => body.insert("in_reply_to".to_owned(), msg_id),
            None => body.remove("in_reply_to"),
        };
        Publication { subject: self.reply, headers: None, payload: written(&body), is_reply: true }
    }
}

fn initialised(body: &RawValue) -> Outbound {
    #[derive(Deserialize)]
    struct Told {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        text: String,
    }
    match serde_json::from_str(body.get()) {
        Ok(Told { kind, .. }) if kind == "init_ok" => Outbound::Ready,
        Ok(Told { text, .. }) => Outbound::Failed(text),
        Err(error) => Outbound::Failed(error.to_string()),
    }
}

/// The body of an error.
pub(super) fn error(code: ErrorCode, text: &str) -> String {
    serde_json::json!({ "type": "error", "code": u32::from(code), "text": text }).to_string()
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap_or_default()
}

fn written(body: &Body) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

/// A line of these. In a JSON text a line's end is nothing but space, since in strings it is escaped.
fn line(src: &str, dest: &str, body: &[u8]) -> Vec<u8> {
    let mut line = format!(r#"{{"src":"{src}","dest":"{dest}","body":"#).into_bytes();
    line.extend(body.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    line.extend_from_slice(b"}\n");
    line
}
