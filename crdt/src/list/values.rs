//! Values beside each other: characters of ASCII as a text, a byte each, and all else as they are.
//!
//! Which of them a value is shows by its type, which is known when the program is built: what asks for it costs
//! nothing there. So elements of any type are lent as such, and those of `u8` are bytes anyway.

use alloc::string::String;
use alloc::vec::Vec;
use core::any::{Any, TypeId};
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;
use core::{slice, str};

use super::chunks::grow;

/// What a character is lent from that lies in a text as a byte.
static ASCII: [char; 128] = {
    let mut all = ['\0'; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        all[byte as usize] = byte as char;
        byte += 1;
    }
    all
};

fn lend<T: 'static>(byte: u8) -> Option<&'static T> {
    let char: &dyn Any = ASCII.get(usize::from(byte))?;
    char.downcast_ref()
}

/// Whether the values are characters.
pub(super) fn are_chars<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<char>()
}

/// A value that is a character.
fn char_of<T: 'static>(value: &T) -> Option<char> {
    (value as &dyn Any).downcast_ref().copied()
}

/// A value that is a character of ASCII.
fn ascii_of<T: 'static>(value: &T) -> Option<char> {
    char_of(value).filter(char::is_ascii)
}

/// The same as a byte.
fn byte_of<T: 'static>(value: &T) -> Option<u8> {
    char_of(value).and_then(|char| u8::try_from(char).ok()).filter(u8::is_ascii)
}

#[derive(Clone)]
pub(super) enum Values<T> {
    /// Characters, all of ASCII.
    Text(String),
    Each(Vec<T>),
}

impl<T: 'static> Values<T> {
    pub(super) fn new() -> Self {
        Self::with_capacity(0)
    }

    pub(super) fn with_capacity(count: usize) -> Self {
        if are_chars::<T>() {
            Self::Text(String::with_capacity(count))
        } else {
            Self::Each(Vec::with_capacity(count))
        }
    }

    pub(super) fn push(&mut self, value: T) {
        match self {
            Self::Each(values) => values.push(value),
            Self::Text(text) => match ascii_of(&value) {
                Some(char) => text.push(char),
                None => self.each().push(value),
            },
        }
    }

    /// The values one by one, for those that are no text.
    fn each(&mut self) -> &mut Vec<T> {
        if let Self::Text(text) = self {
            *self = Self::Each(text.chars().filter_map(own).collect());
        }
        match self {
            Self::Each(values) => values,
            Self::Text(_) => unreachable!("it was made above"),
        }
    }

    /// Drops those with these indices.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        match self {
            Self::Text(text) if range.end == text.len() => text.truncate(range.start),
            Self::Text(text) => drop(text.drain(range)),
            Self::Each(values) => drop(values.drain(range)),
        }
    }

    /// Gives memory back that is far more than what is needed.
    pub(super) fn shrink(&mut self) {
        match self {
            Self::Text(text) if text.capacity() > 4 * text.len() + 64 => {
                text.shrink_to(text.len() + 32);
            }
            Self::Each(values) if values.capacity() > 4 * values.len() + 32 => {
                values.shrink_to(values.len() + 16);
            }
            _ => {}
        }
    }
}

/// A character as a value of its own.
fn own<T: 'static>(char: char) -> Option<T> {
    let mut char = Some(char);
    (&mut char as &mut dyn Any).downcast_mut::<Option<T>>()?.take()
}

impl<T: Clone + 'static> Values<T> {
    /// Puts values before the one with this index.
    pub(super) fn insert(&mut self, at: usize, values: Slice<'_, T>) {
        if let Self::Text(text) = self {
            let chars = match values {
                Slice::Text(more) => {
                    reserve(text, more.len());
                    return text.insert_str(at, more);
                }
                Slice::Each(values) => values.iter().map(ascii_of),
            };
            reserve(text, values.len());
            if values.len() == 1 {
                if let Some(char) = chars.flatten().next() {
                    return text.insert(at, char);
                }
            } else if let Some(more) = chars.collect::<Option<String>>() {
                return text.insert_str(at, &more);
            }
        }
        let all = self.each();
        match values {
            Slice::Each([value]) => {
                grow(all);
                all.insert(at, value.clone());
            }
            _ => drop(all.splice(at..at, values.iter().cloned())),
        }
    }

    /// Appends values.
    pub(super) fn extend(&mut self, values: Slice<'_, T>) {
        match (&mut *self, values) {
            (Self::Text(text), Slice::Text(more)) => text.push_str(more),
            (Self::Each(all), Slice::Each(values)) => all.extend_from_slice(values),
            _ => values.iter().for_each(|value| self.push(value.clone())),
        }
    }

    /// Appends characters, which values of this type are.
    #[cfg(feature = "serde")]
    pub(super) fn extend_text(&mut self, more: &str) {
        match self {
            Self::Text(text) if more.is_ascii() => text.push_str(more),
            _ => more.chars().filter_map(own).for_each(|value| self.push(value)),
        }
    }
}

impl<T: 'static> FromIterator<T> for Values<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut values = values.into_iter();
        if !are_chars::<T>() {
            return Self::Each(values.collect());
        }
        let (least, most) = values.size_hint();
        // Characters of a text are told to be a fourth of its bytes at least.
        let count = most.map_or(least, |most| most.min(least.saturating_mul(4)));
        let mut bytes = Vec::with_capacity(count);
        let other = values.find(|value| match byte_of(value) {
            Some(byte) => {
                bytes.push(byte);
                false
            }
            None => true,
        });
        // They are of ASCII.
        let mut all = Self::Text(String::from_utf8(bytes).unwrap_or_default());
        other.into_iter().chain(values).for_each(|value| all.push(value));
        all
    }
}

impl<T> Values<T> {
    pub(super) fn len(&self) -> usize {
        self.all().len()
    }

    pub(super) fn all(&self) -> Slice<'_, T> {
        match self {
            Self::Text(text) => Slice::Text(text),
            Self::Each(values) => Slice::Each(values),
        }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all().fmt(f)
    }
}

/// Makes room for some more, and for less than a text takes by itself.
fn reserve(text: &mut String, more: usize) {
    if text.capacity() - text.len() < more {
        text.reserve_exact(more.max(32).max(text.len() / 2));
    }
}

/// Some values, seen where they lie.
pub(super) enum Slice<'a, T> {
    /// Characters, all of ASCII.
    Text(&'a str),
    Each(&'a [T]),
}

impl<T> Clone for Slice<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<'_, T> {}

impl<'a, T> Slice<'a, T> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Each(values) => values.len(),
        }
    }

    pub(super) fn slice(self, range: Range<usize>) -> Self {
        match self {
            Self::Text(text) => Self::Text(&text[range]),
            Self::Each(values) => Self::Each(&values[range]),
        }
    }

    pub(super) fn iter(self) -> Iter<'a, T> {
        match self {
            Self::Text(text) => Iter::Text(text.bytes()),
            Self::Each(values) => Iter::Each(values.iter()),
        }
    }
}

impl<'a, T: 'static> Slice<'a, T> {
    /// Appends those that are characters to a text.
    #[inline]
    pub(super) fn write(self, text: &mut String) {
        match self {
            Self::Text(some) => text.push_str(some),
            Self::Each(values) => text.extend(values.iter().filter_map(char_of)),
        }
    }

    pub(super) fn get(self, at: usize) -> Option<&'a T> {
        match self {
            Self::Text(text) => lend(*text.as_bytes().get(at)?),
            Self::Each(values) => values.get(at),
        }
    }
}

impl<T: Clone + 'static> Slice<'_, T> {
    pub(super) fn to_values(self) -> Values<T> {
        let mut values = Values::with_capacity(self.len());
        values.extend(self);
        values
    }
}

impl<T: PartialEq + 'static> PartialEq for Slice<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Each(one), Self::Each(other)) => one == other,
            _ => self.iter().eq(other.iter()),
        }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Slice<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Some values one by one.
pub(super) enum Iter<'a, T> {
    Text(str::Bytes<'a>),
    Each(slice::Iter<'a, T>),
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        match self {
            Self::Text(bytes) => Self::Text(bytes.clone()),
            Self::Each(values) => Self::Each(values.clone()),
        }
    }
}

impl<'a, T: 'static> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        match self {
            Self::Text(bytes) => lend(bytes.next()?),
            Self::Each(values) => values.next(),
        }
    }

    fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, f: F) -> B {
        match self {
            Self::Text(bytes) => bytes.filter_map(|byte| lend(byte)).fold(init, f),
            Self::Each(values) => values.fold(init, f),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Text(bytes) => bytes.size_hint(),
            Self::Each(values) => values.size_hint(),
        }
    }
}

impl<T: 'static> FusedIterator for Iter<'_, T> {}
