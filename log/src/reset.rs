use crate::OutOfRange;

/// What becomes of a poll from an offset whose message is no longer there: Kafka's
/// `auto.offset.reset`.
///
/// Only offsets below the start of the log are concerned. Beyond its end a poll waits for what is
/// to come, whatever is chosen here. (Kafka resets there, too: its logs can lose their end when
/// they lose their leader, and these cannot.)
///
/// ```
/// use glomers_log::Reset;
///
/// // A log that goes from 10 to before 25, asked for what is there and for what is gone.
/// assert_eq!(Reset::Earliest.resolve(12, 10, 25), Ok(12));
/// assert_eq!(Reset::Earliest.resolve(3, 10, 25), Ok(10));
/// assert_eq!(Reset::Latest.resolve(3, 10, 25), Ok(25));
/// assert!(Reset::Error.resolve(3, 10, 25).is_err());
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
    /// It is `from` itself unless that lies below `start`.
    ///
    /// ```
    /// use glomers_log::Reset;
    ///
    /// assert_eq!(Reset::Latest.resolve(30, 10, 25), Ok(30), "beyond the end: not yet there");
    /// assert_eq!(Reset::Latest.resolve(9, 10, 25), Ok(25));
    /// ```
    ///
    /// # Errors
    ///
    /// With [`Reset::Error`], if `from` lies below `start`.
    pub const fn resolve(self, from: u64, start: u64, end: u64) -> Result<u64, OutOfRange> {
        if from >= start {
            return Ok(from);
        }
        match self {
            Self::Error => Err(OutOfRange { offset: from, start, end }),
            Self::Earliest => Ok(start),
            Self::Latest => Ok(end),
        }
    }
}
