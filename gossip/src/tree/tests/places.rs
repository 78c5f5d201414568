//! Losing a place, and finding one.

use super::*;

#[test]
fn who_is_settled_says_nothing_and_sleeps() {
    for me in 0..13 {
        let mut tree = tree(me, 13, 3);
        let linked: Vec<u32> = tree.children().chain(tree.parent()).collect();
        for peer in linked {
            assert_eq!(hear_as_planned(&mut tree, peer), [], "{me}, {peer}");
        }
        assert_eq!(wake(&mut tree, NOW), []);
        assert_eq!(tree.next_wake(), None, "{me}");
        for peer in 0..13 {
            assert_eq!(tree.standing(NOW, PULSE, peer, Word::Say), None, "{me}, {peer}");
        }
    }
}

#[test]
fn what_is_not_as_planned_is_said() {
    let mut tree = orphan();
    hear(&mut tree, 9, standing(0, 1, Tie::Neither));
    let said = |to, word| {
        let Standing { root, hops, tie, .. } = tree.standing(NOW, PULSE, to, word).unwrap();
        (root, hops, tie)
    };
    assert_eq!(said(9, Word::Say), (0, 2, Tie::Parent));
    assert_eq!(said(9, Word::Ask), (0, 2, Tie::Parent), "who is a hub is not asked for one");
    assert_eq!(said(3, Word::Say), (0, 2, Tie::Neither));
    assert_eq!(said(3, Word::Ask), (0, 2, Tie::Asks));
    assert_eq!(said(3, Word::Refuse), (0, 2, Tie::Refuses));
    assert_eq!(said(9, Word::Refuse), (0, 2, Tie::Parent), "it was refused before, if ever");
}

#[test]
fn versions_rise_with_every_change_of_place() {
    let mut tree = orphan();
    let mut last = 0;
    for (from, hops) in [(9, 5), (10, 4), (9, 3)] {
        hear(&mut tree, from, standing(0, hops, Tie::Neither));
        let version = tree.standing(NOW, PULSE, from, Word::Say).unwrap().version;
        assert!(version > last, "{from}");
        last = version;
    }
}

#[test]
fn those_below_learn_that_we_lost_our_parent() {
    let mut tree = tree(3, 40, 12);
    let told = (19..25).map(Step::Say);
    assert!(miss(&mut tree, 0).into_iter().eq([Step::Rise].into_iter().chain(told)));
    assert_eq!(tree.parent(), None);
    assert_eq!(tree.next_wake(), Some(NOW), "the search begins");
}

fn asks(ranks: impl IntoIterator<Item = u32>) -> Vec<Step> {
    ranks.into_iter().map(Step::Ask).collect()
}

/// The planned parent every time; then its ancestors and everyone by rank; more with each wave.
#[test]
fn others_are_asked_in_waves_in_the_order_of_preference() {
    let mut tree = orphan();
    let mut now = NOW;
    let waves = [vec![3, 0, 1, 2], [3].into_iter().chain(4..=12).collect()];
    let more = [(13..=25).filter(|rank| *rank != 20).collect(), (26..=37).collect()];
    let more = more.map(|ranks: Vec<u32>| [vec![3], ranks].concat());
    for wave in waves.into_iter().chain(more) {
        assert_eq!(wake(&mut tree, now), asks(wave));
        assert_eq!(wake(&mut tree, now), [], "they have time to answer");
        assert_eq!(tree.next_wake(), Some(now + PULSE.patience));
        now += PULSE.patience;
    }
    assert_eq!(wake(&mut tree, now), asks([3, 38, 39]));
    assert_eq!(tree.next_wake(), Some(now + PULSE.pause), "all were asked");
    now += PULSE.pause;
    assert_eq!(wake(&mut tree, now), asks([3, 0, 1, 2]), "from the start");
}

/// Its children, 7 to 12, hear of it anyway.
#[test]
fn the_lowest_rank_left_gathers_as_many_at_once_as_it_has_room_for() {
    let mut tree = tree(1, 40, 12);
    miss(&mut tree, 0);
    let others = (2..=6).chain(13..=19);
    assert_eq!(wake(&mut tree, NOW), asks([0].into_iter().chain(others)));
}

/// By its root, then as the planned place, then by hops.
#[test]
fn the_best_offer_wins() {
    let mut tree = orphan();
    let mut offer = |from, root, hops| hear(&mut tree, from, standing(root, hops, Tie::Neither));
    let adopted = |to, last| vec![Step::Adopt { to, last: Some(last) }, Step::Leave(last)];
    assert_eq!(offer(9, 5, 2), [Step::Adopt { to: 9, last: Some(3) }], "3 keeps our place");
    assert_eq!(offer(10, 5, 2), [], "no better");
    assert_eq!(offer(11, 5, 1), adopted(11, 9));
    assert_eq!(offer(12, 6, 0), []);
    assert_eq!(offer(12, 2, 6), adopted(12, 11));
    assert_eq!(offer(3, 5, 1), []);
    assert_eq!(offer(3, 2, 7), adopted(3, 12), "the planned place, though it is farther");
    assert_eq!(offer(13, 2, 0), []);
    assert_eq!(tree.route, Route { root: 2, hops: 8 });
}

#[test]
fn who_loses_its_hub_takes_the_best_offer_left() {
    let mut tree = orphan();
    for (from, root, hops) in [(9, 5, 1), (10, 6, 0), (12, 5, 2), (11, 5, 2), (13, 5, 3)] {
        hear(&mut tree, from, standing(root, hops, Tie::Neither));
    }
    let adopted = Step::Adopt { to: 11, last: Some(9) };
    tree.miss(NOW, PULSE, 9, 2, true);
    assert_eq!(steps(&mut tree), [Step::Rise, adopted, Step::Leave(9)]);
    assert_eq!(tree.route, Route { root: 5, hops: 3 });
}

#[test]
fn no_more_offers_are_remembered_than_are_of_use() {
    let mut tree = tree(99, 200, 12);
    miss(&mut tree, 16);
    for from in 100..200 {
        hear(&mut tree, from, standing(0, 1, Tie::Neither));
    }
    assert_eq!(tree.offers.len(), 64);
}

#[test]
fn a_route_through_ourselves_is_not_taken() {
    let mut tree = orphan();
    assert_eq!(hear(&mut tree, 21, standing(20, 1, Tie::Neither)), []);
    assert_eq!(tree.parent(), None);
}

/// By plan, there are two hops at most.
#[test]
fn a_route_that_is_too_long_is_not_taken() {
    let mut tree = orphan();
    for hops in [8, u32::MAX] {
        assert_eq!(hear(&mut tree, 9, standing(0, hops, Tie::Neither)), []);
    }
    hear(&mut tree, 9, standing(0, 7, Tie::Neither));
    assert_eq!(tree.parent(), Some(9));
}

/// It goes through us; it is too long; or we had better be the hub ourselves.
#[test]
fn a_parent_with_a_bad_route_is_left_and_told() {
    for (root, hops) in [(20, 1), (0, 8), (21, 0)] {
        let mut tree = tree(20, 40, 12);
        let done = hear(&mut tree, 3, standing(root, hops, Tie::Child));
        assert_eq!(done, [Step::Say(3), Step::Rise], "{root}, {hops}");
        assert_eq!((tree.parent(), tree.next_wake()), (None, Some(NOW)));
    }
}

#[test]
fn the_parents_route_is_followed_and_passed_on() {
    let mut tree = tree(1, 13, 3);
    let told: Vec<Step> = (4..7).map(Step::Say).collect();
    assert_eq!(hear(&mut tree, 0, standing(0, 2, Tie::Child)), told);
    assert_eq!(tree.route, Route { root: 0, hops: 3 });
    assert_eq!(hear(&mut tree, 0, standing(0, 2, Tie::Child)), [], "no news");
}

#[test]
fn who_is_elsewhere_asks_one_by_one_in_its_own_time_and_settles_back() {
    let mut tree = orphan();
    hear(&mut tree, 9, standing(0, 1, Tie::Neither));
    let mut now = NOW;
    for candidate in [0, 1, 2, 4] {
        assert_eq!(tree.next_wake(), Some(now + PULSE.pause));
        now += PULSE.pause;
        assert_eq!(wake(&mut tree, now), asks([3, candidate]));
    }
    let back = [Step::Adopt { to: 3, last: Some(9) }, Step::Leave(9)];
    assert_eq!(hear(&mut tree, 3, standing(0, 1, Tie::Neither)), back);
    assert!(tree.next_wake().is_none() && tree.offers.is_empty());
    assert_eq!(tree.standing(NOW, PULSE, 9, Word::Say).map(|it| it.hops), Some(2));
    assert_eq!(hear(&mut tree, 9, standing(0, 0, Tie::Neither)), [], "there is no better place");
}
