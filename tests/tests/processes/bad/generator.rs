//! Lines of all kinds, from bad to good, by seed.

use std::collections::HashMap;

use chacha20::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::forms::{Field, Form, Target};

/// How a node must answer a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// With the reply of that type.
    Reply(&'static str),
    /// With an error of that code.
    Error(i64),
    /// Not at all.
    Silence,
    /// As it likes, if it keeps to the protocol.
    Anything,
}

/// These occur as a `msg_id` by chance, in any number of lines.
pub(crate) const STRAY: [u64; 2] = [1, u64::MAX];

/// Makes lines. Each request in them has a `msg_id` that no other has.
pub(crate) struct Generator {
    target: &'static Target,
    rng: ChaCha8Rng,
    next_id: u64,
    /// Who asked under which `msg_id`, and what must come of it.
    pub(crate) asked: HashMap<u64, (String, Expected)>,
}

/// A message in pieces, so that any of them can be spoiled. Keys are bare, values JSON.
#[derive(Clone)]
struct Draft {
    envelope: Vec<(&'static str, String)>,
    body: Vec<(&'static str, String)>,
}

impl Draft {
    fn field(&mut self, key: &str) -> &mut String {
        let found = self.envelope.iter_mut().chain(&mut self.body).find(|(k, _)| *k == key);
        &mut found.expect("a key of the draft").1
    }

    fn without(mut self, key: &str) -> Self {
        self.envelope.retain(|(k, _)| *k != key);
        self.body.retain(|(k, _)| *k != key);
        self
    }

    fn line(&self) -> Vec<u8> {
        let object = |fields: &[(&str, String)]| {
            let fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        };
        let mut envelope = self.envelope.clone();
        envelope.push(("body", object(&self.body)));
        object(&envelope).into_bytes()
    }
}

/// Values that a reserved or typed field seldom holds.
const WILD: [&str; 20] = [
    "null",
    "true",
    "-1",
    "-0",
    "0.5",
    "1e3",
    "1e400",
    "-1e-400",
    "18446744073709551615",
    "18446744073709551616",
    "12345678901234567890123456789012345678901234567890",
    "\"\"",
    "\"7\"",
    "\"\\u0000\\n\\\"\"",
    "\"\\ud800\"",
    "\"\u{1f980}\"",
    "[]",
    "[[1],{\"a\":2}]",
    "{}",
    "{\"type\":\"read\",\"msg_id\":1}",
];

/// A line that long is told apart from all others by its length.
const HUGE: usize = 1_000_000;

const DEEP: usize = 10_000;

impl Generator {
    pub(crate) fn new(target: &'static Target, seed: u64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { target, rng, next_id: 1000, asked: HashMap::new() }
    }

    /// A good request, with its fields as given or as they come.
    pub(crate) fn request(
        &mut self,
        kind: &str,
        fields: &[(&'static str, &str)],
    ) -> (u64, Vec<u8>) {
        let form = self.target.forms.iter().find(|form| form.kind == kind).expect("a form");
        let mut draft = self.draft(form);
        for (key, value) in fields {
            (*value).clone_into(draft.field(key));
        }
        (self.expect(Expected::Reply(form.reply.0)), draft.line())
    }

    /// The `init` that the node will go by.
    pub(crate) fn init(&mut self) -> (u64, Vec<u8>) {
        let draft = self.init_draft("n0");
        (self.expect(Expected::Reply("init_ok")), draft.line())
    }

    /// Every beginning of every request, none of which is one.
    pub(crate) fn truncated(&mut self) -> Vec<Vec<u8>> {
        let whole: Vec<_> = self.target.forms.iter().map(|form| self.draft(form).line()).collect();
        whole.iter().flat_map(|line| (0..line.len()).map(|end| line[..end].to_vec())).collect()
    }

    /// A line for a node that has not been initialised.
    pub(crate) fn early(&mut self) -> Vec<u8> {
        match self.rng.random_range(0..7) {
            0 => self.garbage(),
            5 => {
                let form = self.form();
                let mut draft = self.draft(form);
                *draft.field("type") = self.wild();
                self.finish(&draft, Expected::Anything)
            }
            1 => {
                let wrong = *["7", "null", "\"\"", "[]"].choose(&mut self.rng).unwrap_or(&"7");
                let mut draft = self.init_draft("n0");
                let key = if self.rng.random() { "node_id" } else { "node_ids" };
                wrong.clone_into(draft.field(key));
                self.finish(&draft, Expected::Error(12))
            }
            2 => {
                let draft = self.init_draft("n0").without("node_ids");
                self.finish(&draft, Expected::Error(12))
            }
            3 => {
                let draft = self.init_draft("n9");
                self.finish(&draft, Expected::Error(12))
            }
            4 => {
                let form = self.form();
                let draft = self.draft(form);
                self.finish(&draft, Expected::Error(11))
            }
            _ => self.gossip(),
        }
    }

    /// A line for a node in service.
    pub(crate) fn line(&mut self) -> Vec<u8> {
        let form = self.form();
        let mut draft = self.draft(form);
        let ok = Expected::Reply(form.reply.0);
        match self.rng.random_range(0..1000) {
            0..60 => self.garbage(),
            60..110 => self.invalid_utf8(&draft),
            110..210 => {
                let mut line = draft.line();
                line.truncate(self.rng.random_range(0..line.len()));
                line
            }
            210..330 => self.mistyped(form, draft),
            330..400 => match form.fields.choose(&mut self.rng) {
                Some((key, _)) => self.finish(&draft.without(key), Expected::Error(12)),
                None => self.finish(&draft, ok),
            },
            400..480 => {
                let keys = ["src", "dest", "type", "msg_id"];
                let key = keys.choose(&mut self.rng).unwrap_or(&"src");
                *draft.field(key) = self.wild();
                self.finish(&draft, Expected::Anything)
            }
            480..490 => self.deep(form, draft),
            490..540 => {
                let body = self.rng.random();
                let fields = if body { &mut draft.body } else { &mut draft.envelope };
                let twice = fields.choose(&mut self.rng).cloned();
                fields.extend(twice);
                self.finish(&draft, Expected::Anything)
            }
            540..590 => {
                let kinds = ["sing", "", "Read", "read ", "init_ok", "error", "rea\\u0064y"];
                let kind = kinds.choose(&mut self.rng).unwrap_or(&"sing");
                *draft.field("type") = format!("\"{kind}\"");
                self.finish(&draft, Expected::Error(10))
            }
            590..610 => {
                let blanks: [&[u8]; 5] = [b"", b" ", b"\r", b"\t \r", b"  \x0c  "];
                blanks.choose(&mut self.rng).copied().unwrap_or_default().to_vec()
            }
            610..660 => draft.without("msg_id").line(),
            660..710 => self.answer(draft),
            710..790 => self.gossip(),
            790..830 => self.second_init(),
            830..880 => self.flipped(&draft),
            880..930 => {
                let spaced = String::from_utf8_lossy(&draft.line())
                    .replace("\":", "\" :\t")
                    .replace("\"type\"", "\"t\\u0079pe\"");
                self.expect(ok);
                format!("  {spaced} \r").into_bytes()
            }
            930..932 => self.huge(form, draft),
            932..960 => {
                draft.body.push(("novelty", self.wild()));
                draft.envelope.push(("id", self.wild()));
                self.finish(&draft, ok)
            }
            _ => self.finish(&draft, ok),
        }
    }

    /// Notes what must come of the draft that was made last.
    fn expect(&mut self, expected: Expected) -> u64 {
        let id = self.next_id - 1;
        if let Some((_, slot)) = self.asked.get_mut(&id) {
            *slot = expected;
        }
        id
    }

    fn finish(&mut self, draft: &Draft, expected: Expected) -> Vec<u8> {
        self.expect(expected);
        draft.line()
    }

    fn form(&mut self) -> &'static Form {
        let forms = self.target.forms;
        forms.choose_weighted(&mut self.rng, |form| form.weight).unwrap_or(&forms[0])
    }

    /// A request that is right, under the next `msg_id`; nothing is expected of it yet.
    fn draft(&mut self, form: &Form) -> Draft {
        let fields = form.fields.iter().map(|&(key, field)| (key, self.right(field))).collect();
        self.draft_of(form.kind, fields)
    }

    fn draft_of(&mut self, kind: &str, fields: Vec<(&'static str, String)>) -> Draft {
        let src = format!("c{}", self.rng.random_range(0..20));
        let id = self.next_id;
        self.next_id += 1;
        self.asked.insert(id, (src.clone(), Expected::Silence));
        let mut body = vec![("type", format!("\"{kind}\"")), ("msg_id", id.to_string())];
        body.extend(fields);
        Draft { envelope: vec![("src", format!("\"{src}\"")), ("dest", "\"n0\"".to_owned())], body }
    }

    fn init_draft(&mut self, name: &str) -> Draft {
        let ids = format!("{:?}", self.target.node_ids);
        self.draft_of("init", vec![("node_id", format!("\"{name}\"")), ("node_ids", ids)])
    }

    fn wild(&mut self) -> String {
        (*WILD.choose(&mut self.rng).unwrap_or(&"null")).to_owned()
    }

    fn right(&mut self, field: Field) -> String {
        let number = self.rng.random_range(0..100_u32);
        match field {
            Field::Any => match number {
                0..30 => self.wild().replace("\\ud800", "?"),
                _ => (u64::from(number) * self.next_id).to_string(),
            },
            Field::Unsigned => number.to_string(),
            Field::Signed => (i64::from(number) - 50).to_string(),
            Field::Text => format!("\"k{}\"", number % 50),
            Field::Offsets => {
                let far = if number == 0 { u64::MAX } else { u64::from(number) };
                format!("{{\"k{}\":{far},\"\":0}}", number % 50)
            }
            Field::Texts => format!("[\"k{}\",\"\",\"k0\"]", number % 50),
            Field::Topology => "{\"n0\":[\"n1\",\"n0\",\"n9\"],\"n7\":[]}".to_owned(),
            Field::Txn => {
                let (key, value) = (number % 20, self.right(Field::Any));
                format!("[[\"r\",{key},null],[\"w\",{key},{value}],[\"r\",\"k\",[]]]")
            }
        }
    }

    fn wrong(&mut self, field: Field) -> Option<&'static str> {
        let wrong: &[&str] = match field {
            Field::Any => &[],
            Field::Unsigned | Field::Signed => &[
                "null",
                "0.5",
                "1e400",
                "1e2",
                "18446744073709551616",
                "-9223372036854775809",
                "\"7\"",
                "[7]",
                "{}",
                "true",
            ],
            Field::Text => &["null", "7", "[\"k\"]", "{\"k\":1}", "false", "\"\\ud800\""],
            Field::Offsets => &[
                "null",
                "7",
                "\"k\"",
                "[[\"k\",1]]",
                "{\"k\":-1}",
                "{\"k\":0.5}",
                "{\"k\":1e400}",
                "{\"k\":18446744073709551616}",
                "{\"k\":null}",
            ],
            Field::Texts => &["null", "7", "\"k\"", "{}", "[7]", "[\"k\",null]"],
            Field::Txn => &[
                "null",
                "7",
                "{}",
                "[7]",
                "[[]]",
                "[[\"r\",1]]",
                "[[\"w\",1,2,3]]",
                "[[\"cas\",1,2]]",
                "[[null,1,2]]",
                "[[\"r\",1,null],{\"w\":1}]",
            ],
            Field::Topology => &[
                "null",
                "7",
                "\"n1\"",
                "[\"n1\"]",
                "{\"n0\":\"n1\"}",
                "{\"n0\":[7]}",
                "{\"n0\":null}",
            ],
        };
        wrong.choose(&mut self.rng).copied()
    }

    fn mistyped(&mut self, form: &Form, mut draft: Draft) -> Vec<u8> {
        let chosen = form.fields.choose(&mut self.rng);
        let wrong = chosen.and_then(|&(key, field)| Some((key, self.wrong(field)?)));
        if let Some((key, wrong)) = wrong {
            wrong.clone_into(draft.field(key));
            return self.finish(&draft, Expected::Error(12));
        }
        // Where any value is right, the body itself is not.
        self.expect(Expected::Anything);
        let line = String::from_utf8_lossy(&draft.line()).into_owned();
        let body = line.find("\"body\":").unwrap_or_default();
        format!("{}\"body\":{}}}", &line[..body], self.wild()).into_bytes()
    }

    fn garbage(&mut self) -> Vec<u8> {
        let length = self.rng.random_range(0..300);
        let mut bytes: Vec<u8> = (0..length).map(|_| self.rng.random()).collect();
        bytes.retain(|byte| *byte != b'\n');
        if self.rng.random() {
            // What looks like JSON gets further.
            for byte in &mut bytes {
                *byte = b"{}[]\",:\\ntrue0-e.\" "[usize::from(*byte) % 19];
            }
            bytes.retain(|byte| *byte != b'\n');
        }
        bytes
    }

    fn invalid_utf8(&mut self, draft: &Draft) -> Vec<u8> {
        let mut line = draft.line();
        let bad: [&[u8]; 5] = [b"\xff", b"\xc0\x80", b"\x80", b"\xed\xa0\x80", b"\xf0\x9f"];
        let bad = bad.choose(&mut self.rng).copied().unwrap_or_default();
        let at = self.rng.random_range(0..line.len());
        line.splice(at..at, bad.iter().copied());
        line
    }

    fn deep(&mut self, form: &Form, mut draft: Draft) -> Vec<u8> {
        let (open, close) = if self.rng.random() { ("[", "]") } else { ("{\"a\":", "}") };
        let deep = format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP));
        let any = form.fields.iter().find(|(_, field)| *field == Field::Any);
        match (self.rng.random_range(0..10), any) {
            (0, Some((key, _))) => {
                *draft.field(key) = deep;
                self.finish(&draft, Expected::Reply(form.reply.0))
            }
            (1..4, _) => {
                draft.body.push(("novelty", deep));
                self.finish(&draft, Expected::Reply(form.reply.0))
            }
            (4..7, _) => {
                let key = *["src", "type", "msg_id"].choose(&mut self.rng).unwrap_or(&"src");
                *draft.field(key) = deep;
                self.finish(&draft, Expected::Anything)
            }
            _ => deep.into_bytes(),
        }
    }

    fn huge(&mut self, form: &Form, mut draft: Draft) -> Vec<u8> {
        let huge = format!("\"{}\"", "x".repeat(HUGE));
        match self.rng.random_range(0..3) {
            0 => {
                draft.envelope.push(("novelty", huge));
                self.finish(&draft, Expected::Reply(form.reply.0))
            }
            1 => {
                *draft.field("type") = huge;
                self.finish(&draft, Expected::Error(10))
            }
            _ => {
                *draft.field("msg_id") = huge;
                self.finish(&draft, Expected::Silence)
            }
        }
    }

    /// Something that claims to answer what nobody has asked.
    fn answer(&mut self, draft: Draft) -> Vec<u8> {
        let mut draft = draft;
        let kinds = ["read_ok", "cas_ok", "error", "sing", "init", "gossip"];
        let kind = kinds.choose(&mut self.rng).unwrap_or(&"error");
        *draft.field("type") = format!("\"{kind}\"");
        let sources = ["seq-kv", "n1", "c1", "nobody"];
        let src = sources.choose(&mut self.rng).unwrap_or(&"n1");
        *draft.field("src") = format!("\"{src}\"");
        let request = self.rng.random_range(1 << 40..1_u64 << 60);
        draft.body.push(("in_reply_to", request.to_string()));
        draft.body.push(("value", self.wild()));
        self.finish(&draft, Expected::Silence)
    }

    fn gossip(&mut self) -> Vec<u8> {
        let number = |rng: &mut ChaCha8Rng| match rng.random_range(0..4) {
            0 => u64::MAX,
            1 => 0,
            _ => rng.random_range(0..9),
        };
        let [epoch, acked, life, follows, seq] = [(); 5].map(|()| number(&mut self.rng));
        let [held, period] =
            [(); 2].map(|()| [0, 1, u32::MAX][self.rng.random_range(0..3_usize)].to_string());
        let delta = self.target.deltas.choose(&mut self.rng).copied().unwrap_or("null");
        let mut draft = self.draft_of(
            "gossip",
            vec![
                ("e", epoch.to_string()),
                ("a", format!("[{life},{acked},{held}]")),
                ("b", format!("[{follows},{seq},{delta}]")),
                ("u", "true".to_owned()),
                ("p", period),
            ],
        );
        let sources = ["n1", "n2", "n0", "n7", "c3", ""];
        let src = sources.choose(&mut self.rng).unwrap_or(&"n1");
        *draft.field("src") = format!("\"{src}\"");
        if self.rng.random() {
            let key = *["e", "a", "b", "u", "p"].choose(&mut self.rng).unwrap_or(&"e");
            if self.rng.random() {
                draft = draft.without(key);
            } else {
                *draft.field(key) = self.wild();
            }
        }
        if self.rng.random_ratio(9, 10) {
            draft = draft.without("msg_id");
            return self.finish(&draft, Expected::Silence);
        }
        self.finish(&draft, Expected::Anything)
    }

    fn second_init(&mut self) -> Vec<u8> {
        match self.rng.random_range(0..4) {
            0 => {
                let draft = self.init_draft("n0");
                self.finish(&draft, Expected::Reply("init_ok"))
            }
            1 => {
                let draft = self.init_draft("n1");
                self.finish(&draft, Expected::Error(22))
            }
            2 => {
                let draft = self.init_draft("n0").without("node_id");
                self.finish(&draft, Expected::Error(12))
            }
            _ => {
                let draft = self.init_draft("n0").without("msg_id");
                self.finish(&draft, Expected::Silence)
            }
        }
    }

    /// A request of which a few bytes are others; its numbers stay, so that it remains the only one
    /// under its `msg_id`.
    fn flipped(&mut self, draft: &Draft) -> Vec<u8> {
        let mut line = draft.line();
        for _ in 0..self.rng.random_range(1..5) {
            let at = self.rng.random_range(0..line.len());
            let byte = self.rng.random();
            if byte != b'\n' && !u8::is_ascii_digit(&byte) && !line[at].is_ascii_digit() {
                line[at] = byte;
            }
        }
        self.expect(Expected::Anything);
        line
    }
}
