//! A terse way to write histories down in tests.

use serde_json::{Value, json};

use crate::history::{Extra, History, Kind, Nemesis, Op, Process};

/// A history in the making. Each event takes a millisecond; process p talks to node `np`.
#[derive(Default)]
pub(crate) struct Script {
    history: History,
    clock: u64,
    extra: Extra,
}

impl Script {
    /// The next event happens at this millisecond.
    pub(crate) fn at(mut self, millis: u64) -> Self {
        self.clock = millis * 1_000_000;
        self
    }

    /// Every event from here on carries this key, with `true`.
    pub(crate) fn with(mut self, key: &str) -> Self {
        self.extra.insert(key, true);
        self
    }

    /// The events from here on carry nothing special.
    pub(crate) fn plain(mut self) -> Self {
        self.extra = Extra::default();
        self
    }

    /// One event.
    pub(crate) fn event(mut self, process: u64, kind: Kind, f: &str, value: Value) -> Self {
        self.history.push(Op {
            index: 0,
            time: self.clock,
            process: Process::Client(process),
            kind,
            f: f.into(),
            value: value.into(),
            node: Some(format!("n{process}").into()),
            error: None,
            extra: self.extra.clone(),
        });
        self.clock += 1_000_000;
        self
    }

    /// An invocation.
    pub(crate) fn invoke(self, process: u64, f: &str, value: Value) -> Self {
        self.event(process, Kind::Invoke, f, value)
    }

    /// A completion that succeeded.
    pub(crate) fn ok(self, process: u64, f: &str, value: Value) -> Self {
        self.event(process, Kind::Ok, f, value)
    }

    /// An invocation and, at once, its completion with the same value.
    pub(crate) fn call(self, process: u64, kind: Kind, f: &str, value: Value) -> Self {
        self.invoke(process, f, value.clone()).event(process, kind, f, value)
    }

    /// A completed read.
    pub(crate) fn read(self, process: u64, value: Value) -> Self {
        self.invoke(process, "read", Value::Null).ok(process, "read", value)
    }

    /// A completed `send` of `message`, which got `offset`.
    pub(crate) fn send(self, process: u64, key: &str, message: u64, offset: i64) -> Self {
        self.invoke(process, "send", json!([["send", key, message]])).ok(
            process,
            "send",
            json!([["send", key, [offset, message]]]),
        )
    }

    /// A `send` that ended as `kind`.
    pub(crate) fn send_as(self, process: u64, kind: Kind, key: &str, message: u64) -> Self {
        self.call(process, kind, "send", json!([["send", key, message]]))
    }

    /// A completed `poll` that showed `messages`.
    pub(crate) fn poll(self, process: u64, messages: Value) -> Self {
        let shown = Value::Array(vec![Value::Array(vec!["poll".into(), messages])]);
        self.invoke(process, "poll", json!([["poll"]])).ok(process, "poll", shown)
    }

    /// A completed `assign`.
    pub(crate) fn assign(self, process: u64, keys: Value) -> Self {
        self.call(process, Kind::Ok, "assign", keys)
    }

    /// Something that the nemesis does at this millisecond.
    pub(crate) fn nemesis(self, millis: u64, f: &str, value: Value) -> Self {
        let mut script = self.at(millis);
        script.history.push(Op {
            index: 0,
            time: script.clock,
            process: Process::Nemesis(Nemesis::Nemesis),
            kind: Kind::Info,
            f: f.into(),
            value: value.into(),
            node: None,
            error: None,
            extra: Extra::default(),
        });
        script
    }

    /// The history.
    pub(crate) fn history(self) -> History {
        self.history
    }
}
