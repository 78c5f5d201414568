use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;

/// The `msg_id` of `init`; those of the echo requests follow.
const INIT: u64 = 1;

/// An `init` and many echo requests, as Maelstrom sends them, in a file.
pub(super) struct Load {
    /// Where the file is, and room for the answers.
    pub(super) folder: PathBuf,
    pub(super) requests: PathBuf,
    count: u64,
}

/// An answer, as far as all programs agree on what is in it.
#[derive(Deserialize)]
struct Answer<'a> {
    dest: &'a str,
    #[serde(borrow)]
    body: AnswerBody<'a>,
}

#[derive(Deserialize)]
struct AnswerBody<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    in_reply_to: u64,
    echo: Option<&'a str>,
}

fn payload(msg_id: u64) -> String {
    format!("Please echo {msg_id}")
}

impl Load {
    /// Writes `count` requests into `folder`.
    pub(super) fn write(folder: &Path, count: u64) -> anyhow::Result<Self> {
        let requests = folder.join("requests");
        let mut file = BufWriter::new(File::create(&requests)?);
        let init = format!(r#""type":"init","node_id":"n1","node_ids":["n1"],"msg_id":{INIT}"#);
        writeln!(file, r#"{{"id":0,"src":"c0","dest":"n1","body":{{{init}}}}}"#)?;
        for msg_id in INIT + 1..=INIT + count {
            let body = format!(r#""echo":"{}","type":"echo","msg_id":{msg_id}"#, payload(msg_id));
            writeln!(file, r#"{{"id":{msg_id},"src":"c1","dest":"n1","body":{{{body}}}}}"#)?;
        }
        file.flush()?;
        Ok(Self { folder: folder.to_owned(), requests, count })
    }

    /// Makes sure that every request was answered, once, with its payload.
    pub(super) fn check(&self, answers: &Path) -> anyhow::Result<()> {
        let mut answers = BufReader::new(File::open(answers)?);
        let mut answered = vec![false; usize::try_from(self.count + INIT)?];
        let mut line = String::new();
        while answers.read_line(&mut line)? > 0 {
            let msg_id = read(&line).with_context(|| format!("answer {}", line.trim()))?;
            let slot = usize::try_from(msg_id - INIT).ok().and_then(|at| answered.get_mut(at));
            let slot =
                slot.with_context(|| format!("an answer to {msg_id}, which nobody asked"))?;
            ensure!(!std::mem::replace(slot, true), "request {msg_id} was answered twice");
            line.clear();
        }
        let missing = answered.iter().filter(|answered| !**answered).count();
        ensure!(missing == 0, "{missing} of {} answers are missing", answered.len());
        Ok(())
    }
}

/// Reads an answer: to which request it is. It must say what that request asks for.
fn read(line: &str) -> anyhow::Result<u64> {
    let Answer { dest, body } = serde_json::from_str(line)?;
    let msg_id = body.in_reply_to;
    ensure!(msg_id >= INIT, "no such request");
    if msg_id == INIT {
        ensure!((dest, body.kind, body.echo) == ("c0", "init_ok", None), "not the answer to init");
    } else {
        let expected = ("c1", "echo_ok", Some(&*payload(msg_id)));
        ensure!((dest, body.kind, body.echo) == expected, "not the answer to its request");
    }
    Ok(msg_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answers: &[(u64, &str)]) -> anyhow::Result<()> {
        let folder = tempfile::tempdir().unwrap();
        let load = Load::write(folder.path(), 2).unwrap();
        let file = folder.path().join("answers");
        let mut text = r#"{"src":"n1","dest":"c0","body":{"in_reply_to":1,"type":"init_ok"}}"#
            .to_owned()
            + "\n";
        for (msg_id, echo) in answers {
            let body = format!(r#""type":"echo_ok","echo":"{echo}","in_reply_to":{msg_id}"#);
            text.extend([r#"{"src":"n1","dest":"c1","body":{"#, &*body, "}}\n"]);
        }
        std::fs::write(&file, text).unwrap();
        load.check(&file)
    }

    #[test]
    fn answers_may_come_in_any_order() {
        check(&[(3, "Please echo 3"), (2, "Please echo 2")]).unwrap();
    }

    #[test]
    fn whatever_is_wrong_is_found() {
        for wrong in [
            &[(2, "Please echo 2")][..],
            &[(2, "Please echo 2"), (3, "Please echo 2")],
            &[(2, "Please echo 2"), (3, "Please echo 3"), (3, "Please echo 3")],
            &[(2, "Please echo 2"), (3, "Please echo 3"), (4, "Please echo 4")],
            &[(2, "Please echo 2"), (0, "Please echo 0")],
        ] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }
}
