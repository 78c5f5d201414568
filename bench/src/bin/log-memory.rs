//! Prints what an offset log takes of memory for each message of 100 bytes, as its allocator counts
//! it: first where the messages are read after all are written, then where each is read at once.

use std::io::{self, Write};

use glomers_log::OffsetLog;
use peak_alloc::PeakAlloc;

/// Counts the bytes that are asked for, not what the allocator itself adds to them.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

type Message = [u8; 100];

const MESSAGES: u32 = 100_000;

/// Bytes for each message of a log, the log itself included.
fn bytes_per_message(read_at_once: bool) -> f64 {
    let before = ALLOCATOR.current_usage();
    let log = OffsetLog::<String, Message>::new();
    for _ in 0..MESSAGES {
        let offset = log.append("rye", [b'.'; 100]);
        if read_at_once {
            assert!(log.poll("rye", offset, 1).is_ok_and(|batch| batch.len() == 1));
        }
    }
    assert_eq!(log.snapshot("rye").iter().count(), MESSAGES as usize, "some are lost");
    let grown = u32::try_from(ALLOCATOR.current_usage() - before).unwrap_or(u32::MAX);
    drop(log);
    f64::from(grown) / f64::from(MESSAGES)
}

fn main() -> io::Result<()> {
    for read_at_once in [false, true] {
        writeln!(io::stdout(), "{}", bytes_per_message(read_at_once))?;
    }
    Ok(())
}
