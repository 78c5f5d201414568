use std::time::{Duration, Instant};

use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use serde_json::json;

use super::Server;
use super::raw::Raw;

/// How many are under way at a time, each on a key of its own.
const IN_FLIGHT: usize = 64;

/// How long one side works before it is the other's turn.
const TURN: Duration = Duration::from_secs(1);
const TURNS: usize = 6;

/// What the service achieves of what a bare loop of updates with an expected revision does:
///
/// `NATS_SERVER=nats-server cargo test -p glomers-shims --features nats -- --ignored --nocapture bare_loop`
#[test]
#[ignore = "a measurement, of a minute"]
fn compare_and_set_against_a_bare_loop_of_updates() {
    let Some(server) = Server::start() else { return };
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let mut service = Service::start(&server);
    let mut reads = 0;
    for _ in 0..TURNS {
        ours.push(service.compare_and_set());
        bare.push(updates(&server));
    }
    for _ in 0..2 {
        reads += service.read();
    }
    ours.sort_unstable();
    bare.sort_unstable();
    let (ours, bare) = (ours[TURNS / 2], bare[TURNS / 2]);
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let ratio = ours as f64 / bare as f64;
    println!("{IN_FLIGHT} in flight: compare-and-set {ours}/s, bare updates {bare}/s: {ratio:.2}");
    println!("reads, each of which is a write: {}/s", reads / 2);
    assert!(ratio >= 0.6, "{ratio}");
}

struct Service {
    raw: Raw,
    /// What each key is known to be.
    values: Vec<u64>,
}

impl Service {
    fn start(server: &Server) -> Self {
        let mut raw = Raw::start(server, "n1");
        let write = |key| json!({"type": "write", "key": key, "value": 0});
        raw.ask_all("lin-kv", (0..IN_FLIGHT).map(write).collect());
        Self { raw, values: vec![0; IN_FLIGHT] }
    }

    fn compare_and_set(&mut self) -> u64 {
        self.keep_busy(|value| format!(r#""cas","from":{value},"to":{}"#, value + 1))
    }

    fn read(&mut self) -> u64 {
        self.keep_busy(|_| r#""read""#.to_owned())
    }

    /// Asks for each key again as soon as it is answered; how many answers there are a second. A request's number is
    /// its key, and no text is read as JSON, lest it is this that is measured.
    fn keep_busy(&mut self, ask: impl Fn(u64) -> String) -> u64 {
        let line = |key: usize, value| {
            let body = format!(r#"{{"type":{},"key":{key},"msg_id":{key}}}"#, ask(value));
            format!("{{\"src\":\"n1\",\"dest\":\"lin-kv\",\"body\":{body}}}\n")
        };
        let (began, mut done, mut waiting) = (Instant::now(), 0, IN_FLIGHT);
        self.raw.write(
            (0..IN_FLIGHT).flat_map(|key| line(key, self.values[key]).into_bytes()).collect(),
        );
        while waiting > 0 {
            let input = String::from_utf8(self.raw.read()).unwrap();
            let mut lines = String::new();
            for answer in input.lines() {
                let number = answer.rsplit_once(':').unwrap().1.trim_end_matches('}');
                let key: usize = number.parse().unwrap();
                if answer.contains("cas_ok") {
                    self.values[key] += 1;
                } else {
                    assert!(answer.contains("read_ok"), "{answer}");
                }
                done += 1;
                if began.elapsed() < TURN {
                    lines.push_str(&line(key, self.values[key]));
                } else {
                    waiting -= 1;
                }
            }
            self.raw.write(lines.into_bytes());
        }
        a_second(done, began)
    }
}

fn a_second(done: u64, began: Instant) -> u64 {
    done * 1_000_000 / u64::try_from(began.elapsed().as_micros()).unwrap()
}

/// How many updates a second a loop does that does nothing else.
fn updates(server: &Server) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(server.url()).await.unwrap();
        let context = async_nats::jetstream::new(client);
        let config = Config {
            name: "KV_bare".to_owned(),
            subjects: vec!["$KV.bare.>".to_owned()],
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            ..Config::default()
        };
        context.get_or_create_stream(config).await.unwrap();
        let began = Instant::now();
        let loops: Vec<_> = (0..IN_FLIGHT)
            .map(|key| {
                let context = context.clone();
                tokio::spawn(async move {
                    let subject = format!("$KV.bare.{key}");
                    // Whatever an earlier turn has left there.
                    let first = context.publish(subject.clone(), "0".into()).await.unwrap();
                    let (mut revision, mut done) = (first.await.unwrap().sequence, 0);
                    while began.elapsed() < TURN {
                        let payload = format!("{{\"value\":{done}}}");
                        let update = PublishMessage::build()
                            .expected_last_subject_sequence(revision)
                            .payload(payload.into());
                        let sent = context.send_publish(subject.clone(), update).await.unwrap();
                        revision = sent.await.unwrap().sequence;
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let mut done = 0;
        for each in loops {
            done += each.await.unwrap();
        }
        a_second(done, began)
    })
}
