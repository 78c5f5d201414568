use glomers_crdt::{Lattice, List};

type Text = List<char, char>;

fn read(json: &str) -> Result<Text, serde_json::Error> {
    serde_json::from_str(json)
}

#[test]
fn a_run_is_written_once() {
    let mut text = Text::default();
    text.insert_all('a', 0, "shop".chars()).unwrap();
    text.insert('b', 2, '-').unwrap();
    text.remove(0).unwrap();
    let json = serde_json::to_string(&text).unwrap();
    assert_eq!(json, r#"[["a",1,"o",["h","o","p"],[0]],["b",1,{"l":["a",3]},["-"],[]]]"#);
    let back = read(&json).unwrap();
    assert!(back == text && back.iter().eq(text.iter()));
}

#[test]
fn a_delta_that_waits_comes_back_waiting() {
    let mut text = Text::default();
    let first = text.insert('a', 0, 'x').unwrap();
    let second = text.insert('a', 1, 'y').unwrap();
    let mut back = read(&serde_json::to_string(&second).unwrap()).unwrap();
    assert_eq!((back.len(), back.waiting()), (0, 1));
    back.merge(&first);
    assert!(back == text && back.iter().eq(text.iter()));
}

#[test]
fn decoding_rejects_what_no_operation_makes() {
    read(r#"[["a",1,"o",["x"],[]],["a",2,{"l":["a",1]},["y"],[]]]"#).unwrap();
    for (wrong, why) in [
        (r#"[["a",0,"o",["x"],[]]]"#, "ids begin with 1"),
        (r#"[["a",18446744073709551615,"o",["x","y"],[]]]"#, "ids end"),
        (r#"[["a",1,"o",[],[]]]"#, "an empty run"),
        (r#"[["a",1,"o",["x"],[2]]]"#, "a removed one beyond the end"),
        (r#"[["a",1,"o",["x"],[18446744073709551615]]]"#, "a removed one far beyond the end"),
        (r#"[["a",1,"o",["x"],[0,0]]]"#, "removed twice"),
        (r#"[["a",1,"o",["x"],[1,0]]]"#, "removed ones do not ascend"),
        (r#"[["a",1,"o",["x","y"],[]],["a",2,"o",["z"],[]]]"#, "an id comes twice"),
        (r#"[["b",1,"o",["x"],[]],["a",1,"o",["z"],[]]]"#, "runs do not ascend"),
        (r#"[["a",1,"o",["x"],[]],["a",2,{"r":["a",1]},["y"],[]]]"#, "two runs that are one"),
        (r#"[["a",1,{"l":["a",2]},["x"],[]]]"#, "beside a later one of its own"),
        (r#"[["a",1,{"l":["a",1]},["x"],[]]]"#, "beside itself"),
        (r#"[["a",1,{"l":["b",0]},["x"],[]]]"#, "beside what never was"),
        (r#"[["a",1,{"l":["b",1]},["x"],[]],["b",1,{"l":["a",1]},["y"],[]]]"#, "a circle"),
    ] {
        assert!(read(wrong).is_err(), "{why}");
    }
    let mut text = read(r#"[["a",18446744073709551615,"o",["x"],[]]]"#).unwrap();
    assert!(text.insert('a', 0, 'y').is_err(), "ids are used up");
    text.insert('b', 1, 'y').unwrap();
    assert_eq!(text.iter().collect::<String>(), "xy");
}
