use std::io::Read;

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::Error;
use super::blocks::Blocks;
use super::builder::{Builder, Place};
use super::plain;
use crate::exact;
use crate::history::Op;
use crate::history::reading::Reading;

/// Reads JSON, one operation a line.
pub(super) fn read(mut blocks: Blocks<impl Read>, builder: &mut Builder) -> Result<(), Error> {
    let mut reading = Reading::default();
    loop {
        let text = blocks.text()?;
        let (mut number, _) = blocks.place();
        let mut begin = 0;
        while begin < text.len() {
            let end = memchr::memchr(b'\n', &text.as_bytes()[begin..]);
            let end = end.map_or(text.len(), |end| begin + end);
            let line = text[begin..end].strip_suffix('\r').unwrap_or(&text[begin..end]);
            let content = line.trim_start();
            if !content.is_empty() {
                let column = line[..line.len() - content.len()].chars().count() + 1;
                take(line, (number, column), &mut reading, builder)?;
            }
            begin = end + 1;
            number += 1;
        }
        if blocks.is_last() {
            return Ok(());
        }
        let used = text.len();
        blocks.advance(used)?;
    }
}

fn take(
    line: &str,
    (number, column): Place,
    reading: &mut Reading,
    builder: &mut Builder,
) -> Result<(), Error> {
    if let Some(op) = plain::json(line, reading) {
        return builder.push(op, (number, column));
    }
    match operation(line, reading) {
        Ok(op) => builder.push(op, (number, column)),
        Err(error) if error.is_data() => match exact::from_str(line) {
            Ok(Value::Object(map)) if !map.contains_key("type") => {
                builder.header(map, (number, column))
            }
            _ => {
                let what = without_place(&error);
                Err(Error::NotAnOperation { line: number, column, what })
            }
        },
        Err(error) => {
            let what = without_place(&error);
            Err(Error::Json { line: number, column: error.column(), what })
        }
    }
}

/// What the line says, or why it is no operation, by the reader that knows all of JSON.
pub(super) fn operation(line: &str, reading: &mut Reading) -> serde_json::Result<Op> {
    let line = exact::guarded(line);
    let mut json = serde_json::Deserializer::from_str(&line);
    let op = reading.deserialize(&mut json)?;
    json.end()?;
    Ok(op)
}

/// What is wrong; the place that it names is one in its line alone.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
