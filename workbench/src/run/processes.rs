use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Crash, RunError};
use crate::network::{Inbox, Network};

/// How many of the last lines of a log explain a crash.
const LAST_WORDS: usize = 20;

/// How long what a killed process has left behind may take to be read.
const DRAIN: Duration = Duration::from_secs(5);

/// Nodes that are programs: lines in and out of their STDIN and STDOUT, their STDERR in a file.
pub(super) struct Processes {
    program: PathBuf,
    args: Vec<String>,
    logs: Option<PathBuf>,
    log_stderr: bool,
    network: Network,
    running: RefCell<BTreeMap<String, Running>>,
    tasks: RefCell<JoinSet<()>>,
}

struct Running {
    child: Child,
    last_words: Rc<RefCell<VecDeque<String>>>,
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
            fs::create_dir_all(logs)?;
        }
        Ok(Self {
            program: absolute,
            args: args.to_vec(),
            logs,
            log_stderr,
            network: network.clone(),
            running: RefCell::default(),
            tasks: RefCell::default(),
        })
    }

    pub(super) fn start(&self, node: &str) -> Result<(), RunError> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| RunError::Program { program: self.program.clone(), source })?;
        let log = match &self.logs {
            Some(logs) => Some(File::create(logs.join(format!("{node}.log")))?),
            None => None,
        };
        let last_words = Rc::<RefCell<VecDeque<String>>>::default();
        let mut tasks = self.tasks.borrow_mut();
        let inbox = self.network.register(node);
        if let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        {
            tasks.spawn_local(feed(inbox, stdin));
            tasks.spawn_local(listen(self.network.clone(), node.to_owned(), stdout));
            let shown = self.log_stderr.then(|| node.to_owned());
            tasks.spawn_local(keep(stderr, log, shown, Rc::clone(&last_words)));
        }
        self.running.borrow_mut().insert(node.to_owned(), Running { child, last_words });
        Ok(())
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
        let mut crashes = Vec::new();
        let running = self.running.take();
        for (node, mut running) in running {
            match running.child.try_wait() {
                Ok(None) => {
                    if let Err(error) = running.child.kill().await {
                        tracing::warn!(%error, node, "a node cannot be killed");
                    }
                }
                ended => crashes.push(Crash {
                    status: match ended {
                        Ok(Some(status)) => status.to_string(),
                        _ => "its status is unknown".to_owned(),
                    },
                    log: quote(&running.last_words.borrow()),
                    node: node.clone(),
                }),
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
async fn listen(network: Network, node: String, stdout: ChildStdout) {
    let mut lines = BufReader::with_capacity(1 << 16, stdout);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
        let bare = line.strip_suffix(b"\n").unwrap_or(&line);
        // What is wrong with a line is on record in the network.
        let _ = network.submit_line(&node, bare);
        line.clear();
    }
}

/// A node's STDERR, into its log.
async fn keep(
    stderr: ChildStderr,
    mut log: Option<File>,
    shown: Option<String>,
    last_words: Rc<RefCell<VecDeque<String>>>,
) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
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
