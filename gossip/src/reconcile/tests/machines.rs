//! What either side does about what it hears.

use super::*;
use crate::riblt::{CodedSymbol, encode_batch};

#[test]
fn equal_states_cost_one_portion() {
    let [ours, theirs] = sets(1, 1000, 0, 0);
    let cost = reconcile(KEY, &ours, &theirs);
    assert_eq!((cost.symbols, cost.round_trips, cost.wholes), (16, 1, 0));
}

#[test]
fn few_parts_are_sent_as_they_are() {
    for (mine, wholes) in [(0, 1), (1, 1), (16, 1), (17, 0)] {
        let [ours, theirs] = sets(1, mine, 0, 1);
        let cost = reconcile(KEY, &ours, &theirs);
        assert_eq!((cost.wholes, cost.round_trips), (wholes, 1), "{mine}");
    }
}

/// To compare them would take more coded symbols than there are parts.
#[test]
fn states_that_have_little_in_common_are_sent_as_they_are() {
    for (common, mine, others) in [(0, 1000, 1000), (0, 100, 100_000), (100, 1000, 0)] {
        let [ours, theirs] = sets(1, common, mine, others);
        let cost = reconcile(KEY, &ours, &theirs);
        assert!(cost.wholes == 1 && cost.symbols <= 16, "{cost:?}");
    }
}

#[test]
fn under_different_keys_states_are_sent_as_they_are() {
    let [ours, theirs] = sets(1, 1000, 1, 1);
    let mut inquiry = Inquiry::new(KEY, 1, ours.clone());
    let mut comparison = Comparison::default();
    let mut said = inquiry.speak();
    let mut symbols = 0;
    let they_lack = loop {
        let Answer { message, they_lack, .. } = comparison.hear(Key::new(1, 2), &theirs, &said);
        match inquiry.hear(&message.unwrap()) {
            Heard::Next(mut next) => said = next.pop().unwrap(),
            heard => {
                assert!(heard == Heard::Done(GSet::default()));
                break they_lack;
            }
        }
        if let Exchange::Sketch { portion, .. } = &said {
            symbols += portion.batch().coded.len();
        }
    };
    assert_eq!(they_lack, theirs.difference(&ours));
    assert!(matches!(said, Exchange::Whole { .. }) && symbols <= 1001, "{symbols}");
}

fn sketch(inquiry: &Inquiry<GSet<u64>>) -> Exchange<GSet<u64>> {
    let said = inquiry.speak();
    assert!(matches!(said, Exchange::Sketch { .. }));
    said
}

/// Where the other stands, by its answer.
fn asked(answer: &Answer<GSet<u64>>) -> (u32, u32) {
    match answer.message {
        Some(Exchange::More { from, up_to, .. }) => (from, up_to),
        ref message => panic!("it says {message:?}"),
    }
}

/// Of a big difference, after the first portion.
fn midway() -> ([GSet<u64>; 2], Inquiry<GSet<u64>>, Comparison<GSet<u64>>, Exchange<GSet<u64>>) {
    let [ours, theirs] = sets(3, 20_000, 5000, 5000);
    let (inquiry, mut comparison) = (Inquiry::new(KEY, 9, ours.clone()), Comparison::default());
    let answer = comparison.hear(KEY, &theirs, &sketch(&inquiry));
    ([ours, theirs], inquiry, comparison, answer.message.unwrap())
}

#[test]
fn the_same_again_is_answered_as_before_and_goes_no_further() {
    let ([_, theirs], mut inquiry, mut comparison, more) = midway();
    let answer = comparison.hear(KEY, &theirs, &sketch(&inquiry));
    assert_eq!(answer.message.as_ref(), Some(&more));
    let Heard::Next(next) = inquiry.hear(&more) else { panic!("it has nothing to say") };
    assert_eq!(next.last(), Some(&inquiry.speak()));
    assert_eq!(inquiry.hear(&more), Heard::Nothing);
}

#[test]
fn what_is_done_is_told_again_but_not_what_is_lacking() {
    let [ours, theirs] = sets(3, 1000, 1, 1);
    let (mut inquiry, mut comparison) = (Inquiry::new(KEY, 9, ours.clone()), Comparison::default());
    let first = comparison.hear(KEY, &theirs, &sketch(&inquiry));
    assert_eq!(first.they_lack, theirs.difference(&ours));
    let again = comparison.hear(KEY, &theirs, &sketch(&inquiry));
    assert_eq!(again.message, first.message);
    assert!(again.they_lack.is_bottom());
    let done = inquiry.hear(&again.message.unwrap());
    assert_eq!(done, Heard::Done(ours.difference(&theirs)));
}

#[test]
fn big_differences_travel_in_many_portions_and_are_answered_once() {
    let ([_, theirs], mut inquiry, mut comparison, more) = midway();
    let Heard::Next(next) = inquiry.hear(&more) else { panic!("it has nothing to say") };
    assert!(next.len() > 1, "{more:?}");
    let answers: Vec<_> =
        next.iter().filter_map(|said| comparison.hear(KEY, &theirs, said).message).collect();
    assert_eq!(answers.len(), 1);
}

#[test]
fn a_gap_is_asked_for() {
    let ([_, theirs], mut inquiry, mut comparison, more) = midway();
    let Exchange::More { up_to, .. } = more else { panic!("{more:?}") };
    let Heard::Next(next) = inquiry.hear(&more) else { panic!("it has nothing to say") };
    let answer = comparison.hear(KEY, &theirs, next.last().unwrap());
    assert_eq!(asked(&answer), (16, up_to));
    comparison = Comparison::default();
    let answer = comparison.hear(KEY, &theirs, next.last().unwrap());
    assert_eq!(asked(&answer), (0, 16), "everything is forgotten");
    let Heard::Next(next) = inquiry.hear(&answer.message.unwrap()) else { panic!("it is silent") };
    assert_eq!(comparison.hear(KEY, &theirs, &next[0]).message, Some(more));
}

#[test]
fn earlier_sessions_and_messages_for_the_other_side_are_ignored() {
    let ([ours, theirs], mut inquiry, mut comparison, more) = midway();
    let before = comparison.clone();
    for session in [8, 9_u32.wrapping_sub(1 << 30)] {
        let old = Inquiry::new(KEY, session, ours.clone());
        assert_eq!(comparison.hear(KEY, &theirs, &old.speak()).message, None);
        let old = Exchange::More { session, from: 16, up_to: 90 };
        assert_eq!(inquiry.hear(&old), Heard::Nothing);
    }
    assert_eq!(comparison.hear(KEY, &theirs, &more).message, None);
    assert_eq!(comparison, before);
    assert_eq!(inquiry.hear(&inquiry.speak()), Heard::Nothing);
    let new = Inquiry::new(KEY, 10, ours);
    assert_eq!(asked(&comparison.hear(KEY, &theirs, &new.speak())).0, 16);
    assert!(comparison != before);
}

/// Numbers wrap.
#[test]
fn the_session_after_the_last_is_the_first() {
    let [ours, theirs] = sets(3, 1000, 1, 0);
    let mut comparison = Comparison::default();
    for session in [u32::MAX - 1, u32::MAX, 0, 1] {
        let inquiry = Inquiry::new(KEY, session, ours.clone());
        let answer = comparison.hear(KEY, &theirs, &inquiry.speak());
        assert!(answer.message.is_some_and(|message| message.session() == session));
    }
}

/// Whatever is asked for, what is made and sent is bounded by the state.
#[test]
fn who_asks_for_nonsense_gets_little() {
    let [ours, _] = sets(3, 20_000, 0, 0);
    for (from, up_to, most) in [
        (16, 16, 0),
        (90, 16, 0),
        (u32::MAX, 0, 0),
        (16, 17, 1),
        (0, u32::MAX, FLIGHT),
        (16_000, u32::MAX, 4000),
        (19_999, u32::MAX, 1),
    ] {
        let mut inquiry = Inquiry::new(KEY, 9, ours.clone());
        let said = match inquiry.hear(&Exchange::More { session: 9, from, up_to }) {
            Heard::Next(said) => said,
            heard => {
                assert_eq!(heard, Heard::Nothing);
                vec![]
            }
        };
        let lens = said.iter().map(|said| match said {
            Exchange::Sketch { portion, .. } => portion.batch().coded.len(),
            said => panic!("it says {said:?}"),
        });
        assert_eq!(lens.sum::<usize>(), most, "{from}..{up_to}");
    }
    for from in [20_000, 1 << 20, u32::MAX - 1] {
        let mut inquiry = Inquiry::new(KEY, 9, ours.clone());
        let heard = inquiry.hear(&Exchange::More { session: 9, from, up_to: from + 1 });
        assert_eq!(heard, Heard::Next(vec![inquiry.speak()]));
        assert!(matches!(inquiry.speak(), Exchange::Whole { .. }));
    }
}

/// Symbols of nothing, with counts that make believe: it must come to an end.
#[test]
fn a_liar_is_not_listened_to_for_ever() {
    let own: GSet<u64> = (0..50).collect();
    for count in [i64::MAX, 1 << 40, 3000, 17, 0, -5] {
        let mut comparison = Comparison::default();
        let mut heard = 0;
        let mut answer = comparison.hear(KEY, &own, &lie(0, 16, count));
        while let Some(Exchange::More { from, .. }) = answer.message {
            heard += 1;
            assert!(heard < 3000, "{count}");
            let from = usize::try_from(from).unwrap();
            answer = comparison.hear(KEY, &own, &lie(from, 2000, count));
        }
        assert_eq!(answer.message, Some(Exchange::Everything { session: 1 }), "{count}");
        assert!(answer.they_lack.is_bottom());
        let whole = Exchange::Whole { session: 1, state: GSet::default() };
        assert_eq!(comparison.hear(KEY, &own, &whole).they_lack, own);
    }
}

/// As small as can be, so that many get in.
fn lie(first: usize, len: usize, count: i64) -> Exchange<GSet<u64>> {
    let sum = 0x0123_4567_u128;
    let coded = CodedSymbol { sum, checksum: 5, count };
    let bytes = encode_batch(0, first, &vec![coded; len]);
    Exchange::Sketch { session: 1, portion: Portion::try_from(bytes).unwrap() }
}
