use super::{Fingerprints, Portion};

/// What two replicas say to each other to find out how their states differ.
///
/// One asks, by [`Whole`](Self::Whole) or [`Sketch`](Self::Sketch), and the other answers by one of
/// the rest. Both directions may go on at a time. Every message may be lost, repeated, late or out
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
///
/// ```
/// use glomers_crdt::GSet;
/// use glomers_gossip::{Exchange, Fingerprints};
///
/// let parts = Fingerprints::from_iter([7]);
/// let answer: Exchange<GSet<u8>> = Exchange::Wanted { session: 3, parts };
/// # #[cfg(feature = "serde")]
/// assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"p":{"n":3,"p":"BwAAAAAAAAA"}}"#);
/// assert_eq!(answer.session(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Exchange<S> {
    /// Here is all I have: it is not worth a comparison, or one has led nowhere.
    #[cfg_attr(feature = "serde", serde(rename = "w"))]
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
    Everything {
        /// In which comparison of the addressee.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
    },
    /// The comparison is done. I have sent you what you lack; send me these parts.
    #[cfg_attr(feature = "serde", serde(rename = "p"))]
    Wanted {
        /// Which comparison of the addressee.
        #[cfg_attr(feature = "serde", serde(rename = "n"))]
        session: u32,
        /// What the sender lacks.
        #[cfg_attr(feature = "serde", serde(rename = "p"))]
        parts: Fingerprints,
    },
}

impl<S> Exchange<S> {
    /// Which comparison it belongs to, by the count of the one who asks.
    ///
    /// ```
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Exchange;
    ///
    /// assert_eq!(Exchange::<GSet<u8>>::Everything { session: 7 }.session(), 7);
    /// ```
    pub fn session(&self) -> u32 {
        match self {
            Self::Whole { session, .. }
            | Self::Sketch { session, .. }
            | Self::More { session, .. }
            | Self::Everything { session }
            | Self::Wanted { session, .. } => *session,
        }
    }

    /// Whether it is for the addressee's comparison with what the sender has, and not an answer to
    /// the addressee's inquiry.
    ///
    /// ```
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Exchange;
    ///
    /// assert!(Exchange::Whole { session: 1, state: GSet::from_iter([7]) }.asks());
    /// assert!(!Exchange::<GSet<u8>>::Everything { session: 1 }.asks());
    /// ```
    pub fn asks(&self) -> bool {
        matches!(self, Self::Whole { .. } | Self::Sketch { .. })
    }
}
