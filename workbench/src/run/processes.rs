use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::rc::Rc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::lines::{LONGEST, Lines};
use super::{Crash, RunError};
use crate::network::{Inbox, Network, Reject};
use crate::paths::at;

/// How many of the last lines of a log explain a crash.
const LAST_WORDS: usize = 20;

/// In the environment of programs, where our own nodes and whoever else likes to keep what is to outlive
/// them.
const DATA_DIR: &str = "GLOMERS_DATA_DIR";

/// Longer lines of a log are shown in pieces of so many bytes.
const LONGEST_LOGGED: u64 = 1 << 16;

/// How long what a killed process has left behind may take to be read.
const DRAIN: Duration = Duration::from_secs(5);

/// Nodes that are programs: lines in and out of their STDIN and STDOUT, their STDERR in a file.
pub(super) struct Processes {
    program: PathBuf,
    args: Vec<String>,
    logs: Option<PathBuf>,
    log_stderr: bool,
    network: Network,
    /// Where they may keep what is to outlive them, unless they were told another place; removed with the
    /// run.
    data: Option<TempDir>,
    running: RefCell<BTreeMap<String, Running>>,
    crashes: RefCell<Vec<Crash>>,
    tasks: RefCell<JoinSet<()>>,
}

/// One life of a node.
struct Running {
    child: Child,
    /// What carries its lines in and out.
    pipes: Vec<AbortHandle>,
    last_words: Rc<RefCell<VecDeque<String>>>,
}

impl Running {
    /// Sends a signal to the program and to what it has started: it may be a script.
    fn signal(&self, node: &str, signal: Signal) {
        // Without an id it has ended and was waited for.
        let id = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(id) = id
            && let Err(error) = kill_process_group(id, signal)
        {
            tracing::warn!(%error, node, "a node cannot be sent {signal:?}");
        }
    }

    fn crash(&self, node: &str, ended: &io::Result<Option<ExitStatus>>) -> Crash {
        Crash {
            node: node.to_owned(),
            status: match ended {
                Ok(Some(status)) => status.to_string(),
                _ => "its status is unknown".to_owned(),
            },
            log: quote(&self.last_words.borrow()),
        }
    }
}

/// However the run ends, its nodes end with it.
impl Drop for Running {
    fn drop(&mut self) {
        self.signal("", Signal::KILL);
    }
}

impl Processes {
    pub(super) fn new(
        program: &Path,
        args: &[String],
        logs: Option<PathBuf>,
        log_stderr: bool,
        network: &Network,
    ) -> Result<Self, RunError> {
        let absent = |source| RunError::Program { program: program.to_owned(), source };
        // Nodes run in another folder, so the path must not depend on this one.
        let absolute = fs::canonicalize(program).map_err(absent)?;
        if let Some(logs) = &logs {
            at(logs, fs::create_dir_all(logs))?;
        }
        let is_told = |arg: &String| arg == "--data-dir" || arg.starts_with("--data-dir=");
        let data = if args.iter().any(is_told) {
            None
        } else {
            Some(tempfile::Builder::new().prefix("glomers-run-").tempdir()?)
        };
        Ok(Self {
            program: absolute,
            args: args.to_vec(),
            logs,
            log_stderr,
            network: network.clone(),
            data,
            running: RefCell::default(),
            crashes: RefCell::default(),
            tasks: RefCell::default(),
        })
    }

    /// Starts the program; if the system does not know what it is, as a script of the shell's, as every
    /// shell does.
    fn spawn(&self) -> io::Result<Child> {
        let spawn = |mut command: Command| {
            if let Some(data) = &self.data {
                command.env(DATA_DIR, data.path());
            }
            command
                .args(&self.args)
                .current_dir(std::env::temp_dir())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                // A group of its own: it is signalled as a whole, and if this program is killed while a
                // node is stopped, the system ends the group.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
        };
        match spawn(Command::new(&self.program)) {
            Err(error) if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
                let mut shell = Command::new("/bin/sh");
                shell.arg(&self.program);
                spawn(shell)
            }
            spawned => spawned,
        }
    }

    pub(super) fn start(&self, node: &str) -> Result<(), RunError> {
        let mut child = self
            .spawn()
            .map_err(|source| RunError::Program { program: self.program.clone(), source })?;
        let log = match &self.logs {
            // A node that comes back goes on in the same file.
            Some(logs) => {
                let path = logs.join(format!("{node}.log"));
                Some(at(&path, File::options().create(true).append(true).open(&path))?)
            }
            None => None,
        };
        let last_words = Rc::<RefCell<VecDeque<String>>>::default();
        let mut tasks = self.tasks.borrow_mut();
        let mut pipes = Vec::new();
        let inbox = self.network.register(node);
        if let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        {
            pipes.push(tasks.spawn_local(feed(inbox, stdin)));
            let listen = listen(self.network.clone(), node.to_owned(), stdout, LONGEST);
            pipes.push(tasks.spawn_local(listen));
            let shown = self.log_stderr.then(|| node.to_owned());
            tasks.spawn_local(keep(stderr, log, shown, Rc::clone(&last_words)));
        }
        let running = Running { child, pipes, last_words };
        self.running.borrow_mut().insert(node.to_owned(), running);
        Ok(())
    }

    /// What a node has printed and nobody has read yet is lost, as it is in Maelstrom: it may end in the
    /// middle of a line.
    pub(super) fn kill(&self, node: &str) -> bool {
        let Some(mut running) = self.running.borrow_mut().remove(node) else { return false };
        self.network.take_down(node);
        running.pipes.iter().for_each(AbortHandle::abort);
        match running.child.try_wait() {
            Ok(None) => {
                running.signal(node, Signal::KILL);
                self.tasks.borrow_mut().spawn_local(async move {
                    // Nobody asks how it ended.
                    let _ = running.child.wait().await;
                });
                true
            }
            ended => {
                self.crashes.borrow_mut().push(running.crash(node, &ended));
                false
            }
        }
    }

    pub(super) fn pause(&self, node: &str) -> bool {
        let mut all = self.running.borrow_mut();
        let Some(running) = all.get_mut(node) else { return false };
        let is_running = matches!(running.child.try_wait(), Ok(None));
        if is_running {
            running.signal(node, Signal::STOP);
        }
        is_running
    }

    pub(super) fn resume(&self, node: &str) {
        if let Some(running) = self.running.borrow().get(node) {
            running.signal(node, Signal::CONT);
        }
    }

    pub(super) fn last_words(&self, node: &str) -> String {
        let running = self.running.borrow();
        running.get(node).map(|running| quote(&running.last_words.borrow())).unwrap_or_default()
    }

    /// Waits until a node has ended by itself, and its log is read; tells how.
    pub(super) async fn ended(&self, node: &str) -> String {
        const LOOK: Duration = Duration::from_millis(20);
        loop {
            sleep(LOOK).await;
            let status = self
                .running
                .borrow_mut()
                .get_mut(node)
                .and_then(|running| running.child.try_wait().ok().flatten());
            if let Some(status) = status {
                sleep(LOOK).await;
                return status.to_string();
            }
        }
    }

    pub(super) async fn stop(&self) -> Vec<Crash> {
        let mut crashes = self.crashes.take();
        let running = self.running.take();
        for (node, mut running) in running {
            match running.child.try_wait() {
                Ok(None) => {
                    running.signal(&node, Signal::KILL);
                    if let Err(error) = running.child.kill().await {
                        tracing::warn!(%error, node, "a node cannot be killed");
                    }
                }
                ended => crashes.push(running.crash(&node, &ended)),
            }
            self.network.remove(&node);
        }
        // Pipes may be held open by what a node has started; that is not waited for.
        let mut tasks = self.tasks.take();
        let _ = timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await;
        crashes
    }
}

/// What comes for a node, to its STDIN.
async fn feed(mut inbox: Inbox, mut stdin: ChildStdin) {
    let mut line = Vec::new();
    while let Some(message) = inbox.recv().await {
        line.clear();
        if message.write_line(&mut line).is_ok() {
            if !line.ends_with(b"\n") {
                line.push(b'\n');
            }
            if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
                // It has closed its STDIN or has ended; which of the two is found out at the end.
                // What comes for it is lost, but its inbox goes on.
                while inbox.recv().await.is_some() {}
            }
        }
    }
}

/// What a node prints, into the network.
async fn listen(network: Network, node: String, stdout: impl AsyncRead + Unpin, longest: usize) {
    let mut lines = Lines::new(BufReader::with_capacity(1 << 16, stdout), longest);
    while let Some(line) = lines.next().await {
        // What is wrong with a line is on record in the network.
        match line {
            Ok(line) => drop(network.submit_line(&node, line)),
            Err(start) => {
                network.refuse_line(&node, start, Reject::TooLong(longest));
                break;
            }
        }
    }
    // It is muted: what else it prints is read, so that it is not held up, and kept nowhere.
    let mut rest = lines.into_rest();
    while let Ok(read @ 1..) = rest.fill_buf().await.map(<[u8]>::len) {
        rest.consume(read);
    }
}

/// A node's STDERR, into its log: longer lines in several pieces.
async fn keep(
    stderr: impl AsyncRead + Unpin,
    mut log: Option<File>,
    shown: Option<String>,
    last_words: Rc<RefCell<VecDeque<String>>>,
) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while (&mut lines)
        .take(LONGEST_LOGGED)
        .read_until(b'\n', &mut line)
        .await
        .is_ok_and(|length| length > 0)
    {
        if let Some(file) = &mut log
            && let Err(error) = file.write_all(&line)
        {
            tracing::warn!(%error, "a node's log cannot be written");
            log = None;
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if let Some(node) = &shown {
            tracing::info!(target: "node", "{node}: {text}");
        }
        let mut last_words = last_words.borrow_mut();
        if last_words.len() == LAST_WORDS {
            last_words.pop_front();
        }
        last_words.push_back(text);
        line.clear();
    }
}

fn quote(last_words: &VecDeque<String>) -> String {
    if last_words.is_empty() {
        return String::new();
    }
    last_words.iter().fold("\nthe end of its log:".to_owned(), |all, line| all + "\n  | " + line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::testing::{in_virtual_time, network};

    #[test]
    fn who_never_ends_a_line_is_muted_and_told_why() {
        in_virtual_time(async {
            let network = network(0);
            let _inbox = network.register("n1");
            let endless = "\u{1b}".repeat(1 << 20);
            listen(network.clone(), "n1".to_owned(), endless.as_bytes(), 1000).await;
            let muted = network.muted();
            assert_eq!(muted.len(), 1);
            assert_eq!(muted[0].reason, Reject::TooLong(1000));
            assert_eq!(muted[0].line.chars().count(), 1000);
        });
    }

    #[test]
    fn a_log_without_lines_is_kept_in_pieces() {
        in_virtual_time(async {
            let long = "x".repeat(3 * usize::try_from(LONGEST_LOGGED).unwrap());
            let last_words = Rc::<RefCell<VecDeque<String>>>::default();
            keep(long.as_bytes(), None, None, Rc::clone(&last_words)).await;
            assert_eq!(last_words.borrow().len(), 3);
        });
    }
}
