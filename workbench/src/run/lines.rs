use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Longer lines are not read: far beyond any message, and what a machine has memory for.
pub(super) const LONGEST: usize = 64 << 20;

/// The lines of a node, which end with a line feed, a carriage return, or both: as Maelstrom reads them.
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    /// As many bytes a line has at most.
    longest: usize,
    /// Whether the last one ended with a carriage return, of which a line feed may be the other half.
    is_halfway: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// Those of an input, of so many bytes at most.
    pub(super) fn new(input: R, longest: usize) -> Self {
        Self { input, line: Vec::new(), longest, is_halfway: false }
    }

    /// What has not been read yet.
    pub(super) fn into_rest(self) -> R {
        self.input
    }

    /// The next one, without its end, as soon as that is there; nothing after the last, and if the input
    /// breaks. What comes after the last end is a line as well.
    ///
    /// # Errors
    ///
    /// The beginning of one that is too long, as soon as it is; of what follows, lines begin anew.
    pub(super) async fn next(&mut self) -> Option<Result<&[u8], &[u8]>> {
        self.line.clear();
        loop {
            let found = self.input.fill_buf().await.ok()?;
            if found.is_empty() {
                return (!self.line.is_empty()).then_some(Ok(&*self.line));
            }
            let rest = match found.strip_prefix(b"\n") {
                Some(rest) if std::mem::take(&mut self.is_halfway) => rest,
                _ => found,
            };
            self.is_halfway = false;
            let skipped = found.len() - rest.len();
            let end = memchr::memchr2(b'\n', b'\r', rest);
            let room = self.longest - self.line.len();
            if end.unwrap_or(rest.len()) > room {
                self.line.extend_from_slice(&rest[..room]);
                self.input.consume(skipped + room);
                return Some(Err(&self.line));
            }
            self.line.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
            self.is_halfway = end.is_some_and(|end| rest[end] == b'\r');
            let taken = end.map_or(rest.len(), |end| end + 1);
            self.input.consume(skipped + taken);
            if end.is_some() {
                return Some(Ok(&self.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;
    use crate::network::testing::in_virtual_time;

    /// The lines of a text that comes in pieces of that size.
    fn lines(text: &str, piece: usize) -> Vec<String> {
        in_virtual_time(async {
            let mut lines = Lines::new(BufReader::with_capacity(piece, text.as_bytes()), 5);
            let mut found = Vec::new();
            while let Some(line) = lines.next().await {
                let (mark, line) =
                    line.map_or_else(|start| ("too long: ", start), |line| ("", line));
                found.push(mark.to_owned() + std::str::from_utf8(line).unwrap());
            }
            found
        })
    }

    #[test]
    fn lines_end_with_either_or_both() {
        for piece in 1..20 {
            assert_eq!(lines("a\nbb\rc\r\nd", piece), ["a", "bb", "c", "d"]);
            assert_eq!(lines("a\r\n\nb\r\rc\r\n", piece), ["a", "", "b", "", "c"]);
            assert_eq!(lines("\n\r", piece), ["", ""]);
            assert!(lines("", piece).is_empty());
        }
    }

    #[test]
    fn of_a_line_that_is_too_long_no_more_is_kept_than_may_be() {
        for piece in 1..20 {
            assert_eq!(lines("12345\n1234\r\n", piece), ["12345", "1234"]);
            assert_eq!(lines("a\n123456\nb", piece), ["a", "too long: 12345", "6", "b"]);
            assert_eq!(lines("1234567890", piece), ["too long: 12345", "67890"]);
        }
    }

    #[test]
    fn a_carriage_return_is_an_end_before_anything_else_comes() {
        in_virtual_time(async {
            let (mut theirs, ours) = tokio::io::duplex(64);
            let mut lines = Lines::new(BufReader::new(ours), LONGEST);
            tokio::io::AsyncWriteExt::write_all(&mut theirs, b"a\r").await.unwrap();
            assert_eq!(lines.next().await, Some(Ok(&b"a"[..])));
            tokio::io::AsyncWriteExt::write_all(&mut theirs, b"\nb\n").await.unwrap();
            assert_eq!(lines.next().await, Some(Ok(&b"b"[..])));
        });
    }
}
