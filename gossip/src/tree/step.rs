/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// `to` is the parent now. What was owed to the last one is owed to it.
    Adopt { to: u32, last: Option<u32> },
    /// This one is no parent of ours any more, or no child.
    Leave(u32),
    /// This one is a child now.
    Take(u32),
    /// Tell it where we stand.
    Say(u32),
    /// Ask it where it stands.
    Ask(u32),
    /// There is no room for it.
    Refuse(u32),
    /// Make sure that the parent is up.
    Verify(u32),
    /// We are a root now, with rounds of our own.
    Rise,
}
