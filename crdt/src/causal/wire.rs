//! How contexts, causal states, observations and reports are written down, and what is refused when
//! they are read.
//!
//! A replica's runs are pairs of the gap before a run and what it has beyond one counter, which are
//! small numbers; in formats for humans they are pairs of first and last counter, and the last
//! counter alone if there is no gap.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::runs::{Run, Runs};
use super::state::Values;
use super::{Causal, CausalContext, Observation, Report, Store};
use crate::sorted::{self, Sorted};
use crate::{Dot, Lattice};

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return match self.as_slice() {
                [Run { first: 1, last }] => serializer.serialize_u64(*last),
                runs => serializer.collect_seq(runs.iter().map(|run| (run.first, run.last))),
            };
        }
        let mut before = 0;
        serializer.collect_seq(self.as_slice().iter().map(|run| {
            let gap = run.first - before;
            before = run.last;
            (gap, run.last - run.first)
        }))
    }
}

impl<'de> Deserialize<'de> for Runs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(RunsVisitor { as_gaps: false })
        } else {
            deserializer.deserialize_seq(RunsVisitor { as_gaps: true })
        }
    }
}

struct RunsVisitor {
    as_gaps: bool,
}

impl<'de> Visitor<'de> for RunsVisitor {
    type Value = Runs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a last counter, or ascending runs of counters from 1 on with gaps between")
    }

    fn visit_u64<E: Error>(self, last: u64) -> Result<Runs, E> {
        if last == 0 {
            return Err(E::custom("a replica of which nothing was seen"));
        }
        Ok(Runs::of(Run { first: 1, last }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<Runs, A::Error> {
        let mut runs = Runs::new();
        while let Some((a, b)) = pairs.next_element::<(u64, u64)>()? {
            let before = runs.last();
            let (first, last) = if self.as_gaps {
                let first = before.checked_add(a);
                (first, first.and_then(|first| first.checked_add(b)))
            } else {
                (Some(a), Some(b))
            };
            let (Some(first), Some(last)) = (first, last) else {
                return Err(A::Error::custom("a counter is too large"));
            };
            // Behind the last one there must be a gap, before the first one none.
            let from = if runs.is_empty() { Some(1) } else { before.checked_add(2) };
            if from.is_none_or(|from| first < from) || last < first {
                return Err(A::Error::custom("runs of counters that overlap or do not ascend"));
            }
            runs.insert(Run { first, last });
        }
        if runs.is_empty() {
            return Err(A::Error::custom("a replica of which nothing was seen"));
        }
        Ok(runs)
    }
}

impl<R: Serialize> Serialize for CausalContext<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.runs.iter())
    }
}

impl<'de, R: Ord + Clone + Deserialize<'de>> Deserialize<'de> for CausalContext<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { runs: sorted::deserialize(deserializer)? })
    }
}

/// The live values of a replica, as pairs of counter and value.
#[derive(Clone)]
struct Pairs<P>(Vec<(u64, P)>);

impl<'de, P: Deserialize<'de>> Deserialize<'de> for Pairs<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(u64, P)>::deserialize(deserializer)?;
        if pairs.is_empty() {
            return Err(D::Error::custom(
                "a replica without live values among those that have some",
            ));
        }
        if pairs.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(D::Error::custom("counters that do not ascend"));
        }
        Ok(Self(pairs))
    }
}

struct LiveRef<'a, R, P>(&'a Sorted<R, Values<P>>);

impl<R: Serialize, P: Serialize> Serialize for LiveRef<'_, R, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(replica, values)| (replica, ValuesRef(values))))
    }
}

struct ValuesRef<'a, P>(&'a Values<P>);

impl<P: Serialize> Serialize for ValuesRef<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

#[derive(serde::Serialize)]
#[serde(rename = "Causal", bound = "R: Serialize, P: Serialize")]
struct StateRef<'a, R, P> {
    seen: &'a CausalContext<R>,
    live: LiveRef<'a, R, P>,
}

#[derive(serde::Deserialize)]
#[serde(rename = "Causal")]
#[serde(bound = "R: Ord + Clone + Deserialize<'de>, P: Clone + Deserialize<'de>")]
struct State<R, P> {
    seen: CausalContext<R>,
    #[serde(deserialize_with = "sorted::deserialize")]
    live: Sorted<R, Pairs<P>>,
}

/// What was seen, and by replica the live values as pairs of counter and value.
impl<S: Store<R>, R: Serialize> Serialize for Causal<S, R>
where
    S::Payload: Serialize,
{
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        StateRef { seen: &self.context, live: LiveRef(&self.live) }.serialize(serializer)
    }
}

/// Refuses a live value that was not seen, and counters or runs that do not ascend.
impl<'de, S: Store<R>, R> Deserialize<'de> for Causal<S, R>
where
    R: Ord + Clone + Deserialize<'de>,
    S::Payload: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let State { seen, live } = State::<R, S::Payload>::deserialize(deserializer)?;
        for (replica, Pairs(pairs)) in live.iter() {
            let runs = seen.of(replica);
            if pairs.iter().any(|(counter, _)| !runs.contains(*counter)) {
                return Err(D::Error::custom("a live value that was not seen"));
            }
        }
        let live = live
            .iter()
            .map(|(replica, Pairs(pairs))| (replica.clone(), Sorted::of_ascending(pairs.clone())));
        Ok(Self::from_raw(Sorted::of_ascending(live.collect()), seen))
    }
}

#[derive(serde::Serialize)]
#[serde(rename = "Observation")]
struct ObservationRef<'a, T, R> {
    of: &'a T,
    dots: Vec<(&'a R, u64)>,
}

#[derive(serde::Deserialize)]
#[serde(rename = "Observation")]
struct ObservationOwned<T, R> {
    of: T,
    dots: Vec<(R, u64)>,
}

/// What was observed, and its dots as pairs of replica and counter.
impl<T: Serialize, R: Serialize> Serialize for Observation<T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dots = self.dots.iter().map(|dot| (&dot.replica, dot.counter)).collect();
        ObservationRef { of: &self.of, dots }.serialize(serializer)
    }
}

/// Refuses an observation of nothing, and dots that do not ascend or whose counter is 0.
impl<'de, T, R> Deserialize<'de> for Observation<T, R>
where
    T: Deserialize<'de>,
    R: Ord + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ObservationOwned { of, dots } = ObservationOwned::deserialize(deserializer)?;
        let dots = dots.into_iter().map(|(replica, counter)| Dot { replica, counter });
        let dots: Vec<Dot<R>> = dots.collect();
        if dots.iter().any(|dot| dot.counter == 0) || dots.windows(2).any(|pair| pair[0] >= pair[1])
        {
            return Err(D::Error::custom("dots that do not ascend, or with a counter of 0"));
        }
        Self::new(of, dots).ok_or_else(|| D::Error::custom("an observation of nothing"))
    }
}

#[derive(serde::Serialize)]
#[serde(rename = "Report")]
struct ReportRef<'a, R> {
    seen: &'a CausalContext<R>,
    live: &'a CausalContext<R>,
}

#[derive(serde::Deserialize)]
#[serde(rename = "Report", bound = "R: Ord + Clone + Deserialize<'de>")]
struct ReportOwned<R> {
    seen: CausalContext<R>,
    live: CausalContext<R>,
}

impl<R: Serialize> Serialize for Report<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ReportRef { seen: &self.seen, live: &self.live }.serialize(serializer)
    }
}

/// Refuses a report in which something is live that was not seen.
impl<'de, R: Ord + Clone + Deserialize<'de>> Deserialize<'de> for Report<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ReportOwned { seen, live } = ReportOwned::deserialize(deserializer)?;
        if !seen.includes(&live) {
            return Err(D::Error::custom("a live value that was not seen"));
        }
        Ok(Self { seen, live })
    }
}
