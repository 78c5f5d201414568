//! The keys in use, and which of them the next operation touches.

use std::num::{NonZeroU8, NonZeroU64};

use rand::RngExt;
use serde_json::{Map, json};

use super::super::Draft;
use crate::rng::Rng;

/// A send or a poll to come, and the key that was drawn for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Send {
        key: u64,
        message: u64,
    },
    /// A poll asks for whatever its process is assigned; the key only matters to an assign that
    /// goes ahead of it.
    Poll {
        key: u64,
    },
}

impl Touch {
    /// The key, as nodes know it.
    pub(super) fn key(&self) -> String {
        let (Self::Send { key, .. } | Self::Poll { key }) = self;
        key.to_string()
    }

    pub(super) fn into_draft(self) -> Draft {
        let (f, value) = match &self {
            Self::Send { message, .. } => ("send", json!([["send", self.key(), message]])),
            Self::Poll { .. } => ("poll", json!([["poll"]])),
        };
        Draft { f, value, extra: Map::new() }
    }
}

/// The keys in use.
#[derive(Debug)]
pub(super) struct Pool {
    /// Each key, and how many messages it has got.
    keys: Vec<(u64, u64)>,
    max_writes: u64,
    next_key: u64,
}

impl Pool {
    pub(super) fn new(key_count: NonZeroU8, max_writes: NonZeroU64) -> Self {
        let next_key = u64::from(key_count.get().min(63));
        let keys = (0..next_key).map(|key| (key, 0)).collect();
        Self { keys, max_writes: max_writes.get(), next_key }
    }

    /// Draws the next operation. A send to a key that has got its messages brings a fresh key into
    /// its place, and something else is drawn.
    pub(super) fn touch(&mut self, rng: &mut Rng) -> Touch {
        loop {
            let sends = rng.random_bool(0.5);
            // Of the numbers from 1 to 2^n, the binary logarithm of half is the highest it can be,
            // that of a quarter the second highest, and so on.
            let draw = rng.random_range(1..1_u64 << self.keys.len());
            let (key, writes) = &mut self.keys[draw.ilog2() as usize];
            if !sends {
                return Touch::Poll { key: *key };
            }
            if *writes < self.max_writes {
                *writes += 1;
                return Touch::Send { key: *key, message: *writes };
            }
            (*key, *writes) = (self.next_key, 0);
            self.next_key += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn keys_get_their_messages_in_turn_and_then_make_room() {
        let mut rng = Rng::seed_from_u64(1);
        let mut pool = Pool::new(NonZeroU8::new(3).unwrap(), NonZeroU64::new(4).unwrap());
        let mut sent: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut polls = 0;
        for _ in 0..2000 {
            match pool.touch(&mut rng) {
                Touch::Send { key, message } => sent.entry(key).or_default().push(message),
                Touch::Poll { .. } => polls += 1,
            }
        }
        assert!((900..1100).contains(&polls), "{polls}");
        assert!(sent.len() > 200);
        let incomplete = sent.values().filter(|messages| messages.len() < 4).count();
        assert!(incomplete <= 3, "{incomplete} keys were given up too early");
        assert!(sent.values().all(|messages| [1, 2, 3, 4].starts_with(messages)));
    }

    #[test]
    fn each_key_is_drawn_twice_as_often_as_the_one_before() {
        let mut rng = Rng::seed_from_u64(1);
        let mut pool = Pool::new(NonZeroU8::new(3).unwrap(), NonZeroU64::MAX);
        let mut drawn = [0_u32; 3];
        for _ in 0..7000 {
            let key: usize = pool.touch(&mut rng).key().parse().unwrap();
            drawn[key] += 1;
        }
        for (drawn, expected) in drawn.into_iter().zip([1000, 2000, 4000]) {
            assert!(drawn.abs_diff(expected) < 150, "{drawn} instead of {expected}");
        }
    }
}
