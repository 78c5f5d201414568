//! Operations such as there are most of in EDN, without a tree.

use crate::edn::direct::{Direct, NotPlain};
use crate::history::reading::Reading;
use crate::history::{Kind, Nemesis, Op, Process};
use crate::value::{Shape, Value};

/// How Jepsen begins to say that a reply broke the protocol.
const MALFORMED: &str = "Malformed RPC response";

/// The operation at the beginning of a text, and its length, if it is one such as there are most of.
pub(super) fn plain(text: &str, reading: &mut Reading) -> Option<(Op, usize)> {
    let mut direct = Direct::new(text);
    let op = plain_op(&mut direct, reading).ok()?;
    Some((op, direct.used()))
}

fn plain_op(direct: &mut Direct<'_>, reading: &mut Reading) -> Result<Op, NotPlain> {
    let Reading { words, writer } = reading;
    writer.clear();
    let (mut process, mut kind, mut f, mut time) = (None, None, None, None);
    let (mut value, mut error, mut node, mut index) = (None, None, None, None);
    let mut extra: Vec<(&str, Value)> = Vec::new();
    direct.enter_map()?;
    while let Some(key) = direct.key()? {
        direct.value(writer)?;
        let read = Value::take(writer);
        let place = match key {
            "process" => &mut process,
            "type" => &mut kind,
            "f" => &mut f,
            "time" => &mut time,
            "value" => &mut value,
            "error" => &mut error,
            "node" => &mut node,
            "index" => &mut index,
            // It may be a reply that was malformed.
            "exception" => return Err(NotPlain),
            _ if extra.iter().any(|(other, _)| *other == key) => return Err(NotPlain),
            _ => {
                extra.push((key, read));
                continue;
            }
        };
        if place.replace(read).is_some() {
            return Err(NotPlain);
        }
    }
    let process = process.ok_or(NotPlain)?;
    let process = match process.view().shape() {
        Shape::Integer(number) => Process::Client(number.try_into().map_err(|_| NotPlain)?),
        Shape::Text("nemesis") => Process::Nemesis(Nemesis::Nemesis),
        _ => return Err(NotPlain),
    };
    let kind = match kind.as_ref().and_then(|kind| kind.view().text()) {
        Some("invoke") => Kind::Invoke,
        Some("ok") => Kind::Ok,
        Some("fail") => Kind::Fail,
        Some("info") => Kind::Info,
        _ => return Err(NotPlain),
    };
    let f = words.word(f.as_ref().and_then(|f| f.view().text()).ok_or(NotPlain)?);
    let time = match time.as_ref().map(|time| time.view().shape()) {
        None | Some(Shape::Null) => 0,
        // Jepsen's clock may begin a little before the load does.
        Some(Shape::Integer(time)) => {
            i64::try_from(time).map_err(|_| NotPlain)?.try_into().unwrap_or_default()
        }
        Some(_) => return Err(NotPlain),
    };
    let error = error.filter(|error| !error.view().is_null());
    if error.as_ref().is_some_and(|error| error.view().text().is_some_and(is_malformed)) {
        return Err(NotPlain);
    }
    let value = value.unwrap_or_default();
    // Maelstrom keeps the whole reply.
    if f == "echo" && kind == Kind::Ok && value.view().get("type").is_some() {
        return Err(NotPlain);
    }
    let node = node.as_ref().and_then(|node| node.view().text()).map(|node| words.word(node));
    Ok(Op {
        index: 0,
        time,
        process,
        kind,
        f,
        value,
        node,
        error,
        extra: extra.into_iter().collect(),
    })
}

/// Whether an error tells that a reply broke the protocol.
pub(super) fn is_malformed(error: &str) -> bool {
    error.contains(MALFORMED)
}
