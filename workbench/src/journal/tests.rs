use std::fs;
use std::rc::Rc;

use super::*;

fn message(id: u64, body: &str) -> Message {
    let body = RawValue::from_string(body.to_owned()).unwrap();
    Message { id, src: "a\"b".into(), dest: "n1".into(), body: Rc::from(body) }
}

/// What a file says, in words.
fn told(path: &Path) -> Vec<String> {
    let mut told = Vec::new();
    Journal::open(path)
        .unwrap()
        .read(|Entry { time, what }| {
            told.push(match what {
                What::Sent { id, src, dest, body } => format!("{time} {id} {src} {dest} {body}"),
                what => format!("{time} {what:?}"),
            });
        })
        .unwrap();
    told
}

#[test]
fn what_is_recorded_is_read_with_times_from_the_load_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.jsonl");
    let mut recorder = Recorder::create(&path).unwrap();
    let at = Duration::from_nanos;
    recorder.event(at(5), EventKind::Send, &message(0, r#"{"type": "init", "x":[ ]}"#));
    recorder.event(at(6), EventKind::Recv, &message(0, "{}"));
    recorder.load_begins(at(100));
    recorder.operation(at(101), 7, "c3");
    for (id, kind) in [(1, EventKind::Lost), (2, EventKind::Dropped)] {
        recorder.event(at(102), kind, &message(id, "{}"));
    }
    recorder.finish().unwrap();
    assert_eq!(
        told(&path),
        [
            "-95 0 a\"b n1 {\"type\": \"init\", \"x\":[ ]}",
            "-94 Received(0)",
            "1 Operation { op: 7, client: \"c3\" }",
            "2 Lost(1)",
            "2 Dropped(2)",
        ]
    );
}

#[test]
fn a_line_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.jsonl");
    for (text, complaint) in [
        ("{\"t\":1,\"load\":0}\n{\"t\":2}\n", "line 2: it says nothing"),
        ("{\"t\":1,\"load\":0}\nhello\n", "line 2: expected value"),
        ("{\"t\":1,\"load\":0}\n{\"t\":2,\"send\":1,\"src\":\"n0\"}\n", "line 2: it says nothing"),
    ] {
        fs::write(&path, text).unwrap();
        let error = Journal::open(&path).unwrap().read(|_| ()).unwrap_err();
        assert!(error.to_string().contains(complaint), "{text}: {error}");
    }
}

#[test]
fn a_full_disk_is_told_at_the_end() {
    let Ok(mut recorder) = Recorder::create(Path::new("/dev/full")) else { return };
    for id in 0..10_000 {
        recorder.event(Duration::ZERO, EventKind::Send, &message(id, r#"{"type":"x"}"#));
    }
    assert!(recorder.finish().is_err());
}
