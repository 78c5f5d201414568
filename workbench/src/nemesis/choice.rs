use std::fmt;

use clap::ValueEnum;
use rand::seq::IndexedRandom;

use crate::rng::Rng;

/// One or more things of which a fault draws one each time, all equally likely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<T>(Vec<T>);

impl<T: Copy + PartialEq> Choice<T> {
    /// Each of these once, in the order in which they come; nothing if there are none.
    pub fn of(things: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut different = Vec::new();
        for thing in things {
            if !different.contains(&thing) {
                different.push(thing);
            }
        }
        (!different.is_empty()).then_some(Self(different))
    }

    /// One thing, always.
    pub fn only(thing: T) -> Self {
        Self(vec![thing])
    }

    /// What there is to draw from: never empty, and nothing twice.
    pub fn things(&self) -> &[T] {
        &self.0
    }

    /// One of them.
    pub(super) fn draw(&self, rng: &mut Rng) -> T {
        self.0.choose(rng).copied().unwrap_or(self.0[0])
    }
}

/// As on the command line: `one,minority`.
impl<T: ValueEnum> fmt::Display for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<_> = self.0.iter().filter_map(ValueEnum::to_possible_value).collect();
        let names: Vec<_> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn it_is_never_empty_and_holds_nothing_twice() {
        assert_eq!(Choice::<u8>::of([]), None);
        let choice = Choice::of([3, 1, 3, 2, 1]).unwrap();
        assert_eq!(choice.things(), [3, 1, 2]);
        let mut rng = Rng::seed_from_u64(1);
        let drawn: BTreeSet<_> = (0..100).map(|_| choice.draw(&mut rng)).collect();
        assert_eq!(drawn, BTreeSet::from([1, 2, 3]));
        assert_eq!(Choice::only(7).draw(&mut rng), 7);
    }
}
