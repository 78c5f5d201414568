//! Every public type that serialises comes back from formats of all kinds: one for humans, one that does not
//! describe itself, and one that does and is not for humans.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::time::Duration;

use glomers_crdt::{GMap, GSet, MaxMap, OrSet};
use glomers_gossip::riblt::{Encoder, Key};
use glomers_gossip::{
    Ack, Batch, Beat, Config, Due, Exchange, Fingerprints, Members, Message, Portion, Standing, Tie,
};
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(sent: &T) {
    let json = serde_json::to_string(sent).unwrap();
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *sent, "{json}");
    let bytes = postcard::to_allocvec(sent).unwrap();
    let (back, rest) = postcard::take_from_bytes::<T>(&bytes).unwrap();
    assert_eq!(&back, sent, "{bytes:?}");
    assert!(rest.is_empty(), "{bytes:?}");
    let mut bytes = Vec::new();
    ciborium::into_writer(sent, &mut bytes).unwrap();
    assert_eq!(ciborium::from_reader::<T, _>(&*bytes).unwrap(), *sent, "{bytes:?}");
}

fn ack() -> impl Strategy<Value = Ack> {
    any::<(u64, u64, u32)>().prop_map(Ack::from)
}

fn beat() -> impl Strategy<Value = Beat> {
    any::<(u32, u32, u32, u64)>().prop_map(Beat::from)
}

fn due() -> impl Strategy<Value = Due> {
    any::<(u64, u32)>().prop_map(Due::from)
}

fn tie() -> impl Strategy<Value = Tie> {
    (0_u8..5).prop_map(|code| Tie::try_from(code).unwrap())
}

fn standing() -> impl Strategy<Value = Standing> {
    (any::<u32>(), any::<u32>(), tie(), any::<u32>()).prop_map(Standing::from)
}

fn batch<S: Debug>(state: impl Strategy<Value = S>) -> impl Strategy<Value = Batch<S>> {
    (any::<u64>(), any::<u64>(), any::<u32>(), state).prop_map(Batch::from)
}

fn portion() -> impl Strategy<Value = Portion> {
    (any::<(u64, u64)>(), 0_u64..500, 0_usize..400, 0_usize..700).prop_map(
        |((low, high), items, from, len)| {
            let items = (0..items).map(|item| u128::from(item) << 64 | u128::from(low ^ item));
            let bytes = Encoder::new(Key::new(low, high), items).encode_batch(from..from + len);
            Portion::try_from(bytes).unwrap()
        },
    )
}

fn fingerprints() -> impl Strategy<Value = Fingerprints> {
    prop::collection::vec(any::<u64>(), 0..700).prop_map(Fingerprints::from_iter)
}

fn exchange<S: Debug>(state: impl Strategy<Value = S>) -> impl Strategy<Value = Exchange<S>> {
    prop_oneof![
        (any::<u32>(), state).prop_map(|(session, state)| Exchange::whole(session, state)),
        (any::<u32>(), portion()).prop_map(|(session, it)| Exchange::sketch(session, it)),
        any::<(u32, u32, u32)>().prop_map(|(session, from, to)| Exchange::more(session, from, to)),
        any::<u32>().prop_map(Exchange::everything),
        (any::<u32>(), fingerprints()).prop_map(|(session, it)| Exchange::wanted(session, it)),
    ]
}

fn message<S: Debug + Clone>(
    state: impl Strategy<Value = S> + Clone,
) -> impl Strategy<Value = Message<S>> {
    let what = (option::of(ack()), option::of(batch(state.clone())), option::of(exchange(state)));
    let when = (option::of(beat()), option::of(due()), option::of(standing()));
    (any::<(u64, bool)>(), what, when).prop_map(
        |((epoch, urgent), (ack, batch, exchange), (beat, due, standing))| {
            let mut message = Message::new(epoch);
            (message.ack, message.batch, message.exchange) = (ack, batch, exchange);
            (message.beat, message.due, message.standing) = (beat, due, standing);
            message.urgent = urgent;
            message
        },
    )
}

fn config() -> impl Strategy<Value = Config> {
    (any::<(u32, u32, u32)>(), 1_u32.., any::<bool>()).prop_map(|((hold, target, ack), fan, is)| {
        Config::default()
            .hold(Duration::from_millis(hold.into()))
            .latency_target(Duration::from_nanos(target.into()))
            .ack_delay(Duration::from_secs(ack.into()))
            .is_answered(is)
            .fan_out(NonZeroU32::new(fan).unwrap())
    })
}

fn set() -> impl Strategy<Value = GSet<u64>> + Clone {
    prop::collection::vec(any::<u64>(), 0..30).prop_map(GSet::from_iter)
}

fn composed() -> impl Strategy<Value = (GMap<String, MaxMap<u8, i64>>, OrSet<u8, char>)> + Clone {
    prop::collection::vec(("[a-c]{0,3}", any::<(u8, i64, char)>()), 0..9).prop_map(|entries| {
        let (mut map, mut set) = (GMap::default(), OrSet::default());
        for (key, (who, number, what)) in entries {
            map.update(key, |it: &mut MaxMap<u8, i64>| it.insert(who, number));
            set.insert(what, who).unwrap();
        }
        (map, set)
    })
}

proptest! {
    #[test]
    fn what_stands_by_itself_comes_back(
        ack in ack(),
        beat in beat(),
        due in due(),
        standing in standing(),
        tie in tie(),
        config in config(),
        members in prop::collection::vec("[a-z]{0,4}", 0..9).prop_map(Members::from),
    ) {
        comes_back(&ack);
        comes_back(&beat);
        comes_back(&due);
        comes_back(&standing);
        comes_back(&tie);
        comes_back(&config);
        comes_back(&members);
    }

    #[test]
    fn what_a_comparison_says_comes_back(
        portion in portion(),
        fingerprints in fingerprints(),
        exchange in exchange(set()),
        batch in batch(composed()),
    ) {
        comes_back(&portion);
        comes_back(&fingerprints);
        comes_back(&exchange);
        comes_back(&batch);
    }

    #[test]
    fn a_message_comes_back(plain in message(set()), composed in message(composed())) {
        comes_back(&plain);
        comes_back(&composed);
    }

    /// What is not a message, or none that we know of, is refused or as good as another.
    #[test]
    fn a_mangled_message_is_refused_or_is_one(
        sent in message(set()),
        at in any::<prop::sample::Index>(),
        with: u8,
        is_cut: bool,
    ) {
        let mut bytes = postcard::to_allocvec(&sent).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = with;
        bytes.truncate(if is_cut { at + 1 } else { bytes.len() });
        if let Ok(mangled) = postcard::from_bytes::<Message<GSet<u64>>>(&bytes) {
            comes_back(&mangled);
        }
    }
}

/// The compact form is a promise, as the one for humans is.
#[test]
fn what_is_not_there_takes_no_bytes() {
    let mut message: Message<GSet<u64>> = Message::new(7);
    let bytes = |message: &Message<_>| postcard::to_allocvec(message).unwrap();
    assert_eq!(bytes(&message), [7, 0]);
    message.urgent = true;
    message.ack = Some(Ack::new(9, 3, 40));
    message.batch = Some(Batch::new(2, 5, GSet::from_iter([300])));
    assert_eq!(bytes(&message), [7, 0b111, 9, 3, 40, 2, 5, 0, 1, 0xac, 2]);
    message.standing = Some(Standing::new(1, 2, Tie::Neither, 4));
    assert_eq!(bytes(&message)[1], 0b100_0111);
    let other = [7, 0b1000_0000];
    assert!(postcard::from_bytes::<Message<GSet<u64>>>(&other).is_err(), "of another version");
}
