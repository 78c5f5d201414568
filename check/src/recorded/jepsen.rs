use serde_json::{Map, Value, json};

use super::Error;
use super::builder::{Builder, Place};
use crate::check::MALFORMED_REPLY;
use crate::edn::{Edn, Reader};
use crate::history::{Kind, Nemesis, Op, Process};

/// How Jepsen begins to say that a reply broke the protocol.
const MALFORMED: &str = "Malformed RPC response";

/// Reads EDN: a vector of operations, or one after the other.
pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), Error> {
    let mut reader = Reader::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let is_vector = reader.enter_vector()?;
    loop {
        let place = reader.next_position()?;
        let value = if is_vector { reader.next_item()? } else { reader.next_value()? };
        let Some(value) = value else { break };
        take(value, place, builder)?;
    }
    if is_vector {
        let (line, column) = reader.next_position()?;
        if reader.next_value()?.is_some() {
            let what = "something stands behind the vector of operations".to_owned();
            return Err(Error::NotAnOperation { line, column, what });
        }
    }
    Ok(())
}

fn take(value: Edn, place: Place, builder: &mut Builder) -> Result<(), Error> {
    let (line, column) = place;
    let wrong = |what: String| Error::NotAnOperation { line, column, what };
    let mut value = value;
    // Records are maps with a tag.
    while let Edn::Tagged(_, inner) = value {
        value = *inner;
    }
    let Edn::Map(entries) = &value else {
        return Err(wrong(format!("{} is no map", shortened(&value.to_json()))));
    };
    let is_op = entries.iter().any(|(key, _)| name(key) == Some("type"));
    let Value::Object(fields) = value.to_json() else { return Ok(()) };
    if is_op {
        builder.push(op(fields).map_err(wrong)?, place)
    } else {
        builder.header(fields, place)
    }
}

fn name(key: &Edn) -> Option<&str> {
    match key {
        Edn::Keyword(name) | Edn::String(name) => Some(name),
        _ => None,
    }
}

/// An operation from its fields.
fn op(mut fields: Map<String, Value>) -> Result<Op, String> {
    let mut take = |key: &str| fields.remove(key).unwrap_or_default();
    let process = match take("process") {
        Value::String(name) if name == "nemesis" => Process::Nemesis(Nemesis::Nemesis),
        other => Process::Client(other.as_u64().ok_or_else(|| {
            format!("its process is {}, neither a number nor :nemesis", shortened(&other))
        })?),
    };
    let kind = take("type");
    let kind = serde_json::from_value::<Kind>(kind.clone()).map_err(|_| {
        format!("its type is {}, none of :invoke, :ok, :fail and :info", shortened(&kind))
    })?;
    let Value::String(f) = take("f") else { return Err("it has no :f".to_owned()) };
    let time = match take("time") {
        Value::Null => 0,
        // Jepsen's clock may begin a little before the load does.
        time => match time.as_i64() {
            Some(time) => time.try_into().unwrap_or_default(),
            None => return Err(format!("its time is {}, no number", shortened(&time))),
        },
    };
    let value = take("value");
    let error = Some(take("error")).filter(|error| !error.is_null());
    let node = match take("node") {
        Value::String(node) => Some(node.into()),
        _ => None,
    };
    fields.remove("index");
    let value = result(&f, kind, value);
    let error = malformed(error, &mut fields);
    let (f, value, error) = (f.into(), value.into(), error.map(Into::into));
    Ok(Op { index: 0, time, process, kind, f, value, node, error, extra: fields.into() })
}

/// The value of an operation as it is here.
pub(super) fn result(f: &str, kind: Kind, value: Value) -> Value {
    if f == "echo" && kind == Kind::Ok { payload(value) } else { value }
}

/// What an `echo_ok` brings back: Maelstrom keeps the whole reply.
fn payload(reply: Value) -> Value {
    match reply {
        Value::Object(mut fields)
            if fields.get("type").is_some_and(|kind| kind == "echo_ok")
                && fields.contains_key("in_reply_to") =>
        {
            fields.remove("echo").unwrap_or_default()
        }
        other => other,
    }
}

/// The error of an operation, where an exception tells that the reply was malformed as the
/// workbench's own clients do; the exception with its trace is dropped.
fn malformed(error: Option<Value>, fields: &mut Map<String, Value>) -> Option<Value> {
    fields.remove("exception");
    match error.as_ref().and_then(Value::as_str) {
        Some(text) if text.contains(MALFORMED) => Some(json!([MALFORMED_REPLY, text])),
        _ => error,
    }
}

fn shortened(value: &Value) -> String {
    const SHOWN: usize = 60;

    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
