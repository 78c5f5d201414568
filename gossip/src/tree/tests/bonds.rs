//! Who is whose child.

use super::*;

/// One that has room for two, who are there by plan: 3 and 4.
fn hub() -> Tree {
    let mut hub = tree(1, 7, 2);
    assert_eq!(hear_as_planned(&mut hub, 0), []);
    hub
}

#[test]
fn who_is_full_refuses() {
    let mut hub = hub();
    for tie in [Tie::Asks, Tie::Parent] {
        assert_eq!(hear(&mut hub, 6, standing(6, 0, tie)), [Step::Refuse(6)]);
    }
    assert!(hub.children().eq([3, 4]));
}

#[test]
fn who_has_room_answers_and_takes() {
    let mut hub = hub();
    assert_eq!(hear(&mut hub, 3, standing(0, 3, Tie::Neither)), [Step::Leave(3)]);
    assert_eq!(hear(&mut hub, 6, standing(6, 0, Tie::Asks)), [Step::Say(6)]);
    assert_eq!(hear(&mut hub, 6, standing(0, 2, Tie::Parent)), [Step::Take(6)]);
    assert_eq!(hear(&mut hub, 6, standing(0, 2, Tie::Parent)), [], "it was taken already");
    assert_eq!(hear(&mut hub, 5, standing(0, 2, Tie::Parent)), [Step::Refuse(5)]);
}

#[test]
fn a_planned_child_displaces_an_adopted_one() {
    let mut hub = hub();
    hear(&mut hub, 3, standing(0, 3, Tie::Neither));
    hear(&mut hub, 6, standing(0, 2, Tie::Parent));
    assert_eq!(
        hear(&mut hub, 3, standing(0, 3, Tie::Asks)),
        [Step::Say(3)],
        "there is room for it"
    );
    let displaced = [Step::Leave(6), Step::Refuse(6), Step::Take(3)];
    assert_eq!(hear(&mut hub, 3, standing(0, 2, Tie::Parent)), displaced);
    assert!(hub.children().eq([3, 4]));
}

#[test]
fn a_planned_child_that_does_not_answer_keeps_its_place_but_not_the_room() {
    for is_late in [false, true] {
        let mut hub = hub();
        assert_eq!(miss(&mut hub, 3), []);
        assert!(hub.children().eq([3, 4]));
        assert_eq!(hear(&mut hub, 6, standing(0, 2, Tie::Parent)), [Step::Take(6)]);
        assert_eq!(hear(&mut hub, 5, standing(0, 2, Tie::Parent)), [Step::Refuse(5)], "full again");
        if is_late {
            hub.hear_late(NOW, PULSE, 3);
        } else {
            hub.hear(NOW, PULSE, 3, None);
        }
        assert_eq!(steps(&mut hub), [Step::Leave(6), Step::Refuse(6)], "it is back");
        assert!(hub.children().eq([3, 4]));
    }
}

#[test]
fn another_child_that_does_not_answer_is_none_any_more() {
    let mut hub = tree(1, 7, 6);
    hear(&mut hub, 5, standing(0, 2, Tie::Parent));
    assert_eq!(miss(&mut hub, 5), [Step::Leave(5)]);
}

#[test]
fn who_is_refused_tries_the_next_offer() {
    let mut tree = orphan();
    hear(&mut tree, 9, standing(5, 1, Tie::Neither));
    hear(&mut tree, 10, standing(5, 2, Tie::Neither));
    let next = [Step::Rise, Step::Adopt { to: 10, last: Some(9) }, Step::Leave(9)];
    assert_eq!(hear(&mut tree, 9, standing(5, 1, Tie::Refuses)), next);
    assert_eq!(hear(&mut tree, 10, standing(5, 1, Tie::Refuses)), [Step::Rise]);
}

/// It would be refused again and again, and never get to those that have room.
#[test]
fn who_refused_is_passed_over_until_all_were_asked() {
    let mut tree = orphan();
    hear(&mut tree, 9, standing(5, 1, Tie::Neither));
    hear(&mut tree, 9, standing(5, 1, Tie::Refuses));
    let mut now = NOW;
    loop {
        assert_eq!(hear(&mut tree, 9, standing(5, 1, Tie::Neither)), []);
        let asked = wake(&mut tree, now);
        if asked.contains(&Step::Ask(39)) {
            break;
        }
        now = tree.next_wake().unwrap();
    }
    hear(&mut tree, 9, standing(5, 1, Tie::Neither));
    assert_eq!(tree.parent(), Some(9));
}

/// Two of three, with nothing below them, which have taken the other for parent.
fn child(me: u32, parent: u32) -> Tree {
    let mut tree = tree(me, 3, 2);
    miss(&mut tree, 0);
    hear(&mut tree, parent, standing(0, 3, Tie::Neither));
    assert_eq!(tree.parent(), Some(parent));
    tree
}

#[test]
fn of_two_that_take_each_other_for_parent_the_lower_becomes_it() {
    let mut lower = child(1, 2);
    assert_eq!(hear(&mut lower, 2, standing(0, 3, Tie::Parent)), [Step::Rise, Step::Take(2)]);
    let mut higher = child(2, 1);
    assert_eq!(hear(&mut higher, 1, standing(0, 3, Tie::Parent)), []);
    assert_eq!(higher.parent(), Some(1));
}

#[test]
fn of_two_that_take_each_other_for_child_the_higher_becomes_it() {
    for (me, other) in [(1, 2), (2, 1)] {
        let mut tree = tree(me, 3, 2);
        assert_eq!(hear(&mut tree, other, standing(0, 2, Tie::Parent)), [Step::Take(other)]);
        let done = hear(&mut tree, other, standing(0, 1, Tie::Child));
        let stays = me < other;
        assert_eq!(tree.children().eq([other]), stays);
        assert_eq!(done.contains(&Step::Leave(other)), !stays);
        assert!(done.contains(&Step::Say(other)), "it hears how it is");
    }
}

#[test]
fn a_parent_that_does_not_know_of_us_is_told() {
    let mut tree = tree(20, 40, 12);
    assert_eq!(hear(&mut tree, 3, standing(0, 1, Tie::Neither)), [Step::Say(3)]);
    assert_eq!(tree.parent(), Some(3));
}

#[test]
fn who_takes_us_for_its_child_by_mistake_is_told() {
    let mut tree = tree(20, 40, 12);
    assert_eq!(hear(&mut tree, 9, standing(0, 1, Tie::Child)), [Step::Say(9)]);
}
