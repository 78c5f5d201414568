//! Consistency models: which implies which, and which anomalies each forbids.
//!
//! Names and relations are Elle's, whose sources are Adya, *Weak Consistency* (1999); Bailis et
//! al., *Highly Available Transactions* (VLDB 2013); Cerone, Bernardi, Gotsman, *A Framework for
//! Transactional Consistency Models with Atomic Visibility* (CONCUR 2015); Daudjee, Salem, *Lazy
//! Database Replication with Snapshot Isolation* (VLDB 2006).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A consistency model, by the name that people know.
///
/// ```
/// use glomers_check::check::Model;
///
/// let model: Model = "PL-SI".parse()?;
/// assert_eq!(model.name(), "snapshot-isolation");
/// assert!(model.forbids("G-single-item"));
/// assert!(!model.forbids("G2-item"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Model(&'static str);

impl Model {
    /// The strongest of them, which transactions are held to unless someone asks for less.
    pub const STRICT_SERIALIZABLE: Self = Self("strict-serializable");

    /// A transaction's writes are seen together or not at all.
    pub const READ_ATOMIC: Self = Self("read-atomic");

    /// No transaction reads what was not, or not yet, committed.
    pub const READ_COMMITTED: Self = Self("read-committed");

    /// Writes are not interleaved.
    pub const READ_UNCOMMITTED: Self = Self("read-uncommitted");

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Every model there is, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        MODELS.iter().map(|(name, ..)| Self(name))
    }

    /// Whether a history that has this anomaly breaks the model.
    pub fn forbids(self, anomaly: &str) -> bool {
        forbidden(&[self]).contains(anomaly)
    }

    /// Whether whatever satisfies this model satisfies `other`.
    pub(super) fn implies(self, other: &str) -> bool {
        implied(&[self]).contains(other)
    }
}

impl FromStr for Model {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let name = name.strip_prefix(':').unwrap_or(name);
        let known = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
        Self::all().find(|model| model.0 == known).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(Self::name).collect();
            format!("no such consistency model; there are {}", names.join(", "))
        })
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Model {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// Other names of models: Adya's, and synonyms.
const ALIASES: &[(&str, &str)] = &[
    ("PL-1", "read-uncommitted"),
    ("PL-2", "read-committed"),
    ("PL-2+", "consistent-view"),
    ("PL-2L", "monotonic-view"),
    ("PL-2.99", "repeatable-read"),
    ("PL-3", "serializable"),
    ("PL-3U", "update-serializable"),
    ("PL-CS", "cursor-stability"),
    ("PL-FCV", "forward-consistent-view"),
    ("PL-MSR", "monotonic-snapshot-read"),
    ("PL-SI", "snapshot-isolation"),
    ("PL-SS", "strict-serializable"),
    ("conflict-serializable", "serializable"),
    ("strong-serializable", "strict-serializable"),
    ("strong-session-PL-1", "strong-session-read-uncommitted"),
    ("strong-session-PL-2", "strong-session-read-committed"),
    ("strong-PL-1", "strong-read-uncommitted"),
    ("strong-PL-2", "strong-read-committed"),
];

/// A model, the weaker ones that it implies, and the anomalies that it forbids beyond theirs.
type Entry = (&'static str, &'static [&'static str], &'static [&'static str]);

const MODELS: &[Entry] = &[
    ("1SR", &[], &[]),
    ("PRAM", &["monotonic-reads", "monotonic-writes", "read-your-writes"], &[]),
    ("causal", &["writes-follow-reads", "PRAM"], &[]),
    ("causal-cerone", &["read-atomic"], &["internal", "G1a"]),
    ("consistent-view", &["cursor-stability", "monotonic-view"], &["G1", "G-single"]),
    ("cursor-stability", &["read-committed"], &["G1", "lost-update"]),
    ("forward-consistent-view", &["consistent-view"], &["G1", "G-SIb"]),
    ("linearizable", &["sequential"], &[]),
    ("monotonic-atomic-view", &["read-committed"], &[]),
    ("monotonic-reads", &[], &[]),
    ("monotonic-snapshot-read", &["read-committed"], &["G1"]),
    ("monotonic-view", &["read-committed"], &["G1"]),
    ("monotonic-writes", &[], &[]),
    ("parallel-snapshot-isolation", &["causal-cerone", "update-atomic"], &["internal", "G1a"]),
    ("prefix", &["causal-cerone"], &["internal", "G1a"]),
    ("read-atomic", &["monotonic-atomic-view"], &["internal", "G1a", "future-read"]),
    ("read-committed", &["read-uncommitted"], &["G1"]),
    ("read-uncommitted", &[], &["G0", "duplicate-elements", "cyclic-versions", "unexpected"]),
    ("read-your-writes", &[], &[]),
    (
        "repeatable-read",
        &["cursor-stability", "monotonic-atomic-view"],
        &["G1", "G2-item", "lost-update"],
    ),
    ("sequential", &["causal"], &[]),
    (
        "serializable",
        &["repeatable-read", "snapshot-isolation", "update-serializable", "view-serializable"],
        &["internal", "G1", "G2"],
    ),
    ("session-serializable", &["1SR"], &[]),
    (
        "snapshot-isolation",
        &[
            "forward-consistent-view",
            "monotonic-atomic-view",
            "monotonic-snapshot-read",
            "parallel-snapshot-isolation",
            "prefix",
        ],
        &["internal", "G1", "G-SI", "G-nonadjacent"],
    ),
    (
        "strict-serializable",
        &[
            "linearizable",
            "serializable",
            "session-serializable",
            "strong-session-serializable",
            "strong-snapshot-isolation",
        ],
        &["G1", "G1c-realtime", "G2-realtime"],
    ),
    (
        "strong-read-committed",
        &["strong-session-read-committed", "strong-read-uncommitted"],
        &["G1c-realtime"],
    ),
    ("strong-read-uncommitted", &["strong-session-read-uncommitted"], &["G0-realtime"]),
    (
        "strong-session-read-committed",
        &["read-committed", "strong-session-read-uncommitted"],
        &["G1c-process"],
    ),
    ("strong-session-read-uncommitted", &["read-uncommitted"], &["G0-process"]),
    (
        "strong-session-serializable",
        &["serializable", "strong-session-snapshot-isolation"],
        &["G1-process", "G2-process"],
    ),
    (
        "strong-session-snapshot-isolation",
        &["snapshot-isolation", "strong-session-read-committed"],
        &["internal", "G1-process", "G-nonadjacent-process"],
    ),
    (
        "strong-snapshot-isolation",
        &["strong-session-snapshot-isolation", "strong-read-committed"],
        &["internal", "G1-realtime", "G-nonadjacent-realtime"],
    ),
    ("update-atomic", &["read-atomic"], &["lost-update"]),
    ("update-serializable", &["forward-consistent-view"], &["G1"]),
    ("view-serializable", &[], &[]),
    ("writes-follow-reads", &[], &[]),
];

/// Which anomaly is also which other, beside what the variants of cycles are of one another.
const SPECIAL_CASES: &[(&str, &str)] = &[
    ("G1a", "G1"),
    ("G1b", "G1"),
    ("G-single", "G-SIb"),
    ("G-SIa", "G-SI"),
    ("G-SIb", "G-SI"),
    ("incompatible-order", "G1a"),
    ("dirty-update", "G1a"),
    ("future-read", "G1c"),
    ("lost-update", "G2-item"),
];

/// The same for cycles, each of which exists in three variants.
const CYCLES: &[(&str, &str)] = &[
    ("G0", "G1c"),
    ("G1c", "G1"),
    ("G-single-item", "G-single"),
    ("G-single-item", "G-nonadjacent-item"),
    ("G-single", "G-nonadjacent"),
    ("G-nonadjacent-item", "G-nonadjacent"),
    ("G-nonadjacent-item", "G2-item"),
    ("G-nonadjacent", "G2"),
    ("G2-item", "G2"),
];

/// Every "is a case of", from the special to the general. A cycle without real-time edges counts as
/// one that may have them.
fn special_cases() -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    let mut cases: Vec<_> = SPECIAL_CASES.iter().map(owned).collect();
    for (special, general) in CYCLES {
        for suffix in ["", "-process", "-realtime"] {
            cases.push((format!("{special}{suffix}"), format!("{general}{suffix}")));
        }
    }
    let names: BTreeSet<&str> = CYCLES.iter().flat_map(|(a, b)| [*a, *b]).collect();
    for name in names {
        cases.push((name.to_owned(), format!("{name}-process")));
        cases.push((format!("{name}-process"), format!("{name}-realtime")));
    }
    cases
}

/// The anomalies that must not occur if all of `models` hold.
pub(super) fn forbidden(models: &[Model]) -> BTreeSet<String> {
    let implied = implied(models);
    let direct = MODELS.iter().filter(|(name, ..)| implied.contains(name));
    let mut forbidden: BTreeSet<String> = direct
        .flat_map(|(_, _, anomalies)| anomalies.iter().map(|&name| name.to_owned()))
        .collect();
    let mut specials: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (special, general) in special_cases() {
        specials.entry(general).or_default().push(special);
    }
    let mut todo: Vec<String> = forbidden.iter().cloned().collect();
    while let Some(general) = todo.pop() {
        for special in specials.get(&general).into_iter().flatten() {
            if forbidden.insert(special.clone()) {
                todo.push(special.clone());
            }
        }
    }
    forbidden
}

/// The models that hold if all of `models` do.
fn implied(models: &[Model]) -> BTreeSet<&'static str> {
    let mut implied: BTreeSet<&str> = models.iter().map(|model| model.0).collect();
    let mut todo: Vec<&str> = implied.iter().copied().collect();
    while let Some(model) = todo.pop() {
        let weaker = MODELS.iter().filter(|(name, ..)| *name == model);
        for &weaker in weaker.flat_map(|(_, weaker, _)| *weaker) {
            if implied.insert(weaker) {
                todo.push(weaker);
            }
        }
    }
    implied
}

/// The models that anomalies rule out: the weakest of them, and the rest.
pub(super) fn ruled_out(anomalies: &[&str]) -> (Vec<Model>, Vec<Model>) {
    let out: Vec<Model> = Model::all()
        .filter(|&model| {
            let forbidden = forbidden(&[model]);
            anomalies.iter().any(|&anomaly| forbidden.contains(anomaly))
        })
        .collect();
    let is_weakest =
        |model: &Model| !out.iter().any(|other| other != model && model.implies(other.0));
    out.iter().partition(|model| is_weakest(model))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> Model {
        name.parse().unwrap()
    }

    #[test]
    fn every_name_in_the_tables_is_one_that_exists() {
        for (name, weaker, _) in MODELS {
            for weaker in *weaker {
                assert!(Model::all().any(|model| model.0 == *weaker), "{name} implies {weaker}");
            }
        }
        for (alias, name) in ALIASES {
            assert_eq!(model(alias).name(), *name);
        }
        assert!("strict".parse::<Model>().unwrap_err().contains("strict-serializable"));
    }

    /// A row a model: what of the usual anomalies it forbids, as the literature has it.
    #[test]
    fn models_forbid_what_they_are_known_to_forbid() {
        let anomalies = [
            "G0",
            "G1a",
            "G1b",
            "G1c",
            "internal",
            "lost-update",
            "G-single-item",
            "G-nonadjacent-item",
            "G2-item",
            "G0-process",
            "G2-item-process",
            "G1c-realtime",
            "G2-item-realtime",
        ];
        for (name, row) in [
            ("read-uncommitted", "x............"),
            ("read-committed", "xxxx........."),
            ("cursor-stability", "xxxx.x......."),
            ("consistent-view", "xxxx.xx......"),
            ("read-atomic", "xxxxx........"),
            ("parallel-snapshot-isolation", "xxxxxx......."),
            ("snapshot-isolation", "xxxxxxxx....."),
            ("repeatable-read", "xxxx.xxxx...."),
            ("serializable", "xxxxxxxxx...."),
            ("strong-read-uncommitted", "x........x..."),
            ("strong-session-serializable", "xxxxxxxxxxx.."),
            ("strong-snapshot-isolation", "xxxxxxxx.x.x."),
            ("strict-serializable", "xxxxxxxxxxxxx"),
            ("sequential", "............."),
        ] {
            let forbidden = |anomaly: &&str| if model(name).forbids(anomaly) { 'x' } else { '.' };
            assert_eq!(anomalies.iter().map(forbidden).collect::<String>(), row, "{name}");
        }
    }

    #[test]
    fn anomalies_rule_out_models_the_weakest_first() {
        let (weakest, _) = ruled_out(&["G1a"]);
        assert_eq!(weakest, [model("read-committed")]);
        let (weakest, rest) = ruled_out(&["G2-item"]);
        assert_eq!(weakest, [model("repeatable-read")]);
        assert!(rest.contains(&model("serializable")) && !rest.contains(&model("PL-SI")));
        let (weakest, rest) = ruled_out(&["G-single-item-realtime"]);
        assert_eq!(weakest, [model("strong-snapshot-isolation")]);
        assert_eq!(rest, [Model::STRICT_SERIALIZABLE]);
    }
}
