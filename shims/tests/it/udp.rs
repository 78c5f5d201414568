//! Programs on UDP: real processes and sockets, on loopback.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use glomers_shims::udp::{Key, RequestError, request};
use serde_json::{Value, json};
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(5);

/// A node's program, which ends with this.
struct Program {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(folder: &Path, address: SocketAddr, args: &[&str]) -> Self {
        let log = folder.join(format!("{}.log", address.port()));
        let child = Command::new(env!("CARGO_BIN_EXE_broadcast"))
            .env_clear()
            .args(["--udp", &address.to_string()])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, address, log }
    }

    fn ask(&self, key: Option<&Key>, body: Value) -> Result<Value, RequestError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(request(self.address, "glomers", key.cloned(), body, PATIENCE))
    }

    /// Has a value acknowledged, in as many tries as it takes.
    fn broadcast(&self, key: &Key, value: u64) {
        let acknowledged = || {
            let answer = self.ask(Some(key), json!({"type": "broadcast", "message": value}));
            answer.is_ok_and(|answer| answer["type"] == "broadcast_ok").then_some(())
        };
        soon(acknowledged, || self.said());
    }

    fn read(&self, key: &Key) -> Option<BTreeSet<u64>> {
        let answer = self.ask(Some(key), json!({"type": "read"})).ok()?;
        Some(answer["messages"].as_array()?.iter().filter_map(Value::as_u64).collect())
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

fn soon<T>(mut what: impl FnMut() -> Option<T>, told: impl Fn() -> String) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(it) = what() {
            return it;
        }
        assert!(Instant::now() < end, "{}", told());
        sleep(Duration::from_millis(50));
    }
}

/// Addresses that nobody has.
fn addresses<const N: usize>() -> [SocketAddr; N] {
    let sockets: [UdpSocket; N] = std::array::from_fn(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap())
}

fn key_file(folder: &TempDir, digit: &str) -> (Key, String) {
    let path = folder.path().join(format!("key{digit}"));
    fs::write(&path, digit.repeat(64)).unwrap();
    (Key::read(&path).unwrap(), path.to_str().unwrap().to_owned())
}

#[test]
fn who_is_killed_and_who_comes_late_has_all_in_the_end_though_datagrams_are_lost() {
    let folder = TempDir::new().unwrap();
    let (key, key_path) = key_file(&folder, "a");
    let [one, two, three] = addresses();
    let start = |address: SocketAddr, join: SocketAddr| {
        let data = folder.path().join(address.port().to_string());
        let join = join.to_string();
        let mut args = vec!["--key-file", &key_path, "--loss", "15"];
        args.extend(["--data-dir", data.to_str().unwrap(), "--join", &join]);
        Program::start(folder.path(), address, &args)
    };
    let first = start(one, two);
    let mut second = start(two, one);
    let all = |programs: &[&Program], count: u64| {
        for program in programs {
            let wanted: BTreeSet<_> = (0..count).collect();
            let equal = || (program.read(&key)? == wanted).then_some(());
            soon(equal, || format!("{:?}\n{}", program.read(&key), program.said()));
        }
    };
    for value in 0..10 {
        [&first, &second][usize::from(value % 2 == 0)].broadcast(&key, value);
    }
    all(&[&first, &second], 10);

    // What only it knows outlives it, and what it missed it gets.
    second.broadcast(&key, 10);
    second.child.kill().unwrap();
    second.child.wait().unwrap();
    for value in 11..20 {
        first.broadcast(&key, value);
    }
    let second = start(two, one);
    all(&[&first, &second], 20);

    // Who comes later knows one address.
    let third = start(three, two);
    third.broadcast(&key, 20);
    all(&[&first, &second, &third], 21);
}

#[test]
fn whoever_has_another_key_or_none_is_not_answered() {
    let folder = TempDir::new().unwrap();
    let (key, path) = key_file(&folder, "a");
    let (other, _) = key_file(&folder, "b");
    let [address] = addresses();
    let program = Program::start(folder.path(), address, &["--key-file", &path]);
    program.broadcast(&key, 1);
    for key in [None, Some(&other)] {
        let refused = program.ask(key, json!({"type": "read"}));
        assert!(matches!(refused, Err(RequestError::Timeout(_))), "{refused:?}");
    }
    assert_eq!(program.read(&key), Some(BTreeSet::from([1])));
}

#[test]
fn a_flood_of_strangers_costs_no_memory() {
    let folder = TempDir::new().unwrap();
    let (key, path) = key_file(&folder, "a");
    let [address] = addresses();
    let program = Program::start(folder.path(), address, &["--key-file", &path]);
    program.broadcast(&key, 1);
    let resident = || {
        let status = fs::read_to_string(format!("/proc/{}/status", program.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = resident();
    let strangers: Vec<_> = (0..50).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let mut datagram = vec![b'g', 1, 2];
    datagram.resize(1_000, 7);
    for round in 0..1_000_u64 {
        for stranger in &strangers {
            datagram[20..28].copy_from_slice(&round.to_be_bytes());
            let _ = stranger.send_to(&datagram, address);
        }
    }
    assert_eq!(soon(|| program.read(&key), || program.said()), BTreeSet::from([1]));
    assert!(resident() < before + 2_048, "{before} kB before, {} kB after", resident());
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let folder = TempDir::new().unwrap();
    let short = folder.path().join("short");
    fs::write(&short, "abc").unwrap();
    let told = |program: &str, args: &[&str]| {
        let output = Command::new(program).env_clear().args(args).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{args:?}: {told}");
        told
    };
    let broadcast = env!("CARGO_BIN_EXE_broadcast");
    for (args, reason) in [
        (&["--udp", "192.0.2.1:7001"][..], "so a key file is needed"),
        (&["--udp", "127.0.0.1:0", "--join", "192.0.2.1:7001"], "so a key file is needed"),
        (&["--udp", "127.0.0.1:0", "--key-file", "/nowhere"], "/nowhere cannot be read"),
        (&["--udp", "127.0.0.1:0", "--key-file", short.to_str().unwrap()], "64 hexadecimal digits"),
        (&["--udp", "127.0.0.1:0", "--id", "n1", "--nodes", "n2,n3"], "not among the nodes"),
        (&["--join", "127.0.0.1:7001"], "--udp"),
        (&["--id", "n1"], "--udp"),
    ] {
        let told = told(broadcast, args);
        assert!(told.contains(reason), "{args:?}: {told}");
    }
    let [address] = addresses();
    let address = address.to_string();
    for (program, reason) in [
        (env!("CARGO_BIN_EXE_lin-kv"), "the service lin-kv, which is not on UDP"),
        (env!("CARGO_BIN_EXE_g-counter"), "the service seq-kv, which is not on UDP"),
        (env!("CARGO_BIN_EXE_kafka"), "--nodes"),
    ] {
        let told = told(program, &["--udp", &address]);
        assert!(told.contains(reason), "{program}: {told}");
    }
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = told(broadcast, &["--udp", &address]);
    assert!(told.contains("cannot be bound"), "{told}");
}
