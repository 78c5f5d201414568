//! The derive macros of `glomers-crdt`, which re-exports them with its feature `derive` and documents
//! them: what they make names that crate as `::glomers_crdt`.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod decompose;
mod lattice;
mod record;
mod store;

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
