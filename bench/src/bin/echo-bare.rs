//! The echo node as a bare loop: reads a line, parses it, writes the reply. No runtime, no other
//! request but `init` and `echo`, no answer to a wrong line but giving up.

use std::error::Error;
use std::io::{self, BufRead, BufWriter, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Request<'a> {
    src: &'a str,
    dest: &'a str,
    #[serde(borrow)]
    body: RequestBody<'a>,
}

#[derive(Deserialize)]
struct RequestBody<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    msg_id: u64,
    echo: Option<Value>,
}

#[derive(Serialize)]
struct Reply<'a> {
    src: &'a str,
    dest: &'a str,
    body: ReplyBody<'a>,
}

#[derive(Serialize)]
struct ReplyBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo: Option<&'a Value>,
    in_reply_to: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut input = io::stdin().lock();
    let mut output = BufWriter::new(io::stdout().lock());
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let Request { src, dest, body } = serde_json::from_str(&line)?;
        let kind = match body.kind {
            "init" => "init_ok",
            "echo" => "echo_ok",
            other => return Err(format!("requests of type {other:?} are not known here").into()),
        };
        let body = ReplyBody { kind, echo: body.echo.as_ref(), in_reply_to: body.msg_id };
        serde_json::to_writer(&mut output, &Reply { src: dest, dest: src, body })?;
        output.write_all(b"\n")?;
        line.clear();
    }
    Ok(output.flush()?)
}
