//! Histories in files, as JSON and as EDN.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::histories::{Event, System, history};

/// How operations take turns, in all histories.
const SEED: u64 = 20_251_130;

/// Writes the history of a system, event by event, as `glomers test` writes it and as Jepsen does.
pub(super) fn write(
    json: &Path,
    edn: &Path,
    system: &mut impl System,
    operations: usize,
    clients: usize,
) -> anyhow::Result<()> {
    let (mut json, mut edn) =
        (BufWriter::new(File::create(json)?), BufWriter::new(File::create(edn)?));
    let mut index = 0;
    history(system, SEED, operations, clients, |event| {
        let Event { client, kind, f, value } = event;
        let time = index * 50_000_u64;
        let head = format!(r#""index":{index},"time":{time},"process":{client},"type":"{kind}""#);
        let node = client % 5;
        writeln!(json, r#"{{{head},"f":"{f}","value":{value},"node":"n{node}"}}"#)?;
        let mut text = String::new();
        write_edn(&mut text, &value, true)?;
        let head = format!(":index {index}, :time {time}, :type :{kind}, :process {client}");
        writeln!(edn, "{{{head}, :f :{f}, :value {text}, :node \"n{node}\"}}")?;
        index += 1;
        Ok(())
    })?;
    json.flush()?;
    edn.flush()?;
    Ok(())
}

/// Writes a value as Clojure prints it. What an operation of a transaction is called is a keyword.
fn write_edn(out: &mut String, value: &Value, is_outer: bool) -> anyhow::Result<()> {
    match value {
        Value::Null => out.push_str("nil"),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place > 0 { " " } else { "" });
                match item {
                    Value::String(word) if !is_outer && place == 0 => write!(out, ":{word}")?,
                    item => write_edn(out, item, false)?,
                }
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (place, (key, value)) in fields.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                write!(out, "{} ", json!(key))?;
                write_edn(out, value, false)?;
            }
            out.push('}');
        }
        other => write!(out, "{other}")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::histories::{Kafka, Lists, Register};
    use super::*;

    fn written(system: &mut impl System) -> [String; 2] {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["json", "edn"].map(|name| folder.path().join(name));
        write(&paths[0], &paths[1], system, 300, 5).unwrap();
        paths.map(|path| std::fs::read_to_string(path).unwrap())
    }

    #[test]
    fn histories_are_the_same_every_time_and_of_all_kinds_of_operations() {
        let logs = written(&mut Kafka::new(200));
        assert_eq!(logs, written(&mut Kafka::new(200)));
        let [json, edn] = logs;
        assert_eq!((json.lines().count(), edn.lines().count()), (600, 600));
        for f in ["assign", "send", "poll"] {
            assert!(json.contains(&format!("\"ok\",\"f\":\"{f}\"")), "{f}");
        }
        assert!(edn.contains(":value [[:poll {\""), "{edn}");
        let [lists, _] = written(&mut Lists::new());
        assert!(lists.contains("[\"append\",1,1]") && lists.contains(",[1,2"));
        let [registers, _] = written(&mut Register::default());
        assert!(
            registers.contains("\"fail\",\"f\":\"cas\"")
                && !registers.contains("\"fail\",\"f\":\"read\"")
        );
    }
}
