use std::time::Duration;

/// What can be done to the nodes of a run, by name, and to the machines they run on.
pub trait Machines {
    /// Ends a node at once, as SIGKILL does; tells how it was. It stays down until whoever has ended it
    /// [starts](Self::start) it, and nobody else keeps it down.
    fn kill(&self, node: &str) -> Condition;

    /// Cuts the power of a node's machine, likewise: what its disk has not synced is lost or torn, even if
    /// the node was not running.
    fn cut_power(&self, node: &str) -> Condition;

    /// Starts a node once more that was killed, or whose power was cut: with its old name, what is on its
    /// disk and no memory.
    fn start(&self, node: &str);

    /// Stops a node, as SIGSTOP does; says whether it was running, and had answered its `init`.
    fn pause(&self, node: &str) -> bool;

    /// Lets a node that was stopped go on. One that was not, does so anyway.
    fn resume(&self, node: &str);

    /// Puts a node's clock wrong, or right.
    fn skew(&self, node: &str, skew: Skew);

    /// Lets a node's disk fail in one way from now on, or no longer.
    fn disturb(&self, node: &str, disturbance: Disturbance);

    /// Starts a node once more that has given up since its disk failed, if it has.
    fn revive(&self, node: &str);

    /// Turns a bit on the disk of a node that is down round, and tells which; none, if nothing is there, or
    /// another one is turned round already. Afterwards the node may refuse to start.
    fn flip_bit(&self, node: &str) -> Option<Flip>;

    /// Turns the bit back for the sake of which a node refuses to start, if it does, and starts it. From now
    /// on this is done as soon as one refuses.
    fn restore(&self, node: &str);
}

/// How a node was when it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It ran.
    Running,
    /// It had ended by itself, and should not have.
    Crashed,
    /// Another fault had ended it before.
    Down,
}

/// How wrong a clock is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// By how many nanoseconds it is ahead now; behind, if negative.
    pub ahead: i64,
    /// By how many millionths it is too fast; too slow, if negative.
    pub drift: i32,
}

/// A way in which a disk fails, or does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disturbance {
    /// The probability with which each write fails, and each sync.
    Errors(f64),
    /// How many bytes there is room for beside what is there now; none for as many as there are.
    Room(Option<u64>),
    /// How long a sync takes at most.
    SlowestSync(Duration),
}

/// A bit that was turned round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The file's name.
    pub file: String,
    /// The byte in it.
    pub byte: u64,
}
