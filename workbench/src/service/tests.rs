use rand::SeedableRng;
use serde_json::json;
use tokio::time::sleep;

use super::testing::request;
use super::*;
use crate::client::{Client, RpcError};
use crate::network::testing::{body, in_virtual_time, network};

/// What a service answers to one request after the other.
fn replies(mut service: impl Service, requests: impl IntoIterator<Item = Value>) -> Vec<Reply> {
    let mut rng = Rng::seed_from_u64(0);
    requests.into_iter().map(|json| service.handle("n0", request(json), &mut rng)).collect()
}

fn code(reply: &Reply) -> Option<i64> {
    match reply {
        Reply::Error { code, .. } => Some(*code),
        _ => None,
    }
}

#[test]
fn lin_kv_reads_writes_and_exchanges() {
    let replies = replies(
        Linearizable::default(),
        [
            json!({"type": "read", "key": "x"}),
            json!({"type": "cas", "key": "x", "from": 0, "to": 1}),
            json!({"type": "write", "key": "x", "value": {"a": [1, null]}}),
            json!({"type": "read", "key": "x"}),
            json!({"type": "cas", "key": "x", "from": {"a": [1]}, "to": 5}),
            json!({"type": "cas", "key": "x", "from": {"a": [1, null]}, "to": 5}),
            json!({"type": "read", "key": "x"}),
        ],
    );
    assert_eq!([0, 1, 4].map(|at| code(&replies[at])), [Some(20), Some(20), Some(22)]);
    assert_eq!(replies[2], Reply::Write);
    assert_eq!(replies[3], Reply::Read(json!({"a": [1, null]})));
    assert!(format!("{:?}", replies[4]).contains(r"is not {\"), "{:?}", replies[4]);
    assert_eq!(replies[5..], [Reply::Cas, Reply::Read(json!(5))]);
}

#[test]
fn keys_and_values_are_compared_as_json() {
    let replies = replies(
        Linearizable::default(),
        [
            json!({"type": "write", "key": 1, "value": "number"}),
            json!({"type": "write", "key": "1", "value": "string"}),
            json!({"type": "write", "key": {"a": 1, "b": 2}, "value": "object"}),
            json!({"type": "read", "key": 1}),
            json!({"type": "read", "key": {"b": 2, "a": 1}}),
            json!({"type": "read", "key": 1.0}),
            json!({"type": "cas", "key": "1", "from": "String", "to": 0}),
        ],
    );
    assert_eq!(replies[3..5], [Reply::Read(json!("number")), Reply::Read(json!("object"))]);
    assert_eq!((code(&replies[5]), code(&replies[6])), (Some(20), Some(22)));
}

#[test]
fn an_exchange_creates_only_when_told_to() {
    for (flag, creates) in
        [(json!(true), true), (json!(1), true), (json!(false), false), (json!(null), false)]
    {
        let mut cas = json!({"type": "cas", "key": "x", "from": 7, "to": 1});
        cas["create_if_not_exists"] = flag;
        let read = json!({"type": "read", "key": "x"});
        let replies = replies(Linearizable::default(), [cas, read]);
        if creates {
            assert_eq!(replies, [Reply::Cas, Reply::Read(json!(1))]);
        } else {
            assert_eq!(replies.iter().map(code).collect::<Vec<_>>(), [Some(20), Some(20)]);
        }
    }
}

#[test]
fn what_is_absent_is_null() {
    let replies = replies(
        Linearizable::default(),
        [
            json!({"type": "write", "key": "x"}),
            json!({"type": "cas", "key": "x", "to": 1}),
            json!({"type": "read"}),
            json!({"type": "cas", "from": null, "to": 2}),
            json!({"type": "write", "value": 3}),
            json!({"type": "read", "key": null}),
        ],
    );
    assert_eq!(replies[..2], [Reply::Write, Reply::Cas]);
    assert_eq!((code(&replies[2]), code(&replies[3])), (Some(20), Some(20)));
    assert_eq!(replies[4..], [Reply::Write, Reply::Read(json!(3))]);
}

#[test]
fn timestamps_count_up_from_0() {
    let ts = json!({"type": "ts"});
    let replies = replies(TimestampOracle::default(), vec![ts; 3]);
    assert_eq!(replies, [0, 1, 2].map(Reply::Timestamp));
}

#[test]
fn strange_requests_are_refused_by_every_service() {
    fn refusals(service: impl Service) -> Vec<Option<i64>> {
        let strange = [json!({"type": "txn", "key": 1}), json!({"key": 1}), json!({"type": 3})];
        replies(service, strange).iter().map(code).collect()
    }
    let expected = [Some(10), Some(12), Some(12)];
    assert_eq!(refusals(Linearizable::default()), expected);
    assert_eq!(refusals(Sequential::default()), expected);
    assert_eq!(refusals(Eventual::default()), expected);
    assert_eq!(refusals(TimestampOracle::default()), expected);
}

#[test]
fn services_answer_over_the_network_until_they_are_stopped() {
    in_virtual_time(async {
        let network = network(0);
        start(&network, &mut Rng::seed_from_u64(0));
        let mut client = Client::open(&network);
        let fields = |json| request(json);
        for kv in ["lin-kv", "seq-kv", "lww-kv"] {
            let write = fields(json!({"key": "x", "value": kv}));
            assert_eq!(client.rpc(kv, "write", write).await.unwrap().len(), 0);
        }
        let read = client.rpc("lin-kv", "read", fields(json!({"key": "x"}))).await.unwrap();
        assert_eq!(Value::Object(read), json!({"value": "lin-kv"}));
        let cas = fields(json!({"key": "x", "from": "lin-kv", "to": 1}));
        assert_eq!(client.rpc("lin-kv", "cas", cas).await.unwrap().len(), 0);
        let missing = client.rpc("lin-kv", "read", fields(json!({"key": "y"}))).await;
        let text = "key does not exist".to_owned();
        assert_eq!(missing, Err(RpcError::Error { code: Some(20), text }));
        let ts = client.rpc("lin-tso", "ts", Map::new()).await.unwrap();
        assert_eq!(Value::Object(ts), json!({"ts": 0}));

        // Someone who has left, or asks without an id, does not disturb the service.
        let gone = Client::open(&network);
        let ask = body(json!({"type": "ts"}));
        network.send(gone.id(), "lin-tso", ask).unwrap();
        drop(gone);
        let ts = client.rpc("lin-tso", "ts", Map::new()).await.unwrap();
        assert_eq!(Value::Object(ts), json!({"ts": 2}));

        stop(&network);
        sleep(std::time::Duration::from_millis(1)).await;
        assert!(NAMES.iter().all(|name| !network.is_registered(name)));
    });
}

#[test]
fn integers_of_any_size_are_themselves() {
    in_virtual_time(async {
        let network = network(0);
        start(&network, &mut Rng::seed_from_u64(0));
        let mut client = Client::open(&network);
        let (large, next) = (
            exact::integer(&format!("1{}", "0".repeat(30))),
            exact::integer(&format!("1{}1", "0".repeat(29))),
        );
        let mut ask = async |kind, fields| client.rpc("lin-kv", kind, request(fields)).await;
        ask("write", json!({"key": large, "value": large})).await.unwrap();
        // Its neighbour is another key, and another value.
        let other = ask("read", json!({"key": next})).await;
        assert!(matches!(other, Err(RpcError::Error { code: Some(20), .. })), "{other:?}");
        let refused = ask("cas", json!({"key": large, "from": next, "to": 0})).await;
        let Err(RpcError::Error { code: Some(22), text }) = refused else { panic!("{refused:?}") };
        assert_eq!(text, format!("current value 1{} is not 1{}1", "0".repeat(30), "0".repeat(29)));
        ask("cas", json!({"key": large, "from": large, "to": next})).await.unwrap();
        let read = ask("read", json!({"key": large})).await.unwrap();
        assert_eq!(read["value"], next);
        stop(&network);
    });
}
