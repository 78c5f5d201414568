//! The greatest and the least.

use glomers_crdt::{Lexicographic, LwwRegister, Max, Min, laws};

use crate::suite::*;

suite!(of_max, Max<u8>, 0..5_u8, |max: &mut Max<u8>, _, value: &u8| max.raise(*value));
suite!(of_min, Min<u8>, 0..5_u8, |min: &mut Min<u8>, _, value: &u8| min.lower(*value));

proptest! {
    #[test]
    fn they_are_what_the_standard_library_says(values: Vec<u8>) {
        let (mut max, mut min) = (Max::default(), Min::default());
        for value in &values {
            max.raise(*value);
            min.lower(*value);
        }
        prop_assert_eq!((max.get(), min.get()), (values.iter().max(), values.iter().min()));
    }

    #[test]
    fn chains_are_ordered(
        a: (Option<u8>, bool, u8, u64),
        b: (Option<u8>, bool, u8, u64),
    ) {
        let states = [a, b].map(|(value, flag, written, stamp)| {
            let mut register = LwwRegister::default();
            register.set(written % 2, stamp % 2).unwrap();
            let first = value.map_or(Max::default(), |value| Max::of(value % 3));
            Some(Lexicographic { first, second: Lexicographic { first: register, second: flag } })
        });
        laws::check_chain(&states[0], &states[1])?;
    }
}
