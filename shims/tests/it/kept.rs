//! What a node has acknowledged, its next life has: whatever befell the process, the machine or the disk.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::time::Duration;

use glomers_shims::cli;
use glomers_shims::nodes::{Broadcast, GSetNode, Kafka, TxnRwRegister};
use glomers_shims::runtime::{Env, Node};
use glomers_shims::storage::{Durability, RETRY, Storage};
use glomers_shims::testing::{TestNode, in_virtual_time};
use glomers_store::{Faults, SimulatedDisk};
use serde_json::{Value, json};
use tokio::time::sleep;

/// A life of n1 on a disk, which was not told its name yet.
fn begin<N: Node>(number: u64, disk: &SimulatedDisk, durability: Durability) -> TestNode {
    let mut env = Env::new([number << 20, number]);
    env.storage = Some(Storage::Memory(disk.clone()));
    env.durability = durability;
    TestNode::with_env::<N>(cli::parse::<N>(&[]).unwrap(), env)
}

/// A life of n1, alone in its cluster.
async fn life<N: Node>(number: u64, disk: &SimulatedDisk, durability: Durability) -> TestNode {
    let node = begin::<N>(number, disk, durability);
    let answer = node.init(&["n1"]).await;
    assert_eq!(answer["type"], "init_ok", "{answer}");
    node
}

fn kill(node: TestNode, disk: &SimulatedDisk) {
    node.kill();
    disk.kill();
}

fn broadcast(message: u64) -> Value {
    json!({ "type": "broadcast", "message": message })
}

async fn seen(node: &TestNode) -> BTreeSet<u64> {
    let answer = node.ask(json!({ "type": "read" })).await;
    let messages = answer["messages"].as_array();
    assert!(messages.is_some(), "{answer}");
    let messages = messages.into_iter().flatten();
    messages.map(|message| message.as_u64().unwrap()).collect()
}

/// The kinds of messages that are for others than clients.
fn kinds(said: &[Value], dest: &str) -> Vec<String> {
    let to = said.iter().filter(|message| message["dest"] == dest);
    to.map(|message| message["body"]["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_acknowledged_outlives_the_process() {
    in_virtual_time(async {
        for durability in [Durability::Process, Durability::Power] {
            let disk = SimulatedDisk::new(1);
            for number in 1..=3 {
                let node = life::<Broadcast>(number, &disk, durability).await;
                assert_eq!(seen(&node).await, (1..number).collect());
                node.ask(broadcast(number)).await;
                kill(node, &disk);
            }
        }
    });
}

#[test]
fn nothing_outlives_the_process_where_nothing_is_to() {
    in_virtual_time(async {
        let disk = SimulatedDisk::new(1);
        let node = life::<Broadcast>(1, &disk, Durability::None).await;
        node.ask(broadcast(1)).await;
        kill(node, &disk);
        assert!(seen(&life::<Broadcast>(2, &disk, Durability::None).await).await.is_empty());
    });
}

#[test]
fn sets_registers_and_logs_outlive_it_too() {
    in_virtual_time(async {
        let power = Durability::Power;
        let disk = SimulatedDisk::new(1);
        let node = life::<GSetNode>(1, &disk, power).await;
        node.ask(json!({ "type": "add", "element": "rye" })).await;
        node.kill();
        disk.power_cut();
        let read = life::<GSetNode>(2, &disk, power).await.ask(json!({ "type": "read" })).await;
        assert_eq!(read["value"], json!(["rye"]));

        let disk = SimulatedDisk::new(1);
        let node = life::<TxnRwRegister>(1, &disk, power).await;
        node.ask(json!({ "type": "txn", "txn": [["w", 1, 2], ["w", 3, 4]] })).await;
        node.kill();
        disk.power_cut();
        let node = life::<TxnRwRegister>(2, &disk, power).await;
        let read =
            node.ask(json!({ "type": "txn", "txn": [["r", 1, null], ["r", 3, null]] })).await;
        assert_eq!(read["txn"], json!([["r", 1, 2], ["r", 3, 4]]));

        let disk = SimulatedDisk::new(1);
        for number in 0..5 {
            let node = life::<Kafka>(number + 1, &disk, power).await;
            let sent = node.ask(json!({ "type": "send", "key": "k", "msg": number })).await;
            assert_eq!(sent["offset"], number, "no offset is given out twice");
            let poll = json!({ "type": "poll", "offsets": { "k": 0 } });
            let messages: Vec<_> = (0..=number).map(|it| json!([it, it])).collect();
            assert_eq!(node.ask(poll).await["msgs"]["k"], json!(messages));
            let list = json!({ "type": "list_committed_offsets", "keys": ["k"] });
            let committed = if number == 0 { json!({}) } else { json!({ "k": number - 1 }) };
            assert_eq!(node.ask(list).await["offsets"], committed);
            node.ask(json!({ "type": "commit_offsets", "offsets": { "k": number } })).await;
            node.kill();
            disk.power_cut();
        }
    });
}

#[test]
fn nothing_leaves_before_what_it_rests_on_is_synced() {
    in_virtual_time(async {
        for seed in 0..20 {
            let disk = SimulatedDisk::new(seed);
            let slowest_sync = Duration::from_secs(40);
            let node = begin::<Broadcast>(1, &disk, Durability::Power);
            node.init(&["n1", "n2"]).await;
            disk.set_faults(Faults { slowest_sync, ..Faults::default() });
            node.send("c1", &json!({ "type": "read", "msg_id": 1 }));
            assert_eq!(kinds(&node.said().await, "c1"), ["read_ok"], "it rests on nothing");
            for message in 0..3 {
                let mut body = broadcast(message);
                body["msg_id"] = json!(message);
                node.send("c1", &body);
            }
            node.send("c2", &json!({ "type": "read", "msg_id": 1 }));
            let (mut waited, mut said) = (Duration::ZERO, node.said().await);
            assert!(said.is_empty(), "{said:?}");
            while !said.iter().any(|message| message["dest"] == "n2") {
                sleep(Duration::from_millis(100)).await;
                waited += Duration::from_millis(100);
                said.extend(node.said().await);
                assert!(waited < 3 * slowest_sync, "{said:?}");
            }
            node.kill();
            disk.power_cut();
            disk.set_faults(Faults::default());
            let found = seen(&life_of_two(2, &disk).await).await;
            assert_eq!(found, (0..3).collect(), "what n2 was told");
            // Who waited in vain was told in time that nobody knows.
            let replies = [kinds(&said, "c1"), kinds(&said, "c2")].concat();
            assert_eq!(replies.len(), 4, "{said:?}");
            let is_late = waited > Duration::from_millis(1100);
            assert_eq!(
                replies.iter().any(|kind| kind == "error"),
                is_late,
                "{waited:?}: {replies:?}"
            );
        }
    });
}

async fn life_of_two(number: u64, disk: &SimulatedDisk) -> TestNode {
    let node = begin::<Broadcast>(number, disk, Durability::Power);
    assert_eq!(node.init(&["n1", "n2"]).await["type"], "init_ok");
    node
}

#[test]
fn a_disk_that_fails_ends_the_life() {
    in_virtual_time(async {
        let disk = SimulatedDisk::new(1);
        let node = life::<Broadcast>(1, &disk, Durability::Power).await;
        node.ask(broadcast(1)).await;
        disk.set_faults(Faults { sync_errors: 1.0, ..Faults::default() });
        node.send("c1", &json!({ "type": "broadcast", "message": 2, "msg_id": 1 }));
        sleep(Duration::from_secs(10)).await;
        assert_eq!(node.said().await, Vec::<Value>::new());
        let error = node.ended().await.unwrap_err().to_string();
        assert!(error.contains("a sync failed"), "{error}");
        disk.set_faults(Faults::default());
        disk.power_cut();
        assert!(seen(&life::<Broadcast>(2, &disk, Durability::Power).await).await.contains(&1));
    });
}

#[test]
fn a_full_disk_refuses_and_forgets_nothing() {
    in_virtual_time(async {
        for durability in [Durability::Process, Durability::Power] {
            let disk = SimulatedDisk::new(1);
            let node = life::<Broadcast>(1, &disk, durability).await;
            node.ask(broadcast(1)).await;
            disk.set_faults(Faults { capacity: Some(0), ..Faults::default() });
            for message in [2, 3] {
                let answer = node.ask(broadcast(message)).await;
                assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!(13)));
                assert!(answer["text"].as_str().unwrap().contains("no room"), "{answer}");
            }
            let answer = node.ask(json!({ "type": "read" })).await;
            assert_eq!(answer["code"], 13, "what it shows might be lost");
            sleep(RETRY).await;
            assert_eq!(node.ask(broadcast(4)).await["code"], 13, "there is still no room");
            disk.set_faults(Faults::default());
            sleep(2 * RETRY).await;
            assert_eq!(seen(&node).await, (1..=4).collect());
            node.kill();
            disk.power_cut();
            if durability == Durability::Power {
                assert_eq!(seen(&life::<Broadcast>(2, &disk, durability).await).await.len(), 4);
            }
        }
    });
}

#[test]
fn a_damaged_journal_is_not_served_from() {
    in_virtual_time(async {
        let disk = SimulatedDisk::new(1);
        let node = life::<Broadcast>(1, &disk, Durability::Power).await;
        for message in 0..10 {
            node.ask(broadcast(message)).await;
        }
        kill(node, &disk);
        let (file, byte) = disk.flip().unwrap();
        let node = begin::<Broadcast>(2, &disk, Durability::Power);
        let answer = node.init(&["n1"]).await;
        assert_eq!(answer["type"], "error");
        let text = answer["text"].as_str().unwrap();
        assert!(text.contains(&file) && text.contains(&byte.to_string()), "{text}: {file}, {byte}");
        assert_eq!(node.ask(json!({ "type": "read" })).await["code"], 11, "it does not serve");
    });
}

#[test]
fn a_journal_serves_one_node_of_one_workload() {
    in_virtual_time(async {
        let disk = SimulatedDisk::new(1);
        let node = life::<Kafka>(1, &disk, Durability::Process).await;
        kill(node, &disk);
        let other = begin::<GSetNode>(2, &disk, Durability::Process).init(&["n1"]).await;
        assert!(other["text"].as_str().unwrap().contains("\"n1\", a node of kafka"), "{other}");
        disk.kill();
        let other = begin::<Kafka>(2, &disk, Durability::Process).init(&["n2"]).await;
        assert!(other["text"].as_str().unwrap().contains("\"n1\", a node of kafka"), "{other}");
        disk.kill();
        let more = begin::<Kafka>(3, &disk, Durability::Process).init(&["n1", "n2"]).await;
        assert!(more["text"].as_str().unwrap().contains("must stay the same"), "{more}");
    });
}

#[test]
fn a_journal_grows_with_the_state_and_not_with_its_history() {
    in_virtual_time(async {
        let disk = SimulatedDisk::new(1);
        let node = life::<TxnRwRegister>(1, &disk, Durability::Process).await;
        let text = "x".repeat(10_000);
        for number in 0..600 {
            let value = format!("{number}{text}");
            node.ask(json!({ "type": "txn", "txn": [["w", number % 10, value]] })).await;
        }
        let bytes = held(&disk);
        assert!(bytes < 2_000_000, "{bytes} bytes for ten registers of 10 kB");
        kill(node, &disk);
        let node = life::<TxnRwRegister>(2, &disk, Durability::Process).await;
        for number in 0..10 {
            let read = node.ask(json!({ "type": "txn", "txn": [["r", number, null]] })).await;
            let last = 590 + number;
            assert_eq!(read["txn"][0][2], json!(format!("{last}{text}")));
        }
    });
}

fn held(disk: &SimulatedDisk) -> u64 {
    use glomers_store::Disk;
    let lens =
        disk.list().unwrap().into_iter().map(|name| disk.open(&name).unwrap().len().unwrap());
    lens.sum()
}

/// Whatever is done to a node and its disk: what was acknowledged or read is there, or the node says why
/// it does not serve.
#[test]
fn nothing_that_anyone_was_told_is_lost() {
    for seed in 0..300 {
        in_virtual_time(async {
            let disk = SimulatedDisk::new(seed);
            let mut dice = Dice(seed);
            let (mut told, mut next) = (BTreeSet::new(), 0);
            for number in 1..=8 {
                disk.set_faults(Faults::default());
                let node = life::<Broadcast>(number, &disk, Durability::Power).await;
                let found = seen(&node).await;
                assert!(told.is_subset(&found), "seed {seed}: {told:?} are not all in {found:?}");
                told = found;
                for _ in 0..dice.below(12) {
                    let sync_errors = if dice.below(4) == 0 { 0.2 } else { 0.0 };
                    let capacity = (dice.below(4) == 0).then(|| held(&disk) + dice.below(60));
                    let slowest_sync = Duration::from_millis(dice.below(3000));
                    disk.set_faults(Faults {
                        sync_errors,
                        capacity,
                        slowest_sync,
                        ..Faults::default()
                    });
                    let body = json!({ "type": "broadcast", "message": next, "msg_id": next });
                    node.send("c1", &body);
                    next += 1;
                    sleep(Duration::from_millis(dice.below(1500))).await;
                }
                for message in node.said().await {
                    if message["body"]["type"] == "broadcast_ok" {
                        told.insert(message["body"]["in_reply_to"].as_u64().unwrap());
                    }
                }
                node.kill();
                if dice.below(3) == 0 { disk.kill() } else { disk.power_cut() }
            }
        });
    }
}

/// Numbers by a seed, after Steele, Lea, Flood, [Fast Splittable Pseudorandom Number
/// Generators](https://doi.org/10.1145/2660193.2660195), OOPSLA 2014.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}
