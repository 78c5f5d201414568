//! Every public item of `glomers-crdt` has an example that runs.
//!
//! The sources are parsed, not rustdoc's output, which has no stable form. In that crate `pub` means
//! public: the lint `unreachable_pub` is denied. Held to have an example of its own is each function,
//! method, struct, enum, union, trait, constant, static, alias of a type and exported macro, and each
//! method of a public trait. Excepted by rule, for they are shown by the example of what they belong to:
//! fields, variants, associated types, modules, re-exports, and what implements a trait.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, TraitItem, Type, Visibility};

use crate::sources::sources;

/// Why an item needs no example: nobody can name it who could use it.
const SEALED: &str = "what a sealed trait is made of, in a module that is private";

/// Why an item needs no example: nobody can name it, and its fields and makers are private.
const OPAQUE: &str = "a part of a state, whose name alone counts, in a module that is private";

/// Items without an example of their own, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("Change", SEALED),
    ("Changes", SEALED),
    ("Fates", SEALED),
    ("Fields", SEALED),
    ("Fields::compact", SEALED),
    ("Fields::dots", SEALED),
    ("Fields::is_dead", SEALED),
    ("Fields::twins", SEALED),
    ("FieldsMut", SEALED),
    ("FieldsMut::apply", SEALED),
    ("FieldsWatched", SEALED),
    ("FieldsWatched::apply_each", SEALED),
    ("Floored", OPAQUE),
    ("Origin", OPAQUE),
    ("Sealed", SEALED),
    ("Stable", SEALED),
    ("Watched::apply_each", SEALED),
    ("Twins", SEALED),
    ("View", SEALED),
    ("View::TAKES_MANY", SEALED),
    ("View::apply", SEALED),
    ("View::compact", SEALED),
    ("View::dots", SEALED),
    ("View::is_dead", SEALED),
    ("View::twins", SEALED),
    ("From", SEALED),
    ("Read", SEALED),
    ("Read::read", SEALED),
    ("Write", SEALED),
    ("Write::write", SEALED),
    ("opaque! makes public items, which cannot be seen here", "each call gives an example"),
    (
        "extremum! makes public items, which cannot be seen here",
        "it is called twice, with an example for each item that it does not give one itself",
    ),
];

/// What a file has of public items: with an example, and without.
#[derive(Debug, Default)]
struct Found {
    with: BTreeSet<String>,
    without: BTreeSet<String>,
}

impl Found {
    fn note(&mut self, path: &[&str], attributes: &[Attribute]) {
        let set = if has_example(attributes) { &mut self.with } else { &mut self.without };
        set.insert(path.join("::"));
    }
}

/// Whether a doc comment has a block of code that is compiled and run.
fn has_example(attributes: &[Attribute]) -> bool {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(value) => match &value.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let mut is_open = false;
    for line in lines.collect::<Vec<_>>().join("\n").lines() {
        let Some(kind) = line.trim().strip_prefix("```") else { continue };
        let runs = kind.split(',').all(|word| ["", "rust", "should_panic"].contains(&word.trim()));
        if !is_open && runs {
            return true;
        }
        is_open = !is_open;
    }
    false
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition == "doctest"
        }
        _ => false,
    })
}

fn look_at(items: &[Item], found: &mut Found) {
    for item in items {
        let plain = match item {
            Item::Fn(it) => Some((&it.vis, it.sig.ident.to_string(), &it.attrs)),
            Item::Struct(it) => Some((&it.vis, it.ident.to_string(), &it.attrs)),
            Item::Enum(it) => Some((&it.vis, it.ident.to_string(), &it.attrs)),
            Item::Union(it) => Some((&it.vis, it.ident.to_string(), &it.attrs)),
            Item::Trait(it) => Some((&it.vis, it.ident.to_string(), &it.attrs)),
            Item::Const(it) => Some((&it.vis, it.ident.to_string(), &it.attrs)),
            Item::Static(it) => Some((&it.vis, it.ident.to_string(), &it.attrs)),
            Item::Type(it) => Some((&it.vis, it.ident.to_string(), &it.attrs)),
            _ => None,
        };
        if let Some((visibility, name, attributes)) = plain
            && is_public(visibility)
            && !is_for_tests(attributes)
        {
            found.note(&[&name], attributes);
        }
        match item {
            Item::Mod(module) if !is_for_tests(&module.attrs) => {
                look_at(module.content.as_ref().map_or(&[], |(_, items)| items), found);
            }
            Item::Trait(it) if is_public(&it.vis) => look_at_trait(it, found),
            Item::Impl(it) if it.trait_.is_none() => look_at_impl(it, found),
            Item::Macro(it) => look_at_macro(it, found),
            _ => {}
        }
    }
}

fn look_at_trait(item: &syn::ItemTrait, found: &mut Found) {
    let name = item.ident.to_string();
    for inner in &item.items {
        match inner {
            TraitItem::Fn(it) => found.note(&[&name, &it.sig.ident.to_string()], &it.attrs),
            TraitItem::Const(it) => found.note(&[&name, &it.ident.to_string()], &it.attrs),
            _ => {}
        }
    }
}

fn look_at_impl(item: &syn::ItemImpl, found: &mut Found) {
    let Type::Path(path) = &*item.self_ty else { panic!("an impl of what has no name") };
    let name = path.path.segments.last().unwrap().ident.to_string();
    for inner in &item.items {
        match inner {
            ImplItem::Fn(it) if is_public(&it.vis) => {
                found.note(&[&name, &it.sig.ident.to_string()], &it.attrs);
            }
            ImplItem::Const(it) if is_public(&it.vis) => {
                found.note(&[&name, &it.ident.to_string()], &it.attrs);
            }
            _ => {}
        }
    }
}

/// An exported macro is an item; what another makes cannot be seen, so it must make nothing public.
fn look_at_macro(item: &syn::ItemMacro, found: &mut Found) {
    let name = item.ident.as_ref().map_or_else(|| "a macro's call".to_owned(), ToString::to_string);
    if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
        found.note(&[&format!("{name}!")], &item.attrs);
    }
    let text = item.mac.tokens.to_string();
    let mut rests = text.split("pub ").skip(1);
    if rests.any(|rest| !rest.starts_with('(')) {
        found.without.insert(format!("{name}! makes public items, which cannot be seen here"));
    }
}

fn look_at_source(source: &str, found: &mut Found) {
    look_at(&syn::parse_file(source).unwrap().items, found);
}

#[test]
fn every_public_item_has_an_example_that_runs() {
    let mut found = Found::default();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crdt/src")) {
        look_at_source(&fs::read_to_string(&path).unwrap(), &mut found);
    }
    let count = found.with.len();
    assert!(count > 40, "only {count} public items were found");
    let excepted: BTreeSet<String> =
        EXCEPTIONS.iter().map(|(item, _)| (*item).to_owned()).collect();
    let open: Vec<_> = found.without.difference(&excepted).collect();
    assert!(open.is_empty(), "public items without an example: {open:#?}");
    let stale: Vec<_> = excepted.difference(&found.without).collect();
    assert!(stale.is_empty(), "exceptions that are none: {stale:#?}");
}

#[test]
fn an_item_without_an_example_is_found() {
    let source = r"
        //! ```
        //! of_the_module();
        //! ```

        /// An example:
        ///
        /// ```
        /// Shown
        /// ```
        pub struct Shown;

        /// None.
        pub struct Bare {
            /// A field needs none.
            pub field: u8,
        }

        impl<T> inner::Shown<T> {
            /// ```rust
            /// shown()
            /// ```
            pub fn shown() {}
            /// ```text
            /// not code
            /// ```
            pub fn text() {}
            /// ```ignore
            /// not run
            /// ```
            pub fn ignored() {}
            /// ```no_run
            /// not run
            /// ```
            pub const NOT_RUN: u8 = 0;
            pub(crate) fn not_public() {}
            fn private() {}
        }

        impl Clone for Bare {
            fn clone(&self) -> Self {}
        }

        /// ```text
        /// not code
        /// ```
        ///
        /// ```
        /// but this
        /// ```
        pub trait Both {
            /// None.
            fn bare();
            type Part;
        }

        mod inside {
            pub enum Inner { A }
            pub type Alias = u8;
            pub(super) static HIDDEN: u8 = 0;
        }

        #[cfg(test)]
        mod tests {
            pub fn of_a_test() {}
        }

        macro_rules! makes {
            () => { pub fn made() {} };
        }
        macro_rules! harmless {
            () => { pub(crate) fn made() {} };
        }
        #[macro_export]
        macro_rules! exported {
            () => {};
        }
    ";
    let mut found = Found::default();
    look_at_source(source, &mut found);
    assert_eq!(found.with.into_iter().collect::<Vec<_>>(), ["Both", "Shown", "Shown::shown"]);
    let expected = [
        "Alias",
        "Bare",
        "Both::bare",
        "Inner",
        "Shown::NOT_RUN",
        "Shown::ignored",
        "Shown::text",
        "exported!",
        "makes! makes public items, which cannot be seen here",
    ];
    assert_eq!(found.without.into_iter().collect::<Vec<_>>(), expected);
}
