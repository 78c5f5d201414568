//! How many offsets keys take up for their messages.

use serde_json::{Value, json};

use super::calls::{Calls, Offset};
use super::logs::Log;
use crate::check::json::number;

/// The key with the most offsets for each message, from 0 to its highest; none if there are no
/// messages.
pub(super) fn sparsest(calls: &Calls, logs: &[Log]) -> Option<Value> {
    let extent = |(key, log): (usize, &Log)| {
        let (highest, _) = log.slots.last()?;
        Some((highest + 1, log.slots.len(), key))
    };
    let wide = |count: usize| Offset::try_from(count).unwrap_or(Offset::MAX);
    let extents = logs.iter().enumerate().filter_map(extent);
    // As fractions: a / b against c / d as a d against c b. Of equals the first.
    let (offsets, messages, key) = extents.reduce(|most, next| {
        let is_more = next.0.saturating_mul(wide(most.1)) > most.0.saturating_mul(wide(next.1));
        if is_more { next } else { most }
    })?;
    let float = |integer| number(integer).as_f64().unwrap_or(f64::INFINITY);
    Some(json!({
        "max": float(offsets) / float(wide(messages)),
        "key": calls.keys[key].name,
        "highest-offset": number(offsets - 1),
        "message-count": messages,
    }))
}
