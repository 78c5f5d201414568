use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::num::NonZeroUsize;
use std::thread;

use hashbrown::HashTable;
use spin::Yield;
use spin::mutex::spin::{SpinMutex, SpinMutexGuard};

use super::topic::Topic;

/// Locks for each processor, so that two busy keys seldom share one.
const SHARDS_PER_CPU: usize = 16;
/// And at least.
const FEWEST_SHARDS: usize = 64;

/// The logs by key, in shards with a lock each.
///
/// A lock is held for some ten nanoseconds, and taking and releasing it is the greater part of what
/// an append costs. So it is one that is released by a plain store, where those that can put
/// waiting threads to sleep need a second atomic exchange to learn of them, which waits for all
/// stores before it, those of the message included. Who finds it taken, which takes two threads at
/// keys of one shard, or a thread that loses the processor just then, yields until it is free.
pub(crate) struct Topics<K, V, S> {
    hasher: S,
    /// A power of two of them.
    shards: Box<[Shard<K, V>]>,
}

/// On a cache line of its own, and the one that is fetched with it.
#[repr(align(128))]
struct Shard<K, V>(SpinMutex<HashTable<(K, Topic<V>)>, Yield>);

pub(crate) type Guard<'a, K, V> = SpinMutexGuard<'a, HashTable<(K, Topic<V>)>, Yield>;

impl<K: Hash + Eq, V, S: BuildHasher> Topics<K, V, S> {
    pub(crate) fn new(hasher: S) -> Self {
        let cpus = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let count = cpus.saturating_mul(SHARDS_PER_CPU).max(FEWEST_SHARDS).next_power_of_two();
        let shards = (0..count).map(|_| Shard(SpinMutex::new(HashTable::new()))).collect();
        Self { hasher, shards }
    }

    #[inline]
    pub(crate) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The shard of the keys with this hash, locked.
    #[inline]
    pub(crate) fn lock(&self, hash: u64) -> Guard<'_, K, V> {
        // The tables go by the lowest bits and the seven highest.
        self.shards[(hash >> 32) as usize & (self.shards.len() - 1)].0.lock()
    }

    /// The log of `key`, if there is one, in its shard.
    #[inline]
    pub(crate) fn find<'a, Q>(
        shard: &'a mut Guard<'_, K, V>,
        hash: u64,
        key: &Q,
    ) -> Option<&'a mut Topic<V>>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let (_, topic) = shard.find_mut(hash, |(known, _)| known.borrow() == key)?;
        Some(topic)
    }

    /// Does something with the log of `key`, if there is one, under its lock.
    #[inline]
    pub(crate) fn with<Q, T>(&self, key: &Q, then: impl FnOnce(&mut Topic<V>) -> T) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        Self::find(&mut self.lock(hash), hash, key).map(then)
    }

    /// Does something with the log of `key`, a new one if need be, under its lock.
    pub(crate) fn with_or_new<Q, T>(
        &self,
        key: &Q,
        to_owned: impl FnOnce(&Q) -> K,
        then: impl FnOnce(&mut Topic<V>) -> T,
    ) -> T
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        let mut shard = self.lock(hash);
        if let Some(topic) = Self::find(&mut shard, hash, key) {
            return then(topic);
        }
        let new = (to_owned(key), Topic::default());
        let rehash = |(known, _): &(K, Topic<V>)| self.hash(known);
        let (_, topic) = shard.insert_unique(hash, new, rehash).into_mut();
        then(topic)
    }

    /// Forgets the log of `key` if it is as good as none.
    pub(crate) fn remove_unused(&self, key: &K) {
        let hash = self.hash(key);
        let mut shard = self.lock(hash);
        let unused = |(known, topic): &(K, Topic<V>)| known == key && topic.is_unused();
        let removed = shard.find_entry(hash, unused).ok().map(|entry| entry.remove().0);
        drop(shard);
        // The key's `Drop` is out of the lock.
        drop(removed);
    }

    /// Calls `then` for each key and its log, shard by shard under its lock.
    pub(crate) fn for_each(&self, mut then: impl FnMut(&K, &Topic<V>)) {
        for shard in &self.shards {
            shard.0.lock().iter().for_each(|(key, topic)| then(key, topic));
        }
    }
}
