//! What is published stands alone: described, with its licences, and with no link that leads out of it;
//! and one set of artefacts serves whatever is built.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::workspace::{items, members, metadata, text};

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(cargo).current_dir(workspace).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The targets of a text's links and pictures: `[text](target)`.
fn links(markdown: &str) -> Vec<&str> {
    let targets = markdown.split("](").skip(1);
    targets.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

#[test]
fn what_is_published_is_described() {
    let metadata = metadata();
    for (name, package) in members(&metadata) {
        if !package["publish"].is_null() {
            continue;
        }
        for field in ["description", "documentation", "license", "readme"] {
            assert!(package[field].as_str().is_some_and(|it| !it.is_empty()), "{name}: {field}");
        }
        for (field, most) in [("keywords", 5), ("categories", 5)] {
            assert!((1..=most).contains(&items(&package[field]).len()), "{name}: {field}");
        }
        assert!(items(&package["keywords"]).iter().all(|it| text(it).len() <= 20), "{name}");
    }
}

#[test]
fn what_is_packaged_holds_its_licences_and_whatever_its_readme_points_to() {
    let metadata = metadata();
    let mut checked = 0;
    for (name, package) in members(&metadata) {
        if !package["publish"].is_null() {
            continue;
        }
        let packaged = cargo(&["package", "--list", "--allow-dirty", "-p", name]);
        let packaged: BTreeSet<&str> = packaged.lines().collect();
        let folder = Path::new(text(&package["manifest_path"])).parent().unwrap();
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(packaged.contains(licence), "{name} has no {licence}");
            let theirs = fs::read_to_string(folder.join(licence)).unwrap();
            let ours = fs::read_to_string(folder.parent().unwrap().join(licence)).unwrap();
            assert_eq!(theirs, ours, "{name}: {licence}");
        }
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        for target in links(&readme) {
            let (path, _) = target.split_once('#').unwrap_or((target, ""));
            let is_outside = path.is_empty() || path.contains("://");
            let is_folder = || packaged.iter().any(|it| Path::new(it).starts_with(path));
            assert!(is_outside || is_folder(), "{name}'s README.md links to {target}");
            checked += usize::from(!is_outside);
        }
    }
    assert!(checked >= 3, "links were looked at: {checked}");
}

/// Each package with its features, as Cargo would build it.
fn features(arguments: &[&str]) -> BTreeSet<String> {
    let tree = ["tree", "--prefix", "none", "--no-dedupe", "--format", "{p} {f}"];
    let tree = cargo(&[&tree[..], arguments].concat());
    tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// The README's first command, and a build of the default members, make nothing that a build of all makes
/// once more.
#[test]
fn what_is_built_is_built_once() {
    let of_all = features(&["--workspace", "--edges", "normal,build"]);
    let of_default = features(&["--edges", "normal,build"]);
    let others: Vec<&String> = of_default.difference(&of_all).collect();
    assert!(others.is_empty(), "built with other features for all packages: {others:#?}");
    assert!(of_default.len() > 60, "packages were looked at: {}", of_default.len());
    assert!(of_default.len() < of_all.len(), "the tests are no default member");
}

/// The tests of this package rest on what the tests of all packages do, and so do the programs that
/// they have built.
#[test]
fn what_tests_rest_on_is_built_once() {
    let of_all = features(&["--workspace"]);
    let of_these = features(&["-p", env!("CARGO_PKG_NAME")]);
    let others: Vec<&String> = of_these.difference(&of_all).collect();
    assert!(others.is_empty(), "built with other features for all tests: {others:#?}");
    assert!(of_these.len() > 100, "packages were looked at: {}", of_these.len());
}

/// Line tables are compressed, and those of inlined functions lie beside the program: they are found.
#[test]
fn a_backtrace_tells_lines() {
    #[inline(never)]
    fn captured() -> (u32, String) {
        (line!(), std::backtrace::Backtrace::force_capture().to_string())
    }

    let (line, backtrace) = captured();
    let here = format!("packages.rs:{line}");
    assert!(backtrace.contains(&here), "{here} is missing in {backtrace}");
}
