use crate::Exchange;

#[cfg(all(test, feature = "serde"))]
mod tests;
#[cfg(feature = "serde")]
mod wire;

/// What one replica sends another: a batch of deltas, an acknowledgement, or both.
///
/// The serialised form (feature `serde`) is a map with short keys in formats for humans, from which absent
/// parts are left out:
///
/// | key | bit | meaning |
/// | --- | --: | --- |
/// | `e` | | [`epoch`](Message::epoch) |
/// | `u` | 1 | [`urgent`](Message::urgent) |
/// | `a` | 2 | [`ack`](Message::ack): `[epoch, seq, milliseconds held]` |
/// | `b` | 4 | [`batch`](Message::batch): `[follows, seq, age, delta]` |
/// | `s` | 8 | [`exchange`](Message::exchange) |
/// | `p` | 16 | [`beat`](Message::beat): `[period, milliseconds since, lead, clock]` |
/// | `d` | 32 | [`due`](Message::due): `[clock, milliseconds late]` |
/// | `t` | 64 | [`standing`](Message::standing): `[root, hops, tie, version]` |
/// | `l` | 128 | [`left`](Message::left) |
/// | `i` | 256 | [`beyond`](Message::beyond): `[[follows, seq], …]` |
///
/// In all other formats, such as postcard's, which need not describe themselves, it is a tuple: the epoch, the
/// sum of the bits of what there is as 16 bits, and that in the order of the table. A bit that is not in the
/// table is refused.
///
/// ```
/// use glomers_crdt::GSet;
/// use glomers_gossip::{Ack, Batch, Message};
///
/// let mut message = Message::new(7);
/// message.ack = Some(Ack::new(9, 3, 40));
/// let mut batch = Batch::new(0, 1, GSet::from_iter([5]));
/// batch.age = 90;
/// message.batch = Some(batch);
/// # #[cfg(feature = "serde")]
/// assert_eq!(
///     serde_json::to_string(&message).unwrap(),
///     r#"{"e":7,"a":[9,3,40],"b":[0,1,90,[5]]}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message<S> {
    /// Which life of the sender it comes from.
    pub epoch: u64,
    /// What the sender has received from the addressee.
    pub ack: Option<Ack>,
    /// What the addressee may lack.
    pub batch: Option<Batch<S>>,
    /// Whether an acknowledgement is asked for at once.
    pub urgent: bool,
    /// A part of the comparison of two states.
    pub exchange: Option<Exchange<S>>,
    /// The sender's rounds, for those who time their batches by them.
    pub beat: Option<Beat>,
    /// When the batch should come to the hub that is addressed.
    pub due: Option<Due>,
    /// Where the sender stands in the tree of hubs, if that is not as planned.
    pub standing: Option<Standing>,
    /// If the batch is of something too large for one message: how many such are left to be sent, this one not
    /// counted.
    pub left: Option<u32>,
    /// Batches of the addressee that have come beyond a gap: each time the number of the one that is followed,
    /// and that of the last one of those that follow. It is told to whom sends something in several messages.
    pub beyond: Vec<(u64, u64)>,
}

impl<S> Message<S> {
    /// A message from a sender in this life, which says nothing yet.
    ///
    /// ```
    /// use glomers_crdt::GSet;
    /// use glomers_gossip::Message;
    ///
    /// let mut message: Message<GSet<u8>> = Message::new(7);
    /// message.urgent = true;
    /// assert!(message.batch.is_none() && message.ack.is_none());
    /// ```
    pub const fn new(epoch: u64) -> Self {
        let (ack, batch, exchange, beat, due) = (None, None, None, None, None);
        let (urgent, standing, left) = (false, None, None);
        let beyond = Vec::new();
        Self { epoch, ack, batch, urgent, exchange, beat, due, standing, left, beyond }
    }
}

impl<S> Message<S> {
    /// The same, but for what concerns the state.
    pub(crate) fn around(&self) -> Self {
        let Self { epoch, ack, urgent, beat, due, standing, left, .. } = *self;
        let beyond = self.beyond.clone();
        Self { ack, urgent, beat, due, standing, left, beyond, ..Self::new(epoch) }
    }
}

/// How a hub's rounds lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "(u32, u32, u32, u64)", from = "(u32, u32, u32, u64)"))]
#[non_exhaustive]
pub struct Beat {
    /// How many milliseconds lie between two rounds; 0 if the cluster does without rounds.
    pub period: u32,
    /// How many milliseconds ago the last round was, in which the hub passed on what it had.
    pub since: u32,
    /// How many milliseconds before a round batches shall be there.
    pub lead: u32,
    /// When this was sent, in milliseconds by the sender's own clock. By it the addressee learns how the
    /// two clocks differ, the way of a message included, and so which messages are late.
    pub clock: u64,
}

/// When a batch should come, by what its sender knows of the addressee, which is its hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "(u64, u32)", from = "(u64, u32)"))]
#[non_exhaustive]
pub struct Due {
    /// In milliseconds by the addressee's clock, if it takes as long as most do.
    pub at: u64,
    /// By how many milliseconds the latest of the hub's messages was later than most, since that was
    /// last told.
    pub late: u32,
}

/// Where a replica stands in the tree of hubs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "(u32, u32, Tie, u32)", from = "(u32, u32, Tie, u32)"))]
#[non_exhaustive]
pub struct Standing {
    /// The rank of the hub that it reaches at the tree's top.
    pub root: u32,
    /// Over so many others.
    pub hops: u32,
    /// What the addressee is to it.
    pub tie: Tie,
    /// Rises whenever its place changes, so that a message that was overtaken can be told.
    pub version: u32,
}

/// What one replica is to another in the tree of hubs. Serialised as a number: 0 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "u8", try_from = "u8"))]
#[non_exhaustive]
pub enum Tie {
    /// The addressee is the sender's hub.
    Parent,
    /// The sender is the addressee's hub.
    Child,
    /// Neither.
    Neither,
    /// Neither, and the sender looks for a hub: where does the addressee stand?
    Asks,
    /// The sender cannot be the addressee's hub: it has enough to do.
    Refuses,
}

/// A cumulative acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "(u64, u64, u32)", from = "(u64, u64, u32)"))]
#[non_exhaustive]
pub struct Ack {
    /// The epoch of the replica whose batches these were.
    pub epoch: u64,
    /// Every batch up to this one has been received.
    pub seq: u64,
    /// For how many milliseconds that batch has lain waiting for this answer. What is left of the
    /// time since it was sent is the round trip; and a batch to a hub would have come just in time
    /// for the hub's round if it had been sent so much later.
    pub held: u32,
}

/// A numbered delta.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "(u64, u64, u32, S)"))]
#[non_exhaustive]
pub struct Batch<S> {
    /// With every batch up to this one and this batch, one has every batch up to `seq`.
    pub follows: u64,
    /// The batch's own number, greater than `follows`.
    pub seq: u64,
    /// For how many milliseconds the oldest of what the delta tells for the first time has been under way:
    /// since it came up, as far as that is known. What goes along once more, for it may be on its way
    /// still, is older.
    pub age: u32,
    /// The delta.
    pub delta: S,
}

impl Beat {
    /// Of rounds so many milliseconds apart, the last of which was so many ago; batches need not be there
    /// ahead of them, and the sender's clock stands at zero.
    ///
    /// ```
    /// assert_eq!(glomers_gossip::Beat::new(400, 30).since, 30);
    /// ```
    pub const fn new(period: u32, since: u32) -> Self {
        Self { period, since, lead: 0, clock: 0 }
    }
}

impl Due {
    /// Of a batch that should come at this time, while the hub's messages were late by so much at most.
    ///
    /// ```
    /// assert_eq!(glomers_gossip::Due::new(90_000, 5).late, 5);
    /// ```
    pub const fn new(at: u64, late: u32) -> Self {
        Self { at, late }
    }
}

impl Standing {
    /// Of who reaches the root over so many others, to whom the addressee is that.
    ///
    /// ```
    /// use glomers_gossip::{Standing, Tie};
    ///
    /// assert_eq!(Standing::new(0, 1, Tie::Parent, 3).hops, 1);
    /// ```
    pub const fn new(root: u32, hops: u32, tie: Tie, version: u32) -> Self {
        Self { root, hops, tie, version }
    }
}

impl Ack {
    /// Of every batch up to this one, which has lain waiting for so many milliseconds.
    ///
    /// ```
    /// assert_eq!(glomers_gossip::Ack::new(9, 3, 40).held, 40);
    /// ```
    pub const fn new(epoch: u64, seq: u64, held: u32) -> Self {
        Self { epoch, seq, held }
    }
}

impl<S> Batch<S> {
    /// The delta of this number, for who has every batch up to the one that it follows. What it tells has
    /// only just come up.
    ///
    /// ```
    /// assert_eq!(glomers_gossip::Batch::new(0, 1, "delta").seq, 1);
    /// ```
    pub const fn new(follows: u64, seq: u64, delta: S) -> Self {
        Self { follows, seq, age: 0, delta }
    }
}

#[cfg(feature = "serde")]
impl<S: serde::Serialize> serde::Serialize for Batch<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        (self.follows, self.seq, self.age, &self.delta).serialize(serializer)
    }
}

impl From<(u64, u64, u32)> for Ack {
    fn from((epoch, seq, held): (u64, u64, u32)) -> Self {
        Self::new(epoch, seq, held)
    }
}

impl From<Ack> for (u64, u64, u32) {
    fn from(ack: Ack) -> Self {
        (ack.epoch, ack.seq, ack.held)
    }
}

impl<S> From<(u64, u64, u32, S)> for Batch<S> {
    fn from((follows, seq, age, delta): (u64, u64, u32, S)) -> Self {
        Self { age, ..Self::new(follows, seq, delta) }
    }
}

impl From<(u32, u32, u32, u64)> for Beat {
    fn from((period, since, lead, clock): (u32, u32, u32, u64)) -> Self {
        Self { lead, clock, ..Self::new(period, since) }
    }
}

impl From<Beat> for (u32, u32, u32, u64) {
    fn from(beat: Beat) -> Self {
        (beat.period, beat.since, beat.lead, beat.clock)
    }
}

impl From<(u64, u32)> for Due {
    fn from((at, late): (u64, u32)) -> Self {
        Self { at, late }
    }
}

impl From<Due> for (u64, u32) {
    fn from(due: Due) -> Self {
        (due.at, due.late)
    }
}

impl From<(u32, u32, Tie, u32)> for Standing {
    fn from((root, hops, tie, version): (u32, u32, Tie, u32)) -> Self {
        Self::new(root, hops, tie, version)
    }
}

impl From<Standing> for (u32, u32, Tie, u32) {
    fn from(standing: Standing) -> Self {
        (standing.root, standing.hops, standing.tie, standing.version)
    }
}

impl From<Tie> for u8 {
    fn from(tie: Tie) -> Self {
        match tie {
            Tie::Parent => 0,
            Tie::Child => 1,
            Tie::Neither => 2,
            Tie::Asks => 3,
            Tie::Refuses => 4,
        }
    }
}

impl TryFrom<u8> for Tie {
    type Error = String;

    fn try_from(code: u8) -> Result<Self, String> {
        [Self::Parent, Self::Child, Self::Neither, Self::Asks, Self::Refuses]
            .into_iter()
            .nth(code.into())
            .ok_or_else(|| format!("a tie is a number from 0 to 4, not {code}"))
    }
}
