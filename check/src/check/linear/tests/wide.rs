//! Many clients at one key.

use std::collections::HashSet;

use super::*;

/// The values that a register can hold after some order of all calls that end before `end`, and maybe
/// of others: every order is tried, but none twice on from the same calls and value.
fn tried(calls: &[Call], end: usize) -> BTreeSet<Id> {
    let ended = |call: &Call| call.returned.filter(|&returned| returned < end);
    let (mut met, mut found) = (HashSet::new(), BTreeSet::new());
    let mut left = vec![(0_u64, MISSING)];
    while let Some((placed, state)) = left.pop() {
        if !met.insert((placed, state)) {
            continue;
        }
        let open = || (0..calls.len()).filter(|call| placed >> call & 1 == 0);
        let first = open().filter_map(|call| ended(&calls[call])).min();
        if first.is_none() {
            found.insert(state);
        }
        let barrier = open().filter_map(|call| calls[call].returned).min().unwrap_or(usize::MAX);
        for call in open().filter(|&call| calls[call].invoked < end.min(barrier)) {
            left.extend(step(state, calls[call].action).map(|state| (placed | 1 << call, state)));
        }
    }
    found
}

/// A register's history with so many at it at a time; sometimes one result is not what it was.
fn wide_calls(rng: &mut ChaCha8Rng) -> Vec<Call> {
    let (most, width, values) =
        (rng.random_range(2..=20), rng.random_range(2..=8), rng.random_range(1..=4));
    let (cas, lost) = (rng.random_range(0..=6), [0, 10, 30][rng.random_range(0..3)]);
    let mut calls: Vec<Call> = Vec::new();
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut state = MISSING;
    for time in 0.. {
        if calls.len() < most && (open.is_empty() || open.len() < width && rng.random()) {
            let (a, b) = (rng.random_range(1..=values), rng.random_range(1..=values));
            let action = match rng.random_range(0..4 + cas) {
                0 | 1 => Action::Read(MISSING),
                2 | 3 => Action::Write(a),
                _ => Action::Cas(a, b),
            };
            open.push((calls.len(), false));
            calls.push(Call { action, invoked: time, returned: None });
        } else if open.is_empty() {
            break;
        } else {
            let at = rng.random_range(0..open.len());
            let (number, done) = open[at];
            let call = &mut calls[number];
            if done {
                open.swap_remove(at);
                call.returned = (!rng.random_ratio(lost, 100)).then_some(time);
            } else {
                open[at].1 = true;
                match &mut call.action {
                    Action::Read(shown) => *shown = state,
                    // One that would have failed compares with what is there.
                    Action::Cas(from, _) => *from = state,
                    Action::Write(_) => {}
                }
                state = step(state, call.action).unwrap();
            }
        }
    }
    if rng.random() {
        let changed = rng.random_range(0..calls.len());
        if let Action::Read(value) | Action::Cas(value, _) = &mut calls[changed].action {
            *value = rng.random_range(0..=values);
        }
    }
    calls.retain(|call| call.returned.is_some() || !call.action.is_read());
    calls
}

#[test]
fn the_search_agrees_with_one_that_knows_nothing_of_registers() {
    let mut counts = [0, 0];
    for seed in 0..20_000 {
        let calls = wide_calls(&mut ChaCha8Rng::seed_from_u64(seed));
        let expected = !tried(&calls, usize::MAX).is_empty();
        counts[usize::from(expected)] += 1;
        for style in 0..2 {
            let line = Timeline::of(&calls);
            match search(&line, MISSING, style, &mut Limits::default()) {
                Verdict::Linearizable => assert!(expected, "seed {seed}: {calls:?}"),
                Verdict::Violation(found) => {
                    assert!(!expected, "seed {seed}: {calls:?}");
                    let end = calls[found.culprit].returned.unwrap();
                    assert_eq!(tried(&calls, end), found.states, "seed {seed}: {calls:?}");
                    assert!(tried(&calls, end + 1).is_empty(), "seed {seed}: {calls:?}");
                }
                Verdict::GaveUp(limit, _) => panic!("seed {seed}: {limit:?}"),
            }
        }
    }
    assert!(counts.iter().all(|&count| count > 2_000), "{counts:?}");
}

#[test]
fn a_hundred_thousand_operations_of_a_hundred_clients_are_judged() {
    for unknown in [0, 10] {
        let calls = real_calls(1, 140_000, 100, unknown);
        assert!(calls.len() > 95_000, "{}", calls.len());
        let (verdict, steps) = count_steps(&calls);
        assert_eq!(verdict, Verdict::Linearizable);
        assert!(steps < 1 << 26, "{unknown} ‰ unknown: {steps}");
    }
}

#[test]
fn a_stale_read_among_a_hundred_clients_is_found() {
    for unknown in [0, 10] {
        let mut calls = real_calls(2, 70_000, 100, unknown);
        let middle = calls.len() / 2;
        let mut reads = (middle..calls.len()).filter(|&call| calls[call].action.is_read());
        let stale = reads.find(|&call| matches!(calls[call].action, Action::Read(_))).unwrap();
        // That it was never written.
        calls[stale].action = Action::Read(MISSING);
        let (verdict, steps) = count_steps(&calls);
        let Verdict::Violation(found) = verdict else { panic!("{verdict:?}") };
        assert_eq!(found.culprit, stale);
        assert!(steps < 1 << 27, "{unknown} ‰ unknown: {steps}");
        let proof = evidence(&calls, stale);
        assert!(proof.len() == 2 && proof.contains(&stale), "{proof:?}");
    }
}

#[test]
fn of_equal_cas_the_later_one_leaves_the_earlier_its_gap() {
    // The second cas from 1 to 2 is placed after the fifth begins, so that the first is left for the
    // gap before the second write of 1.
    let spans = [
        (Action::Write(1), 1, 10),
        (Action::Write(1), 2, 7),
        (Action::Cas(1, 2), 4, 15),
        (Action::Cas(2, 1), 8, 13),
        (Action::Cas(1, 2), 11, 16),
        (Action::Cas(1, 2), 14, 18),
    ];
    let call = |(action, invoked, returned)| Call { action, invoked, returned: Some(returned) };
    assert_eq!(find(&spans.map(call)), Verdict::Linearizable);
}
