use std::collections::BTreeSet;

use super::token::{character, ends_word, escape, word};
use super::{Edn, Error, Problem};

/// Reads one value after the other from a text.
///
/// ```
/// use glomers_check::edn::{Edn, Reader};
///
/// let mut reader = Reader::new("{:f :read} ; the first\n [1 2");
/// let op = reader.next_value()?;
/// assert_eq!(op, Some(Edn::Map(vec![(Edn::Keyword("f".into()), Edn::Keyword("read".into()))])));
/// let error = reader.next_value().unwrap_err();
/// assert_eq!(error.to_string(), "2:2: the text ends within a vector");
/// # Ok::<(), glomers_check::edn::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// A place before `at`, with its line and column, from which both are counted on.
    counted: (usize, usize, usize),
    /// The line and the column in which the text begins.
    begin: (usize, usize),
}

/// What is wrong, and at which byte.
type Fault = (usize, Problem);

impl<'a> Reader<'a> {
    /// How many values may stand within one another.
    pub const DEEPEST: usize = 200;

    /// A reader at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self::beginning_at(text, (1, 1))
    }

    /// A reader at the beginning of `text`, which begins in that line and column of a longer one.
    pub(crate) fn beginning_at(text: &'a str, (line, column): (usize, usize)) -> Self {
        Self { text, at: 0, counted: (0, line, column), begin: (line, column) }
    }

    /// How many bytes lie behind it.
    pub(crate) fn used(&self) -> usize {
        self.at
    }

    /// Passes over so many bytes, which someone else has read.
    pub(crate) fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The next value; `None` at the end of the text.
    ///
    /// # Errors
    ///
    /// [`Error`], after which the reader is good for nothing.
    pub fn next_value(&mut self) -> Result<Option<Edn>, Error> {
        let value = self
            .skip(0)
            .and_then(|()| if self.rest().is_empty() { Ok(None) } else { self.value(0).map(Some) });
        value.map_err(|fault| self.error(fault))
    }

    /// Enters the vector that comes next, if one does: its values are then read one by one with
    /// [`next_item`](Self::next_item).
    ///
    /// # Errors
    ///
    /// [`Error`] in what stands before.
    pub fn enter_vector(&mut self) -> Result<bool, Error> {
        self.skip(0).map_err(|fault| self.error(fault))?;
        let enters = self.rest().starts_with('[');
        self.at += usize::from(enters);
        Ok(enters)
    }

    /// The next value of the vector that was entered; `None` after the last, with the reader
    /// behind the vector.
    ///
    /// # Errors
    ///
    /// As [`next_value`](Self::next_value).
    pub fn next_item(&mut self) -> Result<Option<Edn>, Error> {
        let at = self.at;
        self.item(']', (at, Problem::Unfinished("a vector")), 1).map_err(|fault| self.error(fault))
    }

    /// Goes to the beginning of the next value, or to the end; says in which line that is and at
    /// which character in it, counted from 1.
    ///
    /// # Errors
    ///
    /// [`Error`] in a value that is discarded.
    pub fn next_position(&mut self) -> Result<(usize, usize), Error> {
        self.skip(0).map_err(|fault| self.error(fault))?;
        let (counted, line, column) = self.counted;
        let passed = &self.text[counted..self.at];
        let (line, column) = match passed.rsplit_once('\n') {
            Some((lines, last)) => {
                let ends = memchr::memchr_iter(b'\n', lines.as_bytes()).count();
                (line + 1 + ends, last.chars().count() + 1)
            }
            None => (line, column + passed.chars().count()),
        };
        self.counted = (self.at, line, column);
        Ok((line, column))
    }

    fn column(&self, at: usize) -> usize {
        match self.text[..at].rfind('\n') {
            Some(end) => self.text[end + 1..at].chars().count() + 1,
            None => self.text[..at].chars().count() + self.begin.1,
        }
    }

    fn error(&self, (at, problem): Fault) -> Error {
        let line = self.text[..at].matches('\n').count() + self.begin.0;
        Error { line, column: self.column(at), problem }
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes over blanks, commas, comments and discarded values.
    fn skip(&mut self, depth: usize) -> Result<(), Fault> {
        loop {
            let rest = self.rest();
            let blank = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            self.at += rest.len() - blank.len();
            if blank.starts_with(';') {
                self.at += blank.find('\n').unwrap_or(blank.len());
            } else if blank.starts_with("#_") {
                let start = self.at;
                self.at += 2;
                self.must(start, "a discarded value", depth)?;
            } else {
                return Ok(());
            }
        }
    }

    /// The value that has to follow in what begins at `start`.
    fn must(&mut self, start: usize, within: &'static str, depth: usize) -> Result<Edn, Fault> {
        if depth > Self::DEEPEST {
            return Err((start, Problem::TooDeep));
        }
        self.skip(depth + 1)?;
        if self.rest().is_empty() {
            return Err((start, Problem::Unfinished(within)));
        }
        self.value(depth + 1)
    }

    /// The value that begins here.
    fn value(&mut self, depth: usize) -> Result<Edn, Fault> {
        let start = self.at;
        if depth > Self::DEEPEST {
            return Err((start, Problem::TooDeep));
        }
        let mut chars = self.rest().chars();
        let first = chars.next().unwrap_or_default();
        match first {
            '(' => Ok(Edn::List(self.items(1, ')', "a list", depth)?)),
            '[' => Ok(Edn::Vector(self.items(1, ']', "a vector", depth)?)),
            '{' => self.map(depth),
            '"' => self.string(),
            '#' => self.dispatch(chars.next(), depth),
            '\\' => {
                let (char, length) = character(self.rest()).map_err(|problem| (start, problem))?;
                self.at += length;
                Ok(Edn::Char(char))
            }
            _ => {
                let (value, length) = word(self.rest()).map_err(|problem| (start, problem))?;
                self.at += length;
                Ok(value)
            }
        }
    }

    /// What begins with `#`.
    fn dispatch(&mut self, second: Option<char>, depth: usize) -> Result<Edn, Fault> {
        let start = self.at;
        match second {
            Some('{') => {
                let items = self.items(2, '}', "a set", depth)?;
                if has_repeated(items.iter()) {
                    return Err((start, Problem::Repeated));
                }
                Ok(Edn::Set(items))
            }
            Some('#') => {
                let symbolic =
                    [("##Inf", f64::INFINITY), ("##-Inf", f64::NEG_INFINITY), ("##NaN", f64::NAN)];
                let word = self.rest().split(ends_word).next().unwrap_or_default();
                let found = symbolic.iter().find(|(name, _)| *name == word);
                let (name, value) = found.ok_or((start, Problem::Unexpected('#')))?;
                self.at += name.len();
                Ok(Edn::Float(*value))
            }
            Some(letter) if letter.is_alphabetic() => {
                self.at += 1;
                let (tag, length) = word(self.rest()).map_err(|problem| (start, problem))?;
                let Edn::Symbol(tag) = tag else {
                    return Err((start, Problem::Unexpected('#')));
                };
                self.at += length;
                let value = self.must(start, "a tagged value", depth)?;
                Ok(Edn::Tagged(tag, Box::new(value)))
            }
            Some(other) => Err((start + 1, Problem::Unexpected(other))),
            None => Err((start, Problem::Unfinished("a tagged value"))),
        }
    }

    /// The values up to `close`, after an opening of so many bytes.
    fn items(
        &mut self,
        opening: usize,
        close: char,
        what: &'static str,
        depth: usize,
    ) -> Result<Vec<Edn>, Fault> {
        let start = self.at;
        self.at += opening;
        let mut items = Vec::new();
        while let Some(item) = self.item(close, (start, Problem::Unfinished(what)), depth + 1)? {
            items.push(item);
        }
        Ok(items)
    }

    fn item(&mut self, close: char, unfinished: Fault, depth: usize) -> Result<Option<Edn>, Fault> {
        self.skip(depth)?;
        match self.rest().chars().next() {
            None => Err(unfinished),
            Some(next) if next == close => {
                self.at += 1;
                Ok(None)
            }
            Some(_) => self.value(depth).map(Some),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Edn, Fault> {
        let start = self.at;
        let items = self.items(1, '}', "a map", depth)?;
        if items.len() % 2 == 1 {
            return Err((start, Problem::OddMap));
        }
        let mut entries = Vec::with_capacity(items.len() / 2);
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        if has_repeated(entries.iter().map(|(key, _)| key)) {
            return Err((start, Problem::Repeated));
        }
        Ok(Edn::Map(entries))
    }

    fn string(&mut self) -> Result<Edn, Fault> {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = rest.find(['"', '\\']) else {
                return Err((start, Problem::Unfinished("a string")));
            };
            text += &rest[..end];
            self.at += end;
            let rest = &rest[end..];
            if rest.starts_with('"') {
                self.at += 1;
                return Ok(Edn::String(text));
            }
            if rest.len() == 1 {
                return Err((start, Problem::Unfinished("a string")));
            }
            let (char, length) = escape(rest).map_err(|problem| (self.at, problem))?;
            text.push(char);
            self.at += length;
        }
    }
}

/// Whether some value is there twice.
fn has_repeated<'a>(values: impl ExactSizeIterator<Item = &'a Edn> + Clone) -> bool {
    const FEW: usize = 16;

    let mut rest = values;
    if rest.len() > FEW {
        let mut met = BTreeSet::new();
        return rest.any(|value| !met.insert(format!("{value:?}")));
    }
    while let Some(value) = rest.next() {
        if rest.clone().any(|other| other == value) {
            return true;
        }
    }
    false
}
