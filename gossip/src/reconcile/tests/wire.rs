//! The serialised forms, and what is not one.

use proptest::prelude::*;
use serde::de::value::Error;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_test::{
    Compact, Configure, Token, assert_de_tokens, assert_de_tokens_error, assert_tokens,
};

use super::*;

type Said = Exchange<GSet<u16>>;

fn portion(first: usize, len: usize) -> Portion {
    let set: GSet<u16> = (0..200).collect();
    Portion::new(&mut encoder(KEY, &set), first..first + len)
}

fn any_said() -> impl Strategy<Value = Said> {
    let state = prop::collection::vec(any::<u16>(), 0..20).prop_map(GSet::from_iter);
    let parts = prop::collection::vec(any::<u64>(), 0..20).prop_map(Fingerprints::from_iter);
    prop_oneof![
        (any::<u32>(), state).prop_map(|(session, state)| Exchange::Whole { session, state }),
        (any::<u32>(), 0..50_usize, 0..50_usize)
            .prop_map(|(session, a, b)| Exchange::Sketch { session, portion: portion(a, b) }),
        (any::<u32>(), any::<u32>(), any::<u32>())
            .prop_map(|(session, from, up_to)| Exchange::More { session, from, up_to }),
        any::<u32>().prop_map(|session| Exchange::Everything { session }),
        (any::<u32>(), parts).prop_map(|(session, parts)| Exchange::Wanted { session, parts }),
    ]
}

/// As a message travels: read ahead to find the tag, and in part by a map of the rest.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Body {
    Gossip {
        #[serde(rename = "r")]
        exchange: Option<Said>,
        #[serde(flatten)]
        rest: Rest,
    },
    Exchange(Said),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Rest {
    parts: Fingerprints,
    portion: Portion,
}

proptest! {
    #[test]
    fn it_comes_back_from_json(said in any_said(), parts: Vec<u64>) {
        let json = serde_json::to_string(&said).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Said>(&json).unwrap(), &said, "{}", json);
        let rest = Rest { parts: parts.into_iter().collect(), portion: portion(3, 5) };
        let bodies = [Body::Exchange(said.clone()), Body::Gossip { exchange: Some(said), rest }];
        for body in bodies {
            let json = serde_json::to_string(&body).unwrap();
            prop_assert_eq!(serde_json::from_str::<Body>(&json).unwrap(), body, "{}", json);
        }
    }

    /// Bytes that look right for a while, as some that are right do after a change.
    #[test]
    fn whatever_is_read_is_refused_or_does_no_harm(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            (0..40_usize, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(len, at, byte)| {
                let mut bytes = portion(0, len).as_bytes().to_vec();
                *at.get_mut(&mut bytes) = byte;
                bytes
            }),
        ],
        session in 0..3_u32,
    ) {
        if let Ok(portion) = Portion::try_from(bytes.clone()) {
            prop_assert_eq!(portion.as_bytes(), &bytes);
            let own: GSet<u16> = (0..100).collect();
            let mut comparison = Comparison::default();
            let said = Exchange::Sketch { session, portion };
            let answer = comparison.hear(KEY, &own, &said);
            prop_assert!(own.includes(&answer.they_lack));
        }
        if let Ok(parts) = Fingerprints::try_from(bytes.clone()) {
            prop_assert_eq!(parts.to_bytes(), bytes);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\{\"[wcmep]\":\\{\"n\":[0-9-]{1,11},\"[spft]\":[\"\\[]?.{0,40}") {
        let _ = serde_json::from_str::<Said>(&text);
        let _ = serde_json::from_str::<Body>(&text);
    }
}

/// Replicas of different versions must agree on this.
#[test]
fn json_is_for_ever() {
    let portion = Portion::new(&mut Encoder::new(KEY, [7_u128]), 0..1);
    let parts = Fingerprints::from_iter([1, 2]);
    let cases: [(Said, _); 5] = [
        (Exchange::Whole { session: 1, state: GSet::from_iter([5]) }, r#"{"w":{"n":1,"s":[5]}}"#),
        (
            Exchange::Sketch { session: 2, portion },
            r#"{"c":{"n":2,"p":"EAABAQcAAAAAAAAAAAAAAAAAAAA4Ky2BikWTkgA"}}"#,
        ),
        (Exchange::More { session: 3, from: 16, up_to: 90 }, r#"{"m":{"n":3,"f":16,"t":90}}"#),
        (Exchange::Everything { session: 4 }, r#"{"e":{"n":4}}"#),
        (Exchange::Wanted { session: 5, parts }, r#"{"p":{"n":5,"p":"AQAAAAAAAAACAAAAAAAAAA"}}"#),
    ];
    for (said, json) in cases {
        assert_eq!(serde_json::to_string(&said).unwrap(), json);
        assert_eq!(serde_json::from_str::<Said>(json).unwrap(), said);
    }
}

/// And so do the fingerprints of parts that many will have.
#[test]
fn fingerprints_are_for_ever() {
    fn first<S: Decompose>(state: &S) -> u64 {
        digests(KEY, state).map(fingerprint).next().unwrap()
    }
    assert_eq!(first(&GSet::from_iter([7_u64])), fingerprint(KEY.digest(&7_u64.to_le_bytes())));
    let text = KEY.digest(b"text\xff");
    assert_eq!(first(&GSet::from_iter(["text".to_owned()])), fingerprint(text));
    let pair = KEY.digest(b"n1\xff\x07\0\0\0\0\0\0\0");
    assert_eq!(first(&GCounter::from_iter([("n1", 7)])), fingerprint(pair));
}

#[test]
fn nonsense_is_refused_by_name() {
    for (json, reason) in [
        (r#"{"c":{"n":1,"p":"EAABAQ"}}"#, "too few bytes"),
        (r#"{"c":{"n":1,"p":"E"}}"#, "no base64"),
        (r#"{"c":{"n":1,"p":[1]}}"#, "expected packed bytes"),
        (r#"{"c":{"n":1,"p":"CAAA"}}"#, "another width"),
        (r#"{"p":{"n":1,"p":"AQAAAAAAAA"}}"#, "eight bytes each"),
        (r#"{"p":{"n":1,"p":"AQAAAAAAAAABAAAAAAAAAA"}}"#, "do not ascend"),
        (r#"{"m":{"n":-1,"f":0,"t":1}}"#, "expected u32"),
        (r#"{"x":{"n":1}}"#, "unknown variant"),
    ] {
        let error = serde_json::from_str::<Said>(json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
    let long = format!(r#"{{"c":{{"n":1,"p":"{}"}}}}"#, "A".repeat(90_000));
    let error = serde_json::from_str::<Said>(&long).unwrap_err().to_string();
    assert!(error.contains("more than 65536 bytes"), "{error}");
}

/// Packed bytes are themselves in binary formats, also where it is not told that this is one.
#[test]
fn binary_formats_have_bytes() {
    let parts = Fingerprints::from_iter([1, 2]);
    let bytes = Token::Bytes(b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0");
    assert_tokens(&parts.clone().compact(), &[bytes]);
    assert_tokens(&parts.clone().readable(), &[Token::Str("AQAAAAAAAAACAAAAAAAAAA")]);
    assert_de_tokens(&parts.readable(), &[bytes]);
    assert_tokens(&portion(0, 0).compact(), &[Token::Bytes(b"\x10\0\0\xc8\x01")]);
    assert_tokens(&portion(0, 0).readable(), &[Token::Str("EAAAyAE")]);
    let refused =
        "invalid type: integer `7`, expected packed bytes, or these as base64 without padding";
    assert_de_tokens_error::<Compact<Fingerprints>>(&[Token::U32(7)], refused);
}

/// Some formats give only what is asked for.
#[test]
fn binary_formats_are_asked_for_bytes() {
    struct Bytes([u8; 8]);

    impl<'de> Deserializer<'de> for Bytes {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
            Err(Error::custom("it is not asked for bytes"))
        }

        // Of a size that no format need have room for.
        fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.visit_bytes(&self.0)
        }

        fn is_human_readable(&self) -> bool {
            false
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes option
            unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
            ignored_any
        }
    }

    let read = Fingerprints::deserialize(Bytes(7_u64.to_le_bytes()));
    assert_eq!(read.unwrap(), Fingerprints::from_iter([7]));
}

#[test]
fn a_full_portion_is_not_too_long() {
    let items = numbers(5).take(300_000).map(|n| KEY.digest(&n.to_le_bytes()));
    let portion = Portion::new(&mut Encoder::new(KEY, items), 0..Portion::MAX_LEN);
    let len = serde_json::to_string(&portion).unwrap().len();
    assert!(len <= 1 << 16 && len > 60_000, "{len}");
    assert!(Portion::try_from(portion.as_bytes().to_vec()).is_ok());
}
