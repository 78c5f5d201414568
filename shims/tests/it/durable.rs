//! A counter's node before a seq-kv that answers when it is told to, and over several lives.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use glomers_shims::cli;
use glomers_shims::nodes::GCounterNode;
use glomers_shims::runtime::Env;
use glomers_shims::storage::Storage;
use glomers_shims::testing::{TestNode, in_virtual_time};
use glomers_store::SimulatedDisk;
use serde_json::{Value, json};
use tokio::time::sleep;

/// One life of the node n1, alone in its cluster.
struct Life(TestNode, Option<SimulatedDisk>);

impl Life {
    async fn begin(number: u64, disk: Option<&SimulatedDisk>, args: &[&str]) -> Self {
        let storage = disk.cloned().map(Storage::Memory);
        Self(Self::begin_in(number, storage, args).await, disk.cloned())
    }

    async fn begin_in(number: u64, storage: Option<Storage>, args: &[&str]) -> TestNode {
        let mut env = Env::new([number, number << 20]);
        env.storage = storage;
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        let node =
            TestNode::with_env::<GCounterNode>(cli::parse::<GCounterNode>(&args).unwrap(), env);
        assert_eq!(node.init(&["n1"]).await["type"], "init_ok");
        node
    }

    fn send(&self, src: &str, body: &Value) {
        self.0.send(src, body);
    }

    /// What the node has printed since the last call.
    async fn printed(&self) -> Vec<Value> {
        self.0.said().await
    }

    /// The one request to seq-kv that the node has sent since.
    async fn request(&self) -> Value {
        let mut printed = self.printed().await;
        assert_eq!(printed.len(), 1, "{printed:?}");
        assert_eq!(printed[0]["dest"], "seq-kv");
        printed.remove(0)["body"].take()
    }

    /// Lets seq-kv answer all that the node asks of it, and returns its answers to others.
    async fn served_by(&self, kv: &mut SeqKv) -> Vec<Value> {
        let mut answers = Vec::new();
        loop {
            let printed = self.printed().await;
            if printed.is_empty() {
                return answers;
            }
            for message in printed {
                if message["dest"] == "seq-kv" {
                    self.send("seq-kv", &kv.answer(&message["body"]));
                } else {
                    answers.push(message["body"].clone());
                }
            }
        }
    }

    /// Adds; the answer is for later.
    fn add(&self, delta: u64) {
        self.send("c1", &json!({ "type": "add", "msg_id": 7, "delta": delta }));
    }

    async fn read(&self) -> Value {
        self.send("c1", &json!({ "type": "read", "msg_id": 8 }));
        let mut printed = self.printed().await;
        printed.retain(|message| message["body"]["type"] == "read_ok");
        printed[0]["body"]["value"].take()
    }

    fn kill(self) {
        self.0.kill();
        if let Some(disk) = self.1 {
            disk.kill();
        }
    }
}

/// A store.
#[derive(Default)]
struct SeqKv(BTreeMap<String, Value>);

impl SeqKv {
    fn answer(&mut self, request: &Value) -> Value {
        let key = request["key"].as_str().unwrap().to_owned();
        let mut answer = match (request["type"].as_str().unwrap(), self.0.get(&key)) {
            ("write", _) => {
                self.0.insert(key, request["value"].clone());
                json!({ "type": "write_ok" })
            }
            ("read", Some(value)) => json!({ "type": "read_ok", "value": value }),
            ("cas", Some(value)) if *value != request["from"] => {
                json!({ "type": "error", "code": 22, "text": "" })
            }
            ("cas", value) if value.is_some() || request["create_if_not_exists"] == true => {
                self.0.insert(key, request["to"].clone());
                json!({ "type": "cas_ok" })
            }
            _ => json!({ "type": "error", "code": 20, "text": "" }),
        };
        answer["in_reply_to"] = request["msg_id"].clone();
        answer
    }
}

fn disk() -> SimulatedDisk {
    SimulatedDisk::new(1)
}

const ADDED: &str = "add_ok";

#[test]
fn the_record_is_read_behind_a_fence() {
    in_virtual_time(async {
        let mut kv = SeqKv::default();
        let mut fences = Vec::new();
        for number in 1..=2 {
            let life = Life::begin(number, None, &[]).await;
            life.add(1);
            let fence = life.request().await;
            assert_eq!(
                (&fence["type"], &fence["key"]),
                (&json!("write"), &json!("g-counter/n1/fence"))
            );
            fences.push(fence["value"].clone());
            life.send("seq-kv", &kv.answer(&fence));
            let read = life.request().await;
            assert_eq!((&read["type"], &read["key"]), (&json!("read"), &json!("g-counter/n1")));
            life.send("seq-kv", &kv.answer(&read));
            assert_eq!(life.served_by(&mut kv).await[0]["type"], ADDED);
            // A comparison that fails may have been made with an old state: what is there now is
            // read behind another fence.
            life.add(1);
            let cas = life.request().await;
            let refusal =
                json!({ "type": "error", "code": 22, "text": "", "in_reply_to": cas["msg_id"] });
            life.send("seq-kv", &refusal);
            let fence = life.request().await;
            assert_eq!(fence["type"], "write");
            fences.push(fence["value"].clone());
            life.send("seq-kv", &kv.answer(&fence));
            assert_eq!(life.served_by(&mut kv).await[0]["type"], ADDED);
            assert_eq!(life.read().await, 2 * number);
            life.kill();
        }
        fences.dedup();
        assert_eq!(fences.len(), 4, "a fence that changes nothing is none: {fences:?}");
    });
}

#[test]
fn a_late_request_of_an_earlier_life_fails() {
    for acks in ["seq-kv", "disk"] {
        in_virtual_time(async {
            let (mut kv, disk) = (SeqKv::default(), disk());
            let args = ["--acks", acks];
            let first = Life::begin(1, Some(&disk), &args).await;
            first.add(1);
            assert_eq!(first.served_by(&mut kv).await[0]["type"], ADDED);
            sleep(Duration::from_secs(2)).await;
            first.served_by(&mut kv).await;
            first.add(10);
            sleep(Duration::from_millis(2100)).await;
            let printed = first.printed().await;
            let late = printed.iter().find(|message| message["body"]["type"] == "cas");
            let late = &late.unwrap()["body"];
            first.kill();

            let second = Life::begin(2, Some(&disk), &args).await;
            sleep(Duration::from_secs(2)).await;
            second.served_by(&mut kv).await;
            assert_eq!(kv.answer(late)["code"], 22, "{acks}");
            second.add(100);
            assert_eq!(second.served_by(&mut kv).await[0]["type"], ADDED);
            let expected = if acks == "disk" { 111 } else { 101 };
            assert_eq!(second.read().await, expected, "{acks}");
            second.kill();
        });
    }
}

#[test]
fn a_life_that_never_reached_seq_kv_breaks_no_chain() {
    in_virtual_time(async {
        let (mut kv, disk) = (SeqKv::default(), disk());
        let first = Life::begin(1, Some(&disk), &[]).await;
        first.add(5);
        assert_eq!(first.served_by(&mut kv).await[0]["type"], ADDED);
        first.add(6);
        assert_eq!(first.served_by(&mut kv).await[0]["type"], ADDED);
        first.kill();

        // The second one's change never arrives.
        let second = Life::begin(2, Some(&disk), &[]).await;
        second.add(0);
        sleep(Duration::from_secs(2)).await;
        for _ in 0..2 {
            let request = second.printed().await.pop().unwrap();
            second.send("seq-kv", &kv.answer(&request["body"]));
        }
        assert_eq!(second.request().await["type"], "cas");
        second.kill();

        let third = Life::begin(3, Some(&disk), &[]).await;
        third.add(7);
        assert_eq!(third.served_by(&mut kv).await[0]["type"], ADDED);
        assert_eq!(third.read().await, 18);
        let record = &kv.0["g-counter/n1"];
        assert_eq!(record["entries"], json!([11]), "what was found is stored before it grows");
        assert_eq!(record["journal"], json!(format!("{:016x}{:016x}", 3, 3 << 20)));
    });
}

#[test]
fn additions_on_disk_are_stored_together_after_a_while() {
    in_virtual_time(async {
        let (mut kv, disk) = (SeqKv::default(), disk());
        let life = Life::begin(1, Some(&disk), &["--store-every", "500"]).await;
        life.add(1);
        assert_eq!(life.served_by(&mut kv).await[0]["type"], ADDED);
        for n in 2..=100 {
            life.add(1);
            let printed = life.printed().await;
            assert_eq!(printed.len(), 1, "{printed:?}");
            assert_eq!(printed[0]["body"]["type"], ADDED);
            assert_eq!(life.read().await, n);
        }
        sleep(Duration::from_millis(500)).await;
        let store = life.request().await;
        assert_eq!((&store["type"], &store["to"]["entries"]), (&json!("cas"), &json!([100])));
        life.send("seq-kv", &kv.answer(&store));
        sleep(Duration::from_secs(10)).await;
        assert_eq!(life.printed().await, Vec::<Value>::new(), "nothing is new");
    });
}

#[test]
fn an_addition_of_nothing_waits_for_nothing() {
    in_virtual_time(async {
        let life = Life::begin(1, None, &[]).await;
        life.add(0);
        let printed = life.printed().await;
        assert_eq!(printed.len(), 1, "{printed:?}");
        assert_eq!(printed[0]["body"]["type"], ADDED);
    });
}

#[test]
fn who_has_lost_the_name_adds_no_more() {
    in_virtual_time(async {
        let mut kv = SeqKv::default();
        let first = Life::begin(1, None, &[]).await;
        first.add(1);
        assert_eq!(first.served_by(&mut kv).await[0]["type"], ADDED);
        let second = Life::begin(2, None, &[]).await;
        second.add(2);
        assert_eq!(second.served_by(&mut kv).await[0]["type"], ADDED);
        for _ in 0..2 {
            first.add(4);
            assert_eq!(first.served_by(&mut kv).await[0]["code"], 14);
        }
        second.add(8);
        assert_eq!(second.served_by(&mut kv).await[0]["type"], ADDED);
        assert_eq!(second.read().await, 11);
    });
}

#[test]
fn a_full_counter_refuses() {
    in_virtual_time(async {
        let (mut kv, disk) = (SeqKv::default(), disk());
        let life = Life::begin(1, Some(&disk), &[]).await;
        life.add(u64::MAX - 1);
        assert_eq!(life.served_by(&mut kv).await[0]["type"], ADDED);
        for (delta, expected) in [(2, json!(14)), (1, Value::Null), (1, json!(14))] {
            life.add(delta);
            assert_eq!(life.served_by(&mut kv).await[0]["code"], expected);
        }
        life.kill();
        // What is asked before the record is known is refused when it is.
        let life = Life::begin(2, Some(&disk), &[]).await;
        life.add(1);
        assert_eq!(life.served_by(&mut kv).await[0]["code"], 14);
        assert_eq!(life.read().await, u64::MAX);
    });
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn in_the_temporary_folder_only_who_is_told_finds_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let storage = || Some(Storage::Temporary(folder.path().to_owned()));
    let name = |life: u64| format!("glomers-g-counter-n1-{life:016x}{:016x}", life << 20);
    in_virtual_time(async {
        let mut kv = SeqKv::default();
        let first = Life(Life::begin_in(1, storage(), &[]).await, None);
        first.add(5);
        assert_eq!(first.served_by(&mut kv).await[0]["type"], ADDED);
        first.add(6);
        assert_eq!(first.served_by(&mut kv).await[0]["type"], ADDED);
        assert_eq!(kv.0["g-counter/n1"]["entries"], json!([0]), "the record is behind");
        assert_eq!(names(folder.path()), [name(1)]);
        first.0.end().await;

        // Another cluster, whose seq-kv knows nothing.
        let stranger = Life(Life::begin_in(2, storage(), &[]).await, None);
        stranger.add(1);
        assert_eq!(stranger.served_by(&mut SeqKv::default()).await[0]["type"], ADDED);
        assert_eq!(stranger.read().await, 1);
        stranger.0.end().await;

        let second = Life(Life::begin_in(3, storage(), &[]).await, None);
        second.add(7);
        assert_eq!(second.served_by(&mut kv).await[0]["type"], ADDED);
        assert_eq!(second.read().await, 18);
        assert_eq!(kv.0["g-counter/n1"]["entries"], json!([11]));
        assert_eq!(
            names(folder.path()),
            [name(2), name(3)],
            "what is of no use any more is removed"
        );
        second.0.end().await;
    });
}

#[test]
fn files_of_before_there_were_journals_are_read() {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let boot: String = boot.chars().filter(char::is_ascii_hexdigit).collect();
    for (content, expected) in [("3\n12\n1", 19), ("", 14)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(format!("glomers-beef-{boot}"));
        std::fs::write(&file, content).unwrap();
        in_virtual_time(async {
            let mut kv = SeqKv::default();
            let record = json!({ "life": "beef", "entries": [7, 2], "journal": "beef" });
            kv.0.insert("g-counter/n1".to_owned(), record);
            let storage = Storage::Folder(folder.path().to_owned());
            let life = Life(Life::begin_in(1, Some(storage), &[]).await, None);
            life.add(5 - u64::from(expected == 19) * 5);
            life.add(0);
            life.served_by(&mut kv).await;
            sleep(Duration::from_secs(2)).await;
            life.served_by(&mut kv).await;
            assert_eq!(life.read().await, expected, "{content:?}");
            let entries = if expected == 19 { json!([7, 12]) } else { json!([7, 2, 5]) };
            sleep(Duration::from_secs(5)).await;
            life.served_by(&mut kv).await;
            assert_eq!(kv.0["g-counter/n1"]["entries"], entries);
            life.0.end().await;
        });
        assert!(!file.exists(), "it is of no use any more");
    }
}

/// A folder that was put back to what it was holds less than others may have seen.
#[test]
fn a_journal_from_a_backup_is_not_gone_on_with() {
    in_virtual_time(async {
        let mut kv = SeqKv::default();
        let folder = tempfile::tempdir().unwrap();
        let backup = tempfile::tempdir().unwrap();
        let place = "g-counter-n1";
        let copy = |from: &Path, to: &Path| {
            std::fs::create_dir_all(to.join(place)).unwrap();
            for name in names(&from.join(place)) {
                std::fs::copy(from.join(place).join(&name), to.join(place).join(&name)).unwrap();
            }
        };
        let storage = || Some(Storage::Folder(folder.path().to_owned()));
        let mut expected = 0;
        for life in 1..=2 {
            let node = Life(Life::begin_in(life, storage(), &[]).await, None);
            node.add(life);
            assert_eq!(node.served_by(&mut kv).await[0]["type"], ADDED);
            node.add(10 * life);
            assert_eq!(node.served_by(&mut kv).await[0]["type"], ADDED);
            expected += 11 * life;
            assert_eq!(node.read().await, expected);
            node.0.end().await;
            if life == 1 {
                copy(folder.path(), backup.path());
            }
        }
        std::fs::remove_dir_all(folder.path().join(place)).unwrap();
        copy(backup.path(), folder.path());
        let node = Life(Life::begin_in(3, storage(), &[]).await, None);
        node.add(100);
        assert_eq!(node.served_by(&mut kv).await[0]["type"], ADDED);
        let entries = kv.0["g-counter/n1"]["entries"].as_array().unwrap().len();
        assert_eq!(entries, 2, "others may have seen more of the first");
        node.0.end().await;
    });
}
