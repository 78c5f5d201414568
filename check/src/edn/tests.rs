use proptest::prelude::*;
use serde_json::json;

use super::Edn::{
    Bool, Char, Float, Integer, Keyword, List, Map, Nil, Number, Set, Symbol, Vector,
};
use super::*;
use crate::direct::{self, Direct};
use crate::exact;
use crate::value::{Value, Writer};

fn read(text: &str) -> Edn {
    let mut reader = Reader::new(text);
    let value = reader.next_value().unwrap_or_else(|error| panic!("{text}: {error}")).unwrap();
    assert_eq!(reader.next_value(), Ok(None), "{text}");
    value
}

fn string(text: &str) -> Edn {
    Edn::String(text.to_owned())
}

#[test]
fn every_kind_of_value() {
    let number = |text: &str| Number(text.to_owned());
    for (text, value) in [
        ("nil", Nil),
        ("true", Bool(true)),
        ("false", Bool(false)),
        ("0", Integer(0)),
        ("-0", Integer(0)),
        ("+7", Integer(7)),
        ("-12N", Integer(-12)),
        ("0x1F", Integer(31)),
        ("170141183460469231731687303715884105727", Integer(i128::MAX)),
        ("-170141183460469231731687303715884105728", Integer(i128::MIN)),
        (
            "170141183460469231731687303715884105728",
            number("170141183460469231731687303715884105728"),
        ),
        ("2/3", number("2/3")),
        ("-1/2", number("-1/2")),
        ("1.50M", number("1.50M")),
        ("7M", number("7M")),
        ("1.5", Float(1.5)),
        ("-2e3", Float(-2000.0)),
        ("1.E-2", Float(0.01)),
        ("##Inf", Float(f64::INFINITY)),
        ("##-Inf", Float(f64::NEG_INFINITY)),
        (r"\a", Char('a')),
        (r"\newline", Char('\n')),
        (r"\space", Char(' ')),
        (r"\u00e9", Char('é')),
        (r"\é", Char('é')),
        (r"\[", Char('[')),
        (r"\\", Char('\\')),
        (r#""a\tb\"\\\n\u00e9é""#, string("a\tb\"\\\né\u{e9}")),
        (r#""\ud83d\ude00 \101""#, string("😀 A")),
        ("\"two\nlines\"", string("two\nlines")),
        (":read", Keyword("read".into())),
        (":jepsen.core/op?", Keyword("jepsen.core/op?".into())),
        (":0", Keyword("0".into())),
        ("final?", Symbol("final?".into())),
        ("clojure.core$fn__12", Symbol("clojure.core$fn__12".into())),
        ("-", Symbol("-".into())),
        ("/", Symbol("/".into())),
        ("->op", Symbol("->op".into())),
        ("()", List(vec![])),
        ("(1 (2))", List(vec![Integer(1), List(vec![Integer(2)])])),
        ("[1,2 , 3]", Vector(vec![Integer(1), Integer(2), Integer(3)])),
        ("{:a 1 \"b\" nil}", Map(vec![(Keyword("a".into()), Integer(1)), (string("b"), Nil)])),
        ("#{2 1}", Set(vec![Integer(2), Integer(1)])),
        ("#inst \"2026\"", Edn::Tagged("inst".into(), Box::new(string("2026")))),
        (
            "#a/b #c 1",
            Edn::Tagged("a/b".into(), Box::new(Edn::Tagged("c".into(), Box::new(Integer(1))))),
        ),
        ("; nothing\n [1 #_ 2 #_(3 4)] ; the end", Vector(vec![Integer(1)])),
        ("[#_ #_ 1 2 3]", Vector(vec![Integer(3)])),
        ("[1 #_2]", Vector(vec![Integer(1)])),
        (
            "[a\"b\":c(d)]",
            Vector(vec![
                Symbol("a".into()),
                string("b"),
                Keyword("c".into()),
                List(vec![Symbol("d".into())]),
            ]),
        ),
    ] {
        assert_eq!(read(text), value, "{text}");
    }
    assert!(matches!(read("##NaN"), Float(nan) if nan.is_nan()));
    assert_eq!(Reader::new(" ,; nothing").next_value(), Ok(None));
}

#[test]
fn what_is_no_edn_is_told_with_its_place() {
    for (text, told) in [
        ("[1\n 2", "1:1: the text ends within a vector"),
        ("{:a 1,\n :b [", "2:5: the text ends within a vector"),
        ("{:a 1, :b}", "1:1: a map's last key has no value"),
        ("{:a 1, :a 2}", "1:1: a map or set holds the same twice"),
        ("é #{1 1}", "1:3: a map or set holds the same twice"),
        ("(1 ]", "1:4: unexpected ']'"),
        ("}", "1:1: unexpected '}'"),
        ("\"abc", "1:1: the text ends within a string"),
        ("\"abc\\", "1:1: the text ends within a string"),
        ("\"a\\qb\"", "1:3: \"\\\\q\" is no character"),
        ("\"\\ud83d\"", "1:2: \"\\\\ud83d\" is no character"),
        ("\\bogus", "1:1: \"\\\\bogus\" is no character"),
        ("\\", "1:1: the text ends within a character"),
        ("01", "1:1: \"01\" is no number, symbol or keyword"),
        ("1x", "1:1: \"1x\" is no number, symbol or keyword"),
        ("1/0", "1:1: \"1/0\" is no number, symbol or keyword"),
        ("a/b/c", "1:1: \"a/b/c\" is no number, symbol or keyword"),
        (":", "1:1: \":\" is no number, symbol or keyword"),
        ("::a", "1:1: \"::a\" is no number, symbol or keyword"),
        ("'a", "1:1: \"'a\" is no number, symbol or keyword"),
        ("@a", "1:1: \"@a\" is no number, symbol or keyword"),
        ("#\"regex\"", "1:2: unexpected '\"'"),
        ("##Infinite", "1:1: unexpected '#'"),
        ("#", "1:1: the text ends within a tagged value"),
        ("#inst", "1:1: the text ends within a tagged value"),
        ("[1 #_", "1:4: the text ends within a discarded value"),
    ] {
        let mut reader = Reader::new(text);
        let found = loop {
            match reader.next_value() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{text} is read"),
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(found, told, "{text}");
    }
}

#[test]
fn depth_has_a_limit() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(Reader::new(&nested(Reader::DEEPEST)).next_value().is_ok());
    for open in ["[", "{", "(", "#{", "#a ", "#_", "[#_"] {
        let error = Reader::new(&open.repeat(1_000_000)).next_value().unwrap_err();
        assert_eq!(error.problem, Problem::TooDeep, "{open}");
    }
}

#[test]
fn a_vector_can_be_read_item_by_item() {
    let mut reader = Reader::new("; ops\n[1\n 2] 3");
    assert_eq!(reader.enter_vector(), Ok(true));
    assert_eq!((reader.next_position(), reader.next_item()), (Ok((2, 2)), Ok(Some(Integer(1)))));
    assert_eq!((reader.next_position(), reader.next_item()), (Ok((3, 2)), Ok(Some(Integer(2)))));
    assert_eq!((reader.next_item(), reader.next_value()), (Ok(None), Ok(Some(Integer(3)))));
    assert_eq!(Reader::new("{} [").enter_vector(), Ok(false));
    let mut reader = Reader::new("[1");
    assert_eq!((reader.enter_vector(), reader.next_item()), (Ok(true), Ok(Some(Integer(1)))));
    assert_eq!(reader.next_item().unwrap_err().problem, Problem::Unfinished("a vector"));
}

#[test]
fn json_gives_up_distinctions() {
    let text = r"{:f :read, 1 \a, nil [sym (1.5 #{2/3}) ##Inf #tag 18446744073709551616]}";
    let large = exact::integer("18446744073709551616");
    let json = json!({"f": "read", "1": "a", "null": ["sym", [1.5, ["2/3"]], "inf", large]});
    assert_eq!(read(text).to_json(), json);
    let digits = format!("-{}", "7".repeat(60));
    assert_eq!(read(&format!("{digits}N")).to_json(), exact::integer(&digits));
}

/// The notation of a value.
fn print(value: &Edn) -> String {
    let all = |items: &[Edn]| items.iter().map(print).collect::<Vec<_>>().join(" ");
    match value {
        Nil => "nil".to_owned(),
        Bool(bool) => bool.to_string(),
        Integer(integer) => integer.to_string(),
        Number(text) | Symbol(text) => text.clone(),
        Float(float) => format!("{float:?}"),
        Char(char) => format!("\\u{:04x}", u32::from(*char)),
        Edn::String(text) => json!(text).to_string(),
        Keyword(name) => format!(":{name}"),
        List(items) => format!("({})", all(items)),
        Vector(items) => format!("[{}]", all(items)),
        Set(items) => format!("#{{{}}}", all(items)),
        Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, value)| print(key) + " " + &print(value)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Edn::Tagged(tag, value) => format!("#{tag} {}", print(value)),
    }
}

fn value() -> impl Strategy<Value = Edn> {
    let leaf = prop_oneof![
        Just(Nil),
        any::<bool>().prop_map(Bool),
        any::<i128>().prop_map(Integer),
        prop::num::f64::NORMAL.prop_map(Float),
        prop::char::range('\0', '\u{d7ff}').prop_map(Char),
        any::<String>().prop_map(Edn::String),
        "[a-z*!?][a-z0-9.$-]{0,5}(/[a-z]{1,3})?".prop_map(Keyword),
        "[1-9][0-9]{0,3}/[1-9][0-9]{0,3}".prop_map(Number),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        let items = || prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            items().prop_map(List),
            items().prop_map(Vector),
            // Different by their place.
            items().prop_map(|items| {
                let nth = |(n, item)| Vector(vec![Integer(n), item]);
                Set((0..).zip(items).map(nth).collect())
            }),
            items().prop_map(|items| Map((0..).map(Integer).zip(items).collect())),
            inner.clone().prop_map(|value| Edn::Tagged("t/ag".to_owned(), Box::new(value))),
        ]
    })
}

#[test]
fn what_is_not_plain_is_left_to_the_reader() {
    let digits = "9".repeat(50);
    for text in [
        "01",
        "-01",
        "-",
        "+1",
        "1/2",
        "1.5",
        "7N",
        "1;\n",
        ":a/b",
        ":",
        "\"a\\n\"",
        "\"a",
        "\\a",
        "sym",
        "#inst \"x\"",
        "#_1 2",
        "[1 2",
        "(1]",
        "{:a}",
        "{:a 1 :a 2}",
        "{:a 1 \"a\" 2}",
        "{[] 1}",
        "#{1 1}",
        "]",
        "",
        &digits,
    ] {
        assert!(direct::Edn::new(text).value(&mut Writer::default()).is_err(), "{text}");
    }
    let deep = "[".repeat(100) + &"]".repeat(100);
    assert!(direct::Edn::new(&deep).value(&mut Writer::default()).is_err());
}

/// What histories are mostly made of.
fn plain() -> impl Strategy<Value = Edn> {
    let leaf = prop_oneof![
        Just(Nil),
        any::<bool>().prop_map(Bool),
        any::<i64>().prop_map(|integer| Integer(integer.into())),
        "[a-z é]{0,40}".prop_map(Edn::String),
        "[a-z][a-z0-9-]{0,5}[?]?".prop_map(Keyword),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        let items = || prop::collection::vec(inner.clone(), 0..9);
        prop_oneof![
            items().prop_map(List),
            items().prop_map(Vector),
            items().prop_map(|items| {
                let nth = |(n, item)| Vector(vec![Integer(n), item]);
                Set((0..).zip(items).map(nth).collect())
            }),
            items().prop_map(|items| Map((0..).map(Integer).zip(items).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(value in value()) {
        prop_assert_eq!(read(&print(&value)), value);
    }

    #[test]
    fn what_is_read_directly_is_what_the_tree_says(value in value(), plain in plain()) {
        for value in [value, plain.clone()] {
            let text = print(&value);
            let mut writer = Writer::default();
            let mut direct = direct::Edn::new(&text);
            if direct.value(&mut writer).is_ok() {
                prop_assert_eq!(direct.used(), text.len());
                prop_assert_eq!(Value::take(&mut writer), value.to_json(), "{}", text);
            } else {
                prop_assert!(value != plain, "{} is plain", text);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_not_read_directly(text in "[\\[\\](){}#\"\\\\:0-9a-c/,\\- \n]{0,30}") {
        let mut writer = Writer::default();
        let mut direct = direct::Edn::new(&text);
        if direct.value(&mut writer).is_ok() {
            let value = Reader::new(&text).next_value();
            prop_assert!(value.is_ok(), "{:?}", value);
            prop_assert_eq!(Value::take(&mut writer), value.unwrap().unwrap().to_json());
        }
    }

    #[test]
    fn no_text_is_too_much(text in "[\\[\\](){}#_\"\\\\:;0-9a-z/.+\\- \\n\u{e9}]{0,40}") {
        let mut reader = Reader::new(&text);
        while let Ok(Some(value)) = reader.next_value() {
            drop(value.to_json());
        }
    }

    #[test]
    fn what_is_cut_short_is_no_panic(value in value(), cut in any::<prop::sample::Index>()) {
        let text = format!("[{}]", print(&value));
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        let cut = &text[..ends[cut.index(ends.len())]];
        let read = Reader::new(cut).next_value();
        prop_assert!(read.is_err() || cut.is_empty(), "{} gives {:?}", cut, read);
    }
}
