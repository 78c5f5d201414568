use core::fmt;

/// When a write was made, and by whom: a Lamport time, then the replica's name, so that no two
/// writes have the same stamp as long as a replica gives each of its writes another time.
///
/// Lamport, [Time, Clocks, and the Ordering of Events in a Distributed
/// System](https://doi.org/10.1145/359545.359563), CACM 1978. The order is that of the times, and of
/// the names where times are equal. Nothing here reads a clock: the time may be a Lamport time, for
/// which [`after`](Self::after) is there, or whatever the caller's clock says. A write that a replica
/// makes after it saw another has the later stamp with the former; with the latter if clocks agree.
///
/// ```
/// use glomers_crdt::Stamp;
///
/// let theirs = Stamp { time: 7, replica: "b" };
/// let ours = theirs.after("a").unwrap();
/// assert!(ours > theirs);
/// assert_eq!(ours, Stamp { time: 8, replica: "a" });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stamp<R> {
    /// When, by a clock that never shows a replica the same time twice.
    #[cfg_attr(feature = "serde", serde(rename = "t"))]
    pub time: u64,
    /// Whose write it is.
    #[cfg_attr(feature = "serde", serde(rename = "r"))]
    pub replica: R,
}

impl<R> Stamp<R> {
    /// The least stamp of `replica` whose time is later than this one's, or `None` once times are
    /// used up. O(1).
    ///
    /// ```
    /// use glomers_crdt::Stamp;
    ///
    /// let last = Stamp { time: u64::MAX, replica: 'a' };
    /// assert_eq!(last.after('b'), None);
    /// ```
    pub fn after(&self, replica: R) -> Option<Self> {
        Some(Self { time: self.time.checked_add(1)?, replica })
    }
}

/// A write's stamp is not later than what is held. Nothing has changed.
///
/// The last writer wins, and this one is not the last: merged in, it would be lost without a sign.
/// Take a stamp after those held, or drop the write if that is meant.
///
/// ```
/// use glomers_crdt::{LwwRegister, StaleStamp};
///
/// let mut register = LwwRegister::default();
/// register.set("oat", 2)?;
/// assert_eq!(register.set("rye", 1), Err(StaleStamp));
/// # Ok::<(), StaleStamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleStamp;

impl fmt::Display for StaleStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stamp is not later than what is held; nothing was written")
    }
}

impl core::error::Error for StaleStamp {}
