/// Which of a sender's counters have been seen: the last 1,024 exactly, and all before as if they had been.
///
/// The anti-replay window of `IPsec` (RFC 4303, section 3.4.3), in constant memory and time.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// The highest counter seen, plus one.
    end: u64,
    /// The counter `c` is the bit `c % BITS`.
    seen: [u64; WORDS],
}

const WORDS: usize = 16;
const BITS: u64 = 64 * WORDS as u64;

impl Window {
    /// Notes a counter; whether it is new.
    pub(super) fn admit(&mut self, counter: u64) -> bool {
        if counter == u64::MAX || counter.saturating_add(BITS) < self.end {
            return false;
        }
        if counter >= self.end {
            let skipped = counter - self.end;
            if skipped >= BITS {
                self.seen = [0; WORDS];
            } else {
                (self.end..counter).for_each(|it| *self.word(it) &= !bit(it));
            }
            self.end = counter + 1;
            *self.word(counter) |= bit(counter);
            return true;
        }
        let word = self.word(counter);
        let is_new = *word & bit(counter) == 0;
        *word |= bit(counter);
        is_new
    }

    fn word(&mut self, counter: u64) -> &mut u64 {
        &mut self.seen[usize::try_from(counter % BITS / 64).unwrap_or_default()]
    }
}

fn bit(counter: u64) -> u64 {
    1 << (counter % 64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn admits_what_a_set_would_but_for_the_very_old(
            steps in prop::collection::vec((0..3_u8, 0..1_500_u64), 1..400),
        ) {
            let (mut window, mut seen, mut top) = (Window::default(), BTreeSet::new(), 0_u64);
            for (kind, distance) in steps {
                let counter = match kind {
                    0 => top + 1,
                    1 => top + distance,
                    _ => top.saturating_sub(distance),
                };
                top = top.max(counter);
                let is_recent = counter + BITS > top;
                let expected = is_recent && seen.insert(counter);
                prop_assert_eq!(window.admit(counter), expected, "{} of {}", counter, top);
            }
        }
    }
}
