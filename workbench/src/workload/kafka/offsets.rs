//! Offsets by key.

use std::collections::BTreeMap;

use glomers_check::check::json::integer;
use glomers_check::value::View;
use serde_json::Value;

/// An offset: less than the greatest integer, so that there is a next one.
pub(super) type Offset = i128;

/// An offset of each of some keys.
pub(super) type Offsets = BTreeMap<String, Offset>;

/// The offset that a part of a reply is, if it is one.
pub(super) fn offset_of(value: &Value) -> Option<Offset> {
    offset(integer(value))
}

fn offset(integer: Option<i128>) -> Option<Offset> {
    integer.filter(|offset| *offset < Offset::MAX)
}

/// The highest offset of each key in the value of a completed send or poll.
pub(super) fn highest_offsets(value: View<'_>) -> Offsets {
    let mut highest = Offsets::new();
    for call in value.items() {
        let Some(second) = call.nth(1) else { continue };
        // ["send", key, [offset, message]]
        let sent = call.nth(2).and_then(|pair| offset(pair.nth(0)?.integer()));
        if let (Some(key), Some(offset)) = (second.text(), sent) {
            raise(&mut highest, key, offset);
        }
        // ["poll", {key: [[offset, message], …]}]
        for (key, pairs) in second.fields() {
            for pair in pairs.items() {
                if let Some(offset) = offset(pair.nth(0).and_then(View::integer)) {
                    raise(&mut highest, key, offset);
                }
            }
        }
    }
    highest
}

pub(super) fn raise(offsets: &mut Offsets, key: &str, to: Offset) {
    match offsets.get_mut(key) {
        Some(offset) => *offset = to.max(*offset),
        None => drop(offsets.insert(key.to_owned(), to)),
    }
}
