use std::io::Read;

use serde_json::{Map, Value as Json, json};

use super::Error;
use super::blocks::Blocks;
use super::builder::{Builder, Place};
use super::plain::{self, is_malformed};
use crate::check::MALFORMED_REPLY;
use crate::edn::{self, Edn, Problem, Reader};
use crate::exact;
use crate::history::reading::Reading;
use crate::history::{Kind, Nemesis, Op, Process};

/// Reads EDN: a vector of operations, or one after the other.
pub(super) fn read(mut blocks: Blocks<impl Read>, builder: &mut Builder) -> Result<(), Error> {
    let mut reading = Reading::default();
    let mut stage = Stage::Begin;
    loop {
        let mut reader = Reader::beginning_at(blocks.text()?, blocks.place());
        let (used, result) = read_block(&mut reader, &mut stage, &mut reading, builder);
        match result {
            // It may go on in the next block.
            Err(Error::Edn(edn::Error { problem: Problem::Unfinished(_), .. }))
                if !blocks.is_last() => {}
            result => {
                result?;
                if blocks.is_last() {
                    return Ok(());
                }
            }
        }
        blocks.advance(used)?;
    }
}

/// How far a text was read.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Begin,
    /// Among operations that stand one after the other.
    Bare,
    /// Among the operations of a vector.
    Vector,
    /// Behind the vector.
    Behind,
}

/// Reads the values of a block, and says how many bytes were used.
fn read_block(
    reader: &mut Reader<'_>,
    stage: &mut Stage,
    reading: &mut Reading,
    builder: &mut Builder,
) -> (usize, Result<(), Error>) {
    loop {
        let used = reader.used();
        match read_next(reader, stage, reading, builder) {
            Ok(true) => {}
            Ok(false) => return (reader.used(), Ok(())),
            Err(error) => return (used, Err(error)),
        }
    }
}

/// Reads the next value. Returns whether there was one.
fn read_next(
    reader: &mut Reader<'_>,
    stage: &mut Stage,
    reading: &mut Reading,
    builder: &mut Builder,
) -> Result<bool, Error> {
    if *stage == Stage::Begin {
        if reader.enter_vector()? {
            *stage = Stage::Vector;
        } else if !reader.rest().is_empty() {
            *stage = Stage::Bare;
        }
    }
    let place = reader.next_position()?;
    if let Stage::Bare | Stage::Vector = stage
        && let Some((op, length)) = plain::edn(reader.rest(), reading)
    {
        reader.pass(length);
        builder.push(op, place)?;
        return Ok(true);
    }
    let is_vector = *stage == Stage::Vector;
    match if is_vector { reader.next_item()? } else { reader.next_value()? } {
        Some(_) if *stage == Stage::Behind => {
            let (line, column) = place;
            let what = "something stands behind the vector of operations".to_owned();
            Err(Error::NotAnOperation { line, column, what })
        }
        Some(value) => take(value, place, builder).map(|()| true),
        None if is_vector => {
            *stage = Stage::Behind;
            Ok(true)
        }
        None => Ok(false),
    }
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
    let Json::Object(fields) = value.to_json() else { return Ok(()) };
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

/// What an operation is by way of a tree.
#[cfg(test)]
pub(super) fn tree_op(value: &Edn) -> Op {
    let Json::Object(fields) = value.to_json() else { panic!("no map") };
    op(fields).unwrap()
}

/// An operation from its fields.
fn op(mut fields: Map<String, Json>) -> Result<Op, String> {
    let mut take = |key: &str| fields.remove(key).unwrap_or_default();
    let process = match take("process") {
        Json::String(name) if name == "nemesis" => Process::Nemesis(Nemesis::Nemesis),
        other => Process::Client(other.as_u64().ok_or_else(|| {
            format!(
                "its process is {}, neither :nemesis nor a number from 0 to {}",
                shortened(&other),
                u64::MAX
            )
        })?),
    };
    let kind = take("type");
    let kind = serde_json::from_value::<Kind>(kind.clone()).map_err(|_| {
        format!("its type is {}, none of :invoke, :ok, :fail and :info", shortened(&kind))
    })?;
    let Json::String(f) = take("f") else { return Err("it has no :f".to_owned()) };
    let time = match take("time") {
        Json::Null => 0,
        // Jepsen's clock may begin a little before the load does.
        time => match time.as_i64() {
            Some(time) => time.try_into().unwrap_or_default(),
            None => {
                let (time, most) = (shortened(&time), i64::MAX);
                return Err(format!("its time is {time}, no integer of {most} at most"));
            }
        },
    };
    let value = take("value");
    let error = Some(take("error")).filter(|error| !error.is_null());
    let node = match take("node") {
        Json::String(node) => Some(node.into()),
        _ => None,
    };
    fields.remove("index");
    let value = result(&f, kind, value);
    let error = malformed(error, &mut fields);
    let (f, value, error) = (f.into(), value.into(), error.map(Into::into));
    Ok(Op { index: 0, time, process, kind, f, value, node, error, extra: fields.into() })
}

/// The value of an operation as it is here.
pub(super) fn result(f: &str, kind: Kind, value: Json) -> Json {
    if f == "echo" && kind == Kind::Ok { payload(value) } else { value }
}

/// What an `echo_ok` brings back: Maelstrom keeps the whole reply.
fn payload(reply: Json) -> Json {
    match reply {
        Json::Object(mut fields)
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
fn malformed(error: Option<Json>, fields: &mut Map<String, Json>) -> Option<Json> {
    fields.remove("exception");
    match error.as_ref().and_then(Json::as_str) {
        Some(text) if is_malformed(text) => Some(json!([MALFORMED_REPLY, text])),
        _ => error,
    }
}

fn shortened(value: &Json) -> String {
    const SHOWN: usize = 60;

    let text = exact::shown(value);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
