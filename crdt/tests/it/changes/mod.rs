//! What a merge changes: applied to the old view it gives the new one, for every type, and it costs what
//! the change does.
#![allow(clippy::unwrap_used, reason = "a test may")]

use glomers_crdt::changes::{Apply, Changes};

mod causal;
mod compositions;
mod cost;
mod list;
mod plain;
mod records;

use crate::suite::*;
use proptest::test_runner::TestRunner;

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

    fn show(&mut self, changes: &[S::Change], tells_all: bool) -> Result<(), TestCaseError> {
        let is_quiet = tells_all || self.shown != self.plain.view() || changes.is_empty();
        prop_assert!(is_quiet, "{:?}, but {:?} stays", changes, self.shown);
        for change in changes {
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
        self.show(&changes, tells_all)
    }
}

/// Three replicas under a script, watched all the time; then the law for what they have become. A type
/// that `tells_all` has changes where its view stays.
fn follow<S>(
    steps: &[Step<u32>],
    tells_all: bool,
    mutate: &dyn Fn(&mut S, u8, u32) -> S,
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
                let delta = mutate(&mut replica.plain, *at, *mutation);
                let (same, changes) =
                    replica.state.update_changes(|state| mutate(state, *at, *mutation));
                prop_assert_eq!(&same, &delta);
                replica.show(&changes, tells_all)?;
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

/// A number's digits in a base of each one's own, from the last on.
fn digits<const N: usize>(number: u32, bases: [u32; N]) -> [u8; N] {
    let mut rest = number;
    bases.map(|base| {
        let digit = rest % base;
        rest /= base;
        u8::try_from(digit).unwrap()
    })
}

/// The law for a type, which a number that has so many digits changes somehow. One kind of scripts for
/// all: what generates them takes its time to compile.
fn watched<S, const N: usize>(
    bases: [u32; N],
    mutate: fn(&mut S, u8, [u8; N]) -> S,
    tells_all: bool,
) where
    S: Changes<View: PartialEq + Debug, Change: Clone + Debug> + PartialEq + Debug,
{
    check(&|steps| {
        let mutate = |state: &mut S, at, number| mutate(state, at, digits(number, bases));
        follow(steps, tells_all, &mutate)
    });
}

fn check(test: &dyn Fn(&[Step<u32>]) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..cases(2_000) });
    runner.run(&script(any::<u32>(), 24), |steps| test(&steps)).unwrap();
}

macro_rules! watch {
    ($name:ident, $state:ty, $bases:expr, $mutate:expr) => {
        watch!($name, $state, $bases, $mutate, false);
    };
    ($name:ident, $state:ty, $bases:expr, $mutate:expr, $tells_all:expr) => {
        #[test]
        fn $name() {
            crate::changes::watched::<$state, _>($bases, $mutate, $tells_all);
        }
    };
}
pub(crate) use watch;
