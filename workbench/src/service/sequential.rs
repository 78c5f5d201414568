use std::collections::{BTreeMap, VecDeque};

use rand::RngExt;
use serde_json::{Map, Value};

use super::kv::{Kv, Request};
use super::{Reply, Service};
use crate::rng::Rng;

/// So many states are kept.
const KEPT: usize = 32;

/// `seq-kv`: a store in which everyone sees the same changes in the same order, but some see them
/// later than others.
///
/// It keeps its last 32 states, and for each client a mark: the newest state that the client has
/// seen. A request is tried on a random state from that mark to the newest. If it leaves that
/// state as it is (a read, a failing exchange, a write of the value that is there), its reply
/// stands and the mark moves there; so a read can be stale for long. A request that would change
/// the state runs on the newest one instead, and pulls its client up to it.
///
/// A client whose mark is no longer kept goes on from the oldest state that is; Maelstrom may show
/// such a client a newer state and then an older one.
#[derive(Clone, Debug)]
pub struct Sequential {
    /// Never empty; the newest at the end.
    states: VecDeque<Kv>,
    /// How many states there have been before the first of `states`.
    forgotten: usize,
    marks: BTreeMap<String, usize>,
}

impl Default for Sequential {
    fn default() -> Self {
        Self { states: VecDeque::from([Kv::default()]), forgotten: 0, marks: BTreeMap::new() }
    }
}

impl Sequential {
    fn push(&mut self, state: Kv) {
        if self.states.len() == KEPT {
            self.states.pop_front();
            self.forgotten += 1;
        }
        self.states.push_back(state);
    }
}

impl Service for Sequential {
    fn handle(&mut self, client: &str, request: Map<String, Value>, rng: &mut Rng) -> Reply {
        let request = match Request::parse(request) {
            Ok(request) => request,
            Err(refusal) => return refusal,
        };
        let mark = self.marks.get(client).map_or(0, |mark| mark.saturating_sub(self.forgotten));
        let newest = self.states.len() - 1;
        let mut at = rng.random_range(mark..=newest);
        let (changed, mut reply) = self.states[at].apply(&request);
        if changed.is_some() {
            // The attempt at an old state only showed that it is a change. What counts is what it
            // does to the newest state, and that makes a state even if it equals the one before.
            let (changed, answer) = self.states[newest].apply(&request);
            self.push(changed.unwrap_or_else(|| self.states[newest].clone()));
            reply = answer;
            at = self.states.len() - 1;
        }
        self.marks.insert(client.to_owned(), self.forgotten + at);
        reply
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::super::testing::{cas, read, write};
    use super::*;

    fn service(seed: u64) -> (Sequential, Rng) {
        (Sequential::default(), Rng::seed_from_u64(seed))
    }

    /// What `client` reads at `x`.
    fn value(service: &mut Sequential, client: &str, rng: &mut Rng) -> Option<u64> {
        match service.handle(client, read("x"), rng) {
            Reply::Read(value) => value.as_u64(),
            _ => None,
        }
    }

    /// A service whose last states had 0 … 99 at `x`, written by `writer`.
    fn written(seed: u64) -> (Sequential, Rng) {
        let (mut service, mut rng) = service(seed);
        for n in 0..100 {
            assert_eq!(service.handle("writer", write("x", n), &mut rng), Reply::Write);
        }
        (service, rng)
    }

    #[test]
    fn newcomers_may_see_any_state_that_is_kept() {
        let (mut service, mut rng) = written(1);
        let seen: BTreeSet<_> =
            (0..1000).map(|n| value(&mut service, &format!("reader {n}"), &mut rng)).collect();
        assert_eq!(seen, (68..100).map(Some).collect());

        let (mut service, mut rng) = self::service(1);
        service.handle("writer", write("x", 0), &mut rng);
        let seen: BTreeSet<_> =
            (0..100).map(|n| value(&mut service, &format!("reader {n}"), &mut rng)).collect();
        assert_eq!(seen, BTreeSet::from([None, Some(0)]), "the empty beginning is a state, too");
    }

    #[test]
    fn a_client_never_goes_back_but_may_lag() {
        let (mut service, mut rng) = service(1);
        let (mut last, mut stale) = (None, 0);
        for n in 0..1000 {
            service.handle("writer", write("x", n), &mut rng);
            // Now and then it does not look for longer than states are kept.
            if n % 100 < 50 {
                let seen = value(&mut service, "reader", &mut rng);
                assert!(seen >= last, "{seen:?} after {last:?}");
                last = seen;
                stale += u64::from(seen < Some(n));
            }
        }
        assert!((100..500).contains(&stale), "{stale} of 500 reads are stale");
    }

    #[test]
    fn a_change_pulls_its_client_up_to_the_newest_state() {
        for seed in 0..50 {
            let (mut service, mut rng) = written(seed);
            assert_eq!(service.handle("client", write("y", 1), &mut rng), Reply::Write);
            assert_eq!(value(&mut service, "client", &mut rng), Some(99));
        }
    }

    #[test]
    fn a_write_that_changes_nothing_may_stay_in_the_past() {
        let mut lagging = 0;
        for seed in 0..100 {
            let (mut service, mut rng) = service(seed);
            for n in 0..10 {
                service.handle("writer", write("x", n), &mut rng);
                service.handle("writer", write("y", 0), &mut rng);
            }
            service.handle("client", write("y", 0), &mut rng);
            lagging += i32::from(value(&mut service, "client", &mut rng) < Some(9));
        }
        assert!((50..100).contains(&lagging), "{lagging}");
    }

    #[test]
    fn an_exchange_fails_in_the_past_and_succeeds_in_the_present() {
        let mut outcomes = [0, 0];
        for seed in 0..200 {
            let (mut service, mut rng) = written(seed);
            match service.handle("client", cas("x", 99, 100), &mut rng) {
                Reply::Cas => {
                    outcomes[0] += 1;
                    assert_eq!(value(&mut service, "client", &mut rng), Some(100));
                }
                Reply::Error { code: 22, .. } => outcomes[1] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(outcomes.iter().all(|&count| count > 0), "{outcomes:?}");

        // One that would succeed at an old state is judged by the newest one.
        for seed in 0..200 {
            let (mut service, mut rng) = written(seed);
            let reply = service.handle("client", cas("x", 80, 200), &mut rng);
            assert!(matches!(reply, Reply::Error { code: 22, .. }), "{reply:?}");
        }
    }

    #[test]
    fn a_seed_replays() {
        let run = |seed| {
            let (mut service, mut rng) = written(seed);
            (0..50).map(|_| value(&mut service, "reader", &mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}
