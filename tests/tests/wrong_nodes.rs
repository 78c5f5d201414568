//! Every checker is proved by nodes that are wrong on purpose, and by the same nodes when they are
//! right.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod wrong;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use clap::ValueEnum;
use glomers::check::{Availability, Valid};
use glomers::network::Distribution;
use glomers::run::RunError;
use glomers::workload::Kind;
use glomers_shims::nodes::Echo;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Env, Net, Node, serve};
use glomers_shims::transport::{MemoryTransport, Transport};
use glomers_tests::programs::{Glomers, program, python_node};
use glomers_tests::{Run, Scenario, in_parallel};
use wrong::{Flawed, counter, echo, kafka, set, unique_ids};

/// As many runs must find each flaw.
const SEEDS: u64 = 5;

fn scenario<N: Node<Args = Flawed<F>>, F: ValueEnum + Debug + Send + Sync + 'static>(
    kind: Kind,
    flaw: F,
) -> Scenario {
    Scenario::of_node::<N>(kind, Flawed { flaw })
}

/// Whatever the seed, the run must be invalid for these reasons: all of those in `must`, perhaps
/// some of those in `may`, and no others.
#[track_caller]
fn assert_found(scenario: &Scenario, must: &[&str], may: &[&str]) -> Run {
    let mut last = None;
    for seed in 0..SEEDS {
        let scenario = scenario.clone().seed(seed);
        let run = scenario.run().unwrap();
        let found = run.anomalies();
        let must: BTreeSet<_> = must.iter().copied().collect();
        let allowed: BTreeSet<_> = must.iter().chain(may).copied().collect();
        let what = &run.results.findings;
        assert!(must.is_subset(&found), "{scenario}: {must:?} is not in {found:?}");
        let other = what.iter().find(|finding| !allowed.contains(&*finding.anomaly));
        assert!(other.is_none(), "{scenario}: {found:?}: {other:#?}");
        assert_eq!(run.results.valid, Valid::No, "{scenario}");
        for finding in what {
            let proved = finding.anomaly == "muted" || finding.anomaly == "crashed";
            assert!(proved || !finding.ops.is_empty(), "{scenario}: no proof of {finding:?}");
        }
        last = Some(run);
    }
    last.unwrap()
}

fn assert_right(scenario: &Scenario) {
    for seed in 0..SEEDS {
        let run = scenario.clone().seed(seed).assert_valid();
        assert_eq!(run.anomalies(), BTreeSet::new());
    }
}

#[test]
fn sets() {
    use set::Flaw;

    let wrong: [(Flaw, &str); 4] = [
        (Flaw::Loses, "lost"),
        (Flaw::Forgets, "lost"),
        (Flaw::Deaf, "lost"),
        (Flaw::Invents, "unexpected"),
    ];
    in_parallel([Kind::Broadcast, Kind::GSet], |kind| {
        let scenario = |flaw| scenario::<set::Set, _>(kind, flaw).rate(300.0);
        assert_right(&scenario(Flaw::None));
        for (flaw, anomaly) in wrong {
            assert_found(&scenario(flaw), &[anomaly], &[]);
        }
        // As in Maelstrom, this is told and forgiven.
        let run = scenario(Flaw::Repeats).assert_valid();
        assert_eq!(run.anomalies(), BTreeSet::from(["duplicated"]));
        // Never told again, what the network swallowed is lost.
        assert_found(&scenario(Flaw::None).partitions(2).seconds(20), &["lost"], &[]);
        assert_found(&scenario(Flaw::None).loss(20.0), &["lost"], &[]);
    });
}

#[test]
fn counters() {
    use counter::Flaw;

    in_parallel([Kind::GCounter, Kind::PnCounter], |kind| {
        let scenario = |flaw| scenario::<counter::Counter, _>(kind, flaw);
        assert_right(&scenario(Flaw::None));
        for flaw in [Flaw::Drops, Flaw::AddsTwice, Flaw::Forgets] {
            assert_found(&scenario(flaw), &["wrong-sum"], &[]);
        }
        let slow = scenario(Flaw::Races).latency(10, Distribution::Constant);
        assert_found(&slow, &["wrong-sum"], &[]);
        assert_found(&scenario(Flaw::None).partitions(2).seconds(20), &["wrong-sum"], &[]);
        assert_found(&scenario(Flaw::None).duplication(20.0), &["wrong-sum"], &[]);
        assert_found(&scenario(Flaw::Spells), &["malformed-reply", "none-ok"], &[]);
    });
}

#[test]
fn unique_ids() {
    use unique_ids::Flaw;

    let scenario = |flaw| scenario::<unique_ids::UniqueIds, _>(Kind::UniqueIds, flaw);
    assert_right(&scenario(Flaw::None).availability(Availability::Total));
    assert_found(&scenario(Flaw::Repeats), &["duplicated"], &[]);
    assert_found(&scenario(Flaw::CountsAlone), &["duplicated"], &[]);
    assert_right(&scenario(Flaw::CountsAlone).nodes(1));
}

#[test]
fn promised_availability() {
    let scenario = || {
        scenario::<unique_ids::UniqueIds, _>(Kind::UniqueIds, unique_ids::Flaw::Refuses)
            .clients_per_node(2)
    };
    assert_right(&scenario());
    assert_right(&scenario().availability(Availability::Fraction(0.9)));
    for promised in [Availability::Total, Availability::Fraction(0.99)] {
        let run = assert_found(&scenario().availability(promised), &["unavailable"], &[]);
        let share = run.figure(&["availability", "ok-fraction"]);
        assert!((0.94..0.96).contains(&share), "{share}");
    }
}

#[test]
fn echo() {
    use echo::Flaw;

    let scenario = |flaw| scenario::<echo::Echo, _>(Kind::Echo, flaw).nodes(2).rate(20.0);
    assert_right(&scenario(Flaw::None));
    assert_found(&scenario(Flaw::Alters), &["wrong-echo"], &[]);
    assert_found(&scenario(Flaw::Silent), &["wrong-echo", "none-ok"], &[]);
    assert_found(&scenario(Flaw::HalfSilent), &["wrong-echo"], &[]);
    for flaw in [
        Flaw::ExtraKey,
        Flaw::MissingKey,
        Flaw::OtherKey,
        Flaw::NullMsgId,
        Flaw::OtherType,
        Flaw::NoType,
        Flaw::ErrorWithoutCode,
    ] {
        assert_found(&scenario(flaw), &["wrong-echo", "malformed-reply"], &[]);
    }
    for flaw in [Flaw::AnswersLate, Flaw::CallsNobody] {
        let run = assert_found(&scenario(flaw), &["wrong-echo", "muted"], &["none-ok"]);
        assert_eq!(run.outcome.muted.len(), 2, "both nodes: {:?}", run.outcome.muted);
    }
}

/// What is out of place is skipped or met again, too.
const POLLS: [&str; 4] =
    ["poll-skip", "int-poll-skip", "nonmonotonic-poll", "int-nonmonotonic-poll"];

/// What one poll skips perhaps no other shows.
const LOSSES: [&str; 2] = ["lost-write", "unseen"];

#[test]
fn kafka() {
    use kafka::Flaw;

    let scenario = |flaw| {
        let scenario = scenario::<kafka::Kafka, _>(Kind::Kafka, flaw);
        scenario.nodes(1).clients_per_node(2).rate(200.0)
    };
    assert_right(&scenario(Flaw::None));
    let wrong: [(Flaw, &[&str], &[&str]); 11] = [
        (Flaw::SharesOffsets, &["inconsistent-offsets"], &[]),
        (Flaw::StoresTwice, &["duplicate"], &POLLS),
        (Flaw::Loses, &LOSSES, &POLLS),
        (Flaw::StoresRefused, &["G1a"], &[]),
        (Flaw::FallingOffsets, &["nonmonotonic-send"], &POLLS),
        (Flaw::SkipsFirst, &["poll-skip"], &LOSSES),
        (Flaw::SkipsSecond, &["int-poll-skip"], &LOSSES),
        (Flaw::GoesBack, &["nonmonotonic-poll"], &[]),
        (Flaw::Swaps, &["int-nonmonotonic-poll"], &POLLS),
        (Flaw::Invents, &["unexpected"], &[]),
        (Flaw::Foresees, &["G1c-realtime"], &["G1c-process", "unexpected"]),
    ];
    in_parallel(wrong, |(flaw, must, may)| {
        assert_found(&scenario(flaw), must, may);
    });
}

/// A transport that prints a line of its own before the tenth of the node's.
struct Chatty<T> {
    transport: T,
    line: &'static [u8],
    quiet_for: usize,
}

impl<T: Transport> Transport for Chatty<T> {
    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut Vec<u8>) -> Poll<bool> {
        self.transport.poll_read(context, input)
    }

    fn write(&mut self, output: &mut Vec<u8>) {
        let lines = output.split_inclusive(|byte| *byte == b'\n').count();
        if (1..=lines).contains(&self.quiet_for) {
            output.splice(..0, self.line.iter().copied());
        }
        self.quiet_for = self.quiet_for.saturating_sub(lines);
        self.transport.write(output);
    }

    fn finish(&mut self) -> io::Result<()> {
        self.transport.finish()
    }
}

fn chatty(line: &'static [u8]) -> Scenario {
    let launch = move |env: Env, transport: MemoryTransport| -> glomers_shims::nodes::Running {
        let transport = Chatty { transport, line, quiet_for: 10 };
        Box::pin(serve::<Echo>(glomers_shims::cli::NoArgs {}, env, transport))
    };
    Scenario::launched_by(Kind::Echo, "chatty", Box::new(launch)).nodes(1).rate(20.0)
}

#[test]
fn lines_that_mute_a_node() {
    for (line, why) in [
        (&b"starting up\n"[..], "not JSON"),
        (b"{\"src\":\"n0\",\"dest\":\"c0\"\n", "not JSON"),
        (b"\n", "not JSON"),
        (b"[]\n", "not a message"),
        (b"{\"src\":\"n0\",\"body\":{}}\n", "no dest"),
        (b"{\"src\":\"n0\",\"dest\":\"n0\",\"body\":{},\"ttl\":1}\n", "no key"),
        (b"{\"src\":\"n7\",\"dest\":\"n0\",\"body\":{}}\n", "src \"n7\" is not in the network"),
        (b"{\"src\":\"n0\",\"dest\":\"n7\",\"body\":{}}\n", "dest \"n7\" is not in the network"),
    ] {
        let run = assert_found(&chatty(line), &["muted", "wrong-echo"], &[]);
        let muted = run.results.findings.iter().find(|finding| finding.anomaly == "muted").unwrap();
        assert!(muted.text.contains(why), "{why} is not in {}", muted.text);
        assert!(muted.text.contains("n0 is muted"), "{}", muted.text);
        assert_eq!(run.results.json["nodes"]["muted"], serde_json::json!(["n0"]));
    }
    let fine = b"{\"src\":\"n0\",\"dest\":\"n0\",\"body\":{\"type\":\"hello\"}}\n";
    assert_right(&chatty(fine));
}

#[test]
fn a_node_that_ends_early() {
    let launch = |env, transport| -> glomers_shims::nodes::Running {
        let node = serve::<Echo>(glomers_shims::cli::NoArgs {}, env, transport);
        Box::pin(async move {
            tokio::time::timeout(Duration::from_secs(5), node).await.unwrap_or(Ok(()))
        })
    };
    let scenario =
        Scenario::launched_by(Kind::Echo, "short-lived", Box::new(launch)).nodes(1).rate(20.0);
    let run = assert_found(&scenario, &["crashed", "wrong-echo"], &[]);
    assert_eq!(run.outcome.crashes[0].node, "n0");
}

/// A node that refuses to be initialised.
struct Unwilling;

impl Node for Unwilling {
    const NAME: &'static str = "unwilling";
    const ABOUT: &'static str = "Does not want to";
    type Args = glomers_shims::cli::NoArgs;
    type Request = echo::Request;
    type Response = serde_json::Value;

    fn start(_net: Net, _args: Self::Args) -> Result<std::rc::Rc<Self>, Error> {
        Err(Error::new(ErrorCode::Abort, "I would prefer not to"))
    }

    async fn handle(
        self: std::rc::Rc<Self>,
        _from: std::rc::Rc<str>,
        _request: Self::Request,
    ) -> Result<Option<serde_json::Value>, Error> {
        Ok(None)
    }
}

#[test]
fn a_cluster_that_does_not_start_is_not_judged() {
    let args = glomers_shims::cli::NoArgs {};
    match Scenario::of_node::<Unwilling>(Kind::Echo, args.clone()).run().map(|_| ()) {
        Err(RunError::Init { why, .. }) => assert!(why.contains("I would prefer not to"), "{why}"),
        other => panic!("{other:?}"),
    }
    // Echo knows no topology.
    match Scenario::of_node::<Echo>(Kind::Broadcast, args).run().map(|_| ()) {
        Err(RunError::Setup { request: "topology", why, .. }) => {
            assert!(why.contains("not-supported"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn exit_status_1_is_for_what_is_proved_wrong() {
    in_parallel(
        [
            ("wrong_echo.py", "-w echo --node-count 1 --time-limit 1 --rate 20", "wrong-echo"),
            (
                "repeats_ids.py",
                "-w unique-ids --node-count 2 --time-limit 1 --rate 20",
                "duplicated",
            ),
            ("chatty_echo.py", "-w echo --node-count 1 --time-limit 1 --rate 20", "muted"),
            ("forgetful_set.py", "-w g-set --node-count 1 --time-limit 1 --rate 40", "lost"),
        ],
        |(node, args, anomaly)| {
            let run = Glomers::test(&python_node(node), args);
            run.assert_status(1).assert_tells(&[anomaly, "INVALID"]);
            assert_eq!(run.results()["valid?"], false);
        },
    );
}

#[test]
fn exit_status_0_is_for_what_is_right() {
    for args in [
        "test -w echo --node-count 1 --time-limit 2",
        "test -w g-counter --node-count 3 --time-limit 5 --rate 50 --nemesis partition --seed 1",
        "--help",
        "test --help",
        "--version",
    ] {
        Glomers::run(args).assert_status(0);
    }
}

#[test]
fn exit_status_2_is_for_what_cannot_be_known() {
    for args in
        ["test -w broadcast --node-count 1 --rate 0", "test -w g-set --node-count 1 --time-limit 0"]
    {
        let run = Glomers::run(args);
        run.assert_status(2).assert_tells(&["unknown: the run was too short"]);
        assert_eq!(run.results()["valid?"], "unknown");
    }
}

#[test]
fn exit_status_3_is_for_a_wrong_command_line() {
    for (args, told) in [
        ("", "Usage: glomers"),
        ("tset", "unrecognized subcommand 'tset'"),
        ("test", "--workload <NAME>"),
        ("test -w dance", "invalid value 'dance'"),
        ("test -w echo --node-cuont 3", "unexpected argument '--node-cuont'"),
        ("test -w echo --node-count 0", "must be positive"),
        ("test -w echo --node-count three", "invalid value 'three'"),
        ("test -w echo --rate=-1", "must be between 0 and 1000000"),
        ("test -w echo --rate NaN", "must be between 0 and 1000000"),
        ("test -w echo --time-limit forever", "--time-limit"),
        ("test -w echo --concurrency 0n", "a positive number, or one followed by n"),
        ("test -w echo --latency-dist gaussian", "possible values: constant, uniform, exponential"),
        ("test -w echo --nemesis flood", "possible values: partition"),
        ("test -w echo --nemesis-interval 0", "must be positive"),
        ("test -w echo --availability 2", "must be between 0 and 1, or total"),
        ("test -w broadcast --topology ring", "--topology"),
        ("test -w echo --seed x", "--seed"),
        ("test -w echo --bin no/such/program", "cannot run no/such/program: No such file"),
        ("test -w broadcast -- --topology ring", "--topology"),
        ("test -w echo -- --flush 5", "unexpected argument '--flush'"),
        ("node", "Usage: glomers node"),
        ("node dance", "there is no node called \"dance\""),
        ("demo --seed x", "--seed"),
    ] {
        let run = Glomers::run(args);
        run.assert_status(3);
        assert!(run.stderr().contains(told), "glomers {args}: {told:?} not in {}", run.stderr());
        assert_eq!(run.stdout(), "", "glomers {args}");
    }
    let kafka = Glomers::run("test -w kafka --node-count 2");
    kafka.assert_status(3).assert_tells(&["the kafka node serves alone"]);
}

#[test]
fn a_file_that_is_no_program_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for path in [file.path(), file.path().parent().unwrap()] {
        let run = Glomers::test(path, "-w echo --node-count 1");
        run.assert_status(3).assert_tells(&["cannot run", "Permission denied"]);
    }
    // A node's own command line is checked by the node, which then ends.
    let run = Glomers::test(&program("echo"), "-w echo --node-count 1 -- --flush 5");
    run.assert_status(3)
        .assert_tells(&["n0 failed to initialise", "unexpected argument '--flush'"]);
}
