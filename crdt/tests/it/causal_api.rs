//! What the causal types do with observations, with names that are used twice, with dots that are
//! used up, and what is written down and refused.
#![allow(clippy::unwrap_used, reason = "a test may")]

use glomers_crdt::causal::{AddWins, Counter, Joined, Map};
use glomers_crdt::{
    CausalContext, CausalError, Dot, DwFlag, EwFlag, GCounter, Lattice, MvRegister, Observation,
    OrCounter, OrMap, OrSet, RwSet,
};

/// Read at one replica, removed at another that has seen less: takes effect when the rest comes.
#[test]
fn an_observation_removes_what_is_yet_to_come() {
    let (mut a, mut b) = (OrSet::default(), OrSet::default());
    let first = a.insert('a', "oat").unwrap();
    let seen = a.observe("oat").unwrap();
    let again = a.insert('a', "oat").unwrap();
    let removal = b.remove_observed(&seen).unwrap();
    assert!(!removal.is_bottom());
    b.merge(&first);
    assert!(!b.contains("oat"));
    b.merge(&again);
    assert!(b.contains("oat"), "added again by who was not observed");
    a.merge(&removal);
    assert_eq!(a, b);

    let mut stock = OrMap::<_, Counter<_>, _>::default();
    let first = stock.update('a', "rye", |count| count.add(5)).unwrap();
    let seen = stock.observe("rye").unwrap();
    let more = stock.update('a', "rye", |count| count.add(2)).unwrap();
    let mut other = OrMap::default();
    other.remove_observed(&seen).unwrap();
    other.merge(&first);
    other.merge(&more);
    assert_eq!(other.get("rye").unwrap().value(), 2);
}

#[test]
fn nothing_cannot_be_observed() {
    assert!(OrSet::<u8, u8>::default().observe(&1).is_none());
    assert!(OrMap::<u8, Counter<u8>, u8>::default().observe(&1).is_none());
    assert!(MvRegister::<u8, u8>::default().observe().is_none());
    assert!(EwFlag::<u8>::default().observe().is_none());
}

#[test]
fn an_observation_of_another_state_is_refused() {
    let (mut one, mut other) = (OrSet::default(), OrSet::default());
    one.insert('a', "oat").unwrap();
    other.insert('a', "rye").unwrap();
    let before = other.clone();
    let seen = one.observe("oat").unwrap();
    assert_eq!(other.remove_observed(&seen), Err(CausalError::ForeignObservation));
    assert_eq!(
        other.edit('a', |set| set.remove_observed(&seen).and(set.insert("oat"))),
        Err(CausalError::ForeignObservation)
    );
    assert_eq!(other, before);

    let (mut one, mut other) = (OrMap::default(), OrMap::default());
    one.update('a', "k", |set: &AddWins<u8, char>| set.insert(1)).unwrap();
    other.update('a', "l", |set: &AddWins<u8, char>| set.insert(1)).unwrap();
    let seen = one.observe("k").unwrap();
    assert_eq!(other.remove_observed(&seen), Err(CausalError::ForeignObservation));
    assert!(other.get("l").is_some());
}

/// Two processes under one name: what both did under one dot is lost, everyone agrees on it, and
/// nothing else is harmed.
#[test]
fn a_dot_that_is_used_twice_is_dead_for_both() {
    let (mut one, mut two) = (OrSet::default(), OrSet::default());
    let first = one.insert('a', "oat").unwrap();
    two.insert('a', "rye").unwrap();
    two.insert('a', "tea").unwrap();
    let mut all = one.clone();
    all.merge(&two);
    one.merge(&two);
    two.merge(&first);
    assert!(one == two && two == all);
    assert!(one.iter().eq([&"tea"]));
    assert!(!one.merge(&first), "and it stays so");
    one.insert('a', "oat").unwrap();
    assert!(one.contains("oat"));
}

#[test]
fn dots_that_are_used_up_are_an_error() {
    let json = format!(r#"{{"seen":{{"a":{}}},"live":{{}}}}"#, u64::MAX - 1);
    let mut set: OrSet<u8, char> = serde_json::from_str(&json).unwrap();
    let before = set.clone();
    assert_eq!(set.edit('a', |set| set.insert(1).and(set.insert(2))), Err(CausalError::DotsUsedUp));
    assert_eq!(set, before);
    set.insert('a', 1).unwrap();
    assert_eq!(set.insert('a', 2), Err(CausalError::DotsUsedUp));
    set.insert('b', 2).unwrap();
    set.remove(&1);
    assert!(set.iter().eq([&2]));
}

/// The anomaly of deltas that tell of the past, and the counter without it.
#[test]
fn a_counter_that_is_reset_does_not_come_back() {
    let mut wrong = OrMap::<_, Joined<GCounter<char>, char>, _>::default();
    wrong.update('a', "k", |count| count.update(|count| count.add('a', 5).unwrap())).unwrap();
    let mut right = OrMap::<_, Counter<char>, _>::default();
    right.update('a', "k", |count| count.add(5)).unwrap();
    let (mut wrong_b, mut right_b) = (wrong.clone(), right.clone());
    wrong_b.remove("k");
    right_b.remove("k");
    let delta =
        wrong.update('a', "k", |count| count.update(|count| count.add('a', 2).unwrap())).unwrap();
    wrong_b.merge(&delta);
    right_b.merge(&right.update('a', "k", |count| count.add(2)).unwrap());
    assert_eq!(wrong_b.get("k").unwrap().value().value(), 7, "5 was removed");
    assert_eq!(right_b.get("k").unwrap().value(), 2);
}

#[test]
fn maps_go_to_any_depth_and_an_edit_is_done_at_once() {
    type Depth3 = Map<u8, Map<u8, AddWins<u8, char>>>;
    let mut map = OrMap::<u8, Depth3, char>::default();
    let delta = map
        .edit('a', |map| {
            let one = map.update(1, |map| map.update(2, |map| map.update(3, |set| set.insert(4))));
            one.and(map.update(5, |map| map.update(6, |map| map.update(7, |set| set.insert(8)))))
        })
        .unwrap();
    assert!(delta == map && delta.len() == 2);
    assert!(map.get(&1).unwrap().get(&2).unwrap().get(&3).unwrap().contains(&4));
    map.update('b', 1, |map| map.update(2, |map| map.remove(&3))).unwrap();
    assert!(map.get(&1).is_none(), "nothing is left at the key");
    assert_eq!(map.len(), 1);
}

#[test]
fn a_delta_is_what_was_done() {
    let mut set = OrSet::default();
    for element in 0..1000 {
        set.insert('a', element).unwrap();
    }
    let added = set.insert('b', 7).unwrap();
    assert_eq!(
        serde_json::to_string(&added).unwrap(),
        r#"{"seen":{"a":[[8,8]],"b":1},"live":{"b":[[1,7]]}}"#
    );
    let removed = set.remove(&500);
    assert_eq!(serde_json::to_string(&removed).unwrap(), r#"{"seen":{"a":[[501,501]]},"live":{}}"#);
    let fork = set.clone();
    set.insert('a', 500).unwrap();
    set.remove(&3);
    let lacking = set.difference(&fork);
    assert_eq!(
        serde_json::to_string(&lacking).unwrap(),
        r#"{"seen":{"a":[[4,4],[1001,1001]]},"live":{"a":[[1001,500]]}}"#
    );
}

mod wire {
    use serde_test::{Configure, Token, assert_de_tokens_error, assert_tokens};

    use super::*;

    fn json<T: serde::Serialize>(value: &T) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn json_is_as_it_was() {
        let mut set = OrSet::default();
        for element in ["oat", "rye", "tea"] {
            set.insert("a", element).unwrap();
        }
        set.remove("rye");
        assert_eq!(json(&set), r#"{"seen":{"a":3},"live":{"a":[[1,"oat"],[3,"tea"]]}}"#);
        assert_eq!(json(&set.observe("oat").unwrap()), r#"{"of":"oat","dots":[["a",1]]}"#);
        assert_eq!(json(&set.report()), r#"{"seen":{"a":3},"live":{"a":[[1,1],[3,3]]}}"#);

        let mut set = RwSet::default();
        set.insert(7, "oat").unwrap();
        set.remove(7, "rye").unwrap();
        assert_eq!(
            json(&set),
            r#"{"seen":{"7":2},"live":{"7":[[1,["oat",true]],[2,["rye",false]]]}}"#
        );

        let mut register = MvRegister::default();
        register.set("a", "tea").unwrap();
        assert_eq!(json(&register), r#"{"seen":{"a":1},"live":{"a":[[1,"tea"]]}}"#);

        let mut flag = EwFlag::default();
        flag.enable("a").unwrap();
        assert_eq!(json(&flag), r#"{"seen":{"a":1},"live":{"a":[[1,null]]}}"#);
        let mut flag = DwFlag::default();
        flag.disable("a").unwrap();
        assert_eq!(json(&flag), r#"{"seen":{"a":1},"live":{"a":[[1,false]]}}"#);

        let mut count = OrCounter::default();
        count.add("a", -3).unwrap();
        assert_eq!(json(&count), r#"{"seen":{"a":1},"live":{"a":[[1,[0,3]]]}}"#);

        let mut map = OrMap::<_, AddWins<_, _>, _>::default();
        map.update("a", "k", |set| set.insert(1)).unwrap();
        assert_eq!(json(&map), r#"{"seen":{"a":1},"live":{"a":[[1,["k",1]]]}}"#);
    }

    /// A format that does not describe itself has the runs as gaps and lengths.
    #[test]
    fn for_machines_it_is_as_it_was() {
        let mut seen = CausalContext::from_runs([('a', 1..=3), ('a', 8..=9)]).unwrap();
        let run = |gap, more| {
            [Token::Tuple { len: 2 }, Token::U64(gap), Token::U64(more), Token::TupleEnd]
        };
        let mut tokens =
            vec![Token::Map { len: Some(1) }, Token::Char('a'), Token::Seq { len: Some(2) }];
        tokens.extend(run(1, 2));
        tokens.extend(run(5, 1));
        tokens.extend([Token::SeqEnd, Token::MapEnd]);
        assert_tokens(&seen.clone().compact(), &tokens);
        seen.insert(Dot { replica: 'a', counter: u64::MAX }).unwrap();
        let mut tokens =
            vec![Token::Map { len: Some(1) }, Token::Char('a'), Token::Seq { len: Some(1) }];
        tokens.extend(run(2, u64::MAX));
        tokens.extend([Token::SeqEnd, Token::MapEnd]);
        assert_de_tokens_error::<serde_test::Compact<CausalContext<char>>>(
            &tokens[..7],
            "a counter is too large",
        );
    }

    fn refused<T: serde::de::DeserializeOwned>(json: &str, because: &str) {
        let error = serde_json::from_str::<T>(json).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(because)), "{json}: {error:?}");
    }

    #[test]
    fn impossible_contexts_are_refused() {
        for (json, because) in [
            (r#"{"a":0}"#, "nothing was seen"),
            (r#"{"a":[]}"#, "nothing was seen"),
            (r#"{"a":-1}"#, "invalid type"),
            (r#"{"a":[[0,3]]}"#, "do not ascend"),
            (r#"{"a":[[5,4]]}"#, "do not ascend"),
            (r#"{"a":[[1,4],[4,5]]}"#, "do not ascend"),
            (r#"{"a":[[1,4],[5,6]]}"#, "do not ascend"),
            (r#"{"a":[[7,8],[1,2]]}"#, "do not ascend"),
            (r#"{"a":[[1,18446744073709551615],[3,4]]}"#, "do not ascend"),
            (r#"{"a":1,"a":2}"#, "twice"),
            (r#"{"a":18446744073709551616}"#, "invalid type"),
        ] {
            refused::<CausalContext<String>>(json, because);
        }
    }

    #[test]
    fn impossible_states_are_refused() {
        for (json, because) in [
            (r#"{"seen":{},"live":{"a":[[1,7]]}}"#, "not seen"),
            (r#"{"seen":{"a":1},"live":{"a":[[2,7]]}}"#, "not seen"),
            (r#"{"seen":{"a":[[1,1],[3,3]]},"live":{"a":[[2,7]]}}"#, "not seen"),
            (r#"{"seen":{"a":2},"live":{"a":[[0,7]]}}"#, "not seen"),
            (r#"{"seen":{"a":2},"live":{"a":[[1,7],[1,8]]}}"#, "do not ascend"),
            (r#"{"seen":{"a":2},"live":{"a":[[2,7],[1,8]]}}"#, "do not ascend"),
            (r#"{"seen":{"a":2},"live":{"a":[]}}"#, "without live values"),
            (r#"{"seen":{"a":2},"live":{"a":[[1,7]],"a":[[2,7]]}}"#, "twice"),
            (r#"{"seen":{"a":2}}"#, "missing field"),
            (r#"{"live":{}}"#, "missing field"),
        ] {
            refused::<OrSet<u8, String>>(json, because);
        }
        refused::<glomers_crdt::causal::Report<String>>(
            r#"{"seen":{},"live":{"a":1}}"#,
            "not seen",
        );
        refused::<Observation<u8, String>>(r#"{"of":1,"dots":[]}"#, "of nothing");
        refused::<Observation<u8, String>>(r#"{"of":1,"dots":[["a",0]]}"#, "counter of 0");
        refused::<Observation<u8, String>>(r#"{"of":1,"dots":[["a",2],["a",1]]}"#, "do not ascend");
        refused::<Observation<u8, String>>(r#"{"of":1,"dots":[["a",1],["a",1]]}"#, "do not ascend");
    }
}
