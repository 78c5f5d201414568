/// Where a delta lies in a journal: ascending in the order in which they were appended.
///
/// ```
/// use glomers_store::Place;
///
/// let (first, second) = (Place { generation: 0, offset: 900 }, Place { generation: 1, offset: 32 });
/// assert!(first < second);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The generation of its file.
    pub generation: u64,
    /// Where in it the record begins.
    pub offset: u64,
}
