use std::ops::Range;

use super::scan::Scan;
use super::{DEEPEST, Direct, NotPlain, Read, Scalar};
use crate::value::Writer;

/// Reads plain EDN: of words those without a namespace.
pub(crate) struct Edn<'a> {
    scan: Scan<'a>,
}

impl<'a> Edn<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { scan: Scan::new(text) }
    }

    /// How many bytes were read.
    pub(crate) fn used(&self) -> usize {
        self.scan.at()
    }

    fn write(&mut self, writer: &mut Writer, depth: usize) -> Read<()> {
        match self.next()? {
            b'0'..=b'9' | b'-' => writer.signed(self.integer()?),
            b'"' => writer.text(self.scan.quoted()?),
            b':' => writer.text(self.keyword()?),
            b'[' => self.items(writer, b']', depth)?,
            b'(' => self.items(writer, b')', depth)?,
            b'{' => self.map(writer, depth)?,
            b'#' if self.scan.peek_second() == Some(b'{') => self.set(writer, depth)?,
            b'a'..=b'z' => match self.name()? {
                "nil" => writer.null(),
                "true" => writer.bool(true),
                "false" => writer.bool(false),
                _ => return Err(NotPlain),
            },
            _ => return Err(NotPlain),
        }
        Ok(())
    }

    fn items(&mut self, writer: &mut Writer, close: u8, depth: usize) -> Read<()> {
        if depth == DEEPEST {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        let list = writer.list();
        while !self.closes(close)? {
            match self.scan.small() {
                Some(integer) if self.is_end() => writer.unsigned(integer),
                Some(_) => return Err(NotPlain),
                None => self.write(writer, depth + 1)?,
            }
        }
        writer.close_list(&list);
        Ok(())
    }

    fn set(&mut self, writer: &mut Writer, depth: usize) -> Read<()> {
        if depth == DEEPEST {
            return Err(NotPlain);
        }
        self.scan.pass(2);
        let list = writer.list();
        let mut items: Vec<Range<usize>> = Vec::new();
        while !self.closes(b'}')? {
            let start = writer.length_so_far();
            self.write(writer, depth + 1)?;
            items.push(start..writer.length_so_far());
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
        if depth == DEEPEST {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        let mut map = writer.map();
        let mut entries = 0;
        while !self.closes(b'}')? {
            match self.scalar()? {
                Scalar::Text(key) => writer.key(&mut map, key),
                Scalar::Integer(key) => writer.key(&mut map, &key.to_string()),
                Scalar::Null => return Err(NotPlain),
            }
            entries += 1;
            self.write(writer, depth + 1)?;
        }
        // What was there twice is there no more.
        if writer.close_map(&map) == entries { Ok(()) } else { Err(NotPlain) }
    }

    /// Whether the list, set or map ends here.
    #[inline]
    fn closes(&mut self, close: u8) -> Read<bool> {
        let closes = self.next()? == close;
        self.scan.pass(usize::from(closes));
        Ok(closes)
    }

    /// The first byte of what comes next.
    #[inline]
    fn next(&mut self) -> Read<u8> {
        loop {
            match self.scan.peek() {
                Some(blank) if is(blank, BLANK) => self.scan.pass(1),
                next => return next.ok_or(NotPlain),
            }
        }
    }

    fn keyword(&mut self) -> Read<&'a str> {
        self.scan.pass(1);
        self.name()
    }

    /// The letters, digits and few other signs that a plain name is made of, one at least.
    #[inline]
    fn name(&mut self) -> Read<&'a str> {
        let name = self.scan.all(|byte| is(byte, NAME))?;
        if name.is_empty() || !self.is_end() { Err(NotPlain) } else { Ok(name) }
    }

    #[inline]
    fn integer(&mut self) -> Read<i64> {
        let integer = self.scan.integer()?;
        if self.is_end() { Ok(integer) } else { Err(NotPlain) }
    }

    /// Whether what came before has ended here, plainly.
    #[inline]
    fn is_end(&self) -> bool {
        self.scan.peek().is_none_or(|byte| is(byte, BLANK | BRACKET))
    }
}

impl<'a> Direct<'a> for Edn<'a> {
    /// Behind its tag if it has one.
    fn enter_map(&mut self) -> Read<()> {
        if self.next()? == b'#' {
            self.scan.pass(1);
            if !self.scan.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
                return Err(NotPlain);
            }
            self.name()?;
        }
        if self.next()? != b'{' {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        Ok(())
    }

    fn key(&mut self) -> Read<Option<&'a str>> {
        match self.next()? {
            b':' => self.keyword().map(Some),
            b'}' => {
                self.scan.pass(1);
                Ok(None)
            }
            _ => Err(NotPlain),
        }
    }

    fn scalar(&mut self) -> Read<Scalar<'a>> {
        match self.next()? {
            b':' => self.keyword().map(Scalar::Text),
            b'"' => self.scan.quoted().map(Scalar::Text),
            b'n' if self.name()? == "nil" => Ok(Scalar::Null),
            _ => self.integer().map(Scalar::Integer),
        }
    }

    fn value(&mut self, writer: &mut Writer) -> Read<()> {
        self.write(writer, 0)
    }

    /// Jepsen's clock may begin a little before the load does.
    fn time(integer: i64) -> Read<u64> {
        Ok(integer.try_into().unwrap_or_default())
    }
}

const BLANK: u8 = 1;
const BRACKET: u8 = 2;
const NAME: u8 = 4;

/// What each byte may be.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b' ' | b',' | b'\n' | b'\r' | b'\t' => BLANK,
            b']' | b')' | b'}' | b'{' => BRACKET,
            b'-' | b'_' | b'?' | b'!' | b'.' => NAME,
            _ if byte.is_ascii_alphanumeric() => NAME,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// Whether a byte is one of these.
#[inline]
fn is(byte: u8, kinds: u8) -> bool {
    KINDS[usize::from(byte)] & kinds != 0
}
