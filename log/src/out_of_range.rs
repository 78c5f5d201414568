use std::error::Error;
use std::fmt;

/// The answer to who asks for messages that are no longer there, or never were: what there is instead.
///
/// The log is untouched by it. Who wants to go on asks again from [`start`](Self::start) or from
/// [`end`](Self::end), or says so beforehand with a [`Reset`](crate::Reset); the offsets from
/// [`offset`](Self::offset) up to the one chosen are then skipped.
///
/// ```
/// use glomers_log::{OutOfRange, Reset};
///
/// let error = Reset::Error.resolve(3, 10, 25).unwrap_err();
/// assert_eq!(error, OutOfRange::new(3, 10, 25));
/// assert_eq!(error.to_string(), "offset 3 is no longer there: the log goes from 10 to before 25");
/// let error = OutOfRange::new(30, 10, 25);
/// assert_eq!(error.to_string(), "offset 30 is beyond the end: the log goes from 10 to before 25");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct OutOfRange {
    /// What was asked for.
    pub offset: u64,
    /// The offset of the earliest message that is still there; of the next one, if none is.
    pub start: u64,
    /// The offset that the next message gets: one more than that of the latest.
    pub end: u64,
}

impl OutOfRange {
    /// Of who asked for `offset` where the log goes from `start` to before `end`.
    ///
    /// ```
    /// use glomers_log::OutOfRange;
    ///
    /// assert_eq!(OutOfRange::new(3, 10, 25).start, 10);
    /// ```
    pub const fn new(offset: u64, start: u64, end: u64) -> Self {
        Self { offset, start, end }
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, start, end } = self;
        let why = if offset > end { "beyond the end" } else { "no longer there" };
        write!(f, "offset {offset} is {why}: the log goes from {start} to before {end}")
    }
}

impl Error for OutOfRange {}
