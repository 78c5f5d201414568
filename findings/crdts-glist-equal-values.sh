#!/usr/bin/env bash
# A list of two equal words, written by two people, holds one.
#
# Library:  crdts 7.3.2 (Rust), type GList
# Guess:    a grow-only list gains an element with every insertion.
# Seen:     an element's identity is its place and its value. Two replicas that insert the same value in the same
#           place concurrently have inserted one element; a replica alone that inserts a value twice at no marker has
#           it once, and no error says so. Its sibling List, whose identities are a replica's counts, keeps all.
# Matters:  a log of events or a list of letters loses entries just where people agree. An insertion needs an identity
#           of its own that no other insertion can have.
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
use crdts::{CmRDT, CvRDT, GList, List};

/// Two replicas that each put `value` into an empty list, joined.
fn grown(one: char, other: char) -> String {
    let (mut a, mut b) = (GList::new(), GList::new());
    a.apply(a.insert_after(None, one));
    b.apply(b.insert_after(None, other));
    a.merge(b);
    a.read()
}

fn main() {
    let (different, equal) = (grown('x', 'y'), grown('x', 'x'));

    let mut alone = GList::new();
    for letter in "aab".chars() {
        alone.apply(alone.insert_after(None, letter));
    }
    let alone: String = alone.read();

    let (mut a, mut b) = (List::new(), List::new());
    let (from_a, from_b) = (a.append('x', "a"), b.append('x', "b"));
    for op in [from_a, from_b] {
        a.apply(op.clone());
        b.apply(op);
    }
    let list: String = a.read();

    println!("GList, x beside y:           {different:?}");
    println!("GList, x beside x:           {equal:?}");
    println!("GList, a, a and b, one node: {alone:?}");
    println!("List, x beside x:            {list:?}");
    assert_eq!((different.as_str(), equal.as_str()), ("xy", "x"));
    assert_eq!((alone.as_str(), list.as_str()), ("ab", "xx"));
}
RS
cargo run --quiet
