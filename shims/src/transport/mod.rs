//! What carries a node's lines: STDIN and STDOUT, or channels inside another program; with the feature `nats`,
//! a server of NATS.

mod memory;
mod stdio;

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

pub use memory::MemoryTransport;
pub use stdio::StdioTransport;

/// A two-way stream of lines.
pub trait Transport {
    /// Appends what has come to `input`, at any boundary; `Ready(false)` at the end of the input.
    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<bool>;

    /// Takes whole lines out of `output`. Must not wait: a node that waits for its reader while
    /// its writer waits for it would hang both.
    fn write(&mut self, output: &mut Vec<u8>);

    /// How many bytes a line between nodes may have, if there is a limit.
    fn max_message(&self) -> Option<usize> {
        None
    }

    /// The names of all nodes, this one's included, if they have changed since the node was told them: in a
    /// cluster whose nodes come and go. Asked after each [`poll_read`](Self::poll_read) that is ready.
    fn poll_members(&mut self) -> Option<Vec<Rc<str>>> {
        None
    }

    /// Sees everything written off. Called once, last.
    ///
    /// # Errors
    ///
    /// Why something could not be written.
    fn finish(&mut self) -> io::Result<()>;
}

impl Transport for Box<dyn Transport> {
    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<bool> {
        (**self).poll_read(context, input)
    }

    fn write(&mut self, output: &mut Vec<u8>) {
        (**self).write(output);
    }

    fn max_message(&self) -> Option<usize> {
        (**self).max_message()
    }

    fn poll_members(&mut self) -> Option<Vec<Rc<str>>> {
        (**self).poll_members()
    }

    fn finish(&mut self) -> io::Result<()> {
        (**self).finish()
    }
}
