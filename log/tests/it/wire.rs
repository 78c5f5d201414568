//! The serialised form: that it comes back, that it stays as it is, and what is rejected.
#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, reason = "a test may")]

use glomers_crdt::Lattice;
use glomers_log::{Acks, AppendError, Member, Rank, ReplicatedLog, Retention};
use proptest::prelude::*;
use serde_test::{Configure, Token, assert_tokens};

type Log = ReplicatedLog<String, u32>;

fn member(rank: Rank) -> Member<String, u32> {
    let kept = Retention::forever().messages(8);
    Member::new(rank, 3).unwrap().with_acks(Acks::All).with_retention(kept)
}

/// A log as it comes about, and the deltas that made it.
fn grown(script: &[(u32, u8, bool)]) -> (Log, Vec<Log>) {
    let mut members: Vec<_> = (0..3).map(|rank| (member(rank), Log::default())).collect();
    let mut deltas = Vec::new();
    for (number, (at, key, is_heard)) in (0..).zip(script) {
        let (author, log) = &mut members[*at as usize];
        let (_, delta) = author.append(log, &format!("k{key}"), number).unwrap();
        if *is_heard {
            let all: Log = members.iter().fold(Log::default(), |mut all, (_, log)| {
                all.merge(log);
                all
            });
            for (member, log) in &mut members {
                let novel = all.difference(log);
                log.merge(&novel);
                deltas.push(member.follow(log, &novel));
            }
        }
        deltas.push(delta);
    }
    let (first, log) = &mut members[0];
    deltas.push(log.commit("readers", "k0".to_owned(), 3));
    if script.len() % 2 == 1 {
        deltas.push(first.exclude(log, [2]).unwrap());
    }
    (log.clone(), deltas)
}

fn script() -> impl Strategy<Value = Vec<(u32, u8, bool)>> {
    prop::collection::vec((0_u32..3, 0_u8..3, any::<bool>()), 0..60)
}

proptest! {
    #[test]
    fn what_is_sent_comes_back(script in script()) {
        let (log, deltas) = grown(&script);
        for state in deltas.iter().chain([&log]) {
            let json = serde_json::to_string(state).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Log>(&json).unwrap(), state, "{}", json);
            // Which does not describe itself, and one that does and is not for humans.
            let bytes = postcard::to_allocvec(state).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<Log>(&bytes).unwrap(), state);
            let mut bytes = Vec::new();
            ciborium::into_writer(state, &mut bytes).unwrap();
            prop_assert_eq!(&ciborium::from_reader::<Log, _>(&*bytes).unwrap(), state);
        }
    }

    /// What is decoded is either refused or as good as any other state.
    #[test]
    fn a_mangled_message_does_no_harm(
        script in script(),
        at in any::<prop::sample::Index>(),
        with in prop::sample::select(b"0123456789,[]{}:\"-.eE".as_slice()),
        is_cut in any::<bool>(),
    ) {
        let (mut log, _) = grown(&script);
        let mut json = serde_json::to_vec(&log).unwrap();
        let at = at.index(json.len());
        json[at] = with;
        json.truncate(if is_cut { at + 1 } else { json.len() });
        if let Ok(mangled) = serde_json::from_slice::<Log>(&json) {
            let again = serde_json::to_string(&mangled).unwrap();
            prop_assert_eq!(serde_json::from_str::<Log>(&again).unwrap(), mangled.clone());
            let before = log.clone();
            log.merge(&mangled);
            let mut reader = member(0);
            let answer = reader.follow(&mut log, &mangled.difference(&before));
            prop_assert!(log.includes(&before) && log.includes(&answer));
            let _ = reader.append(&mut log, &"k0".to_owned(), 7);
        }
    }
}

#[test]
fn this_is_what_it_looks_like() {
    let (mut ann, mut here) = (member(0), Log::default());
    let (mut bob, mut there) = (member(2), Log::default());
    let (_, delta) = ann.append(&mut here, &"k".to_owned(), 70).unwrap();
    let json = r#"{"k":{"k":{"m":[[0,0,1,70]],"t":[[0,1,1]]}}}"#;
    assert_eq!(serde_json::to_string(&delta).unwrap(), json);

    // Who has been silent for a while lends what it leaves out.
    for _ in 0..3 {
        ann.append(&mut here, &"k".to_owned(), 71).unwrap();
    }
    there.merge(&here);
    let answer = bob.follow(&mut there, &here);
    let json = r#"{"k":{"k":{"t":[[2,12,0]],"l":[[2,0,0]]}},"h":[[2,0,4]]}"#;
    assert_eq!(serde_json::to_string(&answer).unwrap(), json);
    let commit = there.commit("readers", "k".to_owned(), 3);
    assert_eq!(serde_json::to_string(&commit).unwrap(), r#"{"c":{"readers":{"k":3}}}"#);
    let exclusion = bob.exclude(&mut there, [1]).unwrap();
    let json = r#"{"x":[[0,[1],[0,2],2,{"1":0}]]}"#;
    assert_eq!(serde_json::to_string(&exclusion).unwrap(), json);
}

/// Numbers that are as great as can be leave nothing to be given out, and break nothing.
#[test]
fn a_log_may_be_full() {
    for json in [
        r#"{"d":[[0,1,18446744073709551615]]}"#,
        r#"{"k":{"k0":{"t":[[0,18446744073709551615,0]]}}}"#,
        r#"{"k":{"k0":{"m":[[18446744073709551614,1,1,7]]}}}"#,
    ] {
        let mut log: Log = serde_json::from_str(json).unwrap();
        let (mut reader, novel) = (Member::restore(0, 3, &log).unwrap(), log.clone());
        reader.follow(&mut log, &novel);
        let appended = reader.append(&mut log, &"k0".to_owned(), 7).map(|(place, _)| place);
        assert_eq!(appended, Err(AppendError::Exhausted), "{json}");
    }
}

/// A format that names no fields gets them all.
#[test]
fn formats_for_machines_get_every_field() {
    let mut log = Log::default();
    log.commit("g", "k".to_owned(), 3);
    let tokens = [
        Token::Struct { name: "ReplicatedLog", len: 5 },
        Token::Str("k"),
        Token::Map { len: Some(0) },
        Token::MapEnd,
        Token::Str("d"),
        Token::Seq { len: Some(0) },
        Token::SeqEnd,
        Token::Str("c"),
        Token::Map { len: Some(1) },
        Token::Str("g"),
        Token::Map { len: Some(1) },
        Token::Str("k"),
        Token::U64(3),
        Token::MapEnd,
        Token::MapEnd,
        Token::Str("h"),
        Token::Seq { len: Some(0) },
        Token::SeqEnd,
        Token::Str("x"),
        Token::Seq { len: Some(0) },
        Token::SeqEnd,
        Token::StructEnd,
    ];
    assert_tokens(&log.compact(), &tokens);
}

#[test]
fn what_no_member_can_say_is_rejected() {
    for (json, complaint) in [
        (r#"{"k":{"k":{}}}"#, "a key has nothing"),
        (r#"{"k":{"k":{"m":[[0,0,0,7]]}}}"#, "one number, or one has none"),
        (r#"{"k":{"k":{"m":[[0,0,1,7],[1,0,1,7]]}}}"#, "two messages have one number"),
        (r#"{"k":{"k":{"m":[[0,0,1,7]]}},"d":[[0,1,2]]}"#, "two messages have one number"),
        (r#"{"k":{"k":{"m":[[0,0,1,7],[0,1,1,7]]}}}"#, "two have one offset"),
        (r#"{"k":{"k":{"m":[[3,0,1,7]],"s":4}}}"#, "below the start"),
        (r#"{"k":{"k":{"m":[[18446744073709551615,0,1,7]]}}}"#, "too great"),
        (r#"{"k":{"k":{"t":[[0,0,0]]}}}"#, "a clock begins above 0"),
        (r#"{"k":{"k":{"t":[[0,1,0],[0,2,0]]}}}"#, "two clocks"),
        (r#"{"k":{"k":{"t":[[0,4,0]],"l":[[1,0,0]]}}}"#, "a loan without a clock"),
        (r#"{"k":{"k":{"t":[[0,4,0]],"l":[[0,4,1]]}}}"#, "a loan is empty"),
        (r#"{"k":{"k":{"t":[[0,4,0]],"l":[[0,0,0]]}}}"#, "to oneself"),
        (r#"{"k":{"k":{"t":[[0,4,0]],"l":[[0,0,1],[0,1,1]]}}}"#, "the second"),
        (r#"{"c":{"g":{}}}"#, "an empty group"),
        (r#"{"h":[[0,1,0]]}"#, "nothing is held"),
        (r#"{"d":[[0,0,4]]}"#, "named twice or not"),
        (r#"{"d":[[0,1,4],[0,2,3]]}"#, "named twice or not"),
        (r#"{"x":[[0,[1],[0],2,{"1":0}]]}"#, "who does not stay"),
        (r#"{"x":[[0,[1],[0,1],0,{"1":0}]]}"#, "who does not stay, or of others"),
        (r#"{"x":[[0,[],[0],0,{}]]}"#, "who does not stay, or of others"),
        (r#"{"x":[[0,[1],[0],0,{"2":0}]]}"#, "or of others"),
        (r#"{"k":{"k":{"m":[[-1,0,1,7]]}}}"#, "invalid value"),
        ("7", "invalid type"),
    ] {
        let error = serde_json::from_str::<Log>(json).unwrap_err().to_string();
        assert!(error.contains(complaint), "{json}: {error}");
    }
}
