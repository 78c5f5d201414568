//! No public type is forgotten where the traits of all are held, nor a public reader where equal states
//! are read: the sources are looked at, as for the examples.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{FnArg, ImplItem, Item, ReceiverKind, Visibility};

use crate::sources::sources;

/// Types of which `pub` is said in a module that nobody can name, or which derived code alone names.
const HIDDEN: &[(&str, &[&str])] = &[
    // What a sealed trait is made of, and a part whose name alone counts.
    ("crdt", &["Change", "Floored", "Origin", "Stable", "Twins"]),
    ("gossip", &[]),
    ("log", &[]),
    ("store", &[]),
];

/// Macros whose calls make public types.
const MAKERS: [&str; 2] = ["extremum", "opaque"];

/// Readers that need not be asked, each with why.
const UNASKED: &[(&str, &str)] = &[
    ("after", "it makes a stamp of one, and reads no state"),
    ("law", "of what breaks a law, which is no state"),
    ("prepare", "it makes a delta for a replica to come, and tells nothing of the state"),
    ("prepare_insert", "as `prepare`"),
    ("prepare_remove", "as `prepare`"),
];

fn folder(package: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package)
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The structs and enums of a package that are public.
fn types(items: &[Item], found: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Struct(it) if is_public(&it.vis) => drop(found.insert(it.ident.to_string())),
            Item::Enum(it) if is_public(&it.vis) => drop(found.insert(it.ident.to_string())),
            Item::Mod(module) if is_public(&module.vis) => {
                types(module.content.as_ref().map_or(&[], |(_, items)| items), found);
            }
            Item::Macro(call) if MAKERS.iter().any(|maker| call.mac.path.is_ident(maker)) => {
                // Attributes are groups: the first name is that of the type.
                let mut names = call.mac.tokens.clone().into_iter();
                let name = names.find(|token| token.to_string().starts_with(char::is_uppercase));
                found.extend(name.map(|name| name.to_string()));
            }
            _ => {}
        }
    }
}

/// The methods by which a state is read.
fn readers(items: &[Item], found: &mut BTreeSet<String>) {
    for item in items {
        let Item::Impl(block) = item else { continue };
        for inner in block.items.iter().filter(|_| block.trait_.is_none()) {
            let ImplItem::Fn(method) = inner else { continue };
            let reads = matches!(method.sig.inputs.first(), Some(FnArg::Receiver(it)) if matches!(it.kind, ReceiverKind::Reference(_, _, None)));
            let output = method.sig.output.to_token_stream().to_string();
            if is_public(&method.vis) && reads && !output.contains("Edit") {
                found.insert(method.sig.ident.to_string());
            }
        }
    }
}

fn items_of(package: &str, each: impl Fn(&[Item], &mut BTreeSet<String>)) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in sources(&folder(package).join("src")) {
        each(&syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap().items, &mut found);
    }
    found
}

/// The types whose traits are held in a test: what comes before the first colon of a line, without what
/// it is of and where it lies.
fn listed(test: &str) -> BTreeSet<String> {
    let lines = test.split_once("held! {").unwrap().1.split_once("\n}").unwrap().0.lines();
    let types = lines.map(str::trim).filter(|line| !line.starts_with("//") && !line.is_empty());
    let name = |line: &str| {
        let path: &str = line.split(": ").next().unwrap().split(['<', ' ']).next().unwrap();
        path.rsplit("::").next().unwrap().to_owned()
    };
    types.map(name).collect()
}

#[test]
fn no_public_type_is_forgotten() {
    for (package, hidden) in HIDDEN {
        let found = items_of(package, types);
        let test = fs::read_to_string(folder(package).join("tests/it/traits.rs")).unwrap();
        let listed = listed(&test);
        assert!(found.len() > 12, "{package}: only {found:?}");
        let hidden: BTreeSet<String> = hidden.iter().map(|name| (*name).to_owned()).collect();
        let all: BTreeSet<String> = listed.union(&hidden).cloned().collect();
        let forgotten: Vec<_> = found.difference(&all).collect();
        assert!(forgotten.is_empty(), "{package}: types whose traits are not held: {forgotten:?}");
        let stale: Vec<_> = hidden.difference(&found).collect();
        assert!(stale.is_empty(), "{package}: hidden types that are none: {stale:?}");
    }
}

#[test]
fn no_public_reader_is_forgotten() {
    let found = items_of("crdt", readers);
    let test = fs::read_to_string(folder("crdt").join("tests/it/elsewhere.rs")).unwrap();
    assert!(found.len() > 30, "only {found:?}");
    let is_asked = |name: &str| test.contains(&format!(".{name}("));
    let unasked: BTreeSet<&str> = UNASKED.iter().map(|(name, _)| *name).collect();
    let open: Vec<_> =
        found.iter().filter(|name| !is_asked(name) && !unasked.contains(name.as_str())).collect();
    assert!(open.is_empty(), "readers that are not asked of equal states: {open:?}");
    let stale: Vec<_> = unasked.iter().filter(|name| !found.contains(**name)).collect();
    assert!(stale.is_empty(), "exceptions that are none: {stale:?}");
}

#[test]
fn a_type_that_is_not_listed_is_found() {
    let source = r"
        pub struct Plain;
        pub(crate) struct Ours;
        enum Private { A }
        pub mod inside { pub enum Inner { A } }
        mod hidden { pub struct Unseen; }
        opaque!(
            /// A doc.
            Made<'a, T>(Inner) -> T, |it| it.next(), each
        );
        impl Plain {
            pub fn read(&self) -> u8 { 0 }
            pub fn change(&mut self) {}
            pub fn edit(&self) -> Edit<'_, u8, u8> {}
            fn private(&self) {}
        }
        impl Clone for Plain { fn clone(&self) -> Self { Self } }
    ";
    let items = syn::parse_file(source).unwrap().items;
    let (mut found, mut read) = (BTreeSet::new(), BTreeSet::new());
    types(&items, &mut found);
    readers(&items, &mut read);
    assert_eq!(Vec::from_iter(found), ["Inner", "Made", "Plain"]);
    assert_eq!(Vec::from_iter(read), ["read"]);
    let test = "held! {\n    Plain<u8>: value;\n    // No.\n    a::Made<'static, u8>: b;\n}";
    assert_eq!(Vec::from_iter(listed(test)), ["Made", "Plain"]);
}
