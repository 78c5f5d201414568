use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::edn::Reader;
use crate::history::reading::Reading;
use crate::history::{Kind, Op};
use crate::value::View;

fn read(text: &str) -> Result<Recorded, String> {
    Recorded::read(text.as_bytes()).map_err(|error| error.to_string())
}

fn ops(text: &str) -> Vec<Op> {
    read(text).unwrap().history.ops().to_vec()
}

const READ: &str = r#"{"process":0,"type":"invoke","f":"read","value":null}"#;

#[test]
fn what_we_write_we_read() {
    let text = r#"{"index":9,"time":5,"process":3,"type":"invoke","f":"add","value":1,"node":"n0","final?":true}
{"index":10,"time":6,"process":"nemesis","type":"info","f":"start-loss","value":{"percent":20}}
{"index":11,"time":7,"process":3,"type":"fail","f":"add","value":1,"node":"n0","error":["abort","no"]}"#;
    let recorded = read(text).unwrap();
    assert_eq!((recorded.format, recorded.header.len()), (Format::Json, 0));
    let mut written = Vec::new();
    recorded.history.write_jsonl(&mut written).unwrap();
    assert_eq!(recorded, Recorded::read(&*written).unwrap());
    let ops = recorded.history.ops();
    assert_eq!((ops[0].index, ops[0].time, ops[0].is_final()), (0, 5, true));
    assert_eq!(ops[2].error, Some(json!(["abort", "no"]).into()));
}

#[test]
fn what_maelstrom_writes_we_read() {
    let text = "
{:index 0, :time 3291485, :type :invoke, :process 0, :f :read, :value [3 nil]}
{:index 1, :time 9291485, :type :info, :process :nemesis, :f :start, :value [:isolated {\"n1\" #{\"n2\"}}]}
{:index 2, :time 10, :type :fail, :process 0, :f :read, :value [3 nil], :error [:key-does-not-exist \"not found\"]}
#jepsen.history.Op{:index 3, :time -4, :type :invoke, :process 0, :f :send, :value [[:send \"0\" 1]], :final? true}
{:index 4, :time 11, :type :info, :process 0, :f :send, :value [[:send \"0\" 1]], :error :net-timeout}";
    let ops = ops(text);
    assert_eq!(ops.len(), 5);
    assert_eq!(
        (ops[0].kind, &ops[0].value, ops[0].time),
        (Kind::Invoke, &json!([3, null]).into(), 3_291_485)
    );
    assert!(!ops[1].is_client());
    assert_eq!(ops[1].value, json!(["isolated", {"n1": ["n2"]}]));
    assert_eq!(ops[2].error, Some(json!(["key-does-not-exist", "not found"]).into()));
    assert_eq!((ops[3].time, &ops[3].value), (0, &json!([["send", "0", 1]]).into()));
    assert!(ops[3].is_final());
    assert_eq!(ops[4].error, Some("net-timeout".into()));
}

#[test]
fn a_vector_of_operations_is_a_history() {
    let text = "[{:process 0 :type :invoke :f :a}\n {:process 0 :type :ok :f :a :value 1}]\n";
    assert_eq!(ops(text).len(), 2);
    let more = format!("{text} 7");
    assert!(read(&more).unwrap_err().starts_with("3:2: not an operation"), "{:?}", read(&more));
    let cut = "[{:process 0 :type :invoke :f :a}";
    assert_eq!(read(cut).unwrap_err(), "not EDN: 1:34: the text ends within a vector");
}

#[test]
fn a_header_may_come_first_and_nowhere_else() {
    let header = r#"{"workload":"echo","why":"so"}"#;
    let recorded = read(&format!("{header}\n{READ}")).unwrap();
    assert_eq!(recorded.header["workload"], "echo");
    assert_eq!(
        read(&format!("{READ}\n{header}")).unwrap_err(),
        "2:1: not an operation: a map without :process and :type is no operation"
    );
    let text = "{:workload \"echo\"} {:process 0, :type :invoke, :f :read}";
    assert_eq!(read(text).unwrap().header["workload"], "echo");
}

#[test]
fn an_echoed_reply_is_its_payload() {
    let echo = |reply: &str| {
        let text = "{:process 0, :type :invoke, :f :echo, :value \"a\"}";
        let done = format!("{{:process 0, :type :ok, :f :echo, :value {reply}}}");
        ops(&format!("{text}{done}"))[1].value.clone()
    };
    assert_eq!(echo("{:type \"echo_ok\", :echo \"a\", :in_reply_to 1}"), "a");
    assert_eq!(echo("{:type \"echo_ok\", :in_reply_to 1}"), Value::Null);
    assert_eq!(echo("{:type \"mine\"}"), json!({"type": "mine"}));
    assert_eq!(echo("\"a\""), "a");
}

#[test]
fn a_malformed_reply_is_one_wherever_it_was_found() {
    let text = "{:process 0, :type :invoke, :f :read}
        {:process 0, :type :info, :f :read, :exception {:via [{:type a.B}]},
         :error \"indeterminate: Malformed RPC response. Maelstrom sent node n0 …\"}";
    let ops = ops(text);
    assert_eq!(
        ops[1].error.as_ref().unwrap().view().nth(0).and_then(View::text).unwrap(),
        crate::check::MALFORMED_REPLY
    );
    assert!(ops[1].extra.is_empty(), "{:?}", ops[1].extra);
}

#[test]
fn what_is_no_history_is_told_with_its_place() {
    for (text, told) in [
        (String::new(), "no operations in it"),
        ("\n \n".to_owned(), "no operations in it"),
        ("{}".to_owned(), "no operations in it"),
        ("hello".to_owned(), "1:1: not an operation: \"hello\" is no map"),
        (format!("{READ}\n{{\"process\":0,\"ty"), "2:16: not JSON: EOF while parsing a string"),
        (format!("{READ}\n\n  [1]"), "3:3: not an operation: "),
        (
            format!("{READ}\n{READ}"),
            "2:1: no history goes like this: process 0 begins another \
            operation before that of line 1 ends",
        ),
        (
            READ.replace("invoke", "ok"),
            "1:1: no history goes like this: process 0 ends an \
            operation that it has not begun",
        ),
        (
            format!("{READ}\n{}", READ.replace("invoke", "ok").replace("read", "add")),
            "2:1: no history goes like this: process 0 ends a \"add\", but it began a \"read\" in \
             line 1",
        ),
        (READ.replace("invoke", "starts"), "1:1: not an operation: unknown variant `starts`"),
        (READ.replace("\"f\":\"read\",", ""), "1:1: not an operation: missing field `f`"),
        ("{:process 0, :type :invoke".to_owned(), "not EDN: 1:1: the text ends within a map"),
        ("{:process 0, :type :invoke}".to_owned(), "1:1: not an operation: it has no :f"),
        ("{:type :ok, :f :a}".to_owned(), "1:1: not an operation: its process is null"),
        (
            "{:process 0, :type :done, :f :a}".to_owned(),
            "1:1: not an operation: its type is \"done\"",
        ),
        (
            "{:process 0, :type :ok, :f :a, :time :now}".to_owned(),
            "1:1: not an operation: its time is \"now\", no integer of 9223372036854775807 at most",
        ),
        (
            "{:process 0, :type :ok, :f :a, :time 1208925819614629174706176}".to_owned(),
            "1:1: not an operation: its time is 1208925819614629174706176, no integer of",
        ),
        (
            "{:process 1208925819614629174706176, :type :ok, :f :a}".to_owned(),
            "1:1: not an operation: its process is 1208925819614629174706176, neither :nemesis nor a number from 0 to",
        ),
        ("<html>".to_owned(), "1:1: not an operation: \"<html>\" is no map"),
        ("PK\u{3}\u{4}".to_owned(), "not EDN: 1:1: "),
    ] {
        let error = read(&text).unwrap_err();
        assert!(error.starts_with(told), "{text}\nis told: {error}\nexpected: {told}");
    }
    let error = Recorded::read(&b"{\"a\":1}\n\xff\xfe"[..]).unwrap_err();
    assert_eq!(error.to_string(), "line 2: not UTF-8 text");
}

#[test]
fn a_history_may_come_in_pieces() {
    let pair = |n: usize| {
        let asked = format!("{{:process {n}, :type :invoke, :f :read, :value [\"ä\" {n}]}}");
        let done = format!(
            "#jepsen.history.Op{{:process {n},\n :type :ok, :f :read, :value #{{\"a {n}\n\" 2.5}}}}"
        );
        asked + " " + &done + ["\n", " ; till here\n", " "][n % 3]
    };
    let bare: String = (0..40).map(pair).collect();
    let vector = format!("\u{feff}\n [{bare}]\n;\n");
    let json: String = (0..40).map(|n| READ.replace('0', &n.to_string()) + "\r\n\n").collect();
    for text in [bare, vector, json] {
        let whole = read(&text).unwrap();
        assert!(whole.history.ops().len() >= 40);
        for wrong in ["", " 7 ", " {:process 3", "}"] {
            let text = text.clone() + wrong;
            for size in [1, 2, 3, 7, 60, 61, 500, 4000] {
                let pieces = Blocks::of_size(text.as_bytes(), size).and_then(Recorded::of_blocks);
                let pieces = pieces.map_err(|error| error.to_string());
                assert_eq!(pieces, read(&text), "in pieces of {size}");
            }
        }
        assert_eq!(read(&text).unwrap(), whole);
    }
}

#[test]
fn what_is_read_directly_is_what_is_read_by_way_of_a_tree() {
    let ops = [
        "{:process 3, :type :ok, :f :read, :time -5, :value nil, :final? true, :node \"n1\"}",
        "{:type :info, :process :nemesis, :f :start, :value {:shape \"one\" :of [\"n1\"]}, :index 7}",
        "{:process 0 :type :fail :f :txn :error [:abort \"no\"] :value [[:r 1 nil] [:append 9 -2]]}",
        "{:process 9223372036854775807 :type :invoke :f :echo :value #{:a \"b\" 1}}",
    ];
    for text in ops {
        let (direct, length) = plain::edn(text, &mut Reading::default()).expect(text);
        assert_eq!(length, text.len());
        let value = Reader::new(text).next_value().unwrap().unwrap();
        assert_eq!(jepsen::tree_op(&value), direct);
    }
    for text in [
        "{:process 0, :type :ok, :f :echo, :value {:type \"echo_ok\", :in_reply_to 1}}",
        "{:process 0, :type :info, :f :read, :error \"Malformed RPC response\"}",
        "{:process 0, :type :info, :f :read, :exception {}}",
        "{:process 0, :process 0, :type :info, :f :read}",
        "{:process 0, :type :ok, :f :read, :value #{:a \"a\"}}",
        "{:process 0, :type :ok, :f :read, :value {:a 1 \"a\" 2}}",
        "{:process 0, :type :ok, :f :read, :value [1.5]}",
        "{:workload \"echo\"}",
    ] {
        assert!(plain::edn(text, &mut Reading::default()).is_none(), "{text}");
    }
}

/// A line by the reader that knows all of JSON; its index follows from its place.
fn known(line: &str) -> Option<Op> {
    let op = json::operation(line, &mut Reading::default());
    op.ok().map(|op| Op { index: 0, ..op })
}

#[test]
fn operations_as_we_write_them_are_plain() {
    for line in [
        READ,
        r#"{"index":9,"time":5,"process":3,"type":"ok","f":"add","value":1,"node":"n0","final?":true}"#,
        r#" { "process" : "nemesis" , "type" : "info" , "f" : "start" , "value" : { "of" : [ "n1" ] } } "#,
        r#"{"process":0,"type":"fail","f":"txn","value":[["r",1,null]],"error":["abort","no"]}"#,
        r#"{"process":0,"type":"info","f":"x","error":null,"node":null,"type?":{},"exception":"x"}"#,
    ] {
        let op = plain::json(line, &mut Reading::default()).expect(line);
        assert_eq!(Some(op), known(line), "{line}");
    }
    for line in [
        r#"{"process":0,"process":0,"type":"ok","f":"x"}"#,
        r#"{"process":0,"type":"ok","f":"x","value":1,"value":1}"#,
        r#"{"process":0,"type":"ok","f":"x","a":1,"a":2}"#,
        r#"{"process":0,"type":"ok","f":"x","time":-1}"#,
        r#"{"process":0,"type":"ok","f":"x","time":null}"#,
        r#"{"process":0,"type":"ok","f":"x","index":-1}"#,
        r#"{"process":0,"type":"ok","f":"x","index":18446744073709551616}"#,
        r#"{"process":0,"type":"ok","f":"x","node":1}"#,
        r#"{"process":-1,"type":"ok","f":"x"}"#,
        r#"{"process":"n","type":"ok","f":"x"}"#,
        r#"{"process":null,"type":"ok","f":"x"}"#,
        r#"{"process":0,"type":"no","f":"x"}"#,
        r#"{"process":0,"type":"ok","f":1}"#,
        r#"{"process":0,"type":"ok","f":"x"} {}"#,
        r#"{"process":0,"type":"ok","f":"x",}"#,
        r#"{"process":0,"type":"ok","f":"\u0078"}"#,
        r#"{"process":0,"type":"ok"}"#,
        r#"{"process":0,"f":"x"}"#,
        r#"{"type":"ok","f":"x"}"#,
        "{}",
        "[]",
    ] {
        assert!(plain::json(line, &mut Reading::default()).is_none(), "{line}");
    }
}

/// Operations as lines, with keys in any order.
fn lines() -> impl Strategy<Value = String> {
    let field = |key: &'static str, value: &'static str| {
        value.prop_map(move |value: String| format!("\"{key}\":{value}")).boxed()
    };
    let fields = vec![
        field("process", "[0-9]|\"nemesis\"|-1|null|1[.]0|9{19,21}"),
        field("type", "\"(invoke|ok|fail|info)\""),
        field("f", "\"(read|txn)\""),
        field("value", "null|[1-9]{1,3}|\"[a-zé]{0,9}\"|[1-9][.]5"),
        field("value", "\\[\\[\"r\",[0-9],(null|\\[1,[1-9]{1,9}\\])\\]\\]"),
        field("time", "[1-9]{1,20}|0|-1|null|[{][}]"),
        field("index", "[1-9]{1,20}|0|-1|null"),
        field("node", "\"n[0-9]\"|null|1"),
        field("error", "\"no\"|null|\\[\"abort\",\"a[\\\\]\"b\"\\]"),
        field("final?", "true|false"),
        field("final?", "true|false"),
    ];
    let length = fields.len();
    // The first three are needed.
    let chosen = Just(fields).prop_flat_map(move |fields| {
        prop::collection::vec(prop::bool::weighted(0.7), length).prop_flat_map(move |flags| {
            let chosen = fields.iter().zip(flags).enumerate();
            let chosen = chosen.filter(|(place, (_, flag))| *place < 3 || *flag);
            chosen.map(|(_, (field, _))| field.clone()).collect::<Vec<_>>().prop_shuffle()
        })
    });
    chosen.prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

proptest! {
    #[test]
    fn lines_say_what_they_say_to_who_knows_all_of_json(
        line in lines(),
        place: prop::sample::Index,
        put in "[\\[\\]{}\"\\\\:,09a.e\\- \u{1}\u{a0}]{0,2}",
        cut in 0_usize..3,
    ) {
        let ends: Vec<_> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
        let place = place.index(ends.len());
        let behind = ends[(place + cut).min(ends.len() - 1)];
        let changed = format!("{}{put}{}", &line[..ends[place]], &line[behind..]);
        for line in [line, changed] {
            if let Some(op) = plain::json(&line, &mut Reading::default()) {
                prop_assert_eq!(Some(op), known(&line), "{}", line);
            }
        }
    }
}
