use serde::Serialize;
use serde::de::DeserializeOwned;

/// A slot's content: a tally that only grows.
pub trait Tally: Copy + Default + PartialEq + Serialize + DeserializeOwned + 'static {
    /// What is added at once.
    type Amount: Copy;

    /// The tally with `amount` added, or `None` beyond what it can hold.
    fn plus(self, amount: Self::Amount) -> Option<Self>;

    /// The tally with all that was added to get `other`, or `None` beyond what it can hold.
    fn joined(self, other: Self) -> Option<Self>;

    /// The later of two moments of one tally's life.
    fn later(self, other: Self) -> Self;
}

/// What a grow-only counter's replica has added.
impl Tally for u64 {
    type Amount = u64;

    fn plus(self, amount: u64) -> Option<Self> {
        self.checked_add(amount)
    }

    fn joined(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn later(self, other: Self) -> Self {
        self.max(other)
    }
}

/// What a replica has added and subtracted.
impl Tally for (u64, u64) {
    type Amount = i64;

    fn plus(self, amount: i64) -> Option<Self> {
        let (up, down) = self;
        let size = amount.unsigned_abs();
        Some(if amount < 0 { (up, down.plus(size)?) } else { (up.plus(size)?, down) })
    }

    fn joined(self, other: Self) -> Option<Self> {
        Some((self.0.joined(other.0)?, self.1.joined(other.1)?))
    }

    fn later(self, other: Self) -> Self {
        (self.0.max(other.0), self.1.max(other.1))
    }
}
