use tokio::time::Instant;

use crate::protocol::Error;

/// Messages on their way out.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Lines that nobody waits for in particular: if they are lost, it is as if the network had lost them.
    pub(crate) lines: Vec<u8>,
    /// Answers, apart from the others if they may have to wait.
    pub(crate) replies: Vec<Reply>,
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) dest: Box<str>,
    pub(crate) in_reply_to: u64,
    pub(crate) line: Vec<u8>,
}

/// A request that gets an error instead of its answer.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) dest: Box<str>,
    pub(crate) in_reply_to: u64,
    pub(crate) error: Error,
}

/// What waits for the disk.
#[derive(Debug)]
pub(super) struct Held {
    /// How many deltas must be safe.
    pub(super) deltas: u64,
    pub(super) since: Instant,
    pub(super) outgoing: Outgoing,
}

impl Outgoing {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.replies.is_empty()
    }

    /// Moves all into `lines`.
    pub(super) fn release(self, lines: &mut Vec<u8>) {
        if lines.is_empty() {
            *lines = self.lines;
        } else {
            lines.extend_from_slice(&self.lines);
        }
        for reply in self.replies {
            lines.extend_from_slice(&reply.line);
        }
    }

    /// Takes the answers out, of which each becomes the same error.
    pub(super) fn refuse<'a>(&'a mut self, error: &'a Error) -> impl Iterator<Item = Refused> + 'a {
        self.replies.drain(..).map(|reply| Refused {
            dest: reply.dest,
            in_reply_to: reply.in_reply_to,
            error: error.clone(),
        })
    }
}
