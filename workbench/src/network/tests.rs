use std::time::Duration;

use rand::SeedableRng;
use serde_json::json;
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::testing::{body, drain, in_virtual_time, network, pass, watch};
use super::*;

fn n(number: u64) -> Rc<RawValue> {
    body(json!({ "n": number }))
}

#[test]
fn clients_are_near_and_servers_far() {
    in_virtual_time(async {
        let net = network(100);
        let (_n1, mut n2, mut kv) =
            (net.register("n1"), net.register("n2"), net.register("seq-kv"));
        let mut c0 = net.register_client();
        net.send("n1", "n2", n(1)).unwrap();
        net.send("n1", "seq-kv", n(2)).unwrap();
        net.send("n1", "c0", n(3)).unwrap();
        assert_eq!(drain(&mut c0).await, [(3, 0)]);
        // Due long ago, so delivered at once.
        net.send("c0", "n2", n(4)).unwrap();
        assert_eq!(drain(&mut n2).await, [(1, 60_000), (4, 60_000)]);
        assert_eq!(drain(&mut kv).await, [(2, 120_000)]);
    });
}

#[test]
fn an_inbox_is_one_queue() {
    in_virtual_time(async {
        let net = network(100);
        let (_n1, mut n2, _c0) = (net.register("n1"), net.register("n2"), net.register_client());
        let receiver = spawn_local(async move { drain(&mut n2).await });
        net.send("n1", "n2", n(1)).unwrap();
        pass(10).await;
        net.send("n1", "n2", n(2)).unwrap();
        pass(40).await;
        net.send("c0", "n2", n(3)).unwrap();
        // The client's request waits behind 1, which was taken first; 2 is due after it.
        assert_eq!(receiver.await.unwrap(), [(1, 100), (3, 100), (2, 110)]);
    });
}

#[test]
fn what_is_due_together_arrives_in_the_order_in_which_it_was_sent() {
    in_virtual_time(async {
        let net = network(5);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        for number in 0..100 {
            net.send("n1", "n2", n(number)).unwrap();
        }
        let expected: Vec<_> = (0..100).map(|number| (number, 5)).collect();
        assert_eq!(drain(&mut n2).await, expected);
    });
}

#[test]
fn a_partition_swallows_what_is_taken_while_it_lasts() {
    in_virtual_time(async {
        let net = network(100);
        let (mut n1, mut n2) = (net.register("n1"), net.register("n2"));
        let receiver = spawn_local(async move { drain(&mut n2).await });
        net.send("n1", "n2", n(1)).unwrap();
        pass(10).await;
        net.send("n1", "n2", n(2)).unwrap();
        net.cut("n2", "n1");
        assert!(net.cuts()["n2"].contains("n1"));
        net.send("n2", "n1", n(3)).unwrap();
        pass(95).await;
        net.heal();
        net.send("n1", "n2", n(4)).unwrap();
        // 1 was taken before the cut; 2 is taken at 100 and lost, though healed when it is due.
        assert_eq!(receiver.await.unwrap(), [(1, 100), (4, 205)]);
        assert_eq!(drain(&mut n1).await.len(), 1, "only one direction was cut");
        assert_eq!((net.stats().dropped, net.cuts().len()), (1, 0));
    });
}

#[test]
fn removal_ends_an_inbox_even_while_it_waits() {
    in_virtual_time(async {
        let net = network(100);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        let waiter = spawn_local(async move { n2.recv().await.is_none() });
        pass(1).await;
        net.remove("n2");
        assert!(waiter.await.unwrap(), "while idle");

        let mut n2 = net.register("n2");
        net.send("n1", "n2", n(1)).unwrap();
        let waiter = spawn_local(async move { n2.recv().await.is_none() });
        pass(1).await;
        net.remove("n2");
        assert!(waiter.await.unwrap(), "while a message is under way");
        assert!(net.elapsed() < Duration::from_millis(10), "and at once");
    });
}

#[test]
fn dropping_an_inbox_removes_its_owner_but_not_a_successor() {
    in_virtual_time(async {
        let net = network(0);
        let first = net.register("n1");
        let second = net.register("n1");
        drop(first);
        assert!(net.is_registered("n1"));
        drop(second);
        assert!(!net.is_registered("n1"));
    });
}

#[test]
fn a_cancelled_receive_loses_nothing() {
    in_virtual_time(async {
        let net = network(100);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        net.send("n1", "n2", n(1)).unwrap();
        assert!(timeout(Duration::from_millis(50), n2.recv()).await.is_err());
        assert_eq!(drain(&mut n2).await, [(1, 100)]);
    });
}

#[test]
fn one_bad_line_mutes_a_node_until_it_starts_again() {
    in_virtual_time(async {
        let net = network(0);
        let (n1, mut n2) = (net.register("n1"), net.register("n2"));
        let good = br#"{"src":"n1","dest":"n2","body":{"n":1}}"#;
        net.submit_line("n1", good).unwrap();
        pass(20).await;
        assert!(matches!(net.submit_line("n1", b"Hello!"), Err(Reject::NotJson(_))));
        for _ in 0..3 {
            net.submit_line("n1", good).unwrap();
        }
        net.submit_line("n2", br#"{"src":"n2","dest":"n2","body":{"n":2}}"#).unwrap();
        assert_eq!(drain(&mut n2).await, [(1, 20), (2, 20)]);

        let muted = &net.muted()[0];
        assert_eq!((&*muted.node, &*muted.line, muted.discarded), ("n1", "Hello!", 3));
        assert_eq!(muted.time, Duration::from_millis(20));

        drop(n1);
        net.submit_line("n9", b"not in the network").unwrap();
        let _n1 = net.register("n1");
        net.submit_line("n1", good).unwrap();
        assert_eq!(drain(&mut n2).await.len(), 1);
        assert_eq!(net.muted().len(), 1);
    });
}

#[test]
fn addresses_that_are_not_there_mute_as_well() {
    in_virtual_time(async {
        let net = network(0);
        let _nodes = ["n1", "n2", "n3", "n4"].map(|id| net.register(id));
        drop(net.register_client());
        let submit = |node, line: &str| net.submit_line(node, line.as_bytes());
        assert_eq!(
            submit("n1", r#"{"src":"n1","dest":"c0","body":{}}"#),
            Err(Reject::ClientGone("c0".to_owned()))
        );
        assert_eq!(
            submit("n2", r#"{"src":"n2","dest":"c1","body":{}}"#),
            Err(Reject::UnknownDestination("c1".to_owned()))
        );
        assert_eq!(
            submit("n3", r#"{"src":"n9","dest":"n1","body":{}}"#),
            Err(Reject::UnknownSource("n9".to_owned()))
        );
        // Maelstrom asks of a source only that it exists.
        assert_eq!(submit("n4", r#"{"src":"n1","dest":"n2","body":{}}"#), Ok(()));
        let muted: Vec<_> = net.muted().into_iter().map(|muted| muted.node).collect();
        assert_eq!(muted, ["n1", "n2", "n3"]);
    });
}

#[test]
fn statistics_and_observers_tell_what_was_sent_and_what_arrived() {
    in_virtual_time(async {
        let net = network(0);
        let seen = watch(&net);
        let (_n1, mut n2, _c0) = (net.register("n1"), net.register("n2"), net.register_client());
        net.send("c0", "n2", n(1)).unwrap();
        net.send("n1", "n2", n(2)).unwrap();
        net.cut("n2", "n1");
        net.send("n1", "c0", n(3)).unwrap();
        assert!(net.send("n1", "n7", n(4)).is_err(), "not counted");
        drain(&mut n2).await;

        let stats = net.stats();
        assert_eq!(stats.clients, Counts { sent: 2, received: 1 });
        assert_eq!(stats.servers, Counts { sent: 1, received: 0 });
        assert_eq!((stats.bytes, stats.dropped), (r#"{"n":2}"#.len() as u64, 1));
        let (send, recv) = (EventKind::Send, EventKind::Recv);
        let dropped = (EventKind::Dropped, 1);
        assert_eq!(*seen.borrow(), [(send, 0), (send, 1), (send, 2), (recv, 0), dropped]);
    });
}

/// When and in which order 200 messages arrive under random latencies.
fn arrivals(seed: u64) -> Vec<(u64, u64)> {
    in_virtual_time(async {
        let latency = Latency { mean_ms: 50, dist: Distribution::Exponential };
        let options = Options { latency, ..Options::default() };
        let net = Network::new(options, Rng::seed_from_u64(seed));
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        let receiver = spawn_local(async move { drain(&mut n2).await });
        for number in 0..200 {
            net.send("n1", "n2", n(number)).unwrap();
            pass(3).await;
        }
        receiver.await.unwrap()
    })
}

#[test]
fn a_seed_replays() {
    let first = arrivals(7);
    assert_eq!(first, arrivals(7));
    assert_ne!(first, arrivals(8));
    assert!(!first.is_sorted(), "messages overtake one another");
    assert_eq!(first.len(), 200, "and none is lost");
}

#[test]
fn a_node_that_is_down_hears_nothing_and_mutes_nobody() {
    in_virtual_time(async {
        let net = network(10);
        let (mut n1, n2, mut c0) = (net.register("n1"), net.register("n2"), net.register_client());
        net.submit_line("n2", b"nonsense").unwrap_err();
        assert_eq!(net.muted().len(), 1);
        net.send("n1", "n2", n(1)).unwrap();
        net.take_down("n2");
        drop(n2);
        assert!(net.is_registered("n2"));
        net.submit_line("n1", br#"{"src":"n1","dest":"n2","body":{"n":2}}"#).unwrap();
        net.send("c0", "n2", n(3)).unwrap();
        pass(100).await;
        assert_eq!(net.stats().unheard, 3, "what was under way, and what is sent meanwhile");

        let mut n2 = net.register("n2");
        net.send("n1", "n2", n(4)).unwrap();
        net.submit_line("n2", br#"{"src":"n2","dest":"n1","body":{"n":5}}"#).unwrap();
        net.submit_line("n2", br#"{"src":"n2","dest":"c0","body":{"n":6}}"#).unwrap();
        assert_eq!(drain(&mut n2).await, [(4, 110)], "nothing from before");
        assert_eq!(drain(&mut n1).await.len(), 1, "who comes back is not muted");
        assert_eq!(drain(&mut c0).await.len(), 1);
        assert_eq!((net.muted().len(), net.stats().unheard), (1, 3));
    });
}

#[test]
fn what_a_down_node_was_yet_to_be_sent_is_lost_as_well() {
    in_virtual_time(async {
        let net = network(10);
        let (_n1, mut n2) = (net.register("n1"), net.register("n2"));
        let nodes = ["n1", "n2"].map(str::to_owned);
        let always = Percent::new(100.0).unwrap();
        let hazard = Hazard::new(always, &nodes, Rng::seed_from_u64(1));
        net.set_delay(Some((hazard, Duration::from_secs(1))));
        for number in 0..10 {
            net.send("n1", "n2", n(number)).unwrap();
        }
        assert!(timeout(Duration::from_millis(1), n2.recv()).await.is_err());
        net.take_down("n2");
        assert!(n2.recv().await.is_none());
        assert_eq!(net.stats().unheard, 10);
    });
}

#[test]
fn a_late_reply_mutes_unless_the_node_was_paused() {
    in_virtual_time(async {
        let reply = |to: &str| format!(r#"{{"src":"n1","dest":"{to}","body":{{}}}}"#).into_bytes();
        let net = network(0);
        let _n1 = net.register("n1");
        let (c0, c1) = (net.register_client(), net.register_client());
        net.pause("n1");
        pass(6000).await;
        drop(c0);
        net.submit_line("n1", &reply("c0")).unwrap();
        net.resume("n1");
        drop(c1);
        pass(6000).await;
        let c2 = net.register_client();
        net.submit_line("n1", &reply("c1")).unwrap();
        assert_eq!((net.stats().excused, net.muted().len()), (2, 0));
        // This one came after the pause.
        drop(c2);
        net.submit_line("n1", &reply("c2")).unwrap_err();
        // And nobody is excused for one that never was.
        let _n2 = net.register("n2");
        net.pause("n2");
        net.submit_line("n2", &reply("c3")).unwrap_err();
        let muted: Vec<_> = net.muted().into_iter().map(|muted| muted.reason).collect();
        let gone = Reject::ClientGone("c2".to_owned());
        assert_eq!(muted, [gone, Reject::UnknownDestination("c3".to_owned())]);
    });
}

#[test]
fn while_all_stands_still_nobody_gets_anything() {
    in_virtual_time(async {
        let net = network(100);
        let (mut n1, mut n2) = (net.register("n1"), net.register("n2"));
        let (mut kv, mut c0) = (net.register("seq-kv"), net.register_client());
        let to_n2 = spawn_local(async move { drain(&mut n2).await });
        let to_kv = spawn_local(async move { drain(&mut kv).await });
        net.send("n1", "n2", n(1)).unwrap();
        pass(50).await;
        net.send("n1", "n2", n(2)).unwrap();
        net.send("n2", "seq-kv", n(3)).unwrap();
        pass(40).await;
        net.stall();
        // What was on its way waits from when it is due; what is sent meanwhile has not set out.
        pass(30).await;
        net.send("n1", "n2", n(4)).unwrap();
        net.send("c0", "n1", n(5)).unwrap();
        net.send("n2", "c0", n(6)).unwrap();
        pass(10).await;
        net.stall();
        net.go_on();
        // Due at 100, 150, 150, and 100, 0 and 0 after the end at 130.
        assert_eq!(drain(&mut n1).await, [(5, 130)]);
        assert_eq!(drain(&mut c0).await, [(6, 60_130)]);
        assert_eq!(to_n2.await.unwrap(), [(1, 130), (2, 150), (4, 230)]);
        assert_eq!(to_kv.await.unwrap(), [(3, 150)]);
        assert_eq!(net.stats().stalled, 4, "1, 4, 5 and 6");
        net.go_on();
        assert_eq!(net.stats().stalled, 4);
    });
}

#[test]
fn who_ends_while_all_stands_still_gets_nothing_of_it() {
    in_virtual_time(async {
        let net = network(10);
        let (_n1, mut n2, mut c0) = (net.register("n1"), net.register("n2"), net.register_client());
        net.stall();
        net.send("n1", "n2", n(1)).unwrap();
        net.send("n1", "c0", n(2)).unwrap();
        let ended = spawn_local(async move { n2.recv().await.is_none() });
        pass(5).await;
        net.take_down("n2");
        assert!(ended.await.unwrap(), "at once");
        assert_eq!(net.stats().unheard, 1);
        let mut n2 = net.register("n2");
        net.send("n1", "n2", n(3)).unwrap();
        net.remove("c0");
        assert!(c0.recv().await.is_none());
        pass(5).await;
        net.go_on();
        assert_eq!(drain(&mut n2).await, [(3, 20)], "its next life gets what is for that");
        assert_eq!((net.stats().unheard, net.stats().stalled), (1, 2));
    });
}

#[test]
fn a_node_does_not_know_that_a_client_has_gone_while_all_stood_still() {
    in_virtual_time(async {
        let net = network(0);
        let (_n1, c0) = (net.register("n1"), net.register_client());
        let reply = |client: &str| {
            let line = format!(r#"{{"src": "n1", "dest": "{client}", "body": {{"type": "x"}}}}"#);
            net.submit_line("n1", line.as_bytes())
        };
        net.stall();
        pass(6000).await;
        drop(c0);
        net.go_on();
        assert_eq!(reply("c0"), Ok(()));
        assert_eq!(net.stats().excused, 1);
        pass(1).await;
        drop(net.register_client());
        assert_eq!(reply("c1"), Err(Reject::ClientGone("c1".to_owned())), "of a later one it does");
    });
}
