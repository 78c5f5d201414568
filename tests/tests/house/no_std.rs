//! `glomers-crdt` does without the standard library: a program that has none is built with it.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;
use std::process::{Command, Output};

/// Builds the program, which has a workspace of its own.
fn build(arguments: &[&str]) -> Output {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crdt/no-std/Cargo.toml");
    Command::new(cargo)
        .args(["build", "--locked", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-std"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_program_without_the_standard_library_builds_and_one_with_it_does_not() {
    let output = build(&[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");

    let output = build(&["--features", "creep"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the standard library can creep in unseen");
    assert!(told.contains("duplicate lang item") && told.contains("panic_impl"), "{told}");
}
