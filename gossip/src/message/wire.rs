//! How a message is serialised: as a map with short keys where humans read, and otherwise as a tuple that
//! begins with what is in it, so that a format need not describe itself.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeTuple, Serializer};
use serde::{Deserialize, Serialize};

use super::{Ack, Batch, Beat, Due, Message, Standing};
use crate::Exchange;

const URGENT: u16 = 1;
const ACK: u16 = 1 << 1;
const BATCH: u16 = 1 << 2;
const EXCHANGE: u16 = 1 << 3;
const BEAT: u16 = 1 << 4;
const DUE: u16 = 1 << 5;
const STANDING: u16 = 1 << 6;
const LEFT: u16 = 1 << 7;
const BEYOND: u16 = 1 << 8;
const ALL: u16 = (1 << 9) - 1;

/// The form for humans; `B` and `X` stand for the batch and the exchange, or references to these.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Message")]
struct Readable<B, X> {
    e: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<Ack>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<B>,
    #[serde(default, skip_serializing_if = "is_false")]
    u: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<X>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<Beat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<Due>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<Standing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    l: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    i: Vec<(u64, u64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<S: Serialize> Serialize for Message<S> {
    #[expect(clippy::many_single_char_names, reason = "the keys of the form for humans")]
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let Self { epoch, ack, batch, urgent, exchange, beat, due, standing, left, beyond } = self;
        if serializer.is_human_readable() {
            let (b, s) = (batch.as_ref(), exchange.as_ref());
            let (e, a, u, p, d, t) = (*epoch, *ack, *urgent, *beat, *due, *standing);
            let (l, i) = (*left, beyond.clone());
            return Readable { e, a, b, u, s, p, d, t, l, i }.serialize(serializer);
        }
        let held = [
            (ACK, ack.is_some()),
            (BATCH, batch.is_some()),
            (EXCHANGE, exchange.is_some()),
            (BEAT, beat.is_some()),
            (DUE, due.is_some()),
            (STANDING, standing.is_some()),
            (LEFT, left.is_some()),
            (BEYOND, !beyond.is_empty()),
        ];
        let held = held.into_iter().filter_map(|(bit, is_there)| is_there.then_some(bit));
        let (count, bits) = held.fold((2, 0), |(count, bits), bit| (count + 1, bits | bit));
        let mut tuple = serializer.serialize_tuple(count)?;
        tuple.serialize_element(epoch)?;
        tuple.serialize_element(&(bits | if *urgent { URGENT } else { 0 }))?;
        put(&mut tuple, ack.as_ref())?;
        put(&mut tuple, batch.as_ref())?;
        put(&mut tuple, exchange.as_ref())?;
        put(&mut tuple, beat.as_ref())?;
        put(&mut tuple, due.as_ref())?;
        put(&mut tuple, standing.as_ref())?;
        put(&mut tuple, left.as_ref())?;
        put(&mut tuple, Some(beyond).filter(|beyond| !beyond.is_empty()))?;
        tuple.end()
    }
}

fn put<T: SerializeTuple>(tuple: &mut T, part: Option<&impl Serialize>) -> Result<(), T::Error> {
    part.map_or(Ok(()), |part| tuple.serialize_element(part))
}

impl<'de, S: Deserialize<'de>> Deserialize<'de> for Message<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let Readable { e, a, b, u, s, p, d, t, l, i } = Readable::deserialize(deserializer)?;
            return Ok(Self {
                epoch: e,
                ack: a,
                batch: b,
                urgent: u,
                exchange: s,
                beat: p,
                due: d,
                standing: t,
                left: l,
                beyond: i,
            });
        }
        deserializer.deserialize_tuple(10, Tuple(PhantomData))
    }
}

struct Tuple<S>(PhantomData<S>);

impl<'de, S: Deserialize<'de>> Visitor<'de> for Tuple<S> {
    type Value = Message<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message: an epoch, a number that tells what follows, and that")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let epoch = take(&mut seq)?;
        let bits: u16 = take(&mut seq)?;
        if bits & !ALL != 0 {
            return Err(de::Error::custom(format_args!("a message of another version: {bits:#x}")));
        }
        Ok(Message {
            epoch,
            urgent: bits & URGENT != 0,
            ack: take_if(&mut seq, bits & ACK)?,
            batch: take_if::<_, Batch<S>>(&mut seq, bits & BATCH)?,
            exchange: take_if::<_, Exchange<S>>(&mut seq, bits & EXCHANGE)?,
            beat: take_if(&mut seq, bits & BEAT)?,
            due: take_if(&mut seq, bits & DUE)?,
            standing: take_if(&mut seq, bits & STANDING)?,
            left: take_if(&mut seq, bits & LEFT)?,
            beyond: take_if(&mut seq, bits & BEYOND)?.unwrap_or_default(),
        })
    }
}

fn take_if<'de, A, T>(seq: &mut A, bit: u16) -> Result<Option<T>, A::Error>
where
    A: SeqAccess<'de>,
    T: Deserialize<'de>,
{
    if bit == 0 { Ok(None) } else { take(seq).map(Some) }
}

fn take<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(seq: &mut A) -> Result<T, A::Error> {
    seq.next_element()?.ok_or_else(|| de::Error::custom("a message that ends too early"))
}
