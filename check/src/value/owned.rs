use std::fmt;

use super::code;
use super::view::View;
use super::writer::Writer;

/// As many bytes lie in a value itself.
pub(super) const ROOM: usize = 22;

/// A value: null, a boolean, a number, a text, a list of values, or a map from texts to values.
///
/// It is read and written as the JSON that it stands for, and is equal to a [`serde_json::Value`] that stands for
/// the same.
#[derive(Clone)]
pub struct Value(pub(super) Bytes);

/// One value, as `code` has it.
#[derive(Clone)]
pub(super) enum Bytes {
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

    pub(super) fn written(write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer::default();
        write(&mut writer);
        Self::take(&mut writer)
    }

    /// What was written, all of which has to be one value; the room is used again.
    pub(crate) fn take(writer: &mut Writer) -> Self {
        let value = Self::of_bytes(writer.bytes());
        writer.clear();
        value
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

impl View<'_> {
    /// A value of its own.
    ///
    /// ```
    /// let list = glomers_check::Value::from_iter(["a", "b"]);
    /// assert_eq!(list.view().nth(1).unwrap().to_value(), "b");
    /// ```
    pub fn to_value(self) -> Value {
        Value::of_bytes(self.bytes())
    }
}

impl From<View<'_>> for Value {
    fn from(view: View<'_>) -> Self {
        view.to_value()
    }
}
