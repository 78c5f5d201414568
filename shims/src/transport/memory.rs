use std::io;
use std::task::{Context, Poll};

use tokio::sync::mpsc::UnboundedReceiver;

use super::Transport;

/// Lines through channels: for a node inside another program, such as a simulated network.
pub struct MemoryTransport {
    input: UnboundedReceiver<Vec<u8>>,
    output: Box<dyn FnMut(&[u8])>,
}

impl MemoryTransport {
    /// A transport that reads what is sent to `input` and hands each line that the node writes,
    /// without its newline, to `output`. Closing the channel is the end of the input.
    pub fn new(input: UnboundedReceiver<Vec<u8>>, output: impl FnMut(&[u8]) + 'static) -> Self {
        Self { input, output: Box::new(output) }
    }
}

impl Transport for MemoryTransport {
    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<bool> {
        self.input.poll_recv(context).map(|line| {
            line.map(|line| {
                input.extend_from_slice(&line);
                if !line.ends_with(b"\n") {
                    input.push(b'\n');
                }
            })
            .is_some()
        })
    }

    fn write(&mut self, output: &mut Vec<u8>) {
        for line in output.split_inclusive(|byte| *byte == b'\n') {
            (self.output)(line.strip_suffix(b"\n").unwrap_or(line));
        }
        output.clear();
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
