//! States of any kind become equal, whatever happens to the messages.

use glomers_crdt::{Dot, MaxMap, PnCounter, VersionVector};
use proptest::prelude::*;

use super::*;

/// What may happen to messages, and how often, in percent.
#[derive(Clone, Copy, Debug)]
struct Weather {
    loss: u64,
    repetition: u64,
    overtaking: u64,
    /// The one who answers forgets everything.
    restart: u64,
}

fn any_weather() -> impl Strategy<Value = Weather> {
    (0..40_u64, 0..30_u64, 0..60_u64, 0..10_u64).prop_map(
        |(loss, repetition, overtaking, restart)| Weather { loss, repetition, overtaking, restart },
    )
}

/// Between two replicas whose states change meanwhile, as deltas tell the other. Returns how many
/// messages it took.
fn reconcile_in_bad_weather<S: State>(
    weather: Weather,
    seed: u64,
    [asking, answering]: [&S; 2],
    news: &S,
) -> usize {
    let mut random = numbers(seed);
    let mut chance = move |percent: u64| random.next().unwrap() % 100 < percent;
    let mut inquiry = Inquiry::new(KEY, 7, asking.clone());
    let mut comparison = Comparison::default();
    // What begins now is ignored: it is of an earlier session.
    let old = Inquiry::new(KEY, 6, news.clone()).speak();
    let (mut ours, mut theirs) = (asking.clone(), answering.clone());
    let mut network = VecDeque::from([(true, old.clone())]);
    let mut sent = 0;
    let mut done = None;
    while done.is_none() {
        if network.is_empty() {
            network.push_back((true, inquiry.speak()));
        }
        let overtaken = usize::from(network.len() > 1 && chance(weather.overtaking));
        let (to_answering, message) = network.remove(overtaken).unwrap();
        sent += 1;
        assert!(sent < 3000, "it does not end");
        if chance(weather.loss) {
            continue;
        }
        if chance(weather.repetition) {
            network.push_back((to_answering, message.clone()));
        }
        if chance(weather.restart) {
            comparison = Comparison::default();
        }
        if sent == 3 {
            // Something new comes up; it goes to both as a delta.
            ours.merge(news);
            theirs.merge(news);
        }
        if to_answering {
            if let Exchange::Whole { state, .. } = &message {
                theirs.merge(state);
            }
            let Answer { message, they_lack, .. } = comparison.hear(KEY, &theirs, &message);
            ours.merge(&they_lack);
            network.extend(message.map(|message| (false, message)));
        } else {
            match inquiry.hear(&message) {
                Heard::Tell(_) => panic!("messages are not bounded"),
                Heard::Nothing => {}
                Heard::Next(messages) => {
                    network.extend(messages.into_iter().map(|message| (true, message)));
                }
                Heard::Done(they_lack) => done = Some(they_lack),
            }
        }
    }
    theirs.merge(&done.unwrap());
    ours.merge(news);
    theirs.merge(news);
    assert_eq!(ours, theirs);
    sent
}

/// Of some hundred parts; the second has a part of the first and some of its own.
fn any_pair() -> impl Strategy<Value = Vec<(u16, u8)>> {
    prop::collection::vec((any::<u16>(), 0..20_u8), 0..600)
}

fn pair<S>(parts: &[(u16, u8)], make: impl Fn(&[(u16, u8)]) -> S) -> [S; 2] {
    let of = |side: u8| {
        let parts = parts.iter().filter(|(_, sides)| *sides > 2 || *sides == side || *sides == 2);
        make(&parts.copied().collect::<Vec<_>>())
    };
    [of(0), of(1)]
}

fn assert_ends<S: State>(weather: Weather, seed: u64, [asking, answering]: [S; 2], news: &S) {
    reconcile_in_bad_weather(weather, seed, [&asking, &answering], news);
}

proptest! {
    #[test]
    fn sets_become_equal_in_any_weather(
        weather in any_weather(),
        seed: u64,
        parts in any_pair(),
    ) {
        let set = |parts: &[(u16, u8)]| parts.iter().map(|(n, _)| *n).collect::<GSet<u16>>();
        assert_ends(weather, seed, pair(&parts, set), &GSet::from_iter([7]));
    }

    #[test]
    fn maps_become_equal_in_any_weather(
        weather in any_weather(),
        seed: u64,
        parts in any_pair(),
    ) {
        let map = |parts: &[(u16, u8)]| -> MaxMap<u16, u8> {
            parts.iter().map(|(key, value)| (key % 300, *value)).collect()
        };
        assert_ends(weather, seed, pair(&parts, map), &MaxMap::from_iter([(7, 99)]));
    }

    #[test]
    fn counters_become_equal(parts in any_pair()) {
        let g_counter = |parts: &[(u16, u8)]| -> GCounter<u16> {
            parts.iter().map(|(replica, slot)| (*replica, u64::from(*slot))).collect()
        };
        let [ours, theirs] = pair(&parts, g_counter);
        reconcile(KEY, &ours, &theirs);
        let pn_counter = |parts: &[(u16, u8)]| {
            let mut counter = PnCounter::default();
            for (replica, amount) in parts {
                let replica = PnCounter::of_replica(*replica, (*amount).into(), u64::from(replica % 3));
                counter.merge(&replica);
            }
            counter
        };
        let [ours, theirs] = pair(&parts, pn_counter);
        reconcile(KEY, &ours, &theirs);
        let vector = |parts: &[(u16, u8)]| -> VersionVector<u16> {
            let dots = parts.iter().map(|(replica, counter)| (*replica, u64::from(*counter)));
            dots.map(|(replica, counter)| Dot { replica, counter }).collect()
        };
        let [ours, theirs] = pair(&parts, vector);
        reconcile(KEY, &ours, &theirs);
    }
}
