/// What faults did to messages, of which a history says nothing: how many there were of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toll {
    /// Lost at random.
    pub lost: u64,
    /// Duplicated at random.
    pub duplicated: u64,
    /// Held up at random.
    pub held_up: u64,
    /// Deliveries that failed because the node was not running.
    pub unheard: u64,
    /// Replies of nodes that were paused, to clients that had gone meanwhile.
    pub excused: u64,
    /// Deliveries that were late because the network stood still.
    pub stalled: u64,
}
