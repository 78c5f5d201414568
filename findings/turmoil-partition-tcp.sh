#!/usr/bin/env bash
# In a simulated network a TCP connection does not survive a partition of one second, and neither end is told.
#
# Library:  turmoil 0.7.2 (crates.io)
# Guess:    a simulated TCP connection is a TCP connection: what is written while the network is cut arrives once it
#           is mended, as it does in life for cuts far longer than a second; or the connection breaks with an error.
# Seen:     what is written during the cut is dropped and never sent again, and what is written afterwards waits behind
#           the gap for ever. The writer's calls all succeed, the reader just hears no more. A new connection works. The
#           other fault, `hold` and `release`, keeps the order and delivers everything.
# Matters:  a protocol over streams that is tested with partitions there is tested against a network that exists
#           nowhere: it "fails" where TCP would have saved it, or passes because it opens new connections. Whoever
#           builds a network for tests says what its cuts do to messages in flight, and to streams.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "run"
version = "0.0.0"
edition = "2024"

[dependencies]
turmoil = "=0.7.2"
tokio = { version = "1", features = ["io-util", "rt", "time"] }
TOML
cat >src/main.rs <<'RS'
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use turmoil::net::{TcpListener, TcpStream};

const SECOND: Duration = Duration::from_secs(1);

/// What a server hears of three words: one before a fault of one second, one in it, one after it; and what comes by
/// a new connection a minute later. The writes of the client all have to succeed.
fn heard(fault: fn(), end: fn()) -> String {
    let heard = Arc::new(Mutex::new(String::new()));
    let mut sim = turmoil::Builder::new().simulation_duration(120 * SECOND).build();
    let log = Arc::clone(&heard);
    sim.host("server", move || {
        let log = Arc::clone(&log);
        async move {
            let listener = TcpListener::bind("0.0.0.0:80").await?;
            loop {
                let (mut stream, _) = listener.accept().await?;
                let log = Arc::clone(&log);
                tokio::spawn(async move {
                    let mut word = [0; 64];
                    while let Ok(length @ 1..) = stream.read(&mut word).await {
                        log.lock().expect("no panic").push_str(&String::from_utf8_lossy(&word[..length]));
                    }
                });
            }
        }
    });
    sim.client("client", async move {
        let mut stream = TcpStream::connect("server:80").await?;
        stream.write_all(b"before ").await?;
        sleep(SECOND).await;
        fault();
        stream.write_all(b"within ").await?;
        sleep(SECOND).await;
        end();
        stream.write_all(b"after ").await?;
        sleep(60 * SECOND).await;
        stream.write_all(b"later ").await?;
        sleep(SECOND).await;
        let mut anew = TcpStream::connect("server:80").await?;
        anew.write_all(b"anew").await?;
        sleep(SECOND).await;
        Ok(())
    });
    sim.run().expect("the client's writes succeed");
    let heard = heard.lock().expect("no panic").clone();
    heard
}

fn main() {
    let cut = heard(|| turmoil::partition("client", "server"), || turmoil::repair("client", "server"));
    let held = heard(|| turmoil::hold("client", "server"), || turmoil::release("client", "server"));
    println!("partition and repair: {cut:?}");
    println!("hold and release:     {held:?}");
    assert_eq!(cut, "before anew");
    assert_eq!(held, "before within after later anew");
}
RS
cargo run --quiet
