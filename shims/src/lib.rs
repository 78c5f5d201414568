//! shims
pub mod cli;
pub mod nodes;
pub mod protocol;
pub mod runtime;
pub mod transport;
