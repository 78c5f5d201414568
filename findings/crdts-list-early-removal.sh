#!/usr/bin/env bash
# A removal that arrives before what it removes is found valid, and then has no effect, for good.
#
# Library:  crdts 7.3.2 (Rust), type List
# Guess:    `validate_op` says whether an operation can be applied now; what it accepts can be applied.
# Seen:     it looks only at whether the operation is the next one of its own author. The removal of another author's
#           element that is not here yet passes, does nothing, and counts as applied. The element then comes and stays,
#           and the removal sent again is ignored as known. Orswot, which keeps early removals, ends empty; but a state
#           that keeps one has no JSON: it is a map whose keys are clocks.
# Matters:  per-author order is not causal order. A type either keeps what came early, in every form in which a state
#           is saved, or refuses it.
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
serde_json = "=1.0.140"
TOML
cat >src/main.rs <<'RS'
use crdts::{CmRDT, List, Orswot};

fn main() {
    let mut author = List::new();
    let insertion = author.append('x', "author");
    author.apply(insertion.clone());
    let mut remover = author.clone();
    let removal = remover.delete_index(0, "remover").expect("there is one element");
    remover.apply(removal.clone());

    let mut late = List::new();
    let valid = late.validate_op(&removal).is_ok();
    late.apply(removal.clone());
    late.apply(insertion);
    let (at_remover, at_late): (String, String) = (remover.read(), late.read());
    late.apply(removal);
    let again: String = late.read();
    println!("List: the removal is valid before the insertion: {valid}");
    println!("List: at the remover {at_remover:?}, where the removal came first {at_late:?}, sent again {again:?}");
    assert!(valid);
    assert_eq!([at_remover, at_late, again], ["", "x", "x"]);

    let mut author = Orswot::new();
    let addition = author.add('x', author.read_ctx().derive_add_ctx("author"));
    author.apply(addition.clone());
    let removal = author.rm('x', author.contains(&'x').derive_rm_ctx());
    let mut late = Orswot::<char, &str>::new();
    late.apply(removal);
    let json = serde_json::to_string(&late).map_err(|error| error.to_string());
    println!("Orswot: a removal that waits for its addition, as JSON: {json:?}");
    late.apply(addition);
    println!("Orswot: where the removal came first: {:?}", late.read().val);
    assert_eq!(json, Err("key must be a string".into()));
    assert!(late.read().val.is_empty());
    assert!(serde_json::to_string(&late).is_ok());
}
RS
cargo run --quiet
