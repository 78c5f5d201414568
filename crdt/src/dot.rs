/// One event of one replica: the `counter`-th, counting from 1.
///
/// Almeida, Baquero, Gonçalves, Preguiça, Fonte, [Scalable and Accurate Causality Tracking for
/// Eventually Consistent Stores](https://doi.org/10.1007/978-3-662-43352-2_6), DAIS 2014.
///
/// ```
/// use glomers_crdt::{Dot, VersionVector};
///
/// let seen = VersionVector::from_iter([Dot { replica: 'a', counter: 2 }]);
/// assert!(seen.contains(&Dot { replica: 'a', counter: 1 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dot<R> {
    /// Whose event it is.
    pub replica: R,
    /// Which of its events, from 1.
    pub counter: u64,
}

/// A pair of replica and counter.
#[cfg(feature = "serde")]
mod wire {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Dot;

    impl<R: Serialize> Serialize for Dot<R> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            (&self.replica, self.counter).serialize(serializer)
        }
    }

    /// Refuses a counter of 0: there is no such event.
    impl<'de, R: Deserialize<'de>> Deserialize<'de> for Dot<R> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let (replica, counter) = Deserialize::deserialize(deserializer)?;
            if counter == 0 {
                return Err(D::Error::custom("events count from 1"));
            }
            Ok(Self { replica, counter })
        }
    }
}
