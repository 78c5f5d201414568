//! What each node can be asked, and what it then answers.

/// A kind of request.
pub(crate) struct Form {
    pub(crate) kind: &'static str,
    pub(crate) fields: &'static [(&'static str, Field)],
    /// The reply's type, and its keys.
    pub(crate) reply: (&'static str, &'static [&'static str]),
    /// How often it is asked, in proportion. Seldom, where answers are long.
    pub(crate) weight: u32,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Any,
    /// A small one, lest counters overflow.
    Unsigned,
    Signed,
    Text,
    /// Integers by text.
    Offsets,
    Texts,
    /// Lists of texts by text.
    Topology,
    /// A transaction on registers.
    Txn,
}

/// A node of ours.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) node_ids: &'static [&'static str],
    pub(crate) forms: &'static [Form],
    /// A delta of the state that it gossips.
    pub(crate) deltas: &'static [&'static str],
}

const READ_SET: Form =
    Form { kind: "read", fields: &[], reply: ("read_ok", &["messages"]), weight: 1 };

const READ_VALUE: Form =
    Form { kind: "read", fields: &[], reply: ("read_ok", &["value"]), weight: 50 };

const THREE: &[&str] = &["n0", "n1", "n2"];

const SETS: &[&str] = &["[]", "[1,\"x\",null,{}]", "[18446744073709551615,-0,1e400]", "[[[]]]"];

pub(crate) const ECHO: Target = Target {
    name: "echo",
    node_ids: THREE,
    forms: &[Form {
        kind: "echo",
        fields: &[("echo", Field::Any)],
        reply: ("echo_ok", &["echo"]),
        weight: 1,
    }],
    deltas: &["null"],
};

pub(crate) const UNIQUE_IDS: Target = Target {
    name: "unique-ids",
    node_ids: THREE,
    forms: &[Form { kind: "generate", fields: &[], reply: ("generate_ok", &["id"]), weight: 1 }],
    deltas: &["null"],
};

pub(crate) const BROADCAST: Target = Target {
    name: "broadcast",
    node_ids: THREE,
    forms: &[
        Form {
            kind: "topology",
            fields: &[("topology", Field::Topology)],
            reply: ("topology_ok", &[]),
            weight: 50,
        },
        Form {
            kind: "broadcast",
            fields: &[("message", Field::Any)],
            reply: ("broadcast_ok", &[]),
            weight: 100,
        },
        READ_SET,
    ],
    deltas: SETS,
};

pub(crate) const G_SET: Target = Target {
    name: "g-set",
    node_ids: THREE,
    forms: &[
        Form {
            kind: "add",
            fields: &[("element", Field::Any)],
            reply: ("add_ok", &[]),
            weight: 150,
        },
        Form { reply: ("read_ok", &["value"]), ..READ_SET },
    ],
    deltas: SETS,
};

pub(crate) const G_COUNTER: Target = Target {
    name: "g-counter",
    node_ids: THREE,
    forms: &[
        Form {
            kind: "add",
            fields: &[("delta", Field::Unsigned)],
            reply: ("add_ok", &[]),
            weight: 100,
        },
        READ_VALUE,
    ],
    deltas: &["{}", "{\"n1\":5}", "{\"n1\":18446744073709551615,\"n2\":0}", "{\"n9\":1}"],
};

pub(crate) const PN_COUNTER: Target = Target {
    name: "pn-counter",
    node_ids: THREE,
    forms: &[
        Form {
            kind: "add",
            fields: &[("delta", Field::Signed)],
            reply: ("add_ok", &[]),
            weight: 100,
        },
        READ_VALUE,
    ],
    deltas: &[
        "{\"p\":{},\"n\":{}}",
        "{\"p\":{\"n1\":5},\"n\":{\"n2\":6}}",
        "{\"p\":{\"n1\":18446744073709551615},\"n\":{\"n1\":18446744073709551615}}",
    ],
};

pub(crate) const KAFKA: Target = Target {
    name: "kafka",
    node_ids: &["n0"],
    forms: &[
        Form {
            kind: "send",
            fields: &[("key", Field::Text), ("msg", Field::Any)],
            reply: ("send_ok", &["offset"]),
            weight: 30,
        },
        Form {
            kind: "poll",
            fields: &[("offsets", Field::Offsets)],
            reply: ("poll_ok", &["msgs"]),
            weight: 10,
        },
        Form {
            kind: "commit_offsets",
            fields: &[("offsets", Field::Offsets)],
            reply: ("commit_offsets_ok", &[]),
            weight: 20,
        },
        Form {
            kind: "list_committed_offsets",
            fields: &[("keys", Field::Texts)],
            reply: ("list_committed_offsets_ok", &["offsets"]),
            weight: 20,
        },
    ],
    deltas: &["null"],
};

pub(crate) const TXN_RW_REGISTER: Target = Target {
    name: "txn-rw-register",
    node_ids: THREE,
    forms: &[Form {
        kind: "txn",
        fields: &[("txn", Field::Txn)],
        reply: ("txn_ok", &["txn"]),
        weight: 100,
    }],
    deltas: &[
        "[]",
        "[[[7,\"n1\",3],[[1,\"x\"]]]]",
        "[[[7,\"n1\",3],[[1,1],[2,2]]],[[8,\"n2\",0],[[2,[]]]]]",
        "[[[1,\"n0\",0],[[1,null]]]]",
    ],
};
