/// What becomes of a key that two maps have, or only the one there.
pub(crate) enum Joined<V> {
    /// What is here stays, be it nothing, and it is not what is there.
    Ours,
    /// Both are equal.
    Both,
    /// What is there comes here.
    Theirs,
    /// This comes here, and it is neither.
    Another(V),
}

impl<V: Clone> Joined<V> {
    /// The value that comes here, if one does.
    pub(super) fn into_new(self, theirs: &V) -> Option<V> {
        match self {
            Self::Ours | Self::Both => None,
            Self::Theirs => Some(theirs.clone()),
            Self::Another(value) => Some(value),
        }
    }
}
