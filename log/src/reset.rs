use crate::OutOfRange;

/// What becomes of a poll from an offset that the log does not have: Kafka's `auto.offset.reset`.
///
/// That is an offset below the start, whose message is dropped, or one beyond the end, whose message there
/// never was: somebody has committed too far, or the log has lost its end. The end itself is neither: the
/// next message will be there. A group that is reset from beyond the end has its commit lowered, so that it
/// goes on from there.
///
/// In a [`ReplicatedLog`](crate::ReplicatedLog) nobody can tell what is beyond the end from what has not
/// arrived yet, so there a [poll](crate::Member::poll) is reset from below the start only.
///
/// ```
/// use glomers_log::Reset;
///
/// // A log that goes from 10 to before 25, asked for what is there and for what is not.
/// assert_eq!(Reset::Earliest.resolve(12, 10, 25), Ok(12));
/// for offset in [3, 30] {
///     assert_eq!(Reset::Earliest.resolve(offset, 10, 25), Ok(10));
///     assert_eq!(Reset::Latest.resolve(offset, 10, 25), Ok(25));
///     assert!(Reset::Error.resolve(offset, 10, 25).is_err());
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reset {
    /// The poll fails, and says where the log starts and ends. For those who must not miss a
    /// message without noticing; Kafka's `none`.
    #[default]
    Error,
    /// The poll goes on at the earliest message that is still there. For those who want as much
    /// as they can get.
    Earliest,
    /// The poll goes on at the end, with what is appended from now on. For those who want only
    /// what is new; it skips messages that are there.
    Latest,
}

impl Reset {
    /// Where a poll from the offset `from` begins in a log whose earliest message has the offset
    /// `start` and whose next one gets `end`. O(1).
    ///
    /// It is `from` itself unless that lies below `start` or beyond `end`.
    ///
    /// ```
    /// use glomers_log::Reset;
    ///
    /// assert_eq!(Reset::Earliest.resolve(25, 10, 25), Ok(25), "the next message will be there");
    /// assert_eq!(Reset::Earliest.resolve(26, 10, 25), Ok(10));
    /// assert_eq!(Reset::Latest.resolve(9, 10, 25), Ok(25));
    /// ```
    ///
    /// # Errors
    ///
    /// With [`Reset::Error`], if `from` lies below `start` or beyond `end`.
    pub const fn resolve(self, from: u64, start: u64, end: u64) -> Result<u64, OutOfRange> {
        if from <= end {
            return self.resolve_start(from, start, end);
        }
        self.apply(from, start, end)
    }

    /// The same where what is beyond the end may come yet.
    pub(crate) const fn resolve_start(
        self,
        from: u64,
        start: u64,
        end: u64,
    ) -> Result<u64, OutOfRange> {
        if from >= start {
            return Ok(from);
        }
        self.apply(from, start, end)
    }

    const fn apply(self, from: u64, start: u64, end: u64) -> Result<u64, OutOfRange> {
        match self {
            Self::Error => Err(OutOfRange { offset: from, start, end }),
            Self::Earliest => Ok(start),
            Self::Latest => Ok(end),
        }
    }
}
