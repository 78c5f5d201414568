/// When a message counts as acknowledged, as [`Member::is_acknowledged`](crate::Member::is_acknowledged) tells. It is appended in
/// any case, and comes to be visible.
///
/// ```
/// assert_eq!(glomers_log::Acks::default(), glomers_log::Acks::Local);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Acks {
    /// Once the member has it that was asked to append it.
    #[default]
    Local,
    /// Once more than half of the members have it.
    Majority,
    /// Once all have it.
    All,
}
