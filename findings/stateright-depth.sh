#!/usr/bin/env bash
# A model checker bounded in depth misses a violation three steps from the start, and reports that it is done.
#
# Library:  stateright 0.31.0 (Rust)
# Guess:    with `target_max_depth` both searches look at everything up to that depth; and a run that stopped at a
#           bound is not done, so asserting its properties fails, as the words "model checking is incomplete" in the
#           library promise.
# Seen:     the depth-first search notes a state as seen where it comes upon it first. Reached by a detour just at the
#           bound it is not looked at, and reached again by the direct way it is known. So what follows it, three steps
#           from the start under a bound of six, is never seen; breadth-first finds it. Every bounded run says that it
#           is done, and `assert_properties` passes, also in a breadth-first search whose bound is before the violation.
# Matters:  a bounded run is a search, not a proof. A checker says which bound ended it, and a bound on depth needs
#           the least depth of each state, as breadth-first has.
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
stateright = "=0.31.0"
TOML
cat >src/main.rs <<'RS'
use stateright::{Checker, CheckerBuilder, Model, Property};

const START: u8 = 0;
const DIRECT: u8 = 50;
const JUNCTION: u8 = 100;
const BROKEN: u8 = 101;

/// From the start two steps lead to a junction, behind which something is broken; a detour leads there in five.
struct Graph;

impl Model for Graph {
    type State = u8;
    type Action = u8;

    fn init_states(&self) -> Vec<u8> {
        vec![START]
    }

    fn actions(&self, state: &u8, to: &mut Vec<u8>) {
        match *state {
            START => to.extend([DIRECT, 1]),
            DIRECT | 4 => to.push(JUNCTION),
            JUNCTION => to.push(BROKEN),
            BROKEN => {}
            detour => to.push(detour + 1),
        }
    }

    fn next_state(&self, _: &u8, to: u8) -> Option<u8> {
        Some(to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("never broken", |_, state| *state != BROKEN)]
    }
}

/// Whether the search is done, what it found, and how many states it counted.
fn seen<C: Checker<Graph>>(name: &str, checker: C) -> (bool, Option<usize>) {
    let steps = checker.discovery("never broken").map(|path| path.into_actions().len());
    if steps.is_none() {
        checker.assert_properties();
    }
    let verdict = match steps {
        Some(steps) => format!("broken after {steps} steps"),
        None => "assert_properties passes".into(),
    };
    let (states, done) = (checker.unique_state_count(), checker.is_done());
    println!("{name:22} states {states}, done {done}, {verdict}");
    (checker.is_done(), steps)
}

fn checker() -> CheckerBuilder<Graph> {
    Graph.checker()
}

fn main() {
    let deep_whole = seen("depth first", checker().spawn_dfs().join());
    let wide = seen("breadth first, depth 6", checker().target_max_depth(6).spawn_bfs().join());
    let deep = seen("depth first, depth 6", checker().target_max_depth(6).spawn_dfs().join());
    let shallow = seen("breadth first, depth 2", checker().target_max_depth(2).spawn_bfs().join());
    assert!(matches!(deep_whole, (true, Some(_))));
    assert_eq!(wide, (true, Some(3)));
    assert_eq!(deep, (true, None));
    assert_eq!(shallow, (true, None));
}
RS
cargo run --quiet
