//! What a merge changes: applied to the old view it gives the new one, for every type, and it costs what
//! the change does.
#![allow(clippy::unwrap_used, reason = "a test may")]

use glomers_crdt::changes::{Apply, Changes};

#[path = "../suite/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "only the scripts are of use here")]
mod suite;

mod causal;
mod compositions;
mod cost;
mod list;
mod plain;
mod records;

use suite::*;

/// Replicas that are watched: the state, and what a screen would show.
struct Watched<S: Changes> {
    state: S,
    /// Without a look at what changes.
    plain: S,
    shown: S::View,
}

impl<S> Watched<S>
where
    S: Changes<View: PartialEq + Debug, Change: Clone + Debug> + PartialEq + Debug,
{
    fn new() -> Self {
        Self { state: S::default(), plain: S::default(), shown: S::default().view() }
    }

    fn show(&mut self, changes: Vec<S::Change>, tells_all: bool) -> Result<(), TestCaseError> {
        let is_quiet = tells_all || self.shown != self.plain.view() || changes.is_empty();
        prop_assert!(is_quiet, "{:?}, but {:?} stays", changes, self.shown);
        for change in &changes {
            let fits = change.clone().apply(&mut self.shown);
            prop_assert!(fits.is_ok(), "{:?} in {:?} on {:?}", change, changes, self.shown);
        }
        prop_assert_eq!(&self.shown, &self.plain.view(), "after {:?}", changes);
        prop_assert_eq!(&self.shown, &self.state.view());
        prop_assert_eq!(&self.state, &self.plain);
        Ok(())
    }

    fn merge(&mut self, other: &S, tells_all: bool) -> Result<(), TestCaseError> {
        self.plain.merge(other);
        let changes = self.state.merge_changes(other);
        self.show(changes, tells_all)
    }
}

/// Three replicas under a script, watched all the time; then the law for what they have become. A type
/// that `tells_all` has changes where its view stays.
fn follow<S, M>(
    steps: &[Step<M>],
    tells_all: bool,
    mutate: impl Fn(&mut S, u8, &M) -> S,
) -> Result<(), TestCaseError>
where
    S: Changes<View: PartialEq + Debug, Change: Clone + Debug> + PartialEq + Debug,
{
    let mut replicas = [Watched::<S>::new(), Watched::new(), Watched::new()];
    let mut deltas: Vec<S> = Vec::new();
    for step in steps {
        match step {
            Step::Mutate(at, mutation) => {
                let replica = &mut replicas[usize::from(*at)];
                let delta = mutate(&mut replica.plain, *at, mutation);
                let (same, changes) =
                    replica.state.update_changes(|state| mutate(state, *at, mutation));
                prop_assert_eq!(&same, &delta);
                replica.show(changes, tells_all)?;
                deltas.push(delta);
            }
            Step::Deliver { delta, to } if !deltas.is_empty() => {
                let delta = &deltas[delta % deltas.len()];
                replicas[usize::from(*to)].merge(delta, tells_all)?;
            }
            Step::Deliver { .. } => {}
            Step::Merge { from, to } => {
                let from = replicas[usize::from(*from)].plain.clone();
                replicas[usize::from(*to)].merge(&from, tells_all)?;
            }
        }
    }
    let [a, b, c] = replicas.map(|replica| replica.state);
    for (one, other) in [(&a, &b), (&b, &c), (&c, &a)] {
        laws::check_changes(one, other)?;
        laws::check_changes(&S::default(), one)?;
    }
    for delta in &deltas {
        laws::check_changes(&a, delta)?;
        laws::check_changes(delta, &b)?;
    }
    Ok(())
}

/// The law for a type: how to mutate it, and by what.
macro_rules! watch {
    ($name:ident, $state:ty, $mutation:expr, $mutate:expr) => {
        watch!($name, $state, $mutation, $mutate, false);
    };
    ($name:ident, $state:ty, $mutation:expr, $mutate:expr, $tells_all:expr) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(2_000))]

            #[test]
            fn $name(steps in script($mutation, 24)) {
                follow::<$state, _>(&steps, $tells_all, $mutate)?;
            }
        }
    };
}
pub(crate) use watch;
