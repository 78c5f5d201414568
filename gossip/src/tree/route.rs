/// A way to a root. The lesser, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Route {
    pub(super) root: u32,
    pub(super) hops: u32,
}
