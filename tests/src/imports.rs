//! Which files of a crate use which, and whether one of them reaches itself through others.
//!
//! A *room* is a file with the modules that stand in it. It uses another where it names something that is
//! defined there: in a `use`, or by a path anywhere in its code, macros included. By whatever name and
//! through however many re-exports something is reached, it counts where it is defined.
//!
//! * Parents are no exception. A parent that names what a child defines uses the child, and a child that
//!   names what stands in its parent's file uses the parent. What a parent and its children share is a
//!   room of its own.
//! * To contain is not to use: neither `mod child;` counts nor a re-export, nor the path through which
//!   something is reached.
//! * What is for tests alone (`#[cfg(test)]`) may look at anything.
//!
//! Unseen are calls of methods and fields of types that are never named, and macros that are found by their
//! place in the text.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// A path, such as `crate::network::Network`, by its segments.
type Names = Vec<String>;

/// The modules of a crate.
#[derive(Debug)]
pub struct Imports {
    modules: Vec<Module>,
}

#[derive(Debug, Default)]
struct Module {
    /// Its own path below the crate's root.
    path: Names,
    parent: Option<usize>,
    /// The module that the file begins with.
    room: usize,
    children: BTreeMap<String, usize>,
    /// What is defined here.
    items: BTreeSet<String>,
    /// What other names stand for, re-exports included.
    aliases: BTreeMap<String, Names>,
    /// All that is in these modules has a name here, too.
    globs: Vec<Names>,
    /// What is named, re-exports excluded.
    named: BTreeSet<Names>,
}

/// One file uses another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Which: the path of its module, empty for the crate's root.
    pub user: String,
    /// Which other.
    pub used: String,
    /// By which path, as it is written.
    pub names: String,
}

enum Target {
    Module(usize),
    ItemOf(usize),
}

impl Imports {
    /// Reads a crate, from its root on: `src/lib.rs`, `src/main.rs`.
    ///
    /// # Errors
    ///
    /// What the file system reports; `InvalidData` for what is not Rust.
    pub fn read(root: &Path) -> io::Result<Self> {
        let folder = root.parent().unwrap_or(root);
        let source = fs::read_to_string(root)?;
        Self::new(&source, &mut |module| {
            let path: PathBuf = folder.join(module.join("/"));
            let file = path.with_extension("rs");
            fs::read_to_string(if file.exists() { file } else { path.join("mod.rs") })
        })
    }

    /// Reads a crate by the source of its root and a way to find that of each other module.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn new(
        root: &str,
        file: &mut dyn FnMut(&[String]) -> io::Result<String>,
    ) -> io::Result<Self> {
        let mut imports = Self { modules: vec![Module::default()] };
        imports.take_file(0, root, file)?;
        Ok(imports)
    }

    /// How many files there are.
    pub fn rooms(&self) -> usize {
        self.modules.iter().enumerate().filter(|(id, module)| module.room == *id).count()
    }

    fn take_file(
        &mut self,
        module: usize,
        source: &str,
        file: &mut dyn FnMut(&[String]) -> io::Result<String>,
    ) -> io::Result<()> {
        let invalid = |error: syn::Error| io::Error::new(io::ErrorKind::InvalidData, error);
        let parsed = syn::parse_file(source).map_err(invalid)?;
        for item in parsed.items {
            self.take(module, item, file)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        module: usize,
        item: Item,
        file: &mut dyn FnMut(&[String]) -> io::Result<String>,
    ) -> io::Result<()> {
        match item {
            Item::Mod(item) if !is_for_tests(&item.attrs) => {
                let child = self.modules.len();
                let name = item.ident.to_string();
                let path = [&self.modules[module].path[..], std::slice::from_ref(&name)].concat();
                let room = if item.content.is_some() { self.modules[module].room } else { child };
                let parent = Some(module);
                self.modules.push(Module { path: path.clone(), parent, room, ..Module::default() });
                self.modules[module].children.insert(name, child);
                match item.content {
                    Some((_, items)) => {
                        items.into_iter().try_for_each(|item| self.take(child, item, file))
                    }
                    None => self.take_file(child, &file(&path)?, file),
                }
            }
            Item::Use(item) if !is_for_tests(&item.attrs) => {
                let is_private = matches!(item.vis, Visibility::Inherited);
                self.modules[module].take_use(&item.tree, &[], is_private);
                Ok(())
            }
            item => {
                let (attributes, name) = about(&item);
                if !is_for_tests(attributes) {
                    let module = &mut self.modules[module];
                    module.items.extend(name);
                    paths(item.to_token_stream(), &mut module.named);
                }
                Ok(())
            }
        }
    }

    /// What a path means in a module, if it leads to something of this crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<Target> {
        // Names that stand for each other lead nowhere.
        let depth = depth.checked_sub(1)?;
        let mut at = from;
        for (place, name) in path.iter().enumerate() {
            let module = &self.modules[at];
            at = match name.as_str() {
                "crate" => 0,
                "self" => at,
                "super" => module.parent?,
                _ => match self.lookup(at, name, depth) {
                    Some(Target::Module(next)) => next,
                    Some(item) => return Some(item),
                    // The name of another crate, or of something that is not known by a path.
                    None if place == 0 => return None,
                    // What a macro makes.
                    None => return Some(Target::ItemOf(at)),
                },
            };
        }
        Some(Target::Module(at))
    }

    /// What a name means in a module.
    fn lookup(&self, at: usize, name: &str, depth: usize) -> Option<Target> {
        let module = &self.modules[at];
        if let Some(&child) = module.children.get(name) {
            return Some(Target::Module(child));
        }
        if module.items.contains(name) {
            return Some(Target::ItemOf(at));
        }
        if let Some(path) = module.aliases.get(name) {
            // An alias may have the name of the crate that it comes from.
            let is_itself = path.len() == 1 && path[0] == name;
            return if is_itself { None } else { self.resolve(at, path, depth) };
        }
        let depth = depth.checked_sub(1)?;
        module.globs.iter().find_map(|glob| match self.resolve(at, glob, depth)? {
            Target::Module(other) if other != at => self.lookup(other, name, depth),
            _ => None,
        })
    }

    /// Who uses whom, each pair once.
    pub fn uses(&self) -> Vec<Use> {
        let mut uses = BTreeMap::new();
        for (id, module) in self.modules.iter().enumerate() {
            for path in &module.named {
                if let Some(Target::ItemOf(used)) = self.resolve(id, path, 16) {
                    let pair = (module.room, self.modules[used].room);
                    if pair.0 != pair.1 {
                        uses.entry(pair).or_insert_with(|| path.join("::"));
                    }
                }
            }
        }
        let name = |id: usize| self.modules[id].path.join("::");
        let uses = uses.into_iter();
        uses.map(|((user, used), names)| Use { user: name(user), used: name(used), names })
            .collect()
    }

    /// For each file that reaches itself through others, a shortest way around; each circle once.
    pub fn circles(&self) -> Vec<Vec<Use>> {
        let pairs = self.uses();
        let rooms: BTreeSet<&str> = pairs.iter().map(|it| it.user.as_str()).collect();
        let mut met = BTreeSet::new();
        let mut circles = Vec::new();
        for room in rooms {
            if let Some(circle) = way_back(&pairs, room)
                && met.insert(circle.iter().cloned().collect::<BTreeSet<Use>>())
            {
                circles.push(circle);
            }
        }
        circles.sort_by_key(Vec::len);
        circles
    }
}

impl Module {
    fn take_use(&mut self, tree: &UseTree, before: &[String], is_private: bool) {
        match tree {
            UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.take_use(&path.tree, &before, is_private);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.take_use(tree, before, is_private));
            }
            UseTree::Glob(_) => {
                self.globs.push(before.to_vec());
            }
            UseTree::Name(name) => self.alias(&name.ident.to_string(), None, before, is_private),
            UseTree::Rename(name) => {
                let (ident, rename) = (name.ident.to_string(), name.rename.to_string());
                self.alias(&ident, Some(rename), before, is_private);
            }
        }
    }

    fn alias(&mut self, name: &str, rename: Option<String>, before: &[String], is_private: bool) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_owned());
        }
        let Some(last) = path.last().cloned() else { return };
        if is_private {
            self.named.insert(path.clone());
        }
        self.aliases.insert(rename.unwrap_or(last), path);
    }
}

/// The shortest way from a file back to it.
fn way_back(pairs: &[Use], room: &str) -> Option<Vec<Use>> {
    let mut open: VecDeque<Vec<&Use>> =
        pairs.iter().filter(|it| it.user == room).map(|it| vec![it]).collect();
    let mut met = BTreeSet::new();
    while let Some(way) = open.pop_front() {
        let last = way[way.len() - 1];
        if last.used == room {
            return Some(way.into_iter().cloned().collect());
        }
        if met.insert(&last.used) {
            let further = pairs.iter().filter(|it| it.user == last.used);
            open.extend(further.map(|it| [&way[..], &[it]].concat()));
        }
    }
    None
}

/// The attributes of an item, and the name that it defines.
fn about(item: &Item) -> (&[Attribute], Option<String>) {
    let (attributes, name) = match item {
        Item::Const(it) => (&it.attrs, Some(&it.ident)),
        Item::Enum(it) => (&it.attrs, Some(&it.ident)),
        Item::Fn(it) => (&it.attrs, Some(&it.sig.ident)),
        Item::Macro(it) => (&it.attrs, it.ident.as_ref()),
        Item::Static(it) => (&it.attrs, Some(&it.ident)),
        Item::Struct(it) => (&it.attrs, Some(&it.ident)),
        Item::Trait(it) => (&it.attrs, Some(&it.ident)),
        Item::TraitAlias(it) => (&it.attrs, Some(&it.ident)),
        Item::Type(it) => (&it.attrs, Some(&it.ident)),
        Item::Union(it) => (&it.attrs, Some(&it.ident)),
        Item::Impl(it) => (&it.attrs, None),
        Item::Mod(it) => (&it.attrs, None),
        Item::Use(it) => (&it.attrs, None),
        _ => return (&[], None),
    };
    (attributes, name.map(ToString::to_string))
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let words = list.tokens.to_string();
            words == "test" || words.starts_with("all (test")
        }
        _ => false,
    })
}

/// All paths of two names or more.
fn paths(tokens: TokenStream, found: &mut BTreeSet<Names>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, char: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == char);
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => paths(group.stream(), found),
            // Not a field, a method, a lifetime, or what belongs to a type.
            TokenTree::Ident(_)
                if at > 0 && (is(at - 1, '.') && !is_range(&tokens, at) || is(at - 1, '\''))
                    || at > 1 && is(at - 1, ':') && is(at - 2, ':') => {}
            TokenTree::Ident(_) => {
                at = path(&tokens, at, &[], found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether the two tokens before that place are `..`.
fn is_range(tokens: &[TokenTree], at: usize) -> bool {
    let dot = |at: usize| matches!(&tokens[at], TokenTree::Punct(it) if it.as_char() == '.');
    at > 1 && dot(at - 1) && dot(at - 2)
}

/// The path that begins there, or the paths if it has branches; where it ends.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    before: &[String],
    found: &mut BTreeSet<Names>,
) -> usize {
    let colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == ':');
    let mut names = before.to_vec();
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        if name != "self" || names.is_empty() {
            names.push(name.to_string());
        }
        at += 1;
        if !(colon(at) && colon(at + 1)) {
            break;
        }
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(_)) => at += 2,
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let mut start = 0;
                while start < inner.len() {
                    start = path(&inner, start, &names, found).max(start + 1);
                    // On to the next branch, past `as name`.
                    while start < inner.len()
                        && !matches!(&inner[start - 1], TokenTree::Punct(it) if it.as_char() == ',')
                    {
                        start += 1;
                    }
                }
                return at + 3;
            }
            _ => break,
        }
    }
    if names.len() > 1 {
        found.insert(names);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Imports {
        let find = |name: &str| files.iter().find(|(path, _)| *path == name).unwrap().1.to_owned();
        Imports::new(&find(""), &mut |path| Ok(find(&path.join("::")))).unwrap()
    }

    fn used(files: &[(&str, &str)]) -> Vec<String> {
        let uses = imports(files).uses();
        uses.iter().map(|it| format!("{} uses {}", it.user, it.used)).collect()
    }

    #[test]
    fn what_is_named_counts_where_it_is_defined() {
        let files = [
            ("", "mod a; mod b;"),
            ("a", "use crate::b::{self, deep::Other as O, Thing}; fn f() { b::deep::make() }"),
            ("b", "mod deep; mod thing; pub use self::{deep::*, thing::Thing};"),
            ("b::deep", "pub struct Other; pub fn make() {}"),
            ("b::thing", "use super::Other; pub struct Thing(Other);"),
        ];
        assert_eq!(used(&files), ["a uses b::deep", "a uses b::thing", "b::thing uses b::deep"]);
    }

    #[test]
    fn paths_in_code_in_macros_and_in_inner_modules_count() {
        let files = [
            ("", "mod a; mod b; mod c; mod d; mod e;"),
            (
                "a",
                "fn f() -> u8 { vec![crate::b::one(), 2]; use crate::c::{Two as T}; 0..crate::d::N }",
            ),
            (
                "b",
                "pub fn one() -> u8 { 1 } mod inner { fn g(x: &crate::e::Three) { x.f::<u8>() } }",
            ),
            ("c", "pub struct Two;"),
            ("d", "pub const N: u8 = 1;"),
            ("e", "pub struct Three; impl std::fmt::Debug for Three {}"),
        ];
        assert_eq!(used(&files), ["a uses b", "a uses c", "a uses d", "b uses e"]);
    }

    #[test]
    fn tests_containment_and_re_exports_are_no_use() {
        let files = [
            ("", "mod a; pub use a::A;"),
            ("a", "mod b; pub struct A; pub use b::B; #[cfg(test)] mod tests { use super::b::B; }"),
            ("a::b", "use super::A; pub struct B(A); #[cfg(test)] use crate::nothing;"),
        ];
        assert_eq!(used(&files), ["a::b uses a"]);
        assert!(imports(&files).circles().is_empty());
    }

    #[test]
    fn a_circle_is_found_however_long_and_through_whatever_names() {
        let mut files = [
            ("", "mod a; mod b; mod c; mod d; pub use c::C as Sea;"),
            ("a", "use crate::b::B; pub struct A(B);"),
            ("b", "use super::Sea; pub struct B(Sea);"),
            ("c", "pub struct C;"),
            ("d", "use crate::a::A; use crate::c::C;"),
        ];
        assert!(imports(&files).circles().is_empty());
        files[3].1 = "pub struct C; fn back() { crate::a::A::new() }";
        let circles = imports(&files).circles();
        assert_eq!(circles.len(), 1, "{circles:?}");
        let ways: BTreeSet<Use> = circles.into_iter().flatten().collect();
        let ways: Vec<_> = ways.iter().map(|it| format!("{} → {}", it.user, it.used)).collect();
        assert_eq!(ways, ["a → b", "b → c", "c → a"]);
    }

    #[test]
    fn a_parent_and_its_child_can_make_a_circle() {
        let files = [
            ("", "mod a;"),
            ("a", "mod b; use self::b::B; pub struct A; pub struct Both(A, B);"),
            ("a::b", "use super::A; pub struct B(A);"),
        ];
        assert_eq!(imports(&files).circles().len(), 1);
    }
}
