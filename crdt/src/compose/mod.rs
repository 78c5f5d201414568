//! Lattices of lattices, and those that the standard library's types are.

mod lexicographic;
mod maps;
mod option;
mod sets;
mod tuples;

pub use lexicographic::{Chain, Lexicographic, LexicographicChange};
pub(crate) use maps::{group, parts_of};
