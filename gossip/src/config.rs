use core::num::{NonZeroU32, NonZeroUsize};
use core::time::Duration;

/// The times by which a [`Replica`](crate::Replica) works. The defaults suit networks with one-way
/// delays up to some 300 ms; beyond that they are right still, and some things are sent twice until
/// the delays are learned.
///
/// ```
/// use std::time::Duration;
/// use glomers_gossip::Config;
///
/// let thrifty = Config::default().latency_target(Duration::from_secs(2)).hold(Duration::ZERO);
/// assert!(thrifty.latency_target > Config::default().latency_target);
/// ```
///
/// With the feature `serde` it is read and written as a map of its fields. Those that are left out are the
/// default's; a field that there is not is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// How long nothing is sent at first, unless [`open`](crate::Replica::open) is called or a peer
    /// is heard from. For networks on which peers appear one after another, and a message to one
    /// that is not there yet does harm. Zero is fine elsewhere. Default: 1 s.
    pub hold: Duration,
    /// Within what time a value shall reach everyone, if [`join`](crate::Replica::join) chooses the
    /// links: the one knob by which latency is traded for messages. Default: 600 ms.
    ///
    /// It is a promise, where it leaves a hub's rounds time beyond two delays, after some rounds in
    /// which the weather has been seen. With 25 replicas, a delay of 100 ms, 50 values a second and a
    /// target of 600 ms (`GLOMERS_SEEDS=100 cargo test --release -p glomers-gossip --test it promise -- --nocapture`,
    /// which holds it to other targets, too):
    ///
    /// | weather | values in time | the last, beyond the target | messages |
    /// | --- | --: | --: | --: |
    /// | steady | all | – | 1 |
    /// | 1 message in 100 late, by up to 60 ms | 99.95 % | 42 ms | 1.14 |
    /// | 1 in 10, by up to 60 ms | all | – | 1.32 |
    /// | all deliveries stand still for up to 40 ms, every half second | 99.98 % | 14 ms | 1.02 |
    /// | no two take the same time: 0 to 200 ms | 99.7 % | 108 ms | 2.2 |
    /// | exponential delays of 100 ms on average | 70 % | 1.2 s | 2.9 |
    ///
    /// Messages are a multiple of what steady weather costs. Tighter targets leave less to set aside: where
    /// 1 message in 100 is late, 300 ms are kept for 95 % of values, and the last take 114 ms more; where 1 in
    /// 10 is, for 67 %, and 123 ms. A partition, or a replica that has stopped, is no weather. What takes
    /// longer is told by [`Replica::overdue`](crate::Replica::overdue).
    pub latency_target: Duration,
    /// Whether a value has its effect only once everyone has answered it, as a message of a
    /// replicated log has that is shown when nobody can put one before it. Then there are always
    /// rounds, and a round is no shorter than a round trip: the answer to one push is in time for
    /// the next. Default: false.
    pub is_answered: bool,
    /// The one-way delay to reckon with until it has been measured. Default: 100 ms.
    pub assumed_delay: Duration,
    /// How long an acknowledgement waits for a batch to ride on before it is sent alone. Longer
    /// saves messages, and makes a loss go unnoticed for longer. Default: 3 s.
    pub ack_delay: Duration,
    /// How much longer than an acknowledgement may wait is waited for it before a batch is sent
    /// again, until round trips have been measured. Default: 500 ms.
    pub retry: Duration,
    /// The greatest time that is ever waited for an answer that is due, whatever round trips were
    /// measured, and so the greatest time between two probes of a peer that does not answer: about
    /// how long the end of a partition goes unnoticed. A network whose round trips take longer is
    /// served as well, but much is sent twice there, and the replicas do not come to rest. Default: 3 s.
    pub retry_max: Duration,
    /// To how many others a hub passes things on at most, if [`join`](crate::Replica::join) chooses
    /// the links. Where there are more, hubs form a tree; each of its storeys costs a value two
    /// delays more. Default: 64.
    pub fan_out: NonZeroU32,
    /// How large a message may be at most: in bytes, or whatever
    /// [`measure_by`](crate::Replica::measure_by) counts, and otherwise in parts of the state, coded
    /// symbols and names of parts. What is larger is split, and acknowledged piece by piece; a single part that is
    /// too large is not sent, and told by [`Event::PartTooLarge`](crate::Event::PartTooLarge). What is smaller is
    /// sent as without a bound. For networks that drop or refuse what is larger: 1,200 bytes suit UDP
    /// (RFC 9000, section 14), and a message bus has a bound of its own. Below some 500 bytes most of a
    /// message is not the state. Default: none.
    pub max_message: Option<NonZeroUsize>,
}

macro_rules! setters {
    ($($name:ident: $type:ty,)+) => {
        impl Config {
            $(
                #[doc = concat!("The same, but for [`", stringify!($name), "`](field@Self::", stringify!($name), ").")]
                #[must_use]
                pub const fn $name(mut self, $name: $type) -> Self {
                    self.$name = $name;
                    self
                }
            )+
        }
    };
}

setters! {
    hold: Duration,
    latency_target: Duration,
    is_answered: bool,
    assumed_delay: Duration,
    ack_delay: Duration,
    retry: Duration,
    retry_max: Duration,
    fan_out: NonZeroU32,
    max_message: Option<NonZeroUsize>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(1),
            latency_target: Duration::from_millis(600),
            is_answered: false,
            assumed_delay: Duration::from_millis(100),
            ack_delay: Duration::from_secs(3),
            retry: Duration::from_millis(500),
            retry_max: Duration::from_secs(3),
            fan_out: NonZeroU32::MIN.saturating_add(63),
            max_message: None,
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default() {
        assert_eq!(serde_json::from_str::<Config>("{}").unwrap(), Config::default());
        let told = r#"{"latency_target":{"secs":2,"nanos":0},"fan_out":7}"#;
        let config: Config = serde_json::from_str(told).unwrap();
        let fan_out = NonZeroU32::new(7).unwrap();
        assert_eq!(
            config,
            Config::default().latency_target(Duration::from_secs(2)).fan_out(fan_out)
        );
        let all = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&all).unwrap(), config);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for told in
            [r#"{"latencytarget":{"secs":2,"nanos":0}}"#, r#"{"fan_out":0}"#, r#"{"hold":-1}"#]
        {
            assert!(serde_json::from_str::<Config>(told).is_err(), "{told}");
        }
    }
}
