use proptest::prelude::*;

use super::*;
use crate::exact;
use crate::value::Value;

/// All of a text, if it is plain JSON.
fn json(text: &str) -> Option<Value> {
    let mut writer = Writer::default();
    let mut direct = Json::new(text);
    direct.value(&mut writer).ok()?;
    direct.end().ok()?;
    Some(Value::take(&mut writer))
}

/// All of a text, if it is plain EDN.
fn edn(text: &str) -> Option<Value> {
    let mut writer = Writer::default();
    let mut direct = Edn::new(text);
    direct.value(&mut writer).ok()?;
    (direct.used() == text.len()).then(|| Value::take(&mut writer))
}

fn known(text: &str) -> Option<Value> {
    exact::from_str(text).ok()
}

#[test]
fn integers_are_plain_up_to_64_bits_and_as_json_has_them() {
    for digits in 1..=18 {
        for integer in [10_i64.pow(digits) - 1, 10_i64.pow(digits), 10_i64.pow(digits - 1)] {
            for integer in [integer, -integer] {
                let list = format!("[{integer},{integer} , {integer}]");
                assert_eq!(json(&integer.to_string()).unwrap(), integer);
                assert_eq!(json(&list), Some(Value::from_iter([integer; 3])), "{list}");
                assert_eq!(edn(&list), json(&list), "{list}");
            }
        }
    }
    for plain in [0, i64::MAX, i64::MIN] {
        assert_eq!(json(&format!("[{plain}]")), Some(Value::from_iter([plain])));
    }
    for other in [
        "-0",
        "00",
        "01",
        "-01",
        "007",
        "00000001",
        "-",
        "+1",
        "1.5",
        "1e3",
        "1E3",
        "0x1",
        "1N",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
    ] {
        // What is at the end is read in another way than what is before much else.
        let before = [format!("[{other},\"and so on\"]"), format!("[1,{other} ,\"and so on\"]")];
        let at_the_end = [other.to_owned(), format!("[{other}]"), format!("[1,{other}]")];
        for text in before.into_iter().chain(at_the_end) {
            assert_eq!(json(&text), None, "{text}");
            assert_eq!(edn(&text), None, "{text}");
        }
    }
}

#[test]
fn what_is_not_json_or_seldom_is_left_to_others() {
    let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(json(&deep(DEEPEST)), known(&deep(DEEPEST)));
    let forged = format!("{{\"{}\":\"18446744073709551616\"}}", exact::KEY);
    let (deep, half) = (deep(DEEPEST + 1), "[".repeat(1000));
    for text in [
        "",
        " ",
        "nul",
        "nulll",
        "null null",
        "True",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "[1",
        "]",
        "[",
        "{",
        "{}}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1;\"b\":2}",
        "\"a",
        "\"a\\n\"",
        "\"a\nb\"",
        "\"a\u{0}\"",
        "'a'",
        "\u{feff}1",
        "1\u{a0}",
        "\u{c}1",
        &forged,
        &deep,
        &half,
    ] {
        assert_eq!(json(text), None, "{text}");
    }
}

#[test]
fn what_is_there_twice_counts_as_it_is_last() {
    for text in [r#"{"b":1,"a":2,"b":3}"#, r#"{"a":{"x":1,"x":[]},"a":{}}"#, "{ }", "[ ]"] {
        assert_eq!(json(text), Some(known(text).unwrap()));
    }
}

/// How every byte is told wherever it stands among others, of which eight are looked at at a time.
#[test]
fn a_text_ends_with_its_first_quotation_mark() {
    for length in 0..20 {
        for place in 0..=length {
            for char in (0..=0x17f).filter_map(char::from_u32) {
                // Before and behind it what differs from what ends a text by a bit.
                let mut text: String =
                    ['!', '#', '[', ']', ' ', '~', 'ÿ', '¢'].iter().cycle().take(length).collect();
                let at = text.char_indices().nth(place).map_or(text.len(), |(at, _)| at);
                text.insert(at, char);
                let quoted = format!("\"{text}\"");
                let is_plain = char >= ' ' && char != '"' && char != '\\';
                assert_eq!(json(&quoted), is_plain.then(|| Value::from(&*text)), "{quoted:?}");
            }
        }
    }
}

/// Values as JSON, most of them plain, with blanks here and there.
fn written() -> impl Strategy<Value = String> {
    let blank = || prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\t\r\n")];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|bool| bool.to_string()),
        (0_u64..300).prop_map(|integer| integer.to_string()),
        any::<i64>().prop_map(|integer| integer.to_string()),
        "[a-z é]{0,20}".prop_map(|text| format!("\"{text}\"")),
    ];
    let leaf =
        (blank(), leaf, blank()).prop_map(|(before, leaf, after)| format!("{before}{leaf}{after}"));
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..6);
        let entry = (blank(), "[a-c]{0,2}", blank(), inner);
        let entry = entry
            .prop_map(|(before, key, after, value)| format!("{before}\"{key}\"{after}:{value}"));
        let map = prop::collection::vec(entry, 0..6);
        let bracketed = prop_oneof![
            list.prop_map(|items| format!("[{}]", items.join(","))),
            map.prop_map(|entries| format!("{{{}}}", entries.join(","))),
        ];
        (blank(), bracketed, blank())
            .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
    })
}

proptest! {
    #[test]
    fn plain_json_is_read_as_it_is_by_who_knows_all_of_it(text in written()) {
        prop_assert_eq!(json(&text).expect(&text), known(&text).unwrap());
    }

    #[test]
    fn what_is_read_directly_is_what_others_read(
        text in "[\\[\\]{}\"\\\\:,0-9a-e.\\- \n]{0,30}",
        written in written(),
        place: prop::sample::Index,
        put in "[\\[\\]{}\"\\\\:,09a.e\\- \u{1}\u{a0}]{0,2}",
        cut in 0_usize..2,
    ) {
        let ends: Vec<_> = written.char_indices().map(|(at, _)| at).chain([written.len()]).collect();
        let place = place.index(ends.len());
        let behind = ends[(place + cut).min(ends.len() - 1)];
        let changed = format!("{}{put}{}", &written[..ends[place]], &written[behind..]);
        for text in [text, changed] {
            if let Some(value) = json(&text) {
                prop_assert_eq!(Some(value), known(&text), "{}", text);
            }
        }
    }
}
