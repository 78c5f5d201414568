//! Nodes on real servers of NATS, which the environment variable `NATS_SERVER` names the program of.
#![expect(clippy::unwrap_used, reason = "a test may")]

mod access;
mod messages;
mod outage;
mod programs;
mod raw;
mod services;
mod throughput;

use std::ffi::OsString;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use glomers_shims::cli;
use glomers_shims::nats::{MemberArgs, NatsTransport, ServerArgs, Until, Watch, request};
use glomers_shims::runtime::{Env, Node, serve};
use serde_json::Value;
use tempfile::TempDir;

/// How long something may take that takes a moment.
const SOON: Duration = Duration::from_secs(20);

/// The program, if this machine has one and tests are to use it.
fn program() -> Option<OsString> {
    let program = std::env::var_os("NATS_SERVER").filter(|it| !it.is_empty());
    if program.is_none() {
        // Past the harness, which shows what passes in silence only.
        let told = "NOT RUN: no NATS_SERVER names a nats-server, and nothing of NATS is tested\n";
        let _ = std::io::stderr().write_all(told.as_bytes());
    }
    program
}

/// A server on loopback, with its data in a folder of its own. It ends with the test.
struct Server {
    program: OsString,
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    /// A server with JetStream, unless this machine has none.
    fn start() -> Option<Self> {
        Self::with("")
    }

    /// The same with these lines in its configuration, in which `DIR` stands for its folder.
    fn with(configuration: &str) -> Option<Self> {
        Self::prepared(|_| configuration.to_owned())
    }

    /// The same with files that `prepare` puts into its folder, and the configuration that it returns.
    fn prepared(prepare: impl FnOnce(&TempDir) -> String) -> Option<Self> {
        let program = program()?;
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = folder.path().to_str().unwrap();
        let configuration = format!(
            "listen: \"127.0.0.1:{port}\"\nlog_file: \"DIR/log\"\njetstream {{ store_dir: \"DIR/data\" }}\n{}\n",
            prepare(&folder)
        );
        let path = folder.path().join("conf");
        std::fs::write(path, configuration.replace("DIR", dir)).unwrap();
        let child = Self::spawn(&program, &folder);
        let server = Self { program, child, port, folder };
        server.wait_until_it_listens();
        Some(server)
    }

    fn spawn(program: &OsString, folder: &TempDir) -> Child {
        Command::new(program)
            .arg("-c")
            .arg(folder.path().join("conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn wait_until_it_listens(&self) {
        soon(|| TcpStream::connect(("127.0.0.1", self.port)).ok());
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = Self::spawn(&self.program, &self.folder);
        self.wait_until_it_listens();
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn servers(&self) -> ServerArgs {
        ServerArgs::of(&self.url())
    }

    /// Asks a node of the cluster `demo`.
    fn ask(&self, node: &str, body: &Value) -> Value {
        let answer = request(&self.servers(), "demo", node, &body.to_string(), SOON).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What comes of `attempt`, as soon as something does.
fn soon<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(began.elapsed() < SOON, "that takes too long");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A node's place in the cluster `demo`.
fn member(id: &str, nodes: &[&str]) -> MemberArgs {
    MemberArgs {
        cluster: Some("demo".to_owned()),
        id: Some(id.to_owned()),
        nodes: nodes.iter().map(|&node| node.to_owned()).collect(),
        replicas: 1,
    }
}

/// Lets a node live for as long as the test does; what it counts.
fn spawn<N: Node>(server: &Server, id: &str, nodes: &[&str]) -> Watch {
    let transport = NatsTransport::start(&server.servers(), &member(id, nodes), Until::Forever);
    let transport = transport.unwrap();
    let watch = transport.counts();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let args = cli::parse::<N>(&[]).unwrap();
        let life = serve::<N>(args, Env::from_os().unwrap(), transport);
        tokio::task::LocalSet::new().block_on(&runtime, life).unwrap();
    });
    watch
}
