use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{Server, soon};

#[test]
fn a_program_is_ready_answers_and_ends_when_it_is_told_to_and_keeps_its_secrets() {
    let Some(server) = Server::with("authorization { user: al, password: s3cret }") else { return };
    for (secret, url) in [("NATS_PASSWORD", server.url()), ("NATS_URL", String::new())] {
        let log = server.folder.path().join("stderr");
        let mut command = Command::new(env!("CARGO_BIN_EXE_broadcast"));
        command.env_clear().env("NO_COLOR", "1").arg("--nats");
        if url.is_empty() {
            command.env(secret, server.url().replace("//", "//al:s3cret@"));
        } else {
            command.env(secret, "s3cret").args([&url, "--nats-user", "al"]);
        }
        command.args(["--cluster", "demo", "--id", "n1", "--nodes", "n1", "--log", "trace"]);
        let mut node = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let said = || fs::read_to_string(&log).unwrap();
        soon(|| said().contains(": ready").then_some(()));
        let asked = glomers_shims::nats::request(
            &glomers_shims::nats::ServerArgs::of(&server.url().replace("//", "//al:s3cret@")),
            "demo",
            "n1",
            r#"{"type":"read"}"#,
            super::SOON,
        );
        let answer: serde_json::Value = serde_json::from_str(&asked.unwrap()).unwrap();
        assert_eq!(answer, json!({"type": "read_ok", "messages": []}));
        let pid = node.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let output = soon(|| node.try_wait().unwrap());
        assert!(output.success(), "{output}: {}", said());
        let mut stdout = String::new();
        std::io::Read::read_to_string(&mut node.stdout.take().unwrap(), &mut stdout).unwrap();
        assert_eq!(stdout, "");
        assert!(!said().contains("s3cret"), "{}", said());
    }
}

#[test]
fn a_program_that_gets_no_connection_says_so() {
    let Some(server) = Server::with("authorization { user: al, password: s3cret }") else { return };
    let output = Command::new(env!("CARGO_BIN_EXE_echo"))
        .env_clear()
        .args(["--nats", &server.url(), "--cluster", "demo", "--id", "n1", "--nodes", "n1"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("refuses user"), "{told}");
}
