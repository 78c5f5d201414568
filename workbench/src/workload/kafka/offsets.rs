//! Offsets by key.

use std::collections::BTreeMap;

use glomers_check::check::json::integer;
use serde_json::Value;

/// An offset: less than the greatest integer, so that there is a next one.
pub(super) type Offset = i128;

/// An offset of each of some keys.
pub(super) type Offsets = BTreeMap<String, Offset>;

/// The offset that a value is, if it is one.
pub(super) fn offset_of(value: &Value) -> Option<Offset> {
    integer(value).filter(|offset| *offset < Offset::MAX)
}

/// The highest offset of each key in the value of a completed send or poll.
pub(super) fn highest_offsets(value: &Value) -> Offsets {
    let mut highest = Offsets::new();
    for call in value.as_array().into_iter().flatten() {
        // ["send", key, [offset, message]]
        if let (Some(key), Some(offset)) = (call[1].as_str(), offset_of(&call[2][0])) {
            raise(&mut highest, key, offset);
        }
        // ["poll", {key: [[offset, message], …]}]
        for (key, pairs) in call[1].as_object().into_iter().flatten() {
            for pair in pairs.as_array().into_iter().flatten() {
                if let Some(offset) = offset_of(&pair[0]) {
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
