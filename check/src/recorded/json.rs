use serde_json::Value;

use super::Error;
use super::builder::Builder;
use crate::exact;
use crate::history::Op;

/// Reads JSON, one operation a line.
pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, number) in text.lines().zip(1..) {
        let content = line.trim_start();
        if content.is_empty() {
            continue;
        }
        let column = line[..line.len() - content.len()].chars().count() + 1;
        match exact::from_str::<Op>(line) {
            Ok(op) => builder.push(op, (number, column))?,
            Err(error) if error.is_data() => match exact::from_str(line) {
                Ok(Value::Object(map)) if !map.contains_key("type") => {
                    builder.header(map, (number, column))?;
                }
                _ => {
                    let what = without_place(&error);
                    return Err(Error::NotAnOperation { line: number, column, what });
                }
            },
            Err(error) => {
                let what = without_place(&error);
                return Err(Error::Json { line: number, column: error.column(), what });
            }
        }
    }
    Ok(())
}

/// What is wrong; the place that it names is one in its line alone.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
