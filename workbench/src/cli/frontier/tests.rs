use clap::Parser;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: FrontierArgs,
}

fn parse(flags: &str) -> Result<FrontierArgs, clap::Error> {
    let words = std::iter::once("frontier").chain(flags.split_whitespace());
    Cli::try_parse_from(words).map(|cli| cli.args)
}

fn floor(args: &FrontierArgs, target: u32) -> Option<f64> {
    args.floor(target, &Faults::default())
}

fn point(target: u32, messages: f64, floor: Option<f64>) -> Point {
    let (median, max, reported) = (None, None, None);
    Point {
        target,
        messages,
        floor,
        median,
        max,
        reported,
        bytes: 0.0,
        valid: Valid::Yes,
        is_interrupted: false,
        why: None,
    }
}

#[test]
fn the_second_table_has_the_weather_that_was_asked_for() {
    let late = parse("").unwrap().weather().unwrap();
    assert_eq!(late.to_flags().join(" "), "--nemesis reorder --reorder 1 --reorder-delay 60");
    let stalled = parse("--stall 40 --stall-every 500").unwrap().weather().unwrap();
    assert_eq!(stalled.to_string(), "stalls of up to 0.04 s about every 0.5 s");
    assert_eq!(parse("--steady").unwrap().weather(), None);
    assert!(parse("--steady --reorder 1").is_err());
}

#[test]
fn where_nothing_need_be_sent_there_is_no_ratio() {
    let alone = parse("--node-count 1").unwrap();
    let idle = parse("--rate 0").unwrap();
    assert_eq!((floor(&alone, 600), floor(&alone, 100), floor(&idle, 600)), (None, None, None));
    let quiet = point(600, 0.0, None);
    for line in [row(&quiet, None), row(&quiet, Some(&quiet)), picture(&[quiet], &[])] {
        assert!(!line.contains("NaN") && !line.contains("inf"), "{line}");
    }
}

#[test]
fn a_row_tells_the_price_of_the_weather() {
    let reported = Some(Reported { worst: Some(590), in_time: 100.0 });
    let (median, max) = (Some(240.0), Some(520.0));
    let measured = Point { median, max, reported, ..point(600, 1.2, Some(0.96)) };
    let told = row(&measured, Some(&point(600, 1.0, None)));
    let words: Vec<_> = told.split_whitespace().collect();
    let expected = "600 ms 1.20 0.96 1.25 1.20 240 ms 520 ms 590 ms 100.0 % 0 valid";
    assert_eq!(words.join(" "), expected);
}

#[test]
fn who_wants_it_to_end_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let args = parse(&format!("--node-count 3 --time-limit 1000 --store {}", store.display()));
    let stop = Arc::new(AtomicBool::new(true));
    let verdict = measure_all(&args.unwrap(), &NodeLogs::default(), &stop).unwrap();
    assert_eq!(verdict, Valid::Unknown);
    let cut = Point { is_interrupted: true, valid: Valid::Unknown, ..point(600, 1.0, None) };
    assert!(row(&cut, None).ends_with("  unknown: interrupted\n"));
    assert!(!picture(&[cut], &[]).contains("NaN"));
}

#[test]
fn the_floor_is_that_of_rounds() {
    let args = parse("").unwrap();
    let close = |target, expected: f64| {
        let floor = floor(&args, target).unwrap();
        assert!((floor - expected).abs() < 0.005, "{target}: {floor}");
    };
    close(100, 12.0);
    close(600, 0.93);
    close(1800, 0.29);
    // 60 ms are set aside, and every ninth round takes another push.
    let late = args.floor(600, &late()).unwrap();
    assert!((1.12..1.15).contains(&late), "{late}");
}
