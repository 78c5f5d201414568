use std::io::Read;

use super::Error;
use super::builder::Place;

/// A text that is read block by block. A block is a number of whole lines, or all that is left; what a reader
/// has not used of one is at the beginning of the next.
pub(super) struct Blocks<R> {
    input: R,
    bytes: Vec<u8>,
    /// So many bytes are whole lines.
    whole: usize,
    ended: bool,
    /// Where the block begins in the input.
    place: Place,
    /// As much is read at a time.
    size: usize,
}

impl<R: Read> Blocks<R> {
    const SIZE: usize = 1 << 18;

    /// At the first block.
    pub(super) fn begin(input: R) -> Result<Self, Error> {
        Self::of_size(input, Self::SIZE)
    }

    /// At the first block, with so many bytes read at a time.
    pub(super) fn of_size(input: R, size: usize) -> Result<Self, Error> {
        let place = (1, 1);
        let mut blocks = Self { input, bytes: Vec::new(), whole: 0, ended: false, place, size };
        blocks.more()?;
        let mark = if blocks.text()?.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        blocks.bytes.drain(..mark);
        blocks.whole -= mark;
        Ok(blocks)
    }

    /// The block.
    ///
    /// # Errors
    ///
    /// It is no text.
    pub(super) fn text(&self) -> Result<&str, Error> {
        let bytes = &self.bytes[..self.whole];
        std::str::from_utf8(bytes).map_err(|error| Error::NotText {
            line: self.place.0 + ends(&bytes[..error.valid_up_to()]),
        })
    }

    /// The line and the column in which the block begins.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Whether nothing follows the block.
    pub(super) fn is_last(&self) -> bool {
        self.ended
    }

    /// Goes on to a block with more in it, behind so many bytes of this one.
    pub(super) fn advance(&mut self, used: usize) -> Result<(), Error> {
        let (line, column) = self.place;
        let used_bytes = &self.bytes[..used];
        self.place = match memchr::memrchr(b'\n', used_bytes) {
            Some(end) => (line + ends(used_bytes), characters(&used_bytes[end + 1..]) + 1),
            None => (line, column + characters(used_bytes)),
        };
        self.bytes.drain(..used);
        self.whole -= used;
        self.more()
    }

    /// Reads on, until there is a line more or all is read.
    fn more(&mut self) -> Result<(), Error> {
        while !self.ended {
            let before = self.bytes.len();
            // More and more, so that what is long is not looked at again and again.
            let size = self.size.max(before);
            self.input.by_ref().take(size as u64).read_to_end(&mut self.bytes)?;
            self.ended = self.bytes.len() - before < size;
            if self.ended {
                self.whole = self.bytes.len();
            } else if let Some(end) = self.bytes[before..].iter().rposition(|byte| *byte == b'\n') {
                self.whole = before + end + 1;
                break;
            }
        }
        Ok(())
    }
}

/// How many characters this text has.
fn characters(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).chars().count()
}

/// How many lines end in this.
fn ends(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All blocks, of each of which a part is used.
    fn all(text: &str, size: usize, used: impl Fn(&str) -> usize) -> Vec<(Place, String)> {
        let mut blocks = Blocks::of_size(text.as_bytes(), size).unwrap();
        let mut all = Vec::new();
        loop {
            all.push((blocks.place(), blocks.text().unwrap().to_owned()));
            if blocks.is_last() {
                return all;
            }
            let used = used(blocks.text().unwrap());
            blocks.advance(used).unwrap();
        }
    }

    #[test]
    fn blocks_are_whole_lines_and_know_where_they_begin() {
        let text = "\u{feff}a\nbb\nccc\ndddd dddd\nä";
        let blocks = all(text, 4, str::len);
        let texts: String = blocks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, text.trim_start_matches('\u{feff}'));
        for ((line, column), text) in &blocks {
            assert_eq!(*column, 1);
            let begin = texts.split_inclusive('\n').nth(line - 1).unwrap();
            assert!(text.starts_with(begin), "{line}: {text}");
        }
        assert!(blocks.len() > 2, "{blocks:?}");
    }

    #[test]
    fn what_is_not_used_comes_again() {
        let blocks = all("ä b\nc\nd\ne\nf\n", 3, |text| usize::from(text.starts_with('ä')) * 2);
        assert_eq!(blocks[0], ((1, 1), "ä b\n".to_owned()));
        assert_eq!(blocks[1].0, (1, 2));
        assert!(blocks[1].1.starts_with(" b\nc\n"));
        assert_eq!(blocks.last().unwrap().1, " b\nc\nd\ne\nf\n");
    }

    #[test]
    fn what_is_no_text_has_its_line() {
        let mut blocks = Blocks::of_size(&b"a\nb\nc\n\xff\n"[..], 3).unwrap();
        while blocks.text().is_ok() {
            blocks.advance(2).unwrap();
        }
        assert_eq!(blocks.text().unwrap_err().to_string(), "line 4: not UTF-8 text");
    }
}
