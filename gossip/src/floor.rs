use core::time::Duration;

/// The least that rounds can cost.
///
/// With n replicas, one-way delay d and target L, a round may last T = L − 2d: what comes up just after
/// a batch has left waits for the next, and then for two delays. A round is n − 1 pushes, and a batch
/// from each other replica that has something new, which with v values a second over all is so with
/// probability 1 − e^(−vT/n). So a value costs at least (n − 1)(2 − e^(−vT/n)) / vT messages.
///
/// Where messages are late, by up to Λ, T is less. Nothing mends a late push, so its Λ is set aside. For
/// batches there are two ways: to send them by a lead ℓ early, which is set aside as well; or another
/// push, to n − 2, when one is later than that. If a share q of messages is late, by anything up to Λ
/// alike, a batch is with probability q(Λ − ℓ)/Λ, and one of a round's (n − 1)(1 − e^(−vT/n)) is with p;
/// so the floor is the least, over ℓ, of ((n − 1)(2 − e^(−vT/n)) + p(n − 2)) / vT for T = L − 2d − Λ − ℓ.
///
/// ```
/// use std::time::Duration;
/// use glomers_gossip::Floor;
///
/// let ms = Duration::from_millis;
/// let floor = Floor { replicas: 25, values: 50.0, delay: ms(100), target: ms(600) };
/// let price = |share| floor.messages(share, ms(60)).unwrap() / floor.messages(0.0, ms(0)).unwrap();
/// assert!((1.80..1.90).contains(&floor.messages(0.0, ms(0)).unwrap()), "messages a value");
/// assert!((1.15..1.25).contains(&price(0.01)) && (1.25..1.45).contains(&price(0.1)));
/// let tight = Floor { target: ms(200), ..floor };
/// assert_eq!(tight.messages(0.0, ms(0)), None, "no time for rounds");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// How many replicas.
    pub replicas: u32,
    /// How many values come up a second, over all replicas.
    pub values: f64,
    /// How long a message is on its way if it is not late.
    pub delay: Duration,
    /// Within what time a value shall be everywhere.
    pub target: Duration,
}

/// So many leads are tried.
const LEADS: u32 = 60;

impl Floor {
    /// Messages for each value, where this share of the messages is late by up to `late`. None where the
    /// target leaves no time for rounds, or nothing comes up.
    pub fn messages(&self, share: f64, late: Duration) -> Option<f64> {
        let leads = (0..=LEADS).map(|step| late * step / LEADS);
        leads.filter_map(|lead| self.with_lead(share, late, lead)).min_by(f64::total_cmp)
    }

    fn with_lead(&self, share: f64, late: Duration, lead: Duration) -> Option<f64> {
        let period = self.target.checked_sub(self.delay * 2 + late + lead)?.as_secs_f64();
        let others = f64::from(self.replicas.saturating_sub(1));
        let values = self.values * period;
        let silent = (-values / f64::from(self.replicas.max(1))).exp();
        let batches = others * (1.0 - silent);
        let later = if late.is_zero() {
            0.0
        } else {
            share * late.saturating_sub(lead).as_secs_f64() / late.as_secs_f64()
        };
        let again = 1.0 - (1.0 - later).powf(batches);
        let messages = (others + batches + again * (others - 1.0).max(0.0)) / values;
        (messages.is_finite() && messages > 0.0).then_some(messages)
    }
}
