//! What the page's script works on: operations, messages and faults as JSON, in short rows.

use std::collections::{BTreeMap, BTreeSet};

use glomers_check::value;
use serde_json::{Value, json};

use super::calls::{Call, End};
use super::messages::{Letter, cut};
use super::view::{Told, View};

/// About so many operations are in a report.
const KEPT: usize = 20_000;

/// So many bytes of an operation's argument or result.
const VALUE: usize = 300;

/// Texts by number, each once.
#[derive(Default)]
struct Words {
    numbers: BTreeMap<String, usize>,
    list: Vec<String>,
}

impl Words {
    fn number(&mut self, word: &str) -> usize {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        self.numbers.insert(word.to_owned(), self.list.len());
        self.list.push(word.to_owned());
        self.list.len() - 1
    }
}

/// All of it, as it may stand in an HTML `script` element.
pub(super) fn data(view: &View<'_>) -> String {
    let mut words = Words::default();
    let (ops, stride) = ops(view, &mut words);
    let messages: Vec<Value> =
        view.messages.letters.iter().map(|letter| message(letter, &mut words)).collect();
    let faults: Vec<Value> = view
        .faults
        .iter()
        .map(|it| json!([it.kind, it.from / 1000, it.until / 1000, it.text, it.op]))
        .collect();
    let cases: Vec<Value> = view
        .cases
        .iter()
        .map(|case| {
            let carriers = case.told.iter().flat_map(|told| &told.carriers).map(|it| it.id);
            json!({
                "anomaly": case.finding.anomaly,
                "ops": case.finding.ops,
                "value": case.told.as_ref().map(|told| told.subject.name()),
                "involved": case.told.as_ref().map(|told| involved(view, told)),
                "carriers": carriers.collect::<Vec<_>>(),
            })
        })
        .collect();
    let data = json!({
        "nodes": view.report.nodes,
        "words": words.list,
        "until": micros(view.span.1),
        "ops": ops,
        "opTotal": view.calls.len(),
        "opStride": stride,
        "messages": messages,
        "total": view.total,
        "stride": view.messages.stride,
        "faults": faults,
        "cases": cases,
    });
    // These are never part of JSON but in strings.
    data.to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// The operations that a value's story names, by their invocations.
fn involved(view: &View<'_>, told: &Told) -> Vec<usize> {
    let story = &told.story;
    let named = story.shown.iter().chain(&story.lacking).map(|(_, at)| *at);
    let named = named.chain(story.asked).chain(story.acknowledged);
    named.map(|at| view.calls[at].invoked.index).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The operations: all of a few; of many those that something is told of, and a regular sample.
fn ops(view: &View<'_>, words: &mut Words) -> (Vec<Value>, usize) {
    let mut named: BTreeSet<usize> = BTreeSet::new();
    for case in &view.cases {
        named.extend(&case.finding.ops);
        named.extend(case.told.iter().flat_map(|told| involved(view, told)));
    }
    let stride = view.calls.len().div_ceil(KEPT).max(1);
    let mut unsuccessful = 0;
    let rows = view.calls.iter().enumerate().filter(|(number, call)| {
        let is_named = named.contains(&call.invoked.index)
            || call.completed.is_some_and(|op| named.contains(&op.index));
        if call.end() != End::Ok {
            unsuccessful += 1;
        }
        number % stride == 0 || is_named || (call.end() != End::Ok && unsuccessful < KEPT / 4)
    });
    (rows.map(|(_, call)| row(call, words)).collect(), stride)
}

fn row(call: &Call<'_>, words: &mut Words) -> Value {
    let told = |value: value::View<'_>| {
        if value.is_null() { String::new() } else { cut(&value.to_string(), VALUE) }
    };
    let node = call.node().map(|node| words.number(node));
    let result = call.ok().map(|op| told(op.value.view())).unwrap_or_default();
    let error = call.completed.and_then(|op| op.error.as_ref());
    let error = error.map(|error| {
        let error = error.view();
        let parts: Vec<_> = error.items().map(value::View::name).collect();
        cut(&if error.is_list() { parts.join(": ").into() } else { error.name() }, VALUE)
    });
    json!([
        call.invoked.index,
        call.completed.map(|op| op.index),
        call.process(),
        node,
        words.number(call.f()),
        call.end() as u8,
        call.invoked.time / 1000,
        call.completed.map(|op| op.time / 1000),
        told(call.invoked.value.view()),
        result,
        error,
    ])
}

fn message(letter: &Letter, words: &mut Words) -> Value {
    let fates: Vec<Value> = letter
        .fates
        .iter()
        .map(|&(fate, time, order)| json!([fate as u8, time.div_euclid(1000), order]))
        .collect();
    json!([
        letter.id,
        words.number(&letter.src),
        words.number(&letter.dest),
        words.number(&letter.kind),
        letter.sent.div_euclid(1000),
        letter.order,
        letter.op,
        letter.body,
        fates,
    ])
}

#[expect(clippy::cast_possible_truncation, reason = "a run is shorter than 2^53 microseconds")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).ceil() as i64
}
