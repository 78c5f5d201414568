//! What may be compressed is told by how it begins.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::mem;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What it holds, unpacked while it is read if it was packed by gzip or zstd.
pub(super) fn unpacked<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::new();
    input.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(&GZIP), head.starts_with(&ZSTD));
    let input = Cursor::new(head).chain(input);
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(BufReader::new(input)))
    } else if is_zstd {
        Box::new(Frames::Between(BufReader::new(input)))
    } else {
        Box::new(input)
    })
}

/// What zstd has packed. Files that were put one behind the other are one.
enum Frames<R: BufRead> {
    Between(R),
    Within(Box<StreamingDecoder<R, FrameDecoder>>),
    Ended,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            *self = match mem::replace(self, Self::Ended) {
                Self::Ended => return Ok(0),
                Self::Between(mut input) => {
                    if input.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let frame = StreamingDecoder::new(input).map_err(|error| wrong(&error))?;
                    Self::Within(Box::new(frame))
                }
                Self::Within(mut frame) => match frame.read(bytes)? {
                    0 if !bytes.is_empty() => Self::Between(frame.into_inner()),
                    length => {
                        *self = Self::Within(frame);
                        return Ok(length);
                    }
                },
            }
        }
    }
}

fn wrong(error: &impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not what zstd writes: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn read(input: impl Read) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        unpacked(input)?.read_to_end(&mut text)?;
        Ok(text)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    #[test]
    fn what_was_packed_is_unpacked_and_all_else_is_as_it_is() {
        let text = "{\"process\":0}\n".repeat(10_000).into_bytes();
        for packed in [text.clone(), gzip(&text), zstd(&text)] {
            assert!(read(&*packed).unwrap() == text);
        }
        for text in [&b""[..], b"{", &GZIP[..1]] {
            assert_eq!(read(text).unwrap(), text);
        }
    }

    #[test]
    fn several_one_behind_the_other_are_one() {
        for pack in [gzip, zstd] {
            assert_eq!(read(&*[pack(b"one "), pack(b"two")].concat()).unwrap(), b"one two");
        }
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        let text = "a history of some length".repeat(100);
        for packed in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
            for length in [5, packed.len() - 5] {
                assert!(read(&packed[..length]).is_err(), "{length} of {}", packed.len());
            }
        }
    }
}
