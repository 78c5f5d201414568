//! Every checker is proved by nodes that are wrong on purpose, and by the same nodes when they are
//! right. Those for kafka are in `wrong_kafka`,
//! those for transactions in `wrong_txn`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::BTreeSet;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::wrong::{counter, echo, registers, set, unique_ids};
use glomers::network::Distribution;
use glomers::run::RunError;
use glomers::workload::Kind;
use glomers_check::check::Availability;
use glomers_shims::nodes::Echo;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Env, Net, Node, serve};
use glomers_shims::transport::{MemoryTransport, Transport};
use glomers_tests::programs::{Glomers, program, python_node};
use glomers_tests::{Scenario, in_parallel};

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
        let scenario = |flaw| Scenario::of_flawed::<set::Set, _>(kind, flaw).rate(300.0);
        scenario(Flaw::None).assert_right();
        for (flaw, anomaly) in wrong {
            scenario(flaw).assert_found(&[anomaly], &["unconverged"]);
        }
        // The last to be asked has everything, so that Maelstrom sees nothing.
        let run = scenario(Flaw::OneWay).nodes(3).assert_found(&["unconverged"], &[]);
        assert_eq!(run.results.json["maelstrom-valid?"], true);
        // As in Maelstrom, this is told and forgiven.
        let run = scenario(Flaw::Repeats).assert_valid();
        assert_eq!(run.anomalies(), BTreeSet::from(["duplicated"]));
        // Never told again, what the network swallowed is lost.
        let may = ["unconverged"];
        scenario(Flaw::None).partitions(2).seconds(20).assert_found(&["lost"], &may);
        scenario(Flaw::None).loss(20.0).assert_found(&["lost"], &may);
    });
}

#[test]
fn counters() {
    use counter::Flaw;

    in_parallel([Kind::GCounter, Kind::PnCounter], |kind| {
        let scenario = |flaw| Scenario::of_flawed::<counter::Counter, _>(kind, flaw);
        scenario(Flaw::None).assert_right();
        for flaw in [Flaw::Drops, Flaw::AddsTwice, Flaw::Forgets] {
            scenario(flaw).assert_found(&["wrong-sum"], &[]);
        }
        let slow = scenario(Flaw::Races).latency(10, Distribution::Constant);
        slow.assert_found(&["wrong-sum"], &[]);
        scenario(Flaw::None).partitions(2).seconds(20).assert_found(&["wrong-sum"], &[]);
        scenario(Flaw::None).duplication(20.0).assert_found(&["wrong-sum"], &[]);
        scenario(Flaw::Spells).assert_found(&["malformed-reply", "none-ok"], &[]);
    });
}

#[test]
fn registers() {
    use registers::Flaw;

    let scenario = |flaw| {
        let scenario = Scenario::of_flawed::<registers::Registers, _>(Kind::LinKv, flaw);
        scenario.nodes(3).clients_per_node(2).latency(5, Distribution::Exponential)
    };
    scenario(Flaw::None).assert_right();
    scenario(Flaw::None).partitions(2).assert_right();
    let flaws = [Flaw::Caches, Flaw::AcksEarly, Flaw::CasIsWrite, Flaw::CasHasAGap, Flaw::Spells];
    in_parallel(flaws, |flaw| {
        let run = scenario(flaw).assert_found(&["nonlinearizable"], &[]);
        for finding in &run.results.findings {
            let ops = finding.ops.len();
            assert!((2..=24).contains(&ops), "{flaw:?}: {ops} operations are no small proof");
        }
    });
}

#[test]
fn unique_ids() {
    use unique_ids::Flaw;

    let scenario = |flaw| Scenario::of_flawed::<unique_ids::UniqueIds, _>(Kind::UniqueIds, flaw);
    scenario(Flaw::None).availability(Availability::Total).assert_right();
    scenario(Flaw::Repeats).assert_found(&["duplicated"], &[]);
    scenario(Flaw::CountsAlone).assert_found(&["duplicated"], &[]);
    scenario(Flaw::CountsAlone).nodes(1).assert_right();
}

#[test]
fn promised_availability() {
    let scenario = || {
        Scenario::of_flawed::<unique_ids::UniqueIds, _>(Kind::UniqueIds, unique_ids::Flaw::Refuses)
            .clients_per_node(2)
    };
    scenario().assert_right();
    scenario().availability(Availability::Fraction(0.9)).assert_right();
    for promised in [Availability::Total, Availability::Fraction(0.99)] {
        let run = scenario().availability(promised).assert_found(&["unavailable"], &[]);
        let share = run.figure(&["availability", "ok-fraction"]);
        assert!((0.94..0.96).contains(&share), "{share}");
    }
}

#[test]
fn echo() {
    use echo::Flaw;

    let scenario =
        |flaw| Scenario::of_flawed::<echo::Echo, _>(Kind::Echo, flaw).nodes(2).rate(20.0);
    scenario(Flaw::None).assert_right();
    scenario(Flaw::Alters).assert_found(&["wrong-echo"], &[]);
    scenario(Flaw::Silent).assert_found(&["none-ok"], &[]);
    // What does not come back is passed over, unless availability is promised.
    let promised = |flaw| scenario(flaw).availability(Availability::Total);
    for flaw in [Flaw::HalfSilent, Flaw::ErrorWithoutCode] {
        scenario(flaw).assert_right();
        promised(flaw).assert_found(&["unavailable"], &[]);
    }
    for flaw in [
        Flaw::ExtraKey,
        Flaw::MissingKey,
        Flaw::OtherKey,
        Flaw::NullMsgId,
        Flaw::OtherType,
        Flaw::NoType,
    ] {
        scenario(flaw).assert_found(&["malformed-reply"], &[]);
    }
    for flaw in [Flaw::AnswersLate, Flaw::CallsNobody] {
        let run = promised(flaw).assert_found(&["unavailable", "muted"], &["none-ok"]);
        assert_eq!(run.outcome.muted.len(), 2, "both nodes: {:?}", run.outcome.muted);
    }
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
    let scenario = Scenario::launched_by(Kind::Echo, "chatty", Box::new(launch));
    scenario.nodes(1).rate(20.0).availability(Availability::Total)
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
        let run = chatty(line).assert_found(&["muted", "unavailable"], &[]);
        let muted = run.results.findings.iter().find(|finding| finding.anomaly == "muted").unwrap();
        assert!(muted.text.contains(why), "{why} is not in {}", muted.text);
        assert!(muted.text.contains("n0 is muted"), "{}", muted.text);
        assert_eq!(run.results.json["nodes"]["muted"], serde_json::json!(["n0"]));
    }
    let fine = b"{\"src\":\"n0\",\"dest\":\"n0\",\"body\":{\"type\":\"hello\"}}\n";
    chatty(fine).assert_right();
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
    let run = scenario.assert_found(&["crashed"], &[]);
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
            (
                "chatty_echo.py",
                "-w echo --node-count 1 --time-limit 1 --rate 20 --availability total",
                "muted",
            ),
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
    for (args, cause) in [
        ("test -w broadcast --node-count 1 --rate 0", "unknown: no read shows anything"),
        ("test -w g-set --node-count 1 --time-limit 0", "unknown: no read shows anything"),
        ("test -w echo --node-count 1 --rate 0", "unknown: clients asked for nothing"),
        ("test -w lin-kv --node-count 1 --rate 0", "unknown: clients asked for nothing"),
    ] {
        let run = Glomers::run(args);
        run.assert_status(2).assert_tells(&[cause]);
        assert_eq!(run.results()["valid?"], "unknown");
    }
}

#[test]
fn exit_status_3_is_for_a_wrong_command_line() {
    for (args, told) in [
        ("", "Usage: glomers"),
        ("tset", "unrecognized subcommand 'tset'"),
        ("test -w", "'--workload <NAME>'"),
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
        ("test -w txn-list-append --consistency-models strict", "no such consistency model"),
        ("test -w txn-list-append --key-count 64", "must be 63 at most"),
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
}

#[test]
fn a_file_that_is_no_program_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().parent().unwrap();
    for (path, why) in [(file.path(), "Permission denied"), (folder, "is a directory")] {
        let run = Glomers::test(path, "-w echo --node-count 1");
        run.assert_status(3).assert_tells(&["cannot run", why]);
    }
    // A node's own command line is checked by the node, which then ends.
    let run = Glomers::test(&program("echo"), "-w echo --node-count 1 -- --flush 5");
    run.assert_status(3)
        .assert_tells(&["n0 failed to initialise", "unexpected argument '--flush'"]);
}
