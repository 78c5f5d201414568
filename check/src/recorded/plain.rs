//! Operations such as there are most of, without a tree.

use crate::direct::{Direct, Edn, Json, NotPlain, Read, Scalar};
use crate::history::reading::Reading;
use crate::history::{Kind, Nemesis, Op, Process};
use crate::value::Value;

/// How Jepsen begins to say that a reply broke the protocol.
const MALFORMED: &str = "Malformed RPC response";

/// The operation that a text is in JSON, if it is one such as there are most of.
pub(super) fn json(text: &str, reading: &mut Reading) -> Option<Op> {
    let mut direct = Json::new(text);
    let op = operation(&mut direct, reading).ok()?;
    direct.end().ok()?;
    Some(op)
}

/// The operation at the beginning of a text in EDN, and its length, if it is one such as there are most of.
pub(super) fn edn(text: &str, reading: &mut Reading) -> Option<(Op, usize)> {
    let mut direct = Edn::new(text);
    let op = operation(&mut direct, reading).ok()?;
    let error = op.error.as_ref().and_then(|error| error.view().text());
    // Either may tell of a malformed reply.
    let is_malformed = op.extra.get("exception").is_some() || error.is_some_and(is_malformed);
    // Maelstrom keeps the whole reply.
    let is_reply = op.f == "echo" && op.kind == Kind::Ok && op.value.view().get("type").is_some();
    (!is_malformed && !is_reply).then(|| (op, direct.used()))
}

/// The next operation. Its index follows from its place.
fn operation<'a, D: Direct<'a>>(direct: &mut D, reading: &mut Reading) -> Read<Op> {
    let Reading { words, writer } = reading;
    writer.clear();
    let (mut process, mut kind, mut f, mut time) = (None, None, None, None);
    let (mut value, mut error, mut node, mut index) = (None, None, None, None);
    let mut extra: Vec<(&str, Value)> = Vec::new();
    direct.enter_map()?;
    while let Some(key) = direct.key()? {
        match key {
            "index" => once(&mut index, usize::try_from(integer(direct)?).map_err(|_| NotPlain)?)?,
            "time" => once(&mut time, D::time(integer(direct)?)?)?,
            "process" => once(&mut process, process_of(direct.scalar()?)?)?,
            "type" => once(&mut kind, kind_of(direct.scalar()?)?)?,
            "f" => match direct.scalar()? {
                Scalar::Text(text) => once(&mut f, words.word(text))?,
                _ => return Err(NotPlain),
            },
            "node" => match direct.scalar()? {
                Scalar::Text(text) => once(&mut node, Some(words.word(text)))?,
                Scalar::Null => once(&mut node, None)?,
                Scalar::Integer(_) => return Err(NotPlain),
            },
            _ => {
                direct.value(writer)?;
                let read = Value::take(writer);
                match key {
                    "value" => once(&mut value, read)?,
                    "error" => once(&mut error, read)?,
                    _ if extra.iter().any(|(other, _)| *other == key) => return Err(NotPlain),
                    _ => extra.push((key, read)),
                }
            }
        }
    }
    Ok(Op {
        index: 0,
        time: time.unwrap_or_default(),
        process: process.ok_or(NotPlain)?,
        kind: kind.ok_or(NotPlain)?,
        f: f.ok_or(NotPlain)?,
        value: value.unwrap_or_default(),
        node: node.unwrap_or_default(),
        error: error.filter(|error| !error.view().is_null()),
        extra: extra.into_iter().collect(),
    })
}

fn once<T>(place: &mut Option<T>, value: T) -> Read<()> {
    if place.is_some() {
        return Err(NotPlain);
    }
    *place = Some(value);
    Ok(())
}

fn integer<'a>(direct: &mut impl Direct<'a>) -> Read<i64> {
    if let Scalar::Integer(integer) = direct.scalar()? { Ok(integer) } else { Err(NotPlain) }
}

fn process_of(scalar: Scalar<'_>) -> Read<Process> {
    match scalar {
        Scalar::Integer(number) => number.try_into().map(Process::Client).map_err(|_| NotPlain),
        Scalar::Text("nemesis") => Ok(Process::Nemesis(Nemesis::Nemesis)),
        _ => Err(NotPlain),
    }
}

fn kind_of(scalar: Scalar<'_>) -> Read<Kind> {
    match scalar {
        Scalar::Text("invoke") => Ok(Kind::Invoke),
        Scalar::Text("ok") => Ok(Kind::Ok),
        Scalar::Text("fail") => Ok(Kind::Fail),
        Scalar::Text("info") => Ok(Kind::Info),
        _ => Err(NotPlain),
    }
}

/// Whether an error tells that a reply broke the protocol.
pub(super) fn is_malformed(error: &str) -> bool {
    error.contains(MALFORMED)
}
