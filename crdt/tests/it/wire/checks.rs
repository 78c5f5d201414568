//! What must hold of whatever bytes decode to, for one type.

use std::fmt::Debug;

use glomers_crdt::{Decompose, laws};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A state that goes through a wire.
pub(crate) trait State:
    Decompose + PartialEq + Debug + Serialize + DeserializeOwned
{
}

impl<S: Decompose + PartialEq + Debug + Serialize + DeserializeOwned> State for S {}

/// Decoded states have more parts than this only if they are not looked at: the laws take time.
const PARTS: usize = 48;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    Json,
    Postcard,
    /// For machines, and describes itself. Fuzzers do without.
    #[cfg(test)]
    Cbor,
}

impl Format {
    pub(crate) const ALL: [Self; 2] = [Self::Json, Self::Postcard];

    pub(crate) fn encode<S: Serialize>(self, state: &S) -> Vec<u8> {
        match self {
            Self::Json => serde_json::to_vec(state).unwrap(),
            Self::Postcard => postcard::to_allocvec(state).unwrap(),
            #[cfg(test)]
            Self::Cbor => {
                let mut bytes = Vec::new();
                ciborium::into_writer(state, &mut bytes).unwrap();
                bytes
            }
        }
    }

    /// The whole of the bytes, or nothing.
    pub(crate) fn decode<S: DeserializeOwned>(self, bytes: &[u8]) -> Option<S> {
        match self {
            Self::Json => serde_json::from_slice(bytes).ok(),
            Self::Postcard => match postcard::take_from_bytes(bytes) {
                Ok((state, [])) => Some(state),
                _ => None,
            },
            #[cfg(test)]
            Self::Cbor => ciborium::from_reader(bytes).ok(),
        }
    }

    /// The states that lie one after another in the bytes, up to the first that is none.
    fn decode_some<S: DeserializeOwned>(self, bytes: &[u8]) -> Vec<S> {
        match self {
            Self::Json => serde_json::Deserializer::from_slice(bytes)
                .into_iter()
                .map_while(Result::ok)
                .take(3)
                .collect(),
            Self::Postcard => {
                let mut rest = bytes;
                let next = || {
                    let (state, after) = postcard::take_from_bytes(rest).ok()?;
                    rest = after;
                    Some(state)
                };
                std::iter::from_fn(next).take(3).collect()
            }
            #[cfg(test)]
            Self::Cbor => self.decode(bytes).into_iter().collect(),
        }
    }
}

/// Decodes up to three states; where these are accepted, they come back from either format, and the
/// laws hold of each and what it consists of. Returns how many were accepted.
pub(crate) fn decoded<S: State>(format: Format, bytes: &[u8]) -> (usize, Vec<S>) {
    let states: Vec<S> = format.decode_some(bytes);
    for state in &states {
        for format in Format::ALL {
            let encoded = format.encode(state);
            let back: S = format.decode(&encoded).expect("what was encoded decodes");
            assert_eq!(back, *state, "comes back from {format:?}");
            assert_eq!(format.encode(&back), encoded, "equal states are encoded equally");
        }
        if state.parts().take(PARTS + 1).count() <= PARTS {
            let [mut even, mut odd] = [0, 1].map(|nth| {
                let mut count = nth;
                state.select(|_| {
                    count += 1;
                    count % 2 == 0
                })
            });
            law(laws::check(state, &even, &odd));
            law(laws::check_decomposition(state, &even));
            // Nor does a state change by what it is made of.
            assert!(!state.clone().merge(&even) && !state.clone().merge(&odd));
            even.merge(&odd);
            odd.merge(&state.difference(&odd));
            assert!(even == *state && odd == *state, "{even:?} or {odd:?} against {state:?}");
        }
    }
    (states.len(), states)
}

/// As [`decoded`]; besides, any states may meet, and the laws hold of all of them: also of those that
/// tell of one event in two ways, which no two replicas do that have names of their own.
pub(crate) fn free<S: State>(format: Format, bytes: &[u8]) -> usize {
    let (count, mut states) = decoded::<S>(format, bytes);
    if count > 1 && states.iter().all(|state| state.parts().take(PARTS + 1).count() <= PARTS) {
        states.resize_with(3, S::default);
        law(laws::check(&states[0], &states[1], &states[2]));
        law(laws::check_decomposition(&states[0], &states[1]));
        law(laws::check_delta_group(&S::default(), &joined(&states), &states));
    }
    count
}

fn joined<S: State>(states: &[S]) -> S {
    states.iter().fold(S::default(), |mut all, state| {
        all.merge(state);
        all
    })
}

fn law(held: Result<(), laws::Violation>) {
    held.unwrap_or_else(|violation| panic!("{violation}"));
}
