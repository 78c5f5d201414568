use super::{Fingerprints, Portion};

/// What two replicas say to each other to find out how their states differ.
///
/// One asks, by [`Whole`](Self::Whole) or [`Sketch`](Self::Sketch), or where messages are bounded
/// [`Told`](Self::Told) or [`Names`](Self::Names), and the other answers by one of the rest. Both directions may go on at a time. Every message may be lost, repeated, late or out
/// of order. What is found to be lacking travels as deltas do.
///
/// States are compared by the fingerprints of their parts (see
/// [`Decompose`](glomers_crdt::Decompose)), of which coded symbols are sent (see
/// [`riblt`](crate::riblt)): Yang, Gilad and Alizadeh, [Practical Rateless Set
/// Reconciliation](https://arxiv.org/abs/2402.02668), SIGCOMM 2024.
///
/// The serialised form (feature `serde`) is a map of one key to a map. Packed bytes are base64
/// without padding in formats for humans.
///
/// | key | meaning | and therein |
/// | --- | --- | --- |
/// | `w` | [`Whole`](Self::Whole) | `n` session, `s` state |
/// | `c` | [`Sketch`](Self::Sketch) | `n` session, `p` portion: bytes |
/// | `m` | [`More`](Self::More) | `n` session, `f` from, `t` up to |
/// | `e` | [`Everything`](Self::Everything) | `n` session |
/// | `p` | [`Wanted`](Self::Wanted) | `n` session, `p` parts: bytes |
/// | `t` | [`Told`](Self::Told) | `n` session |
/// | `a` | [`Names`](Self::Names) | `n` session, `f` from, `t` up to |
/// | `q` | [`Named`](Self::Named) | `n` session, `f` from, `o` of, `p` parts: bytes |
///
/// ```
/// use glomers_crdt::GSet;
/// use glomers_gossip::{Exchange, Fingerprints};
///
/// let parts = Fingerprints::from_iter([7]);
/// let answer: Exchange<GSet<u8>> = Exchange::wanted(3, parts);
/// # #[cfg(feature = "serde")]
/// assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"p":{"n":3,"p":"BwAAAAAAAAA"}}"#);
/// assert_eq!(answer.session(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Exchange<S> {
    /// Here is all I have: it is not worth a comparison, or one has led nowhere.
    #[cfg_attr(feature = "serde", serde(rename = "w"))]
    #[non_exhaustive]
    Whole {
        /// Which comparison this is of those the sender has begun.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
        /// The state.
        #[cfg_attr(feature = "serde", serde(rename = "s"))]
        state: S,
    },
    /// Here are coded symbols of what I have.
    #[cfg_attr(feature = "serde", serde(rename = "c"))]
    #[non_exhaustive]
    Sketch {
        /// Which comparison this is of those the sender has begun.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
        /// The coded symbols.
        #[cfg_attr(feature = "serde", serde(rename = "p"))]
        portion: Portion,
    },
    /// Send me more coded symbols.
    #[cfg_attr(feature = "serde", serde(rename = "m"))]
    #[non_exhaustive]
    More {
        /// Of which comparison of the addressee.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
        /// The first of them.
        #[cfg_attr(feature = "serde", serde(rename = "f"))]
        from: u32,
        /// The one after the last.
        #[cfg_attr(feature = "serde", serde(rename = "t"))]
        up_to: u32,
    },
    /// Send me all you have: to compare would take longer.
    #[cfg_attr(feature = "serde", serde(rename = "e"))]
    #[non_exhaustive]
    Everything {
        /// In which comparison of the addressee.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
    },
    /// The comparison is done. I have sent you what you lack; send me these parts.
    #[cfg_attr(feature = "serde", serde(rename = "p"))]
    #[non_exhaustive]
    Wanted {
        /// Which comparison of the addressee.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
        /// What the sender lacks.
        #[cfg_attr(feature = "serde", serde(rename = "p"))]
        parts: Fingerprints,
    },
    /// All I have, which is too much for one message, has been sent to you in batches since you have asked for
    /// it, and you have acknowledged these.
    #[cfg_attr(feature = "serde", serde(rename = "t"))]
    #[non_exhaustive]
    Told {
        /// Which comparison this is of those the sender has begun.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
    },
    /// Send me further names of what you lack.
    #[cfg_attr(feature = "serde", serde(rename = "a"))]
    #[non_exhaustive]
    Names {
        /// Which comparison this is of those the sender has begun.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
        /// The first of them, in their order.
        #[cfg_attr(feature = "serde", serde(rename = "f"))]
        from: u32,
        /// The one after the last.
        #[cfg_attr(feature = "serde", serde(rename = "t"))]
        up_to: u32,
    },
    /// The comparison is done. These are some of what I lack: all would be too much for one message.
    #[cfg_attr(feature = "serde", serde(rename = "q"))]
    #[non_exhaustive]
    Named {
        /// Which comparison of the addressee.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
        /// The place of the first of them among all.
        #[cfg_attr(feature = "serde", serde(rename = "f"))]
        from: u32,
        /// How many there are in all.
        #[cfg_attr(feature = "serde", serde(rename = "o"))]
        of: u32,
        /// Some of what the sender lacks.
        #[cfg_attr(feature = "serde", serde(rename = "p"))]
        parts: Fingerprints,
    },
}

impl<S> Exchange<S> {
    /// [`Whole`](Self::Whole), in a comparison of the sender.
    ///
    /// ```
    /// use glomers_gossip::Exchange;
    ///
    /// assert!(Exchange::whole(1, "state").asks());
    /// ```
    pub const fn whole(session: u32, state: S) -> Self {
        Self::Whole { session, state }
    }

    /// [`Sketch`](Self::Sketch), in a comparison of the sender.
    ///
    /// ```
    /// use glomers_gossip::{Exchange, Portion};
    ///
    /// let portion = Portion::try_from(vec![16, 0, 0, 0]).unwrap();
    /// assert!(Exchange::<()>::sketch(1, portion).asks());
    /// ```
    pub const fn sketch(session: u32, portion: Portion) -> Self {
        Self::Sketch { session, portion }
    }

    /// [`More`](Self::More), in a comparison of the addressee.
    ///
    /// ```
    /// assert!(!glomers_gossip::Exchange::<()>::more(1, 8, 16).asks());
    /// ```
    pub const fn more(session: u32, from: u32, up_to: u32) -> Self {
        Self::More { session, from, up_to }
    }

    /// [`Everything`](Self::Everything), in a comparison of the addressee.
    ///
    /// ```
    /// assert!(!glomers_gossip::Exchange::<()>::everything(1).asks());
    /// ```
    pub const fn everything(session: u32) -> Self {
        Self::Everything { session }
    }

    /// [`Wanted`](Self::Wanted), in a comparison of the addressee.
    ///
    /// ```
    /// use glomers_gossip::{Exchange, Fingerprints};
    ///
    /// assert!(!Exchange::<()>::wanted(1, Fingerprints::from_iter([7])).asks());
    /// ```
    pub const fn wanted(session: u32, parts: Fingerprints) -> Self {
        Self::Wanted { session, parts }
    }

    /// [`Told`](Self::Told), in a comparison of the sender.
    ///
    /// ```
    /// assert!(glomers_gossip::Exchange::<()>::told(1).asks());
    /// ```
    pub const fn told(session: u32) -> Self {
        Self::Told { session }
    }

    /// [`Names`](Self::Names), in a comparison of the sender.
    ///
    /// ```
    /// assert!(glomers_gossip::Exchange::<()>::names(1, 8, 16).asks());
    /// ```
    pub const fn names(session: u32, from: u32, up_to: u32) -> Self {
        Self::Names { session, from, up_to }
    }

    /// [`Named`](Self::Named), in a comparison of the addressee.
    ///
    /// ```
    /// use glomers_gossip::{Exchange, Fingerprints};
    ///
    /// assert!(!Exchange::<()>::named(1, 0, 9, Fingerprints::from_iter([7])).asks());
    /// ```
    pub const fn named(session: u32, from: u32, of: u32, parts: Fingerprints) -> Self {
        Self::Named { session, from, of, parts }
    }

    /// Which comparison it belongs to, by the count of the one who asks.
    ///
    /// ```
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Exchange;
    ///
    /// assert_eq!(Exchange::<GSet<u8>>::everything(7).session(), 7);
    /// ```
    pub fn session(&self) -> u32 {
        match self {
            Self::Whole { session, .. }
            | Self::Sketch { session, .. }
            | Self::More { session, .. }
            | Self::Everything { session, .. }
            | Self::Wanted { session, .. }
            | Self::Told { session }
            | Self::Names { session, .. }
            | Self::Named { session, .. } => *session,
        }
    }

    /// Whether it is for the addressee's comparison with what the sender has, and not an answer to
    /// the addressee's inquiry.
    ///
    /// ```
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Exchange;
    ///
    /// assert!(Exchange::whole(1, GSet::from_iter([7])).asks());
    /// assert!(!Exchange::<GSet<u8>>::everything(1).asks());
    /// ```
    pub fn asks(&self) -> bool {
        matches!(
            self,
            Self::Whole { .. } | Self::Sketch { .. } | Self::Told { .. } | Self::Names { .. }
        )
    }
}
