use std::io::{self, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use super::Transport;

/// As much as a pipe holds on Linux.
const CHUNK: usize = 64 * 1024;

/// How many chunks are read ahead of the node.
const READ_AHEAD: usize = 4;

/// Lines through STDIN and STDOUT, with a thread for each.
///
/// STDOUT is flushed whenever there is nothing more to write at the moment: one system call for
/// all the replies to what came in together, and none is held back while the node idles.
pub struct StdioTransport {
    input: mpsc::Receiver<Vec<u8>>,
    output: Arc<Output>,
    writer: Option<JoinHandle<io::Result<()>>>,
}

/// What the node has written and the writer has not taken yet.
#[derive(Default)]
struct Output {
    pending: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    finished: bool,
    broken: bool,
}

impl StdioTransport {
    /// Starts the two threads.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (chunks, input) = mpsc::channel(READ_AHEAD);
        let output = Arc::<Output>::default();
        thread::Builder::new().name("stdin".into()).spawn(move || read(io::stdin(), &chunks))?;
        let lines = Arc::clone(&output);
        let writer = thread::Builder::new().name("stdout".into()).spawn(move || {
            // Straight to the descriptor: std's own buffer would be searched for newlines.
            write(&lines, io::stdout().lock())
        })?;
        Ok(Self { input, output, writer: Some(writer) })
    }
}

impl Transport for StdioTransport {
    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<bool> {
        self.input.poll_recv(context).map(|chunk| chunk.map(|chunk| append(input, chunk)).is_some())
    }

    fn write(&mut self, output: &mut Vec<u8>) {
        let mut pending = self.output.lock();
        if pending.broken {
            output.clear();
        } else if pending.bytes.is_empty() {
            std::mem::swap(&mut pending.bytes, output);
            self.output.changed.notify_one();
        } else {
            pending.bytes.append(output);
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.lock().finished = true;
        self.output.changed.notify_one();
        match self.writer.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(io::Error::other("the thread that writes STDOUT has panicked")),
        }
    }
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves a chunk to the end of the input, without copying it where that is empty.
fn append(input: &mut Vec<u8>, chunk: Vec<u8>) {
    if input.is_empty() {
        *input = chunk;
    } else {
        input.extend_from_slice(&chunk);
    }
}

fn read(mut stdin: io::Stdin, chunks: &mpsc::Sender<Vec<u8>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        match stdin.read(&mut chunk) {
            Ok(0) => return,
            Ok(n) => {
                chunk.truncate(n);
                if chunks.blocking_send(chunk).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::error!(%error, "STDIN cannot be read: treated as its end");
                return;
            }
        }
    }
}

fn write(output: &Output, mut stdout: impl Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let mut pending = output
            .changed
            .wait_while(output.lock(), |pending| pending.bytes.is_empty() && !pending.finished)
            .unwrap_or_else(PoisonError::into_inner);
        if pending.bytes.is_empty() {
            return Ok(());
        }
        std::mem::swap(&mut bytes, &mut pending.bytes);
        drop(pending);
        if let Err(error) = stdout.write_all(&bytes).and_then(|()| stdout.flush()) {
            tracing::error!(%error, "STDOUT cannot be written: further messages are dropped");
            let mut pending = output.lock();
            pending.broken = true;
            pending.bytes.clear();
            return Err(error);
        }
    }
}
