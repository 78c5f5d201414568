use std::borrow::Cow;
use std::fmt;

use super::code::{
    FALSE, FLOAT, INTEGER, LARGE, LIST, LONG_LIST, LONG_TEXT, MAP, NULL, SMALL, TEXT, TRUE, extent,
    integer,
};

/// A [`Value`](super::Value), or a part of one, where it stands. To be copied rather than borrowed.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// All of the value, and nothing else.
    bytes: &'a [u8],
}

/// What a value is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Shape<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer that 64 bits hold, with or without a sign.
    Integer(i128),
    /// A larger integer: its digits, behind a minus sign if it is negative.
    Large(&'a str),
    /// A number that is no integer, or not written as one.
    Float(f64),
    /// A text.
    Text(&'a str),
    /// A list.
    List(Items<'a>),
    /// A map from texts to values.
    Map(Fields<'a>),
}

impl<'a> View<'a> {
    /// The value at the beginning of some bytes, and what follows it.
    fn split(bytes: &'a [u8]) -> (Self, &'a [u8]) {
        let (_, end) = extent(bytes);
        let (bytes, rest) = bytes.split_at(end.min(bytes.len()));
        (Self { bytes }, rest)
    }

    pub(super) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Equal values have equal bytes, but for 0.0 and -0.0.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// What it is. O(1), and for texts O(length).
    ///
    /// ```
    /// use glomers_check::Value;
    /// use glomers_check::value::Shape;
    /// use serde_json::json;
    ///
    /// let value = Value::from(json!(["x", 7]));
    /// let Shape::List(items) = value.view().shape() else { panic!("a list") };
    /// assert!(matches!(items.last().unwrap().shape(), Shape::Integer(7)));
    /// ```
    pub fn shape(self) -> Shape<'a> {
        let Some(&first) = self.bytes.first() else { return Shape::Null };
        let (start, end) = extent(self.bytes);
        let content = self.bytes.get(start..end).unwrap_or_default();
        match first {
            ..=SMALL => Shape::Integer(first.into()),
            TEXT..=LONG_TEXT => Shape::Text(text(content)),
            LIST..=LONG_LIST => Shape::List(Items { rest: content }),
            MAP => Shape::Map(Fields { rest: content }),
            NULL => Shape::Null,
            FALSE => Shape::Bool(false),
            TRUE => Shape::Bool(true),
            FLOAT => Shape::Float(content.try_into().map_or(0.0, f64::from_le_bytes)),
            LARGE => Shape::Large(text(content)),
            _ => Shape::Integer(integer(content)),
        }
    }

    /// Whether it is nothing.
    ///
    /// ```
    /// assert!(glomers_check::Value::default().view().is_null());
    /// ```
    pub fn is_null(self) -> bool {
        matches!(self.bytes, [] | [NULL])
    }

    /// The text that it is, if it is one.
    ///
    /// ```
    /// assert_eq!(glomers_check::Value::from("rye").view().text(), Some("rye"));
    /// ```
    pub fn text(self) -> Option<&'a str> {
        if let Shape::Text(text) = self.shape() { Some(text) } else { None }
    }

    /// The integer that it is, if it is one that 128 bits hold. 1.0 is none.
    ///
    /// ```
    /// assert_eq!(glomers_check::Value::from(-7).view().integer(), Some(-7));
    /// assert_eq!(glomers_check::Value::from(1.0).view().integer(), None);
    /// ```
    pub fn integer(self) -> Option<i128> {
        match *self.bytes {
            [small @ ..=SMALL] => Some(small.into()),
            // Up to 2^31, as most are.
            [first, ref rest @ ..] if first > INTEGER && rest.len() <= 4 => {
                let sign = if rest.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
                let mut wide = [sign; 4];
                wide[..rest.len()].copy_from_slice(rest);
                Some(i32::from_le_bytes(wide).into())
            }
            _ => match self.shape() {
                Shape::Integer(integer) => Some(integer),
                Shape::Large(digits) => digits.parse().ok(),
                _ => None,
            },
        }
    }

    /// Whether it is an integer, of any size. 1.0 is none.
    ///
    /// ```
    /// use glomers_check::Value;
    ///
    /// assert!(Value::from(7).view().is_integer() && !Value::from(7.0).view().is_integer());
    /// ```
    pub fn is_integer(self) -> bool {
        matches!(self.shape(), Shape::Integer(_) | Shape::Large(_))
    }

    /// What it is called as the key of a map: the text that it is, or else how it is written as JSON.
    ///
    /// ```
    /// use glomers_check::Value;
    ///
    /// assert_eq!(Value::from("rye").view().name(), "rye");
    /// assert_eq!(Value::from(7).view().name(), "7");
    /// ```
    pub fn name(self) -> Cow<'a, str> {
        self.text().map_or_else(|| self.to_string().into(), Cow::Borrowed)
    }

    /// Whether it is a list.
    ///
    /// ```
    /// assert!(glomers_check::Value::from_iter([1, 2]).view().is_list());
    /// ```
    pub fn is_list(self) -> bool {
        matches!(self.bytes.first(), Some(LIST..=LONG_LIST))
    }

    /// The items of the list that it is; none if it is no list.
    ///
    /// ```
    /// let value = glomers_check::Value::from_iter([1, 2]);
    /// assert_eq!(value.view().items().filter_map(|item| item.integer()).sum::<i128>(), 3);
    /// ```
    pub fn items(self) -> Items<'a> {
        if let Shape::List(items) = self.shape() { items } else { Items::default() }
    }

    /// The items of the list that it is, if there are just so many.
    ///
    /// ```
    /// let value = glomers_check::Value::from_iter([1, 2]);
    /// assert!(value.view().array::<2>().is_some() && value.view().array::<3>().is_none());
    /// ```
    pub fn array<const N: usize>(self) -> Option<[Self; N]> {
        let mut items = self.items();
        let mut array = [self; N];
        for place in &mut array {
            *place = items.next()?;
        }
        (items.next().is_none() && self.is_list()).then_some(array)
    }

    /// The entries of the map that it is, by their keys; none if it is no map.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let value = glomers_check::Value::from(json!({"b": 2, "a": 1}));
    /// assert_eq!(value.view().fields().map(|(key, _)| key).collect::<String>(), "ab");
    /// ```
    pub fn fields(self) -> Fields<'a> {
        if let Shape::Map(fields) = self.shape() { fields } else { Fields::default() }
    }

    /// The item at a place of a list, from 0 on. O(place).
    ///
    /// ```
    /// let value = glomers_check::Value::from_iter([1, 2]);
    /// assert_eq!(value.view().nth(1).unwrap(), glomers_check::Value::from(2).view());
    /// assert_eq!(value.view().nth(2), None);
    /// ```
    pub fn nth(self, place: usize) -> Option<Self> {
        self.items().nth(place)
    }

    /// What a map has under a key. O(entries).
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let value = glomers_check::Value::from(json!({"final?": true}));
    /// assert_eq!(value.view().get("final?").unwrap(), glomers_check::Value::from(true).view());
    /// ```
    pub fn get(self, key: &str) -> Option<Self> {
        self.fields().find(|(other, _)| *other == key).map(|(_, value)| value)
    }
}

/// Values are written by this crate alone.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The items of a list.
#[derive(Clone, Default)]
pub struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// Equal lists have equal bytes, but for 0.0 and -0.0; and what a list begins with, its bytes begin with.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.rest
    }

    /// The items behind those that have these bytes, if it begins with them.
    pub(crate) fn behind(&self, bytes: &[u8]) -> Option<Self> {
        self.rest.strip_prefix(bytes).map(|rest| Items { rest })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = View<'a>;

    fn next(&mut self) -> Option<View<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (item, rest) = View::split(self.rest);
        self.rest = rest;
        Some(item)
    }
}

/// The entries of a map, by their keys.
#[derive(Clone, Default)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, View<'a>);

    fn next(&mut self) -> Option<(&'a str, View<'a>)> {
        if self.rest.is_empty() {
            return None;
        }
        let (key, rest) = View::split(self.rest);
        let (value, rest) = View::split(rest);
        self.rest = rest;
        Some((key.text().unwrap_or_default(), value))
    }
}

/// As numbers and texts, and item by item.
impl PartialEq for View<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.bytes == other.bytes {
            return true;
        }
        match (self.shape(), other.shape()) {
            (Shape::Float(a), Shape::Float(b)) => a == b,
            (Shape::List(a), Shape::List(b)) => a.eq(b),
            (Shape::Map(a), Shape::Map(b)) => a.eq(b),
            _ => false,
        }
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

/// As JSON, without blanks.
impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape() {
            Shape::Null => f.write_str("null"),
            Shape::Bool(bool) => fmt::Display::fmt(&bool, f),
            Shape::Integer(integer) => fmt::Display::fmt(&integer, f),
            Shape::Large(digits) => f.write_str(digits),
            Shape::Float(float) => fmt::Display::fmt(&serde_json::Value::from(float), f),
            Shape::Text(text) => fmt::Display::fmt(&serde_json::Value::from(text), f),
            Shape::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.enumerate() {
                    f.write_str(if place > 0 { "," } else { "" })?;
                    fmt::Display::fmt(&item, f)?;
                }
                f.write_str("]")
            }
            Shape::Map(fields) => {
                f.write_str("{")?;
                for (place, (key, value)) in fields.enumerate() {
                    f.write_str(if place > 0 { "," } else { "" })?;
                    write!(f, "{}:{value}", serde_json::Value::from(key))?;
                }
                f.write_str("}")
            }
        }
    }
}
