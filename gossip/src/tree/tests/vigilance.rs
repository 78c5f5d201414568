//! Whether the parent is up.

use super::*;

#[test]
fn who_is_in_doubt_does_not_vouch_for_its_route() {
    let mut tree = tree(3, 40, 12);
    let said = |tree: &Tree, now, to| {
        let standing = tree.standing(now, PULSE, to, Word::Say);
        standing.map(|standing| (standing.root, standing.hops))
    };
    assert_eq!(said(&tree, PULSE.silence, 9), None, "it is not in doubt yet");
    assert_eq!(said(&tree, NOW, 9), Some((3, 0)));
    assert_eq!(said(&tree, NOW, 0), Some((3, 0)));
    assert_eq!(said(&tree, NOW, 19), None, "those below are not alarmed");
    hear_as_planned(&mut tree, 0);
    assert_eq!(said(&tree, NOW, 9), None);
}

#[test]
fn who_is_asked_in_doubt_makes_sure_and_then_tells() {
    let mut tree = tree(20, 40, 12);
    let made_sure = [Step::Say(21), Step::Verify(3)];
    assert_eq!(hear(&mut tree, 21, standing(21, 0, Tie::Asks)), made_sure);
    assert_eq!(hear_as_planned(&mut tree, 3), [Step::Say(21)]);
    assert_eq!(hear_as_planned(&mut tree, 3), [], "once is enough");
    assert_eq!(hear(&mut tree, 21, standing(21, 0, Tie::Asks)), [Step::Say(21)], "no doubt");
}

#[test]
fn who_loses_its_parent_owes_the_unconvinced_nothing() {
    let mut tree = tree(20, 40, 12);
    hear(&mut tree, 21, standing(21, 0, Tie::Asks));
    assert_eq!(miss(&mut tree, 3), [Step::Rise], "they took it for a root already");
    hear(&mut tree, 9, standing(0, 1, Tie::Neither));
    assert_eq!(hear(&mut tree, 9, standing(0, 1, Tie::Child)), []);
}

#[test]
fn a_false_alarm_lately_makes_for_doubt_at_first() {
    let mut tree = tree(20, 40, 12);
    tree.miss(NOW, PULSE, 3, 1, false);
    assert_eq!((steps(&mut tree), tree.parent()), (vec![], Some(3)));
    assert!(tree.in_doubt && tree.next_wake() == Some(NOW), "others are asked meanwhile");
    assert_eq!(wake(&mut tree, NOW).len(), 4, "in a hurry");
    assert_eq!(hear_as_planned(&mut tree, 3), []);
    assert!(!tree.in_doubt && tree.next_wake().is_none(), "it answers after all");
    tree.miss(NOW * 2, PULSE, 3, 2, false);
    assert_eq!((steps(&mut tree), tree.parent()), (vec![Step::Rise], None));
}

#[test]
fn a_parent_that_is_heard_from_may_miss_an_answer() {
    for (is_reliable, lost_at) in [(true, 2), (false, 3)] {
        let mut tree = tree(20, 40, 12);
        hear_as_planned(&mut tree, 3);
        for times in 1..=lost_at {
            assert!(tree.parent() == Some(3) && tree.next_wake().is_none(), "{times}");
            tree.miss(NOW, PULSE, 3, times, is_reliable);
        }
        assert_eq!(tree.parent(), None, "{is_reliable}");
    }
}

/// It is heard from so many times, at such intervals; returns when last.
fn hear_often(tree: &mut Tree, times: u32, interval: Duration, pulse: Pulse) -> Duration {
    let mut now = Duration::ZERO;
    for _ in 0..times {
        now += interval;
        tree.hear(now, pulse, 3, None);
    }
    now
}

#[test]
fn silence_after_a_streak_of_rounds_is_looked_into() {
    let mut tree = tree(20, 40, 12);
    let last = hear_often(&mut tree, 6, ms(400), PULSE);
    let watch = PULSE.watch.unwrap();
    assert_eq!(tree.next_wake(), Some(last + watch));
    // An overtaken message tells as much.
    tree.hear_late(last + ms(400), PULSE, 3);
    assert_eq!(wake(&mut tree, last + watch), []);
    let due = last + ms(400) + watch;
    assert_eq!(tree.next_wake(), Some(due));
    assert_eq!(wake(&mut tree, due), [Step::Verify(3)]);
    assert_eq!(tree.next_wake(), None, "once");
}

#[test]
fn without_a_streak_there_is_no_watch() {
    for (times, interval) in [(5, ms(400)), (20, PULSE.silence + ms(1))] {
        let mut tree = tree(20, 40, 12);
        hear_often(&mut tree, times, interval, PULSE);
        assert_eq!(tree.next_wake(), None, "{times}");
    }
    let mut tree = tree(20, 40, 12);
    hear_often(&mut tree, 20, ms(400), Pulse { watch: None, ..PULSE });
    assert_eq!(tree.next_wake(), None, "where it does not pay");
}

#[test]
fn the_next_parent_is_not_expected_to_go_on_where_the_last_one_did() {
    let mut tree = tree(20, 40, 12);
    hear_often(&mut tree, 6, ms(400), PULSE);
    miss(&mut tree, 3);
    hear(&mut tree, 3, standing(0, 1, Tie::Neither));
    assert!(tree.parent() == Some(3) && tree.next_wake().is_none());
}
