//! Plain EDN, written down as it is read.
//!
//! A history is mostly made of the same few things: maps with keywords for keys, vectors, words without a
//! namespace, texts without escapes, integers. To make a tree of them, and of that another one, takes several
//! times as long as to write them down at once. What is anything else, or wrong, is left to the
//! [`Reader`](super::Reader), which knows all of EDN and says what is wrong.

use std::ops::Range;

use crate::value::Writer;

/// Reads plain values.
pub(crate) struct Direct<'a> {
    text: &'a str,
    at: usize,
}

/// It is not plain.
#[derive(Debug)]
pub(crate) struct NotPlain;

type Read<T> = Result<T, NotPlain>;

/// The next word, or what opens the next value.
#[derive(Clone, Copy)]
enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    Integer(i128),
    Nil,
    Bool(bool),
    Vector,
    List,
    Map,
    Set,
    Close(u8),
}

impl<'a> Direct<'a> {
    /// So many values may stand within one another.
    const DEEPEST: usize = 32;

    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes were read.
    pub(crate) fn used(&self) -> usize {
        self.at
    }

    /// Enters the map that comes next, behind its tag if it has one.
    pub(crate) fn enter_map(&mut self) -> Read<()> {
        self.skip();
        if self.peek() == Some(b'#') {
            self.at += 1;
            if !self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
                return Err(NotPlain);
            }
            self.name()?;
        }
        match self.token()? {
            Token::Map => Ok(()),
            _ => Err(NotPlain),
        }
    }

    /// The next key of the map that was entered; nothing at its end.
    pub(crate) fn key(&mut self) -> Read<Option<&'a str>> {
        match self.token()? {
            Token::Word(key) => Ok(Some(key)),
            Token::Close(b'}') => Ok(None),
            _ => Err(NotPlain),
        }
    }

    /// Writes down the next value.
    pub(crate) fn value(&mut self, writer: &mut Writer) -> Read<()> {
        let token = self.token()?;
        self.write(token, writer, 0)
    }

    fn write(&mut self, token: Token<'a>, writer: &mut Writer, depth: usize) -> Read<()> {
        if depth > Self::DEEPEST {
            return Err(NotPlain);
        }
        match token {
            Token::Word(text) | Token::Text(text) => writer.text(text),
            Token::Integer(integer) => writer.integer(integer),
            Token::Nil => writer.null(),
            Token::Bool(bool) => writer.bool(bool),
            Token::Vector => self.items(writer, b']', depth)?,
            Token::List => self.items(writer, b')', depth)?,
            Token::Set => self.set(writer, depth)?,
            Token::Map => self.map(writer, depth)?,
            Token::Close(_) => return Err(NotPlain),
        }
        Ok(())
    }

    fn items(&mut self, writer: &mut Writer, close: u8, depth: usize) -> Read<()> {
        let list = writer.list();
        loop {
            match self.token()? {
                Token::Close(byte) if byte == close => break,
                token => self.write(token, writer, depth + 1)?,
            }
        }
        writer.close_list(&list);
        Ok(())
    }

    fn set(&mut self, writer: &mut Writer, depth: usize) -> Read<()> {
        let list = writer.list();
        let mut items: Vec<Range<usize>> = Vec::new();
        loop {
            match self.token()? {
                Token::Close(b'}') => break,
                token => {
                    let start = writer.length_so_far();
                    self.write(token, writer, depth + 1)?;
                    items.push(start..writer.length_so_far());
                }
            }
        }
        // Here they may be the same though they were not, as :a and "a"; but not the other way round.
        items.sort_unstable_by(|a, b| writer.part(a).cmp(writer.part(b)));
        if items.windows(2).any(|pair| writer.part(&pair[0]) == writer.part(&pair[1])) {
            return Err(NotPlain);
        }
        writer.close_list(&list);
        Ok(())
    }

    fn map(&mut self, writer: &mut Writer, depth: usize) -> Read<()> {
        let mut map = writer.map();
        let mut entries = 0;
        loop {
            match self.token()? {
                Token::Close(b'}') => break,
                Token::Word(key) | Token::Text(key) => writer.key(&mut map, key),
                Token::Integer(key) => writer.key(&mut map, &key.to_string()),
                _ => return Err(NotPlain),
            }
            entries += 1;
            let token = self.token()?;
            self.write(token, writer, depth + 1)?;
        }
        // What was there twice is there no more.
        if writer.close_map(&map) == entries { Ok(()) } else { Err(NotPlain) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        while matches!(self.peek(), Some(b' ' | b',' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn token(&mut self) -> Read<Token<'a>> {
        self.skip();
        let first = self.peek().ok_or(NotPlain)?;
        let one = |token| Ok((token, 1));
        let (token, length) = match first {
            b'0'..=b'9' | b'-' => return self.integer(),
            b'"' => return self.string(),
            b':' => {
                self.at += 1;
                return self.name().map(Token::Word);
            }
            b'[' => one(Token::Vector),
            b'(' => one(Token::List),
            b'{' => one(Token::Map),
            b']' | b')' | b'}' => one(Token::Close(first)),
            b'#' if self.text.as_bytes().get(self.at + 1) == Some(&b'{') => Ok((Token::Set, 2)),
            b'a'..=b'z' => {
                return match self.name()? {
                    "nil" => Ok(Token::Nil),
                    "true" => Ok(Token::Bool(true)),
                    "false" => Ok(Token::Bool(false)),
                    _ => Err(NotPlain),
                };
            }
            _ => Err(NotPlain),
        }?;
        self.at += length;
        Ok(token)
    }

    /// The letters, digits and few other signs that a plain name is made of, one at least.
    fn name(&mut self) -> Read<&'a str> {
        let rest = &self.text[self.at..];
        let is_plain = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'?' | b'!' | b'.')
        };
        let length = rest.bytes().take_while(is_plain).count();
        self.at += length;
        if length == 0 || !self.is_end() {
            return Err(NotPlain);
        }
        Ok(&rest[..length])
    }

    fn integer(&mut self) -> Read<Token<'a>> {
        let start = self.at;
        let is_negative = self.peek() == Some(b'-');
        self.at += usize::from(is_negative);
        let mut integer = 0_i64;
        let digits = self.at;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            integer = integer.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        let length = self.at - digits;
        let begins_with_zero = length > 1 && self.text.as_bytes()[digits] == b'0';
        if length == 0 || begins_with_zero || !self.is_end() {
            return Err(NotPlain);
        }
        // So many digits are less than 2^63.
        Ok(Token::Integer(match (length, is_negative) {
            (..=18, false) => integer.into(),
            (..=18, true) => (-integer).into(),
            _ => self.text[start..self.at].parse().map_err(|_| NotPlain)?,
        }))
    }

    fn string(&mut self) -> Read<Token<'a>> {
        let rest = &self.text[self.at + 1..];
        let length = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(NotPlain)?;
        if rest.as_bytes()[length] == b'\\' {
            return Err(NotPlain);
        }
        self.at += length + 2;
        Ok(Token::Text(&rest[..length]))
    }

    /// Whether what came before has ended here, plainly.
    fn is_end(&self) -> bool {
        let ends =
            |byte| matches!(byte, b' ' | b',' | b'\n' | b'\r' | b'\t' | b']' | b')' | b'}' | b'{');
        self.peek().is_none_or(ends)
    }
}
