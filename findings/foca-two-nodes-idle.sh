#!/usr/bin/env bash
# Two nodes that were cut off from each other never speak again; three are whole again within a minute or so.
#
# Library:  foca 2.0.0 (Rust), Config::new_lan, identities that renew themselves
# Guess:    the configuration for a LAN announces to members that are down every 65 seconds, so a cluster closes again
#           after a partition, whatever its size.
# Seen:     a node that knows no live member is idle and sends nothing at all, announcements included. Of three nodes
#           one cut off for two minutes is back 15 seconds after the heal, since the two others keep announcing to it.
#           Of two, each is alone: in 24 hours of virtual time after the heal not one message is sent, with no error.
# Matters:  the smallest clusters, and any partition that leaves every node alone, do not heal by themselves. Whoever
#           gossips over a failure detector announces to its seeds on a timer of its own when told that it is idle.
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
foca = { version = "=2.0.0", features = ["std", "postcard-codec"] }
rand = { version = "0.10", default-features = false, features = ["std_rng"] }
serde = { version = "1", features = ["derive"] }
TOML
cat >src/main.rs <<'RS'
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use foca::{AccumulatingRuntime, Config, Foca, Identity, NoCustomBroadcast, PostcardCodec, Timer};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

/// An address, and a generation that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Node {
    address: u8,
    generation: u32,
}

impl Identity for Node {
    type Addr = u8;
    fn renew(&self) -> Option<Self> {
        Some(Node { generation: self.generation + 1, ..*self })
    }
    fn addr(&self) -> u8 {
        self.address
    }
    fn win_addr_conflict(&self, other: &Self) -> bool {
        self.generation > other.generation
    }
}

enum Event {
    Timer(Timer<Node>),
    Packet(u8, Vec<u8>),
}

type Member = Foca<Node, PostcardCodec, StdRng, NoCustomBroadcast>;

/// Virtual time. From `CUT` to `HEAL` nothing passes between node 0 and the others.
const CUT: Duration = Duration::from_secs(60);
const HEAL: Duration = Duration::from_secs(180);
const END: Duration = Duration::from_secs(180 + 24 * 3600);

struct Network {
    now: Duration,
    queue: BTreeMap<(Duration, u64), (u8, Event)>,
    order: u64,
    sent_after_heal: u64,
}

impl Network {
    fn push(&mut self, after: Duration, node: u8, event: Event) {
        self.order += 1;
        self.queue.insert((self.now + after, self.order), (node, event));
    }

    /// Takes what a member wants done: packets take 1 to 5 milliseconds.
    fn drain(&mut self, node: u8, runtime: &mut AccumulatingRuntime<Node>) {
        while let Some((to, packet)) = runtime.to_send() {
            self.sent_after_heal += u64::from(self.now >= HEAL);
            let delay = Duration::from_millis(1 + self.order % 5);
            self.push(delay, to.address, Event::Packet(node, packet.to_vec()));
        }
        while let Some((after, timer)) = runtime.to_schedule() {
            self.push(after, node, Event::Timer(timer));
        }
        while runtime.to_notify().is_some() {}
    }
}

/// Members each node sees before the cut, before the heal and at the end, messages since the heal, and when all saw
/// all again.
fn run(size: u8) -> ([Vec<usize>; 3], u64, Option<Duration>) {
    let config = Config::new_lan(NonZeroU32::new(u32::from(size)).expect("not zero"));
    let mut members: Vec<Member> = (0..size)
        .map(|address| {
            let identity = Node { address, generation: 0 };
            Foca::new(identity, config.clone(), StdRng::seed_from_u64(address.into()), PostcardCodec)
        })
        .collect();
    let mut network =
        Network { now: Duration::ZERO, queue: BTreeMap::new(), order: 0, sent_after_heal: 0 };
    let mut runtime = AccumulatingRuntime::new();
    for address in 1..size {
        let first = Node { address: 0, generation: 0 };
        members[usize::from(address)].announce(first, &mut runtime).expect("announced");
        network.drain(address, &mut runtime);
    }

    let sees = |members: &[Member]| -> Vec<usize> {
        members.iter().map(|member| member.iter_members().count()).collect()
    };
    let mut seen = Vec::new();
    let mut whole_again = None;
    while let Some(((time, _), (node, event))) = network.queue.pop_first() {
        for mark in [CUT, HEAL] {
            if network.now < mark && time >= mark {
                seen.push(sees(&members));
            }
        }
        if time > END {
            break;
        }
        network.now = time;
        let member = &mut members[usize::from(node)];
        match event {
            Event::Timer(timer) => member.handle_timer(timer, &mut runtime).expect("a timer of its own"),
            Event::Packet(from, _) if (from == 0) != (node == 0) && (CUT..HEAL).contains(&time) => {}
            Event::Packet(_, packet) => {
                // Refusals of packets for an earlier generation are part of the protocol.
                let _ = member.handle_data(&packet, &mut runtime);
            }
        }
        network.drain(node, &mut runtime);
        let all = usize::from(size) - 1;
        if time >= HEAL && whole_again.is_none() && sees(&members).iter().all(|&count| count == all) {
            whole_again = Some(time - HEAL);
        }
    }
    while seen.len() < 2 {
        seen.push(sees(&members));
    }
    seen.push(sees(&members));
    (seen.try_into().expect("three"), network.sent_after_heal, whole_again)
}

fn main() {
    for size in [2, 3] {
        let (seen, sent, whole) = run(size);
        println!("{size} nodes, others seen by each: before the cut {:?}, at its end {:?}", seen[0], seen[1]);
        println!("  24 hours later {:?}; messages since: {sent}; whole again after: {whole:?}", seen[2]);
        if size == 2 {
            assert_eq!(seen, [vec![1, 1], vec![0, 0], vec![0, 0]]);
            assert_eq!((sent, whole), (0, None));
        } else {
            assert_eq!(seen[2], [2, 2, 2]);
            assert!(sent > 0 && whole.is_some_and(|time| time < Duration::from_secs(300)));
        }
    }
}
RS
cargo run --quiet
