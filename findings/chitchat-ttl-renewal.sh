#!/usr/bin/env bash
# A lease that is renewed ten times as often as it needs to be runs out all the same.
#
# Library:  chitchat 0.13.0 (Rust), `set_with_ttl`
# Guess:    setting a key with a time to live starts its time again, as it does in the stores that the name is known
#           from; a node that sets the key several times in each period keeps it.
# Seen:     setting the value that is there is left out whole: no new version, and the time of the first setting stays.
#           So the key goes when the first period ends, is set anew by the next renewal, and goes again: it lapses once
#           a period. With a value that differs every time, a counter say, it never lapses.
# Matters:  a renewal is a write of the same value, and its whole content is when it was made. To leave out writes that
#           change nothing is sound only where time is not part of the state.
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
anyhow = "1"
chitchat = "=0.13.0"
tokio = { version = "1", features = ["rt-multi-thread", "time"] }
TOML
cat >src/main.rs <<'RS'
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chitchat::transport::ChannelTransport;
use chitchat::{ChitchatConfig, ChitchatId, NodeState, ProtocolVersion, spawn_chitchat};

const PERIOD: Duration = Duration::from_secs(1);
const RENEWALS: usize = 45;

/// How often the key was missing just before a renewal, ten renewals a period, at a node that is alone.
async fn lapses(value: impl Fn(usize) -> String) -> anyhow::Result<usize> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 10_001));
    let config = ChitchatConfig {
        chitchat_id: ChitchatId::new("n1", 0, address),
        cluster_id: "findings".into(),
        gossip_interval: Duration::from_millis(10),
        listen_addr: address,
        seed_nodes: vec![],
        failure_detector_config: Default::default(),
        marked_for_deletion_grace_period: PERIOD,
        catchup_callback: None,
        extra_liveness_predicate: None,
        protocol_version: ProtocolVersion::V0,
    };
    let node = spawn_chitchat(config, vec![], &ChannelTransport::with_mtu(1_400)).await?;
    let mut missing = 0;
    for renewal in 0..RENEWALS {
        missing += node
            .with_chitchat(|chitchat| {
                let state = chitchat.self_node_state();
                let lapsed = renewal > 0 && state.get("leader").is_none();
                state.set_with_ttl("leader", value(renewal));
                usize::from(lapsed)
            })
            .await;
        tokio::time::sleep(PERIOD / 10).await;
    }
    node.shutdown().await?;
    Ok(missing)
}

fn main() -> anyhow::Result<()> {
    let mut state = NodeState::for_test();
    let mut versions = vec![];
    for value in ["n1", "n1", "n2"] {
        std::thread::sleep(Duration::from_millis(5));
        state.set_with_ttl("leader", value);
        let held = state.get_versioned("leader").expect("set");
        versions.push((held.version, held.status.time_of_start_scheduled_for_deletion()));
    }
    let [first, again, other] = versions[..] else { unreachable!() };
    let (first_version, again_version, other_version) = (first.0, again.0, other.0);
    let (restarted_again, restarted_other) = (first.1 != again.1, again.1 != other.1);
    println!("the same value again: version {first_version}, {again_version}, time anew {restarted_again}");
    println!("another value: version {other_version}, time anew {restarted_other}");

    let runtime = tokio::runtime::Runtime::new()?;
    let same = runtime.block_on(lapses(|_| "n1".into()))?;
    let counted = runtime.block_on(lapses(|renewal| format!("n1 {renewal}")))?;
    println!("{RENEWALS} renewals, ten in each time to live: missing before {same} with one value,");
    println!("{:26}before {counted} with a value that counts", "");
    assert_eq!((first_version, again_version, other_version), (1, 1, 2));
    assert_eq!((restarted_again, restarted_other), (false, true));
    assert!(same >= 2, "a renewal of the same value keeps the key: the behaviour has changed");
    assert_eq!(counted, 0);
    Ok(())
}
RS
cargo run --quiet
