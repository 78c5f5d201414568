//! What operations ask for and are answered, in little room.
//!
//! A history of a million operations has tens of millions of values in it. As a tree, each of them
//! takes a node of 32 bytes, lists and maps an allocation each. A [`Value`] is a single piece of
//! bytes, about half as long as the JSON that it is read from, and lies inside of its operation if it has no
//! more than 22 of them; it is looked at by a [`View`], part by part, without anything being made.
//!
//! ```
//! use glomers_check::Value;
//! use serde_json::json;
//!
//! let polled = Value::from(json!([["poll", {"rye": [[0, 17], [1, 23]]}]]));
//! let [_, logs] = polled.view().nth(0).and_then(|mop| mop.array()).unwrap();
//! let messages = logs.get("rye").unwrap().items().filter_map(|pair| pair.nth(1)?.integer());
//! assert_eq!(messages.collect::<Vec<_>>(), [17, 23]);
//! assert_eq!(polled, json!([["poll", {"rye": [[0, 17], [1, 23]]}]]));
//! ```
//!
//! Integers are exact, of whatever size; see [`exact`](crate::exact) for how they are held in
//! [`serde_json::Value`].

mod code;
mod conversions;
mod json;
mod order;
mod owned;
mod reading;
#[cfg(test)]
mod tests;
mod view;
pub(crate) mod writer;

pub use self::owned::Value;
pub(crate) use self::reading::Parts;
pub use self::view::{Fields, Items, Shape, View};
pub(crate) use self::writer::Writer;
