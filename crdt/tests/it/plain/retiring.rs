//! Replicas come and go, and their slots are folded: no value changes.

use std::collections::BTreeMap;

use glomers_crdt::{
    CounterOverflow, Dot, GCounter, PnCounter, RetireError, RetiredError, Retiring, VersionVector,
};

use crate::suite::*;

/// A generation, then a node.
type Name = (u8, u8);
type Count = Retiring<GCounter<u8>>;
type Both = Retiring<PnCounter<u8>>;
type Seen = Retiring<VersionVector<u8>>;

#[derive(Clone, Debug)]
enum Mutation {
    Add(u8, i64),
    /// Without a look at anyone, so that what others do not know of is lost.
    Retire(u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        5 => (0..5_u8, -3..4_i64).prop_map(|(replica, amount)| Mutation::Add(replica, amount)),
        1 => (0..5_u8).prop_map(Mutation::Retire),
    ]
}

fn retire<C: glomers_crdt::Slots<Replica = u8>>(state: &mut Retiring<C>, bound: u8) -> Retiring<C> {
    let members: Vec<(u8, Retiring<C>)> =
        (bound..5).map(|member| (member, Retiring::default())).collect();
    state.retire_below(bound, members.iter().map(|(name, state)| (name, state))).unwrap()
}

suite!(of_retiring_g_counter, Count, mutation(), |state: &mut Count, _, by: &Mutation| match by {
    Mutation::Add(replica, amount) => {
        state.add(*replica, amount.unsigned_abs()).unwrap_or_default()
    }
    Mutation::Retire(bound) => retire(state, *bound),
});
suite!(of_retiring_pn_counter, Both, mutation(), |state: &mut Both, _, by: &Mutation| match by {
    Mutation::Add(replica, amount) => state.add(*replica, *amount).unwrap_or_default(),
    Mutation::Retire(bound) => retire(state, *bound),
});
suite!(
    of_retiring_version_vector,
    Seen,
    mutation(),
    |state: &mut Seen, _, by: &Mutation| match by {
        Mutation::Add(replica, amount) => {
            state.insert(Dot { replica: *replica, counter: amount.unsigned_abs() })
        }
        Mutation::Retire(bound) => retire(state, *bound),
    }
);

#[derive(Clone, Debug)]
enum Event {
    Add {
        node: prop::sample::Index,
        amount: i8,
    },
    /// A delta arrives, for the first time or again, however late.
    Deliver {
        delta: prop::sample::Index,
        node: prop::sample::Index,
    },
    Merge {
        from: prop::sample::Index,
        to: prop::sample::Index,
    },
    /// A node comes, with nothing.
    Join,
    /// A node leaves; what it has goes to another.
    Leave {
        node: prop::sample::Index,
        heir: prop::sample::Index,
    },
    /// A node takes a name of the newest generation.
    Rename {
        node: prop::sample::Index,
    },
    /// A node folds what it may, up to some generation.
    Fold {
        node: prop::sample::Index,
        back: u8,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        6 => (at(), any::<i8>()).prop_map(|(node, amount)| Event::Add { node, amount }),
        6 => (at(), at()).prop_map(|(delta, node)| Event::Deliver { delta, node }),
        3 => (at(), at()).prop_map(|(from, to)| Event::Merge { from, to }),
        1 => Just(Event::Join),
        1 => (at(), at()).prop_map(|(node, heir)| Event::Leave { node, heir }),
        2 => at().prop_map(|node| Event::Rename { node }),
        3 => (at(), 0..3_u8).prop_map(|(node, back)| Event::Fold { node, back }),
    ]
}

type State = (Retiring<PnCounter<Name>>, Retiring<GCounter<Name>>);

/// All that goes on.
#[derive(Default)]
struct World {
    members: BTreeMap<Name, State>,
    /// Those that left, and old names.
    left: BTreeMap<Name, State>,
    deltas: Vec<State>,
    generation: u8,
    nodes: u8,
    total: i128,
    turnover: u128,
}

impl World {
    fn name(&self, at: prop::sample::Index) -> Name {
        *self.members.keys().nth(at.index(self.members.len())).unwrap()
    }

    /// The members, and who has left at or above a bound.
    fn holders(&self, bound: Name) -> impl Iterator<Item = (&Name, &State)> {
        self.members.iter().chain(self.left.range(bound..))
    }

    fn enter(&mut self, node: u8, state: State) {
        self.generation += 1;
        self.members.insert((self.generation, node), state);
    }

    fn step(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match *event {
            Event::Add { node, amount } => {
                let name = self.name(node);
                let state = self.members.get_mut(&name).unwrap();
                let amount = i64::from(amount);
                let delta = (
                    state.0.add(name, amount).unwrap(),
                    state.1.add(name, amount.unsigned_abs()).unwrap(),
                );
                self.total += i128::from(amount);
                self.turnover += u128::from(amount.unsigned_abs());
                self.deltas.push(delta);
            }
            Event::Deliver { delta, node } if !self.deltas.is_empty() => {
                let delta = delta.get(&self.deltas).clone();
                let name = self.name(node);
                self.merge(name, &delta)?;
            }
            Event::Merge { from, to } => {
                let from = self.members[&self.name(from)].clone();
                self.merge(self.name(to), &from)?;
            }
            Event::Join => {
                self.nodes += 1;
                self.enter(self.nodes, State::default());
            }
            Event::Leave { node, heir } if self.members.len() > 1 => {
                let name = self.name(node);
                let state = self.members.remove(&name).unwrap();
                self.left.insert(name, State::default());
                self.merge(self.name(heir), &state)?;
            }
            Event::Deliver { .. } | Event::Leave { .. } => {}
            Event::Rename { node } => {
                let name = self.name(node);
                let state = self.members.remove(&name).unwrap();
                self.left.insert(name, State::default());
                self.enter(name.1, state);
            }
            Event::Fold { node, back } => {
                let name = self.name(node);
                let eldest = self.members.keys().next().unwrap().0;
                let bound = (eldest.saturating_sub(back), 0);
                let before = self.members[&name].clone();
                let mut state = before.clone();
                let both = self.holders(bound).map(|(name, state)| (name, &state.0));
                let both = state.0.retire_below(bound, both);
                let one = self.holders(bound).map(|(name, state)| (name, &state.1));
                let one = state.1.retire_below(bound, one);
                // One may know all that there is to one, and not to the other.
                self.deltas.push((both.unwrap_or_default(), one.unwrap_or_default()));
                prop_assert_eq!(state.0.value(), before.0.value());
                prop_assert_eq!(state.1.value(), before.1.value());
                self.members.insert(name, state);
            }
        }
        Ok(())
    }

    fn merge(&mut self, to: Name, state: &State) -> Result<(), TestCaseError> {
        let ours = self.members.get_mut(&to).unwrap();
        let before = ours.1.value();
        ours.merge(state);
        prop_assert!(before <= ours.1.value(), "a count that only grows went back");
        prop_assert!(ours.1.value() <= self.turnover, "something is counted twice");
        Ok(())
    }
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn folding_neither_loses_nor_counts_twice(events in prop::collection::vec(event(), 1..120)) {
        let mut world = World::default();
        world.step(&Event::Join)?;
        for event in &events {
            world.step(event)?;
        }
        // All that is still on its way, twice, then all states.
        let deltas = world.deltas.clone();
        let names: Vec<Name> = world.members.keys().copied().collect();
        for name in &names {
            for delta in deltas.iter().chain(deltas.iter().rev()) {
                world.merge(*name, delta)?;
            }
        }
        for name in &names {
            let state = &world.members[name];
            prop_assert_eq!((state.0.value(), state.1.value()), (world.total, world.turnover));
            prop_assert_eq!(state, &world.members[&names[0]]);
        }
        // Now that all know all, only members need a slot.
        let eldest = names[0];
        let mut state = world.members[&eldest].clone();
        let members = world.holders(eldest).map(|(name, state)| (name, &state.0));
        state.0.retire_below(eldest, members).unwrap();
        prop_assert!(state.0.live().select(|(name, _)| **name < eldest).is_bottom());
        prop_assert_eq!(state.0.value(), world.total);
    }
}

#[test]
fn what_is_not_known_is_not_folded() {
    let mut a = Retiring::<GCounter<u8>>::default();
    let mut b = a.clone();
    a.add(1, 5).unwrap();
    b.add(2, 5).unwrap();
    b.add(3, 5).unwrap();
    let before = b.clone();
    let members = |b: &Count| [(2, a.clone()), (3, b.clone())];
    let mut retire = |bound, members: &[(u8, Count)]| {
        b.retire_below(bound, members.iter().map(|(name, state)| (name, state)))
    };
    let all = members(&before);
    assert_eq!(retire(3, &all), Err(RetireError::Member { member: 2 }));
    assert_eq!(retire(2, &all), Err(RetireError::Behind { member: 2 }));
    assert_eq!(retire(2, &all[1..]), Err(RetireError::Unknown { replica: 2 }));
    assert_eq!(b, before);
    b.merge(&a);
    b.retire_below(2, members(&before).iter().map(|(name, state)| (name, state))).unwrap();
    assert_eq!((b.value(), b.live().value()), (15, 10));
    assert_eq!(b.add(1, 1), Err(RetiredError::Retired));
    assert!(matches!(
        b.add(2, u64::MAX),
        Err(RetiredError::Overflow(CounterOverflow { amount: u64::MAX, .. }))
    ));
    // Who has folded more must be heard first.
    let mut old = before;
    let members = [(2, b.clone()), (3, b)];
    let members = members.iter().map(|(name, state)| (name, state));
    assert_eq!(old.retire_below(2, members), Err(RetireError::Behind { member: 2 }));
}

#[test]
fn a_bound_may_fall_into_a_gap_and_be_raised_again() {
    let mut seen = Seen::default();
    seen.insert(Dot { replica: 1, counter: 4 });
    seen.insert(Dot { replica: 4, counter: 2 });
    retire(&mut seen, 2);
    assert!(retire(&mut seen, 1).is_bottom(), "it is higher already");
    let members: [(u8, Seen); 1] = [(4, Seen::default())];
    seen.retire_below(4, members.iter().map(|(name, state)| (name, state))).unwrap();
    assert!(seen.contains(&Dot { replica: 1, counter: 9 }));
    assert!(!seen.contains(&Dot { replica: 4, counter: 3 }));
}

#[cfg(feature = "serde")]
#[test]
fn decoding_rejects_what_no_operation_makes() {
    let read = serde_json::from_str::<Count>;
    let count = read(r#"{"f":[2,[5]],"s":{"2":1}}"#).unwrap();
    assert_eq!(count.value(), 6);
    assert!(read(r#"{"f":null,"s":{"2":1}}"#).is_ok());
    for wrong in [r#"{"f":[2,[5]],"s":{"1":1}}"#, r#"{"f":[2,[-5]],"s":{}}"#, r#"{"s":{"1":-1}}"#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
