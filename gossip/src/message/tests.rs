use glomers_crdt::GSet;
use proptest::prelude::*;

use super::*;

const TIES: [Tie; 5] = [Tie::Parent, Tie::Child, Tie::Neither, Tie::Asks, Tie::Refuses];

fn message(standing: Option<Standing>) -> Message<GSet<u8>> {
    Message { standing, ..Message::new(7) }
}

#[test]
fn a_standing_is_four_numbers() {
    for (code, tie) in TIES.into_iter().enumerate() {
        let message = message(Some(Standing { root: 1, hops: 2, tie, version: 3 }));
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(json, format!(r#"{{"e":7,"t":[1,2,{code},3]}}"#));
    }
    assert_eq!(serde_json::to_string(&message(None)).unwrap(), r#"{"e":7}"#);
}

#[test]
fn what_is_no_standing_is_refused() {
    let error = |standing: &str| {
        let json = format!(r#"{{"e":7,"t":{standing}}}"#);
        serde_json::from_str::<Message<GSet<u8>>>(&json).unwrap_err().to_string()
    };
    for code in ["5", "255"] {
        let expected = format!("a tie is a number from 0 to 4, not {code}");
        assert!(error(&format!("[1,2,{code},3]")).starts_with(&expected), "{code}");
    }
    for standing in ["[1,2,0]", "[1,2,0,3,4]", "[]", "{}", "1", "[1,2,256,3]", "[-1,2,0,3]"] {
        assert!(error(standing).contains("column"), "{standing}");
    }
}

proptest! {
    #[test]
    fn a_standing_comes_back_from_json(
        root: u32,
        hops: u32,
        tie in prop::sample::select(&TIES),
        version: u32,
    ) {
        let sent = message(Some(Standing { root, hops, tie, version }));
        let json = serde_json::to_string(&sent).unwrap();
        prop_assert_eq!(serde_json::from_str::<Message<GSet<u8>>>(&json).unwrap(), sent);
    }
}
