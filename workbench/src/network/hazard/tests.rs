use std::collections::BTreeSet;
use std::time::Duration;

use rand::SeedableRng;
use serde_json::json;
use tokio::task::spawn_local;

use super::super::testing::{body, drain, in_virtual_time, network, pass, watch};
use super::super::{Distribution, EventKind, Latency, Network, Options};
use super::*;

/// A hazard for messages between n1 and n2.
fn hazard(percent: f64) -> Option<Hazard> {
    let nodes = ["n1", "n2"].map(str::to_owned);
    Percent::new(percent).map(|chance| Hazard::new(chance, &nodes, Rng::seed_from_u64(9)))
}

/// When each of 300 messages arrives that are sent 10 s apart, under random latencies: its number
/// and its latency.
fn latencies(loss: Option<Hazard>, duplication: Option<Hazard>) -> Vec<(u64, u64)> {
    in_virtual_time(async {
        let latency = Latency { mean_ms: 50, dist: Distribution::Exponential };
        let net = Network::new(Options { latency, ..Options::default() }, Rng::seed_from_u64(0));
        net.set_loss(loss);
        net.set_duplication(duplication);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        let receiver = spawn_local(async move { drain(&mut n2).await });
        for n in 0..300 {
            net.send("n1", "n2", body(json!({ "n": n }))).unwrap();
            pass(10_000).await;
        }
        let arrivals = receiver.await.unwrap();
        arrivals.into_iter().map(|(n, at)| (n, at - n * 10_000)).collect()
    })
}

#[test]
fn about_as_many_are_lost_and_duplicated_as_it_says() {
    in_virtual_time(async {
        let net = network(10);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        net.set_loss(hazard(20.0));
        net.set_duplication(hazard(10.0));
        for n in 0..10_000 {
            net.send("n1", "n2", body(json!({ "n": n }))).unwrap();
        }
        let stats = net.stats();
        // Five standard deviations of 40 and 27; duplicated are 10 % of the other 8000.
        assert!((1800..=2200).contains(&stats.lost), "{} lost", stats.lost);
        assert!((665..=935).contains(&stats.duplicated), "{} duplicated", stats.duplicated);
        let arrived = drain(&mut n2).await;
        assert_eq!(arrived.len() as u64, 10_000 - stats.lost + stats.duplicated);
        let different: BTreeSet<_> = arrived.iter().map(|(n, _)| n).collect();
        assert_eq!(different.len() as u64, 10_000 - stats.lost);
        let servers = net.stats().servers;
        assert_eq!((servers.sent, servers.received), (10_000, arrived.len() as u64));
        let bytes: usize = (0..10_000).map(|n| format!(r#"{{"n":{n}}}"#).len()).sum();
        assert_eq!(stats.bytes, bytes as u64, "each once");

        net.set_loss(None);
        net.set_duplication(None);
        for n in 0..1000 {
            net.send("n1", "n2", body(json!({ "n": n }))).unwrap();
        }
        assert_eq!(drain(&mut n2).await.len(), 1000, "it is over");
    });
}

#[test]
fn only_what_goes_from_one_node_to_another_is_struck() {
    in_virtual_time(async {
        for always in [true, false] {
            let net = network(10);
            net.set_loss(hazard(100.0).filter(|_| always));
            net.set_duplication(hazard(100.0).filter(|_| !always));
            let ids = ["n1", "n2", "seq-kv"];
            let [mut n1, mut n2, mut kv] = ids.map(|id| net.register(id));
            let mut c0 = net.register_client();
            let send = |src, dest| net.send(src, dest, body(json!({ "n": 0 }))).unwrap();
            for (src, dest) in [("c0", "n1"), ("n1", "n1"), ("seq-kv", "n1")] {
                send(src, dest);
            }
            for (src, dest) in [("n1", "c0"), ("n1", "seq-kv")] {
                send(src, dest);
            }
            assert_eq!(drain(&mut n1).await.len(), 3);
            assert_eq!(drain(&mut c0).await.len(), 1);
            assert_eq!(drain(&mut kv).await.len(), 1);
            assert_eq!((net.stats().lost, net.stats().duplicated), (0, 0));
            send("n1", "n2");
            assert_eq!(drain(&mut n2).await.len(), if always { 0 } else { 2 });
        }
    });
}

#[test]
fn a_copy_has_a_latency_of_its_own_and_is_the_same_message() {
    let twice = latencies(None, hazard(100.0));
    assert_eq!(twice.len(), 600);
    let apart = twice.chunks(2).filter(|pair| pair[0].1 != pair[1].1).count();
    // Two draws of mean 50 ms are the same millisecond once in a hundred times.
    assert!(apart > 270, "{apart} of 300 came at two times");
    assert!(twice.chunks(2).all(|pair| pair[0].0 == pair[1].0));

    in_virtual_time(async {
        let net = network(0);
        let seen = watch(&net);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        net.set_duplication(hazard(100.0));
        let id = net.send("n1", "n2", body(json!({ "n": 7 }))).unwrap();
        drain(&mut n2).await;
        assert_eq!(
            *seen.borrow(),
            [EventKind::Send, EventKind::Recv, EventKind::Recv].map(|it| (it, id))
        );
    });
}

#[test]
fn what_it_spares_is_as_it_would_be_without() {
    let calm = latencies(None, None);
    let lossy = latencies(hazard(20.0), None);
    assert!((200..280).contains(&lossy.len()), "{} of 300", lossy.len());
    assert!(lossy.iter().all(|arrival| calm.contains(arrival)));
    // The same are lost, whatever else befalls messages.
    let both = latencies(hazard(20.0), hazard(100.0));
    let numbers =
        |arrivals: &[(u64, u64)]| -> BTreeSet<u64> { arrivals.iter().map(|(n, _)| *n).collect() };
    assert_eq!(numbers(&both), numbers(&lossy));
    assert!(lossy.iter().all(|arrival| both.contains(arrival)), "beside the copies");
}

#[test]
fn what_is_held_up_is_overtaken_and_comes() {
    in_virtual_time(async {
        let net = network(10);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        let most = Duration::from_millis(500);
        net.set_delay(hazard(20.0).map(|hazard| (hazard, most)));
        let receiver = spawn_local(async move { drain(&mut n2).await });
        for n in 0..1000 {
            net.send("n1", "n2", body(json!({ "n": n }))).unwrap();
            pass(10).await;
        }
        let arrivals = receiver.await.unwrap();
        assert_eq!(arrivals.iter().map(|(n, _)| *n).collect::<BTreeSet<_>>().len(), 1000);
        let late: Vec<_> =
            arrivals.iter().map(|(n, at)| at - n * 10 - 10).filter(|ms| *ms > 0).collect();
        assert_eq!(late.len() as u64, net.stats().held_up);
        assert!((140..260).contains(&late.len()), "{} of 1000 are late", late.len());
        assert!(late.iter().all(|ms| *ms <= 500) && late.iter().any(|ms| *ms > 400), "{late:?}");
        // Nobody else waits for them.
        let overtaken = arrivals.windows(2).filter(|pair| pair[0].0 > pair[1].0).count();
        assert!(overtaken > 100, "{overtaken}");

        net.set_delay(None);
        let _n2 = net.register("n2");
        net.send("n1", "n2", body(json!({ "n": 0 }))).unwrap();
        assert_eq!(net.stats().held_up, late.len() as u64, "it is over");
    });
}
