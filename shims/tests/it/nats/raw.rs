use std::collections::BTreeMap;
use std::future::poll_fn;

use glomers_shims::nats::{NatsTransport, Until, Watch};
use glomers_shims::transport::Transport;
use serde_json::{Value, json};

use super::{Server, member};

/// A node's end of the transport, without a node.
pub(super) struct Raw {
    id: String,
    transport: NatsTransport,
    runtime: tokio::runtime::Runtime,
    asked: u64,
}

impl Raw {
    pub(super) fn start(server: &Server, id: &str) -> Self {
        let place = member(id, &[id]);
        let transport = NatsTransport::start(&server.servers(), &place, Until::Forever).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut raw = Self { id: id.to_owned(), transport, runtime, asked: 0 };
        let init = raw.lines();
        assert_eq!((&init[0]["body"]["type"], &init[0]["dest"]), (&json!("init"), &json!(id)));
        raw
    }

    pub(super) fn counts(&self) -> Watch {
        self.transport.counts()
    }

    /// What has come, as it is.
    pub(super) fn read(&mut self) -> Vec<u8> {
        let mut input = Vec::new();
        let transport = &mut self.transport;
        let is_open =
            self.runtime.block_on(poll_fn(|context| transport.poll_read(context, &mut input)));
        assert!(is_open);
        input
    }

    /// What has come.
    pub(super) fn lines(&mut self) -> Vec<Value> {
        let input = self.read();
        let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    /// Sends a request; its number.
    pub(super) fn send(&mut self, service: &str, mut body: Value) -> u64 {
        self.asked += 1;
        body["msg_id"] = json!(self.asked);
        let line = json!({"src": self.id, "dest": service, "body": body});
        self.transport.write(&mut format!("{line}\n").into_bytes());
        self.asked
    }

    /// Writes lines as they are.
    pub(super) fn write(&mut self, mut lines: Vec<u8>) {
        self.transport.write(&mut lines);
    }

    /// What a service answers.
    pub(super) fn ask(&mut self, service: &str, body: Value) -> Value {
        self.ask_all(service, vec![body]).remove(0)
    }

    /// What a service answers to all of these at the same time, in their order.
    pub(super) fn ask_all(&mut self, service: &str, bodies: Vec<Value>) -> Vec<Value> {
        let numbers: Vec<_> = bodies.into_iter().map(|body| self.send(service, body)).collect();
        let mut answers = BTreeMap::new();
        while numbers.iter().any(|number| !answers.contains_key(number)) {
            for mut line in self.lines() {
                assert_eq!((&line["src"], &line["dest"]), (&json!(service), &json!(self.id)));
                let mut body = line["body"].take();
                let number = body["in_reply_to"].as_u64().unwrap();
                body.as_object_mut().unwrap().remove("in_reply_to");
                answers.insert(number, body);
            }
        }
        numbers.iter().map(|number| answers[number].clone()).collect()
    }
}
