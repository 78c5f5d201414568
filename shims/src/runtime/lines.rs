/// A longer line is dropped, so that a sender gone wild cannot fill the memory.
pub(super) const MAX_LINE: usize = 64 * 1024 * 1024;

/// Cuts a stream of bytes into lines.
#[derive(Default)]
pub(super) struct Lines {
    /// The stream's next bytes; filled from outside.
    pub(super) input: Vec<u8>,
    /// Up to where `input` is known to hold no newline.
    searched: usize,
    /// Whether the line at hand is too long, and only its end is waited for.
    skipping: bool,
}

impl Lines {
    /// Gives `each` every complete line in turn, without its newline; with `at_end`, what is left
    /// counts as one too. Returns how many lines were too long.
    pub(super) fn drain(&mut self, at_end: bool, mut each: impl FnMut(&[u8])) -> usize {
        let (mut start, mut dropped) = (0, 0);
        while let Some(length) = memchr::memchr(b'\n', &self.input[self.searched..]) {
            let end = self.searched + length;
            if std::mem::take(&mut self.skipping) {
                dropped += 1;
            } else {
                each(&self.input[start..end]);
            }
            start = end + 1;
            self.searched = start;
        }
        self.input.drain(..start);
        if self.skipping || self.input.len() > MAX_LINE {
            self.skipping = true;
            self.input.clear();
        }
        self.searched = self.input.len();
        if at_end {
            if std::mem::take(&mut self.skipping) {
                dropped += 1;
            } else if !self.input.is_empty() {
                each(&self.input);
            }
            self.input.clear();
            self.searched = 0;
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(lines: &mut Lines, bytes: &[u8], at_end: bool) -> (Vec<String>, usize) {
        let mut out = Vec::new();
        lines.input.extend_from_slice(bytes);
        let dropped =
            lines.drain(at_end, |line| out.push(String::from_utf8_lossy(line).into_owned()));
        (out, dropped)
    }

    #[test]
    fn lines_may_come_in_pieces() {
        let whole = b"one\n\ntwo\nthree";
        for cut in 0..=whole.len() {
            let mut lines = Lines::default();
            let mut all = feed(&mut lines, &whole[..cut], false).0;
            all.extend(feed(&mut lines, &whole[cut..], true).0);
            assert_eq!(all, ["one", "", "two", "three"], "cut at {cut}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_and_the_next_is_not() {
        let mut lines = Lines::default();
        let piece = vec![b'x'; MAX_LINE / 2 + 1];
        assert_eq!(feed(&mut lines, b"a\n", false), (vec!["a".into()], 0));
        for _ in 0..5 {
            assert_eq!(feed(&mut lines, &piece, false), (vec![], 0));
            assert!(lines.input.len() <= MAX_LINE);
        }
        assert_eq!(feed(&mut lines, b"x\nb\nc", false), (vec!["b".into()], 1));
        assert_eq!(feed(&mut lines, b"", true), (vec!["c".into()], 0));
    }
}
