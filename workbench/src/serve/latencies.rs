//! How long operations took, out of a run's history.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

/// As much of an operation's event as that takes.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    process: Option<&'a RawValue>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    f: Option<&'a str>,
    #[serde(default)]
    time: u64,
}

/// The times in milliseconds of the operations of a kind that succeeded, sorted.
pub(super) type Latencies = BTreeMap<String, Vec<f64>>;

/// Those of a history in JSON.
pub(super) fn latencies(history: &Path) -> io::Result<Latencies> {
    let mut begun = BTreeMap::<String, u64>::new();
    let mut latencies = Latencies::new();
    for line in BufReader::new(File::open(history)?).lines() {
        let line = line?;
        // What is none, such as the first line, says nothing about latency.
        let Ok(Event { process: Some(process), kind: Some(kind), f: Some(f), time }) =
            serde_json::from_str::<Event<'_>>(&line)
        else {
            continue;
        };
        if kind == "invoke" {
            begun.insert(process.get().to_owned(), time);
        } else if let Some(began) = begun.remove(process.get())
            && kind == "ok"
        {
            #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
            let millis = time.saturating_sub(began) as f64 / 1e6;
            latencies.entry(f.to_owned()).or_default().push(millis);
        }
    }
    for times in latencies.values_mut() {
        times.sort_by(f64::total_cmp);
    }
    Ok(latencies)
}

/// The time within which a share of the operations was done.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_succeeded_counts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let event = |process: &str, kind: &str, f: &str, ms: u64| {
            format!(
                "{{\"process\":{process},\"type\":\"{kind}\",\"f\":\"{f}\",\"time\":{}}}\n",
                ms * 1_000_000
            )
        };
        let lines = [
            "{\"workload\":\"lin-kv\"}\n".to_owned(),
            event("0", "invoke", "read", 1),
            event("1", "invoke", "write", 2),
            event("\"nemesis\"", "info", "start-loss", 2),
            event("0", "ok", "read", 4),
            event("0", "invoke", "read", 5),
            event("1", "fail", "write", 9),
            event("0", "ok", "read", 6),
        ];
        std::fs::write(file.path(), lines.concat()).unwrap();
        let found = latencies(file.path()).unwrap();
        assert_eq!(found, Latencies::from([("read".to_owned(), vec![1.0, 3.0])]));
        let times = [1.0, 2.0, 3.0, 4.0];
        let quantiles = [0.0, 0.5, 0.95, 1.0].map(|share| quantile(&times, share));
        assert_eq!(quantiles, [Some(1.0), Some(2.0), Some(4.0), Some(4.0)]);
        assert_eq!(quantile(&[], 0.5), None);
    }
}
