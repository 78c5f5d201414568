//! The derive macros of `glomers-crdt`, which re-exports them with its feature `derive` and documents
//! them: what they make names that crate as `::glomers_crdt`.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod changes;
mod decompose;
mod lattice;
mod record;
mod store;
mod watched;

use record::Record;

/// Makes a struct of lattices a lattice: the join is field by field.
///
/// The struct must be `Clone` and `Default`, too. Where its fields are of types that it is given, it is a
/// lattice if these are.
///
/// The example is in the documentation of `glomers-crdt`, section *Records*.
#[proc_macro_derive(Lattice)]
pub fn derive_lattice(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input as DeriveInput), |record| Ok(lattice::derive(record)))
}

/// Makes a struct of lattices fall apart into the parts of its fields, in their order.
///
/// The struct must be a lattice, field by field, too: derive `Lattice` beside it.
#[proc_macro_derive(Decompose)]
pub fn derive_decompose(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input as DeriveInput), |record| Ok(decompose::derive(record)))
}

/// Lets a struct of lattices tell what a merge changes, field by field: of a struct `Page` with a field
/// `best_title` it makes `PageView` with the fields' views and `PageChange`, whose variant `BestTitle` has
/// a change of that field. Fields of a tuple struct become `Field0` and so on.
///
/// The struct must be a lattice, field by field, too: derive `Lattice` beside it.
///
/// The example is in the documentation of `glomers-crdt`, module `changes`.
#[proc_macro_derive(Changes)]
pub fn derive_changes(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input as DeriveInput), |record| Ok(changes::derive(record)))
}

/// Lets a struct of stores tell what changes in what it shows, by types named as those that `Changes`
/// makes.
///
/// The struct must be a store, field by field, too: derive `Store` beside it.
#[proc_macro_derive(Watched, attributes(store))]
pub fn derive_watched(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input as DeriveInput), watched::derive)
}

/// Makes a struct of stores a store, each of whose fields `name` has a mutator `edit_name`; the fields of
/// a tuple struct go by number.
///
/// The struct must be `Clone` and `Default`, too. Its parameter `R` names replicas; where it has none,
/// `#[store(replica = …)]` says which type does. The order of the fields is part of the encoding: new ones
/// go to the end.
#[proc_macro_derive(Store, attributes(store))]
pub fn derive_store(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input as DeriveInput), store::derive)
}

fn derive(
    input: &DeriveInput,
    make: impl FnOnce(&Record<'_>) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    Record::new(input)
        .and_then(|record| make(&record))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
