use super::scan::Scan;
use super::{DEEPEST, Direct, NotPlain, Read, Scalar};
use crate::exact;
use crate::value::Writer;

/// Reads plain JSON.
pub(crate) struct Json<'a> {
    scan: Scan<'a>,
    /// No key was read of the map that was entered.
    is_first: bool,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { scan: Scan::new(text), is_first: true }
    }

    /// Nothing but blanks may follow.
    pub(crate) fn end(mut self) -> Read<()> {
        self.scan.pass_all(is_blank);
        if self.scan.peek().is_none() { Ok(()) } else { Err(NotPlain) }
    }

    fn write(&mut self, writer: &mut Writer, depth: usize) -> Read<()> {
        match self.next()? {
            b'0'..=b'9' | b'-' => writer.signed(self.scan.integer()?),
            b'"' => writer.text(self.scan.quoted()?),
            b'[' => self.items(writer, depth)?,
            b'{' => self.fields(writer, depth)?,
            _ => match self.word()? {
                "null" => writer.null(),
                "true" => writer.bool(true),
                "false" => writer.bool(false),
                _ => return Err(NotPlain),
            },
        }
        Ok(())
    }

    fn items(&mut self, writer: &mut Writer, depth: usize) -> Read<()> {
        if depth == DEEPEST {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        let list = writer.list();
        if self.next()? == b']' {
            self.scan.pass(1);
        } else {
            loop {
                match self.scan.small() {
                    Some(integer) => writer.unsigned(integer),
                    None => self.write(writer, depth + 1)?,
                }
                if !self.goes_on(b']')? {
                    break;
                }
            }
        }
        writer.close_list(&list);
        Ok(())
    }

    fn fields(&mut self, writer: &mut Writer, depth: usize) -> Read<()> {
        if depth == DEEPEST {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        let mut map = writer.map();
        if self.next()? == b'}' {
            self.scan.pass(1);
        } else {
            loop {
                let key = self.name()?;
                // It may be a large integer.
                if key == exact::KEY {
                    return Err(NotPlain);
                }
                writer.key(&mut map, key);
                self.write(writer, depth + 1)?;
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        writer.close_map(&map);
        Ok(())
    }

    /// Whether a comma follows what was read, rather than the end of the list or map that it is in.
    #[inline]
    fn goes_on(&mut self, close: u8) -> Read<bool> {
        let next = self.next()?;
        if next != b',' && next != close {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        Ok(next == b',')
    }

    /// A key, and the colon behind it.
    #[inline]
    fn name(&mut self) -> Read<&'a str> {
        let name = if self.next()? == b'"' { self.scan.quoted()? } else { return Err(NotPlain) };
        if self.next()? != b':' {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        Ok(name)
    }

    /// The first byte of what comes next.
    #[inline]
    fn next(&mut self) -> Read<u8> {
        if self.scan.peek().is_some_and(is_blank) {
            self.scan.pass_all(is_blank);
        }
        self.scan.peek().ok_or(NotPlain)
    }

    fn word(&mut self) -> Read<&'a str> {
        self.scan.all(|byte| byte.is_ascii_lowercase())
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl<'a> Direct<'a> for Json<'a> {
    fn enter_map(&mut self) -> Read<()> {
        if self.next()? != b'{' {
            return Err(NotPlain);
        }
        self.scan.pass(1);
        Ok(())
    }

    fn key(&mut self) -> Read<Option<&'a str>> {
        let goes_on = if self.is_first { self.next()? != b'}' } else { self.goes_on(b'}')? };
        if goes_on {
            self.is_first = false;
            return self.name().map(Some);
        }
        self.scan.pass(usize::from(self.is_first));
        Ok(None)
    }

    fn scalar(&mut self) -> Read<Scalar<'a>> {
        match self.next()? {
            b'"' => self.scan.quoted().map(Scalar::Text),
            b'n' if self.word()? == "null" => Ok(Scalar::Null),
            _ => self.scan.integer().map(Scalar::Integer),
        }
    }

    fn value(&mut self, writer: &mut Writer) -> Read<()> {
        self.write(writer, 0)
    }

    fn time(integer: i64) -> Read<u64> {
        integer.try_into().map_err(|_| NotPlain)
    }
}
