#!/usr/bin/env bash
# Three states joined in two orders: in one of them a removed value is back, as if it had been written concurrently.
#
# Library:  crdts 7.3.2 (Rust), Map of MVReg
# Guess:    joining states is associative, so it does not matter who gossips with whom first.
# Seen:     b writes 3 over what c wrote, a hears of it, b removes the key again, and c writes 9 meanwhile. (a with b)
#           with c reads [9]; a with (b with c) reads 9 beside the 3 that b removed.
# Matters:  associativity is what makes gossip need no order. Types that hold in a test alone can lose it when nested;
#           it wants a property test over the nestings themselves.
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
crdts = { version = "=7.3.2", default-features = false }
TOML
cat >src/main.rs <<'RS'
use crdts::{CmRDT, CvRDT, MVReg, Map};

type Registers = Map<&'static str, MVReg<u32, char>, char>;

fn write(map: &mut Registers, actor: char, value: u32) {
    let context = map.read_ctx().derive_add_ctx(actor);
    map.apply(map.update("colour", context, |register, context| register.write(value, context)));
}

fn joined(one: &Registers, other: &Registers) -> Registers {
    let mut both = one.clone();
    both.merge(other.clone());
    both
}

fn read(map: &Registers) -> Vec<u32> {
    let register = map.get(&"colour").val;
    let mut values = register.map_or(vec![], |register| register.read().val);
    values.sort_unstable();
    values
}

fn main() {
    let mut c = Registers::new();
    write(&mut c, 'c', 1);
    let mut b = c.clone();
    write(&mut b, 'b', 3);
    let a = b.clone();
    b.apply(b.rm("colour", b.get(&"colour").derive_rm_ctx()));
    write(&mut c, 'c', 9);

    println!("a {:?}, b {:?}, c {:?}", read(&a), read(&b), read(&c));
    let first_ab = joined(&joined(&a, &b), &c);
    let first_bc = joined(&a, &joined(&b, &c));
    let first_ac = joined(&joined(&a, &c), &b);
    println!("(a with b) with c: {:?}", read(&first_ab));
    println!("a with (b with c): {:?}", read(&first_bc));
    println!("(a with c) with b: {:?}", read(&first_ac));
    assert_eq!([read(&a), read(&b), read(&c)], [vec![3], vec![], vec![9]]);
    assert_eq!(read(&first_ab), [9]);
    assert_eq!(read(&first_bc), [3, 9]);
    assert_eq!(read(&first_ac), [3, 9]);
}
RS
cargo run --quiet
