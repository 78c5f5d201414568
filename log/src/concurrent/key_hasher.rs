/// How keys are hashed, unless one chooses otherwise with
/// [`OffsetLog::with_hasher`](crate::OffsetLog::with_hasher): foldhash, seeded anew for each log.
///
/// It takes a fifth of the time that the standard library's `SipHash` takes for a short key, which is
/// a good part of what an append takes. Who cannot see the hashes nor the seed cannot well make up
/// keys that collide; but unlike `SipHash` it does not promise that nobody can. Where keys come from
/// those who would, and see how long each call takes, choose `std::hash::RandomState`.
///
/// ```
/// use std::hash::BuildHasher;
/// use glomers_log::KeyHasher;
///
/// let (one, other) = (KeyHasher::default(), KeyHasher::default());
/// assert_eq!(one.hash_one("rye"), one.hash_one("rye"));
/// assert_ne!(one.hash_one("rye"), other.hash_one("rye"));
/// ```
pub type KeyHasher = foldhash::quality::RandomState;
