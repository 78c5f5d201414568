//! Rules that the workspace has given itself, checked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use glomers_tests::imports::{Imports, Use};
use serde_json::{Value, json};

use crate::sources::sources;

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
    assert_eq!(met.len(), 8, "the packages that others may use");
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
fn the_pure_packages_name_no_network_no_format_and_no_runtime() {
    const FORBIDDEN: [&str; 3] = ["tokio", "serde_json", "maelstrom"];

    let metadata = metadata();
    let members = members(&metadata);
    for name in ["glomers-crdt", "glomers-gossip", "glomers-log", "glomers-store"] {
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

/// The files of each library of the workspace, and of the benchmarks, and what they use.
fn imports(metadata: &Value) -> Vec<(String, Imports)> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/src/main.rs");
    let mut all = vec![("bench".to_owned(), Imports::read(&bench).unwrap())];
    for (name, package) in members(metadata) {
        let targets = items(&package["targets"]).iter();
        let libraries = targets
            .filter(|target| [json!(["lib"]), json!(["proc-macro"])].contains(&target["kind"]));
        let roots: Vec<&Path> = libraries.map(|it| Path::new(text(&it["src_path"]))).collect();
        assert_eq!(roots.len(), 1, "{name} is a library");
        all.push((name.to_owned(), Imports::read(roots[0]).unwrap()));
    }
    all
}

#[test]
fn no_file_reaches_itself_through_others() {
    let mut circles = String::new();
    for (name, imports) in imports(&metadata()) {
        assert!(imports.rooms() > 1 && !imports.uses().is_empty(), "{name} has files");
        for circle in imports.circles() {
            circles += &format!("{name}:\n");
            for Use { user, used, names } in circle {
                circles += &format!("  {user:?} uses {used:?}: {names}\n");
            }
        }
    }
    assert!(circles.is_empty(), "\n{circles}");
}

/// The rooms of the workbench, from the bottom up: what stands on one floor knows nothing of what stands
/// beside it or above.
const FLOORS: [&[&str]; 11] = [
    &["interrupts", "paths", "printable", "rng", "units"],
    &["network"],
    &["service", "client", "journal"],
    &["nemesis"],
    &["workload"],
    &["run"],
    &["node_logs", "store"],
    &["judged"],
    &["report", "explore"],
    &["serve"],
    &["cli"],
];

#[test]
fn the_workbench_stands_on_its_floors() {
    let all = imports(&metadata());
    let (_, workbench) = all.iter().find(|(name, _)| name == "glomers").unwrap();
    let room = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    let mut met = BTreeSet::new();
    for Use { user, used, names } in workbench.uses() {
        let (above, below) = (room(&user), room(&used));
        if above != below {
            let floors = (floor(&above), floor(&below));
            assert!(floors.0.is_some() && floors.1.is_some(), "{above} or {below} is on no floor");
            assert!(floors.0 > floors.1, "{user} uses {used}, which is not below: {names}");
            met.extend([above, below]);
        }
    }
    let all: BTreeSet<String> = FLOORS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(met, all, "each room uses another or is used");
}

/// What a page says stands on what: of each arrow in `from → to, to; …`, both ends.
fn arrows(page: &str) -> BTreeSet<(String, String)> {
    let start = page.find("Arrows point one way: ").expect("the page speaks of arrows");
    let sentence: String =
        page[start..].chars().skip_while(|c| *c != '`').take_while(|c| *c != '.').collect();
    let mut arrows = BTreeSet::new();
    for claim in sentence.split('`').filter(|claim| claim.contains('→')) {
        let ends: Vec<&str> = claim.split('→').map(str::trim).collect();
        for pair in ends.windows(2) {
            for from in pair[0].split(", ") {
                arrows.extend(pair[1].split(", ").map(|to| (from.to_owned(), to.to_owned())));
            }
        }
    }
    arrows
}

#[test]
fn the_arrows_between_packages_are_the_readmes() {
    let metadata = metadata();
    let members = members(&metadata);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let folder = |package: &Value| {
        let manifest = Path::new(text(&package["manifest_path"])).canonicalize().unwrap();
        let folder = manifest.parent().unwrap().strip_prefix(&root).unwrap().to_owned();
        folder.to_str().unwrap().to_owned()
    };
    let mut needed: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, package) in &members {
        let ours = dependencies(package).into_iter().filter_map(|needed| members.get(needed));
        if *name != "glomers-tests" {
            needed.extend(ours.map(|needed| (folder(package), folder(needed))));
        }
    }
    let said = arrows(&fs::read_to_string(root.join("README.md")).unwrap());
    assert_eq!(said, needed, "what README.md says, and what the manifests do");
}
