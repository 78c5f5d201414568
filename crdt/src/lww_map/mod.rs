use alloc::vec::Vec;
use core::borrow::Borrow;
use core::cmp::Ordering;

use crate::sorted::{Joined, Sorted, zip};
use crate::{Lattice, StaleStamp, Stamp};

mod parts;
#[cfg(feature = "serde")]
mod wire;

/// What was last written to a key, and when; nothing, if the key was removed. The order is that of
/// the stamps; where two writes bear one, a value wins over nothing, and the greater value over others.
type Write<V, S> = (S, Option<V>);

/// A map in which the last write to a key wins; a remove is a write, too.
///
/// It is a map of [`LwwRegister`](crate::LwwRegister)s, and what is said there of stamps and ties
/// holds here: the join is, key by key, the maximum of a total order. A removed key is kept as a
/// *tombstone*, with its stamp alone, so that earlier writes which come late find it removed.
///
/// # Tombstones
///
/// [`prune`](Self::prune) does away with the tombstones up to a stamp that is *stable*: no write with
/// this stamp or an earlier one is still to come, and the replica has merged all that there were. The
/// map then keeps this stamp, its *floor*, in place of the tombstones: what it does not hold and what
/// was written at or below the floor is known to be gone. That is a causal context, as those of sets
/// without tombstones, but for one stamp a map: Almeida, Shoker, Baquero, [Delta State Replicated Data
/// Types](https://arxiv.org/abs/1603.01529), 2018. The map stays a lattice: replicas may prune at
/// different times and to different stamps, and an old delta that comes late brings back nothing that
/// was removed. Should the stamp not have been stable, replicas still agree, and what is lost is the
/// late writes below the floor.
///
/// Merging is O(m log n) for m writes merged into n, or O(n + m) for many; O(n + m) if the other map
/// is pruned, or if it holds writes below this one's floor.
///
/// ```
/// use glomers_crdt::{Lattice, LwwMap};
///
/// let (mut a, mut b) = (LwwMap::default(), LwwMap::default());
/// b.merge(&a.insert("milk", 2, 1)?);
/// b.remove("milk", 3)?;
/// a.insert("milk", 5, 2)?;
/// a.merge(&b);
/// assert_eq!(a.get("milk"), None, "the remove came last");
/// # Ok::<(), glomers_crdt::StaleStamp>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LwwMap<K, V, S = Stamp<u64>> {
    /// No tombstone in here is at or below the floor.
    writes: Sorted<K, Write<V, S>>,
    /// How many of them are values.
    live: usize,
    /// Of what was written up to here, only what is held remains.
    floor: Option<S>,
}

/// Whether a write remains that the other side, with this floor and this write, has seen or not.
fn remains<V: Ord, S: Ord>(
    write: &Write<V, S>,
    floor: Option<&S>,
    other: Option<&Write<V, S>>,
) -> bool {
    other.is_none_or(|other| other <= write)
        && (other == Some(write) || floor.is_none_or(|floor| *floor < write.0))
}

impl<K: Ord + Clone, V: Ord + Clone, S: Ord + Clone> LwwMap<K, V, S> {
    /// Gives `key` the value `value` with the stamp `stamp`; returns the delta: that write, or bottom
    /// if this very write is held already. O(log n).
    ///
    /// # Errors
    ///
    /// [`StaleStamp`] if the key holds a write or a remove with a later stamp, or another with the same,
    /// or if the stamp is not above the [`floor`](Self::floor); the map is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, LwwMap};
    ///
    /// let (mut here, mut there) = (LwwMap::default(), LwwMap::default());
    /// there.merge(&here.insert("k", 'x', 5)?);
    /// assert_eq!(there.get("k"), Some(&'x'));
    /// assert!(there.insert("k", 'y', 4).is_err(), "it would be lost");
    /// # Ok::<(), glomers_crdt::StaleStamp>(())
    /// ```
    pub fn insert(&mut self, key: K, value: V, stamp: S) -> Result<Self, StaleStamp> {
        self.write(key, (stamp, Some(value)))
    }

    /// Removes `key` with the stamp `stamp`, whether it is present or not; returns the delta: a
    /// tombstone, or bottom if this very remove is held already. O(log n).
    ///
    /// # Errors
    ///
    /// [`StaleStamp`] as for [`insert`](Self::insert); the map is unchanged.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, LwwMap};
    ///
    /// let mut map = LwwMap::default();
    /// map.insert("k", 'x', 5)?;
    /// assert!(map.remove("k", 5).is_err());
    /// map.remove("k", 6)?;
    /// assert!(map.is_empty() && !map.is_bottom());
    /// # Ok::<(), glomers_crdt::StaleStamp>(())
    /// ```
    pub fn remove(&mut self, key: K, stamp: S) -> Result<Self, StaleStamp> {
        self.write(key, (stamp, None))
    }

    fn write(&mut self, key: K, write: Write<V, S>) -> Result<Self, StaleStamp> {
        let held = self.writes.get(&key);
        if held == Some(&write) {
            return Ok(Self::default());
        }
        let is_stale = held.is_some_and(|held| held.0 >= write.0);
        if is_stale || self.floor.as_ref().is_some_and(|floor| *floor >= write.0) {
            return Err(StaleStamp);
        }
        let delta = Self::of_ascending(alloc::vec![(key, write)], None);
        self.merge(&delta);
        Ok(delta)
    }

    /// Does away with the tombstones up to `stable`, and raises the [`floor`](Self::floor) to it;
    /// returns the delta: the floor with all that is held at or below it, or bottom if the floor was
    /// as high before. O(n).
    ///
    /// The stamp must be stable: every write with this stamp or an earlier one has been merged here.
    /// That is so when each replica is known to stamp its writes later from now on, and everything it
    /// wrote before has arrived. Writes that come later are lost, at all replicas.
    ///
    /// A replica that prunes to the same stamp has the same map, so there is no need to send the delta,
    /// which is as large as what it covers, where every replica prunes for itself.
    ///
    /// ```
    /// use glomers_crdt::{Lattice, LwwMap};
    ///
    /// let mut map = LwwMap::default();
    /// let early = map.insert("k", 'x', 1)?;
    /// map.remove("k", 2)?;
    /// map.prune(2);
    /// assert_eq!(map.writes().count(), 0);
    /// assert!(!map.merge(&early), "what was removed stays removed");
    /// # Ok::<(), glomers_crdt::StaleStamp>(())
    /// ```
    pub fn prune(&mut self, stable: S) -> Self {
        if self.floor.as_ref().is_some_and(|floor| *floor >= stable) {
            return Self::default();
        }
        let is_kept = |write: &&(K, Write<V, S>)| write.1.1.is_some() || write.1.0 > stable;
        let held: Vec<_> = self.owned(|_, _| true);
        let kept: Vec<_> = held.iter().filter(is_kept).cloned().collect();
        *self = Self::of_ascending(kept, Some(stable));
        self.floored()
    }

    /// Of this map, what lies at or below its floor.
    fn floored(&self) -> Self {
        let is_below = |_: &K, write: &Write<V, S>| self.is_floored(write);
        Self::of_ascending(self.owned(is_below), self.floor.clone())
    }

    /// The writes that are wanted.
    fn owned(&self, mut wanted: impl FnMut(&K, &Write<V, S>) -> bool) -> Vec<(K, Write<V, S>)> {
        let wanted = self.writes.iter().filter(|(key, write)| wanted(key, write));
        wanted.map(|(key, write)| (key.clone(), write.clone())).collect()
    }

    /// The join with a map that is pruned, or that holds what lies below the floor.
    fn merge_floored(&mut self, other: &Self) -> bool {
        let floor = self.floor.as_ref().max(other.floor.as_ref());
        let mut changed = floor != self.floor.as_ref();
        let mut joined = Vec::new();
        for (key, ours, theirs) in zip(&self.writes, &other.writes) {
            let our = ours.filter(|write| remains(write, other.floor.as_ref(), theirs));
            let their = theirs.filter(|write| remains(write, self.floor.as_ref(), ours));
            let write = our.or(their);
            let is_gone = |(stamp, value): &&Write<V, S>| value.is_none() && Some(stamp) <= floor;
            let write = write.filter(|write| !is_gone(write));
            changed |= write != ours;
            joined.extend(write.map(|write| (key.clone(), write.clone())));
        }
        if changed {
            *self = Self::of_ascending(joined, floor.cloned());
        }
        changed
    }
}

impl<K: Ord + Clone, V: Clone, S: Clone> LwwMap<K, V, S> {
    fn of_ascending(writes: Vec<(K, Write<V, S>)>, floor: Option<S>) -> Self {
        let live = writes.iter().filter(|(_, (_, value))| value.is_some()).count();
        Self { writes: Sorted::of_ascending(writes), live, floor }
    }
}

impl<K: Ord, V, S> LwwMap<K, V, S> {
    /// The value last given to `key`, unless it was removed since. O(log n).
    ///
    /// ```
    /// let mut map = glomers_crdt::LwwMap::default();
    /// map.insert('k', 7, 1).unwrap();
    /// assert_eq!((map.get(&'k'), map.get(&'l')), (Some(&7), None));
    /// ```
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.writes.get(key)?.1.as_ref()
    }

    /// The stamp of the write or remove that `key` holds: the next one's must be later. O(log n).
    ///
    /// ```
    /// let mut map = glomers_crdt::LwwMap::<_, u8, _>::default();
    /// map.remove('k', 9).unwrap();
    /// assert_eq!(map.stamp(&'k'), Some(&9));
    /// ```
    pub fn stamp<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&S>
    where
        K: Borrow<Q>,
    {
        self.writes.get(key).map(|(stamp, _)| stamp)
    }
}

impl<K, V, S> LwwMap<K, V, S> {
    /// How many keys have a value. O(1).
    ///
    /// ```
    /// let mut map = glomers_crdt::LwwMap::default();
    /// map.insert('k', 7, 1).unwrap();
    /// map.remove('l', 1).unwrap();
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether no key has a value. The least map is so, and a map of tombstones. O(1).
    ///
    /// ```
    /// assert!(glomers_crdt::LwwMap::<u8, u8>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The keys that have a value, in their order, with it.
    ///
    /// ```
    /// let mut map = glomers_crdt::LwwMap::default();
    /// map.insert('b', 7, 1).unwrap();
    /// map.insert('a', 8, 2).unwrap();
    /// assert!(map.iter().eq([(&'a', &8), (&'b', &7)]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.writes.iter().filter_map(|(key, (_, value))| Some((key, value.as_ref()?)))
    }

    /// The writes and removes that are held, in the order of their keys, with their stamps. A Lamport
    /// clock goes beyond those of each delta that comes in.
    ///
    /// ```
    /// let mut map = glomers_crdt::LwwMap::<_, u8, _>::default();
    /// map.insert('b', 7, 1).unwrap();
    /// map.remove('a', 2).unwrap();
    /// assert!(map.writes().eq([(&'a', &2, None), (&'b', &1, Some(&7))]));
    /// assert_eq!(map.writes().map(|(_, stamp, _)| stamp).max(), Some(&2));
    /// ```
    pub fn writes(&self) -> impl Iterator<Item = (&K, &S, Option<&V>)> {
        self.writes.iter().map(|(key, (stamp, value))| (key, stamp, value.as_ref()))
    }

    /// The stamp up to which the map is pruned, if it ever was: what is written must be later.
    ///
    /// ```
    /// let mut map = glomers_crdt::LwwMap::<u8, u8, _>::default();
    /// map.prune(5);
    /// assert_eq!(map.floor(), Some(&5));
    /// assert!(map.insert(1, 1, 5).is_err());
    /// ```
    pub fn floor(&self) -> Option<&S> {
        self.floor.as_ref()
    }
}

impl<K, V, S: Ord> LwwMap<K, V, S> {
    fn is_floored(&self, write: &Write<V, S>) -> bool {
        self.floor.as_ref().is_some_and(|floor| write.0 <= *floor)
    }
}

impl<K, V, S> Default for LwwMap<K, V, S> {
    fn default() -> Self {
        Self { writes: Sorted::new(), live: 0, floor: None }
    }
}

fn is_later<V: Ord, S: Ord>(write: &Write<V, S>, seen: Option<&Write<V, S>>) -> bool {
    seen.is_none_or(|seen| seen < write)
}

impl<K: Ord + Clone, V: Ord + Clone, S: Ord + Clone> Lattice for LwwMap<K, V, S> {
    fn merge(&mut self, other: &Self) -> bool {
        if other.floor.is_some()
            || (self.floor.is_some() && other.writes.iter().any(|(_, it)| self.is_floored(it)))
        {
            return self.merge_floored(other);
        }
        let live = &mut self.live;
        self.writes.join(&other.writes, |ours, theirs| {
            match ours.map(|ours| ours.cmp(theirs)) {
                Some(Ordering::Equal) => return Joined::Both,
                Some(Ordering::Greater) => return Joined::Ours,
                Some(Ordering::Less) | None => {}
            }
            *live += usize::from(theirs.1.is_some());
            *live -= usize::from(ours.is_some_and(|ours| ours.1.is_some()));
            Joined::Theirs
        })
    }

    /// As large as what is held at or below the floor, if that is higher than the other's.
    fn difference(&self, seen: &Self) -> Self {
        if self.floor.is_none() && seen.floor.is_none() {
            let writes = self.writes.difference(&seen.writes, is_later);
            let live = writes.iter().filter(|(_, (_, value))| value.is_some()).count();
            return Self { writes, live, floor: None };
        }
        // The floor alone tells of removes whose tombstones are gone.
        let is_gone = |ours: Option<&Write<V, S>>, theirs: Option<&Write<V, S>>| {
            theirs.is_some_and(|theirs| self.is_floored(theirs) && is_later(theirs, ours))
        };
        let needs_floor = self.floor > seen.floor
            || zip(&self.writes, &seen.writes).any(|(_, ours, theirs)| is_gone(ours, theirs));
        let lacking = self.owned(|key, write| {
            let theirs = seen.writes.get(key);
            (needs_floor && self.is_floored(write))
                || (is_later(write, theirs) && (theirs.is_some() || !seen.is_floored(write)))
        });
        Self::of_ascending(lacking, if needs_floor { self.floor.clone() } else { None })
    }

    fn is_bottom(&self) -> bool {
        self.writes.is_empty() && self.floor.is_none()
    }

    fn includes(&self, other: &Self) -> bool {
        if self.floor.is_some() || other.floor.is_some() {
            return other.difference(self).is_bottom();
        }
        let is_lacking = |ours: Option<&_>, theirs: &_| is_later(theirs, ours);
        self.writes.has_all(&other.writes, is_lacking)
    }
}
