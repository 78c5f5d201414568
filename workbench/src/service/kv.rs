use std::hash::{BuildHasherDefault, DefaultHasher};

use glomers_check::exact;
use im::GenericHashMap;
use im::shared_ptr::RcK;
use serde_json::{Map, Value};

use super::reply::take_kind;
use super::{Reply, Service};
use crate::rng::Rng;

/// A persistent map that any JSON value can be the key of; copies are O(1). The hasher has no
/// random state.
pub(super) type JsonMap<V> = GenericHashMap<Value, V, BuildHasherDefault<DefaultHasher>, RcK>;

/// A request to a key-value store.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) key: Value,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    Read,
    Write(Value),
    Cas { from: Value, to: Value, create: bool },
}

impl Request {
    /// Reads a message's body. As in Maelstrom an absent `key`, `value`, `from` or `to` counts as null,
    /// and `create_if_not_exists` as true unless it is absent, null or false.
    pub(super) fn parse(mut body: Map<String, Value>) -> Result<Self, Reply> {
        let kind = take_kind(&mut body)?;
        let mut take = |key| body.remove(key).unwrap_or_default();
        let action = match &*kind {
            "read" => Action::Read,
            "write" => Action::Write(take("value")),
            "cas" => Action::Cas {
                from: take("from"),
                to: take("to"),
                create: !matches!(take("create_if_not_exists"), Value::Null | Value::Bool(false)),
            },
            other => return Err(Reply::not_supported(other)),
        };
        Ok(Self { key: body.remove("key").unwrap_or_default(), action })
    }

    /// What the request does where its key holds `current`: the value that it writes there, if
    /// any, and the reply.
    pub(super) fn run(&self, current: Option<&Value>) -> (Option<&Value>, Reply) {
        match (&self.action, current) {
            (Action::Read, Some(value)) => (None, Reply::Read(value.clone())),
            (Action::Write(value), _) => (Some(value), Reply::Write),
            (Action::Cas { from, to, .. }, Some(value)) if value == from => (Some(to), Reply::Cas),
            (Action::Cas { from, .. }, Some(value)) => (
                None,
                Reply::precondition_failed(format!(
                    "current value {} is not {}",
                    exact::shown(value),
                    exact::shown(from)
                )),
            ),
            (Action::Cas { to, create: true, .. }, None) => (Some(to), Reply::Cas),
            (Action::Read | Action::Cas { .. }, None) => (None, Reply::key_does_not_exist()),
        }
    }
}

/// One state of a key-value store.
#[derive(Clone, Debug, Default)]
pub(super) struct Kv {
    entries: JsonMap<Value>,
}

impl Kv {
    /// The state after the request, if that is another one, and the reply.
    pub(super) fn apply(&self, request: &Request) -> (Option<Self>, Reply) {
        let current = self.entries.get(&request.key);
        let (written, reply) = request.run(current);
        let changed = written
            .filter(|value| current != Some(value))
            .map(|value| Self { entries: self.entries.update(request.key.clone(), value.clone()) });
        (changed, reply)
    }
}

/// `lin-kv`: a store in which every request sees all that were answered before.
#[derive(Clone, Debug, Default)]
pub struct Linearizable {
    state: Kv,
}

impl Service for Linearizable {
    fn handle(&mut self, _: &str, request: Map<String, Value>, _: &mut Rng) -> Reply {
        let request = match Request::parse(request) {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
        let (changed, reply) = self.state.apply(&request);
        if let Some(state) = changed {
            self.state = state;
        }
        reply
    }
}
