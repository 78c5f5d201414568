use std::fmt;

/// How much of a log is kept: the newest messages, up to a number of them, up to a number of
/// bytes, or whichever is reached first; without limits everything.
///
/// The limits are those of one key. The newest message is kept whatever it weighs: so a limit of 0
/// keeps one message, and one that is heavier than all that is allowed stays until the next comes.
///
/// What a message weighs is what the given function says: its length, its size in memory, 1. It is
/// called when a message comes and when it goes, so it should be cheap, and must say the same both
/// times.
///
/// ```
/// use glomers_log::Retention;
///
/// let retention = Retention::forever().messages(1_000).bytes(64 << 20, |text: &String| text.len());
/// assert!(!retention.is_exceeded_by(1_000, 500_000));
/// assert!(retention.is_exceeded_by(1_001, 500_000));
/// assert!(retention.is_exceeded_by(1, 100 << 20));
/// ```
pub struct Retention<V> {
    messages: u64,
    bytes: Option<Bytes<V>>,
}

struct Bytes<V> {
    limit: u64,
    weigh: fn(&V) -> usize,
}

impl<V> Retention<V> {
    /// No limits: everything is kept.
    ///
    /// ```
    /// let retention = glomers_log::Retention::<String>::forever();
    /// assert!(!retention.is_exceeded_by(u64::MAX, u64::MAX));
    /// ```
    pub const fn forever() -> Self {
        Self { messages: u64::MAX, bytes: None }
    }

    /// The newest `limit` messages at most, besides what other limits there are.
    ///
    /// ```
    /// let retention = glomers_log::Retention::<&str>::forever().messages(2);
    /// assert_eq!(retention.kept(["newest", "older", "oldest"].iter()), 2);
    /// ```
    #[must_use]
    pub const fn messages(mut self, limit: u64) -> Self {
        self.messages = limit;
        self
    }

    /// As many of the newest messages as weigh `limit` at most, besides what other limits there
    /// are. `weigh` says what a message weighs: in bytes, or in any other unit that `limit` is in.
    ///
    /// ```
    /// let retention = glomers_log::Retention::forever().bytes(10, |text: &&str| text.len());
    /// assert_eq!(retention.kept(["newest", "old", "older"].iter()), 2);
    /// assert_eq!(retention.kept(["too heavy for it"].iter()), 1, "the newest is always kept");
    /// ```
    #[must_use]
    pub const fn bytes(mut self, limit: u64, weigh: fn(&V) -> usize) -> Self {
        self.bytes = Some(Bytes { limit, weigh });
        self
    }

    /// The limit to the number of messages; `u64::MAX` if there is none.
    ///
    /// ```
    /// assert_eq!(glomers_log::Retention::<u8>::forever().messages(7).message_limit(), 7);
    /// ```
    pub const fn message_limit(&self) -> u64 {
        self.messages
    }

    /// The limit to their weight; `u64::MAX` if there is none.
    ///
    /// ```
    /// assert_eq!(glomers_log::Retention::<u8>::forever().bytes(7, |_| 1).byte_limit(), 7);
    /// ```
    pub const fn byte_limit(&self) -> u64 {
        match &self.bytes {
            Some(bytes) => bytes.limit,
            None => u64::MAX,
        }
    }

    /// What `message` weighs: 0 where there is no limit to the weight. The weigher's complexity.
    ///
    /// ```
    /// use glomers_log::Retention;
    ///
    /// assert_eq!(Retention::forever().bytes(100, |text: &&str| text.len()).weight(&"rye"), 3);
    /// assert_eq!(Retention::forever().weight(&"rye"), 0);
    /// ```
    pub fn weight(&self, message: &V) -> u64 {
        self.bytes.as_ref().map_or(0, |bytes| (bytes.weigh)(message) as u64)
    }

    /// Whether so many messages that weigh so much are more than is to be kept. O(1).
    ///
    /// ```
    /// let retention = glomers_log::Retention::<u8>::forever().messages(7);
    /// assert!(!retention.is_exceeded_by(7, 0));
    /// assert!(retention.is_exceeded_by(8, 0));
    /// ```
    pub const fn is_exceeded_by(&self, messages: u64, weight: u64) -> bool {
        messages > self.messages || weight > self.byte_limit()
    }

    /// How many of these messages, the newest first, are to be kept. O(k) in that number, and no
    /// more are taken from the iterator than one.
    ///
    /// ```
    /// let retention = glomers_log::Retention::<u8>::forever().messages(2);
    /// assert_eq!(retention.kept([3, 2, 1].iter()), 2);
    /// assert_eq!(retention.kept([].iter()), 0);
    /// ```
    pub fn kept<'a>(&self, newest_first: impl IntoIterator<Item = &'a V>) -> u64
    where
        V: 'a,
    {
        let (mut kept, mut weight) = (0_u64, 0_u64);
        for message in newest_first {
            weight = weight.saturating_add(self.weight(message));
            if kept > 0 && self.is_exceeded_by(kept + 1, weight) {
                break;
            }
            kept += 1;
        }
        kept
    }
}

impl<V> Clone for Retention<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Retention<V> {}

impl<V> Clone for Bytes<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Bytes<V> {}

/// [`Retention::forever`].
impl<V> Default for Retention<V> {
    fn default() -> Self {
        Self::forever()
    }
}

impl<V> fmt::Debug for Retention<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retention")
            .field("messages", &self.messages)
            .field("bytes", &self.byte_limit())
            .finish()
    }
}
