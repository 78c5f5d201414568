//! Where random choices come from.

/// The source of every random choice in a run. Its stream is the same on every machine.
pub type Rng = chacha20::ChaCha8Rng;
