//! What the types promise, checked from without: one program, which is linked once.

mod causal_api;
mod causal_histories;
mod causal_large;
mod causal_laws;
mod causal_stability;
mod decompose;
mod laws;
mod list;
mod plain;
mod suite;
mod wire;
