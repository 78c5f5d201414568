//! Members that have lost what they had said are told so, by whatever the others know of it.
#![expect(clippy::unwrap_used, reason = "a test may")]

use glomers_crdt::{Decompose, Lattice};
use glomers_log::{Acks, AppendError, Member, Part, Rank, ReplicatedLog, Reset};

type Log = ReplicatedLog<u8, u32>;

/// What was said under rank 0 before, and the member that bears it now and knows nothing of it.
fn forgotten(told: &Log) -> (Member<u8, u32>, Log) {
    let mut member = Member::new(0, 3).unwrap().with_acks(Acks::All);
    let mut log = told.clone();
    assert!(member.follow(&mut log, told).is_bottom(), "it says nothing to that");
    (member, log)
}

fn refusal(member: &mut Member<u8, u32>, log: &mut Log) -> Result<(), AppendError> {
    member.append(log, &0, 7).map(drop)
}

#[test]
fn what_was_promised_and_forgotten_is_told() {
    let mut log = Log::default();
    let (_, sent) = Member::new(1, 3).unwrap().append(&mut log, &0, 1).unwrap();
    for known in 0..3 {
        let (mut member, mut log) = (Member::new(0, 3).unwrap(), log.clone());
        for message in 0..known {
            member.append(&mut log, &1, message).unwrap();
        }
        let promise = member.follow(&mut log, &sent);
        let (mut member, mut log) = forgotten(&promise);
        let error = AppendError::Forgotten { known: known.into(), own: 0 };
        assert_eq!(refusal(&mut member, &mut log), Err(error));
    }
}

#[test]
fn what_others_hold_and_what_one_held_is_told() {
    let author = |rank| Member::new(rank, 3).unwrap().with_acks(Acks::All);
    for (from, to, known) in [(0, 1, 1), (1, 0, 0)] {
        let mut log = Log::default();
        let (_, sent) = author(from).append(&mut log, &0, 1).unwrap();
        let answer = author(to).follow(&mut log, &sent);
        let is_holding = |part: &Part<'_, u8, u32>| format!("{part:?}").starts_with("holding");
        let holding = Log::from_parts(answer.parts().filter(is_holding));
        assert!(!holding.is_bottom());
        let (mut member, mut log) = forgotten(&holding);
        let error = AppendError::Forgotten { known, own: 0 };
        assert_eq!(refusal(&mut member, &mut log), Err(error));
        assert!(error.to_string().contains("excluded by another member"), "{error}");
    }
}

/// Or else it might agree to a second exclusion beside the first.
#[test]
fn what_was_confirmed_and_forgotten_is_told() {
    let mut log = Log::default();
    let proposal = Member::new(1, 3).unwrap().exclude(&mut log, [2]).unwrap();
    let confirmation = Member::new(0, 3).unwrap().follow(&mut log, &proposal);
    assert!(!confirmation.is_bottom());
    let (mut member, mut log) = forgotten(&confirmation);
    let error = AppendError::Forgotten { known: 0, own: 0 };
    assert_eq!(refusal(&mut member, &mut log), Err(error));
}

#[test]
fn what_was_merged_and_not_followed_counts() {
    let mut log = Log::default();
    let mut lost = Member::new(0, 3).unwrap();
    lost.append(&mut log, &0, 1).unwrap();
    lost.append(&mut log, &0, 2).unwrap();
    let mut member = Member::new(0, 3).unwrap();
    assert_eq!(refusal(&mut member, &mut log), Err(AppendError::Forgotten { known: 2, own: 0 }));
    let other = Member::new(1, 3).unwrap().exclude(&mut Log::default(), [2]).unwrap();
    log.merge(&other);
    assert!(Member::new(0, 3).unwrap().follow(&mut log, &other).is_bottom());
}

/// What others hold is the other message of that number.
#[test]
fn who_has_forgotten_counts_nothing_as_acknowledged() {
    let member = |rank| Member::new(rank, 2).unwrap().with_acks(Acks::All);
    let mut there = Log::default();
    let mut lost = member(0);
    lost.append(&mut there, &0, 1).unwrap();
    lost.append(&mut there, &0, 2).unwrap();
    let told = there.clone();
    member(1).follow(&mut there, &told);

    let (mut again, mut here) = (member(0), Log::default());
    let (place, _) = again.append(&mut here, &1, 3).unwrap();
    let novel = there.difference(&here);
    here.merge(&novel);
    again.follow(&mut here, &novel);
    assert!(again.has_forgotten() && !again.is_acknowledged(&here, place.seq));
}

/// It comes back under another rank, once the others have left it out.
#[test]
fn who_has_forgotten_is_left_out_and_comes_back_under_another_rank() {
    let member = |rank| Member::new(rank, 3).unwrap();
    let (mut ann, mut here) = (member(0), Log::default());
    let (mut bob, mut there) = (member(1), Log::default());
    let (_, sent) = bob.append(&mut there, &0, 1).unwrap();
    here.merge(&sent);
    let answer = ann.follow(&mut here, &sent);
    there.merge(&answer);
    bob.follow(&mut there, &answer);

    // Bob loses all. The third was never there: it is his new rank.
    let (mut bob, mut there) = forgotten_under(1, &here);
    assert!(refusal(&mut bob, &mut there).is_err());
    let exclusion = ann.exclude(&mut here, [1]).unwrap();
    there.merge(&exclusion);
    assert!(bob.follow(&mut there, &exclusion).is_bottom());
    assert_eq!(refusal(&mut bob, &mut there), Err(AppendError::Excluded));

    let mut bob = Member::restore(2, 3, &there).unwrap();
    let news = bob.resume(&mut there);
    here.merge(&news);
    ann.follow(&mut here, &news);
    assert!(here.excluded().eq([1]), "both who stay have confirmed it");
    let (place, sent) = bob.append(&mut there, &0, 2).unwrap();
    here.merge(&sent);
    ann.follow(&mut here, &sent);
    let batch = ann.poll(&here, &0, 0, 9, Reset::Error).unwrap();
    assert!(batch.iter().eq([(1, &1), (place.offset, &2)]));
}

fn forgotten_under(rank: Rank, told: &Log) -> (Member<u8, u32>, Log) {
    let (mut member, mut log) = (Member::new(rank, 3).unwrap(), told.clone());
    member.follow(&mut log, told);
    assert!(member.has_forgotten());
    (member, log)
}
