/// What has happened that the program around a replica should know of, beside what the state says.
///
/// Told by [`Replica::poll_event`](crate::Replica::poll_event).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event<P> {
    /// The epoch has been another life's: `peer` acknowledges a batch that this life has not sent. Most
    /// likely the state and the epoch were restored from a backup.
    ///
    /// The replica goes on under another epoch, and finds out anew with all its peers how their states
    /// differ. What the former life told its peers comes back from them. But **names that count what they
    /// do, as a counter's or a set's replica does, must not be used again** for a state that was restored
    /// from a backup: what they count for the second time is taken to be known.
    EpochReused {
        /// Who acknowledges.
        peer: P,
        /// The epoch that came twice.
        former: u64,
        /// The one from now on: keep it where the former was kept.
        epoch: u64,
    },
    /// A part of the state fits into no message of [`Config::max_message`](crate::Config::max_message): it is not
    /// sent to anyone, and the peers lack it until they hear of something that includes it. All else goes
    /// on. It is told once; [`Replica::too_large`](crate::Replica::too_large) is the state of all these parts.
    PartTooLarge {
        /// To whom it was to be sent first.
        peer: P,
        /// The size of a message with this part alone, and little else.
        size: usize,
    },
}
