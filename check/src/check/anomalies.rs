//! The names of all anomalies, by the checker that finds them.

/// Of [`echo`](super::echo).
pub const ECHO: [&str; 1] = ["wrong-echo"];

/// Of [`unique_ids`](super::unique_ids).
pub const UNIQUE_IDS: [&str; 1] = ["duplicated"];

/// Of [`set_full`](super::set_full).
pub const SET_FULL: [&str; 4] = ["lost", "unconverged", "duplicated", "unexpected"];

/// Of [`counter`](super::counter).
pub const COUNTER: [&str; 1] = ["wrong-sum"];

/// Of [`kafka`](super::kafka).
pub const KAFKA: [&str; 13] = [
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
    "G1c-realtime",
    "unexpected",
];

/// Of [`txn_rw_register`](super::txn_rw_register).
pub const TXN_RW_REGISTER: [&str; 27] = joined(&TXN, &["cyclic-versions"]);

/// Of [`txn_list_append`](super::txn_list_append).
pub const TXN_LIST_APPEND: [&str; 29] =
    joined(&TXN, &["incompatible-order", "duplicate-elements", "dirty-update"]);

/// Of both checkers of transactions.
const TXN: [&str; 26] = [
    "G0",
    "G1c",
    "G-single-item",
    "G-nonadjacent-item",
    "G2-item",
    "G0-process",
    "G1c-process",
    "G-single-item-process",
    "G-nonadjacent-item-process",
    "G2-item-process",
    "G0-realtime",
    "G1c-realtime",
    "G-single-item-realtime",
    "G-nonadjacent-item-realtime",
    "G2-item-realtime",
    "G1a",
    "G1b",
    "internal",
    "future-read",
    "lost-update",
    "unexpected",
    "divergence",
    "lost-write",
    "unreadable",
    "not-unique",
    "nothing-forbidden",
];

/// Two lists in one, which has as many names.
const fn joined<const N: usize>(
    first: &[&'static str],
    second: &[&'static str],
) -> [&'static str; N] {
    assert!(first.len() + second.len() == N, "another number of names");
    let mut all = [""; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { second[at - first.len()] };
        at += 1;
    }
    all
}

/// Of [`lin_kv`](super::lin_kv).
pub const LIN_KV: [&str; 1] = ["nonlinearizable"];

/// Of the checkers that judge every history: [`stats`](super::stats),
/// [`availability`](super::availability) and [`exceptions`](super::exceptions).
pub const GENERAL: [&str; 3] = ["none-ok", "unavailable", super::MALFORMED_REPLY];
