#!/usr/bin/env bash
# A key removed beside an increment: one replica counts 1, the other 6, after both have applied the same operations.
#
# Library:  crdts 7.3.2 (Rust), Map of PNCounter
# Guess:    the map's documentation promises that a removal takes the edits it has seen and leaves those it has not;
#           so the increment stays, 1 on both replicas.
# Seen:     a removal hands the map's clock down to the counter, which takes it for its own and forgets its counts up
#           to there. The two run apart as soon as a step is larger than one or another key is edited. After a step of
#           5: 1 and 6. After five edits of another key: 2 and 0. Joining the states afterwards makes them equal, and
#           wrong: what was removed counts again.
# Matters:  a clock of one level means nothing on the next. A map of counters has to remember, per key, which
#           contributions a removal has seen.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "run"
version = "0.0.0"
edition = "2021"

[dependencies]
crdts = { version = "=7.3.2", default-features = false, features = ["num"] }
TOML
cat >src/main.rs <<'RS'
use crdts::{map, CmRDT, CvRDT, Map, PNCounter};

type Name = &'static str;
type Counters = Map<Name, PNCounter<Name>, Name>;
type Op = map::Op<Name, PNCounter<Name>, Name>;

fn step(map: &mut Counters, key: Name, actor: Name, steps: u64) -> Op {
    let context = map.read_ctx().derive_add_ctx(actor);
    let op = map.update(key, context, |counter, _| counter.inc_many(actor, steps));
    map.apply(op.clone());
    op
}

fn read(map: &Counters) -> String {
    let counter = map.get(&"clicks").val;
    counter.map_or("none".into(), |counter| counter.read().to_string())
}

/// From one state: `remover` removes the key, `counter` adds one to it; then each applies the other's operation.
fn beside(remover: Counters) -> [String; 4] {
    let (mut remover, mut counter) = (remover.clone(), remover);
    let increment = step(&mut counter, "clicks", "b", 1);
    let removal = remover.rm("clicks", remover.get(&"clicks").derive_rm_ctx());
    remover.apply(removal.clone());

    remover.apply(increment);
    counter.apply(removal);
    let by_operations = [read(&remover), read(&counter)];
    let state = remover.clone();
    remover.merge(counter.clone());
    counter.merge(state);
    let [one, other] = by_operations;
    [one, other, read(&remover), read(&counter)]
}

fn main() {
    let mut large_step = Counters::new();
    step(&mut large_step, "clicks", "a", 5);
    let large_step = beside(large_step);

    let mut other_key = Counters::new();
    for _ in 0..5 {
        step(&mut other_key, "views", "b", 1);
    }
    step(&mut other_key, "clicks", "b", 1);
    let other_key = beside(other_key);

    let mut small_step = Counters::new();
    step(&mut small_step, "clicks", "a", 1);
    let small_step = beside(small_step);

    println!("                           operations      states joined after that");
    println!("                           remover counter remover counter");
    let rows = [
        ("after one step of 1", &small_step),
        ("after one step of 5", &large_step),
        ("after edits of another key", &other_key),
    ];
    for (name, seen) in rows {
        println!("{name:26} {:7} {:7} {:7} {:7}", seen[0], seen[1], seen[2], seen[3]);
    }
    assert_eq!(small_step, ["1", "1", "1", "1"]);
    assert_eq!(large_step, ["1", "6", "6", "6"]);
    assert_eq!(other_key, ["2", "0", "2", "2"]);
}
RS
cargo run --quiet
