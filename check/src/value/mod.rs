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
mod json;
mod order;
mod reading;
#[cfg(test)]
mod tests;
mod view;
pub(crate) mod writer;

use std::fmt;

pub(crate) use self::reading::Parts;
pub use self::view::{Fields, Items, Shape, View};
pub(crate) use self::writer::Writer;

/// As many bytes lie in a value itself.
const ROOM: usize = 22;

/// A value: null, a boolean, a number, a text, a list of values, or a map from texts to values.
///
/// It is read and written as the JSON that it stands for, and is equal to a [`serde_json::Value`] that stands for
/// the same.
#[derive(Clone)]
pub struct Value(Bytes);

/// One value, as `code` has it.
#[derive(Clone)]
enum Bytes {
    Here { length: u8, bytes: [u8; ROOM] },
    There(Box<[u8]>),
}

impl Value {
    fn of_bytes(bytes: &[u8]) -> Self {
        let mut here = [0; ROOM];
        match (u8::try_from(bytes.len()), here.get_mut(..bytes.len())) {
            (Ok(length), Some(room)) => {
                room.copy_from_slice(bytes);
                Self(Bytes::Here { length, bytes: here })
            }
            _ => Self(Bytes::There(bytes.into())),
        }
    }

    /// Looks at it. O(1).
    ///
    /// ```
    /// assert_eq!(glomers_check::Value::from(7).view().integer(), Some(7));
    /// ```
    pub fn view(&self) -> View<'_> {
        View::of_bytes(match &self.0 {
            Bytes::Here { length, bytes } => &bytes[..usize::from(*length)],
            Bytes::There(bytes) => bytes,
        })
    }

    fn written(write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer::default();
        write(&mut writer);
        writer.take()
    }
}

/// Null.
impl Default for Value {
    fn default() -> Self {
        Self::of_bytes(&[code::NULL])
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As JSON, without blanks.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.view(), f)
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::written(|writer| writer.text(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::written(|writer| writer.bool(bool))
    }
}

/// Infinities and what is not a number become texts, since JSON has none.
impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::written(|writer| writer.float(float))
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(integer: $integer) -> Self {
                Self::written(|writer| writer.integer(integer))
            }
        }

        impl PartialEq<$integer> for Value {
            fn eq(&self, other: &$integer) -> bool {
                self.view().integer() == Some((*other).into())
            }
        }
    )*};
}

integers!(i32, i64, u32, u64, i128);

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.view().text() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// A list.
impl<V: Into<Value>> FromIterator<V> for Value {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        Self::written(|writer| {
            let list = writer.list();
            for item in items {
                writer.value(item.into().view());
            }
            writer.close_list(&list);
        })
    }
}

impl From<View<'_>> for Value {
    fn from(view: View<'_>) -> Self {
        view.to_value()
    }
}
