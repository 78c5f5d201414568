//! Histories of right systems: every operation takes place at once, at a moment between its beginning and
//! its end; which of those that are under way is next is drawn at random.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};

use super::random::Random;

/// What clients ask a system for, and what it holds.
pub(super) trait System {
    /// What a client asks for next: a function, and its argument.
    fn ask(&mut self, random: &mut Random, client: usize) -> (&'static str, Value);

    /// Carries it out. Returns its result; nothing if it fails.
    fn answer(&mut self, client: usize, f: &str, asked: &Value) -> Option<Value>;
}

/// An event of a history.
pub(super) struct Event {
    pub(super) client: usize,
    pub(super) kind: &'static str,
    pub(super) f: &'static str,
    pub(super) value: Value,
}

/// So many operations of so many clients, event by event.
pub(super) fn history(
    system: &mut impl System,
    seed: u64,
    operations: usize,
    clients: usize,
    mut tell: impl FnMut(Event) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    enum Stage {
        Idle,
        Asked(&'static str, Value),
        Done(&'static str, Value, Option<Value>),
    }

    let mut random = Random::new(seed);
    let mut stages: Vec<Stage> = (0..clients).map(|_| Stage::Idle).collect();
    let (mut asked, mut under_way) = (0, 0);
    while asked < operations || under_way > 0 {
        let client = usize::try_from(random.below(clients as u64))?;
        stages[client] = match std::mem::replace(&mut stages[client], Stage::Idle) {
            Stage::Idle if asked == operations => Stage::Idle,
            Stage::Idle => {
                (asked, under_way) = (asked + 1, under_way + 1);
                let (f, value) = system.ask(&mut random, client);
                tell(Event { client, kind: "invoke", f, value: value.clone() })?;
                Stage::Asked(f, value)
            }
            Stage::Asked(f, value) => {
                let answer = system.answer(client, f, &value);
                Stage::Done(f, value, answer)
            }
            Stage::Done(f, value, answer) => {
                under_way -= 1;
                let kind = if answer.is_some() { "ok" } else { "fail" };
                tell(Event { client, kind, f, value: answer.unwrap_or(value) })?;
                Stage::Idle
            }
        };
    }
    Ok(())
}

/// Logs that everyone polls from the beginning.
pub(super) struct Kafka {
    logs: Vec<Vec<u64>>,
    /// By client, how far it has polled each log; nothing, before it is assigned them.
    polled: BTreeMap<usize, Vec<usize>>,
    asked: u64,
    /// So many operations may be sends, too; the others only poll, so that in the end all was polled.
    sends: u64,
}

impl Kafka {
    const KEYS: usize = 10;
    /// Messages of a key that a poll shows at most.
    const BATCH: usize = 10;

    pub(super) fn new(sends: u64) -> Self {
        Self { logs: vec![Vec::new(); Self::KEYS], polled: BTreeMap::new(), asked: 0, sends }
    }
}

impl System for Kafka {
    fn ask(&mut self, random: &mut Random, client: usize) -> (&'static str, Value) {
        self.asked += 1;
        if let Entry::Vacant(place) = self.polled.entry(client) {
            place.insert(vec![0; Self::KEYS]);
            let keys: Vec<_> = (0..Self::KEYS).map(|key| key.to_string()).collect();
            return ("assign", json!(keys));
        }
        if self.asked > self.sends || random.below(3) > 0 {
            return ("poll", json!([["poll"]]));
        }
        let key = random.below(Self::KEYS as u64);
        // No message is sent twice.
        ("send", json!([["send", key.to_string(), self.asked]]))
    }

    fn answer(&mut self, client: usize, f: &str, asked: &Value) -> Option<Value> {
        match f {
            "send" => {
                let (key, message) = (&asked[0][1], asked[0][2].as_u64()?);
                let log = self.logs.get_mut(key.as_str()?.parse::<usize>().ok()?)?;
                log.push(message);
                Some(json!([["send", key, [log.len() - 1, message]]]))
            }
            "poll" => {
                let mut shown = serde_json::Map::new();
                let places = self.polled.get_mut(&client)?;
                for (key, (log, from)) in self.logs.iter().zip(places).enumerate() {
                    let to = log.len().min(*from + Self::BATCH);
                    let batch: Vec<_> =
                        (*from..to).map(|place| json!([place, log[place]])).collect();
                    if !batch.is_empty() {
                        shown.insert(key.to_string(), batch.into());
                    }
                    *from = to;
                }
                Some(json!([["poll", shown]]))
            }
            _ => Some(asked.clone()),
        }
    }
}

/// Lists that transactions append to, of which a few are in use at a time.
pub(super) struct Lists {
    elements: BTreeMap<u64, Vec<u64>>,
    /// The keys in use, with how many elements were appended, or are to be.
    keys: Vec<(u64, u64)>,
    fresh: u64,
}

impl Lists {
    const KEYS: u64 = 10;
    /// Elements of a list at most.
    const LONGEST: u64 = 32;
    /// Operations of a transaction at most.
    const WIDEST: u64 = 4;

    pub(super) fn new() -> Self {
        let keys = (0..Self::KEYS).map(|key| (key, 0)).collect();
        Self { elements: BTreeMap::new(), keys, fresh: Self::KEYS }
    }

    fn ask_one(&mut self, random: &mut Random) -> Value {
        let place = usize::try_from(random.below(Self::KEYS)).unwrap_or_default();
        let (key, count) = &mut self.keys[place];
        if random.below(2) == 0 {
            return json!(["r", key, null]);
        }
        *count += 1;
        let append = json!(["append", key, count]);
        if *count == Self::LONGEST {
            (*key, *count) = (self.fresh, 0);
            self.fresh += 1;
        }
        append
    }
}

impl System for Lists {
    fn ask(&mut self, random: &mut Random, _: usize) -> (&'static str, Value) {
        let wide = 1 + random.below(Self::WIDEST);
        ("txn", (0..wide).map(|_| self.ask_one(random)).collect())
    }

    fn answer(&mut self, _: usize, _: &str, asked: &Value) -> Option<Value> {
        let mut answers = Vec::new();
        for mop in asked.as_array()? {
            let key = mop[1].as_u64()?;
            answers.push(match mop[0].as_str()? {
                "r" => json!(["r", key, self.elements.get(&key)]),
                _ => {
                    self.elements.entry(key).or_default().push(mop[2].as_u64()?);
                    mop.clone()
                }
            });
        }
        Some(answers.into())
    }
}

/// A register that is read half of the time, written, and compared and set.
#[derive(Default)]
pub(super) struct Register {
    value: Option<u64>,
}

impl Register {
    /// There are so many values.
    const VALUES: u64 = 5;
}

impl System for Register {
    fn ask(&mut self, random: &mut Random, _: usize) -> (&'static str, Value) {
        let mut value = || random.below(Self::VALUES);
        let (from, to) = (value(), value());
        match random.below(6) {
            0..3 => ("read", json!([0, null])),
            3 => ("write", json!([0, to])),
            _ => ("cas", json!([0, [from, to]])),
        }
    }

    fn answer(&mut self, _: usize, f: &str, asked: &Value) -> Option<Value> {
        match f {
            "read" => return Some(json!([0, self.value])),
            "write" => self.value = Some(asked[1].as_u64()?),
            _ if self.value == asked[1][0].as_u64() => self.value = asked[1][1].as_u64(),
            _ => return None,
        }
        Some(asked.clone())
    }
}
