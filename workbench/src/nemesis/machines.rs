/// What can be done to the nodes of a run, by name.
pub trait Machines {
    /// Ends a node at once, as SIGKILL does; says whether it was running.
    fn kill(&self, node: &str) -> bool;

    /// Starts a node that is not running, with its old name and no memory.
    fn start(&self, node: &str);

    /// Stops a node, as SIGSTOP does; says whether it was running, and had answered its `init`.
    fn pause(&self, node: &str) -> bool;

    /// Lets a node that was stopped go on. One that was not, does so anyway.
    fn resume(&self, node: &str);

    /// Puts a node's clock wrong, or right.
    fn skew(&self, node: &str, skew: Skew);
}

/// How wrong a clock is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// By how many nanoseconds it is ahead now; behind, if negative.
    pub ahead: i64,
    /// By how many millionths it is too fast; too slow, if negative.
    pub drift: i32,
}
