//! Rules that the workspace has given itself, checked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use glomers_tests::imports::{Imports, Use};
use serde_json::{Value, json};

/// What Cargo knows of the workspace, for this platform.
pub(crate) fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["metadata", "--format-version", "1", "--filter-platform", host])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The workspace's packages by name.
pub(crate) fn members(metadata: &Value) -> BTreeMap<&str, &Value> {
    let ids = items(&metadata["workspace_members"]);
    let all = items(&metadata["packages"]).iter();
    let members = all.filter(|package| ids.contains(&package["id"]));
    members.map(|package| (text(&package["name"]), package)).collect()
}

/// The names of the packages that a package needs to be built, in its manifest.
fn dependencies(package: &Value) -> BTreeSet<&str> {
    let normal = |dependency: &&Value| dependency["kind"] != "dev";
    items(&package["dependencies"]).iter().filter(normal).map(|it| text(&it["name"])).collect()
}

/// A version without its last zeros, in order.
fn version(text: &str) -> Vec<u64> {
    let mut numbers: Vec<u64> = text.split('.').map(|number| number.parse().unwrap()).collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

#[test]
fn no_dependency_asks_for_a_newer_rust_than_the_workspace() {
    let metadata = metadata();
    let packages: BTreeMap<&str, &Value> = items(&metadata["packages"])
        .iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let nodes: BTreeMap<&str, &Value> =
        items(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let published = members(&metadata).into_values().filter(|it| it["publish"].is_null());
    let ours = version(text(&members(&metadata)["glomers"]["rust_version"]));

    let mut open: Vec<&str> = published.map(|package| text(&package["id"])).collect();
    let mut met: BTreeSet<&str> = open.iter().copied().collect();
    assert_eq!(met.len(), 6, "the packages that others may use");
    while let Some(id) = open.pop() {
        let package = packages[id];
        if let Some(theirs) = package["rust_version"].as_str() {
            let name = text(&package["name"]);
            assert!(version(theirs) <= ours, "{name} {} asks for {theirs}", package["version"]);
        }
        for needed in items(&nodes[id]["deps"]) {
            let builds = items(&needed["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
            if builds && met.insert(text(&needed["pkg"])) {
                open.push(text(&needed["pkg"]));
            }
        }
    }
    assert!(met.len() > 40, "so many packages were looked at: {}", met.len());
}

#[test]
fn arrows_between_packages_point_one_way() {
    let metadata = metadata();
    let members = members(&metadata);
    let ours = |package| -> Vec<&str> {
        dependencies(members[package])
            .into_iter()
            .filter(|name| members.contains_key(name))
            .collect()
    };
    assert_eq!(ours("glomers-crdt"), [""; 0]);
    for (package, allowed) in [
        ("glomers-gossip", &["glomers-crdt"][..]),
        ("glomers-log", &["glomers-crdt"]),
        ("glomers-shims", &["glomers-crdt", "glomers-gossip", "glomers-log"]),
        ("glomers-check", &[]),
        ("glomers", &["glomers-check", "glomers-gossip", "glomers-shims"]),
    ] {
        let used = ours(package);
        assert!(used.iter().all(|name| allowed.contains(name)), "{package} uses {used:?}");
    }
}

#[test]
fn the_pure_packages_name_no_network_no_format_and_no_runtime() {
    const FORBIDDEN: [&str; 3] = ["tokio", "serde_json", "maelstrom"];

    let metadata = metadata();
    let members = members(&metadata);
    for name in ["glomers-crdt", "glomers-gossip", "glomers-log"] {
        let package = members[name];
        let used = dependencies(package);
        assert!(FORBIDDEN.iter().all(|word| !used.contains(word)), "{name} uses {used:?}");
        let folder = Path::new(text(&package["manifest_path"])).parent().unwrap();
        let sources = sources(&folder.join("src"));
        assert!(sources.len() > 1, "{name} has sources");
        for path in sources {
            let source = fs::read_to_string(&path).unwrap();
            // Tests of a file may stand at its end.
            let source = source.split("\nmod tests {").next().unwrap();
            for (line, number) in source.lines().zip(1..) {
                let lower = line.to_lowercase();
                // Examples are compiled with the dependencies of tests.
                let found = FORBIDDEN.iter().find(|word| lower.contains(*word));
                let is_example = lower.trim_start().starts_with("///");
                assert!(found.is_none() || is_example, "{}:{number}: {line}", path.display());
            }
        }
    }
}

#[test]
fn no_file_reaches_itself_through_others() {
    let metadata = metadata();
    let mut circles = String::new();
    for (name, package) in members(&metadata) {
        let targets = items(&package["targets"]).iter();
        let library = targets.filter(|target| target["kind"] == json!(["lib"]));
        let roots: Vec<&Path> = library.map(|it| Path::new(text(&it["src_path"]))).collect();
        assert_eq!(roots.len(), 1, "{name} is a library");
        let imports = Imports::read(roots[0]).unwrap();
        assert!(
            imports.rooms() > 1 && !imports.uses().is_empty(),
            "{name} has files that use others"
        );
        for circle in imports.circles() {
            circles += &format!("{name}:\n");
            for Use { user, used, names } in circle {
                circles += &format!("  {user:?} uses {used:?}: {names}\n");
            }
        }
    }
    assert!(circles.is_empty(), "\n{circles}");
}

/// The Rust files in a folder, and in those within; not the tests, which may use any format.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_test {
            found.extend(sources(&path));
        } else if !is_test && path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
