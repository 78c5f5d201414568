/// A node that ended before it was told to, or did not come back as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Which.
    pub node: String,
    /// How it ended.
    pub status: String,
    /// The end of its log.
    pub log: String,
}
