//! The names of all anomalies, by the checker that finds them.

/// Of [`echo`](super::echo).
pub const ECHO: [&str; 1] = ["wrong-echo"];

/// Of [`unique_ids`](super::unique_ids).
pub const UNIQUE_IDS: [&str; 1] = ["duplicated"];

/// Of [`set_full`](super::set_full).
pub const SET_FULL: [&str; 3] = ["lost", "duplicated", "unexpected"];

/// Of [`counter`](super::counter).
pub const COUNTER: [&str; 1] = ["wrong-sum"];

/// Of [`kafka`](super::kafka).
pub const KAFKA: [&str; 14] = [
    "lost-write",
    "unseen",
    "inconsistent-offsets",
    "duplicate",
    "poll-skip",
    "nonmonotonic-poll",
    "int-poll-skip",
    "int-nonmonotonic-poll",
    "nonmonotonic-send",
    "int-nonmonotonic-send",
    "G1a",
    "G1c-process",
    "G1c-realtime",
    "unexpected",
];

/// Of [`lin_kv`](super::lin_kv).
pub const LIN_KV: [&str; 1] = ["nonlinearizable"];

/// Of the checkers that judge every history: [`stats`](super::stats),
/// [`availability`](super::availability) and [`exceptions`](super::exceptions).
pub const GENERAL: [&str; 3] = ["none-ok", "unavailable", super::MALFORMED_REPLY];
