use std::collections::BTreeMap;

use super::{Recorded, jepsen};
use crate::edn::Reader;
use crate::history::{Kind, Op, Process};
use crate::value::Value;

impl Recorded {
    /// Completes a history of which some answers are missing by what Jepsen printed for people, in the
    /// file `history.txt`: a line for each event with its process, type, function and value, between
    /// tabs. Returns how many answers were taken from there; none, if that is another history.
    ///
    /// An answer is missing where an operation that is `ok` has the value of its invocation.
    ///
    /// ```
    /// use glomers_check::recorded::Recorded;
    ///
    /// let edn = "{:process 0, :type :invoke, :f :read, :value nil}
    ///            {:process 0, :type :ok, :f :read, :value nil, :final? true}";
    /// let mut recorded = Recorded::read(edn.as_bytes())?;
    /// let text = "0\t:invoke\t:read\tnil\n0\t:ok\t:read\t7\n";
    /// assert_eq!(recorded.take_answers(text), 1);
    /// assert_eq!(recorded.history.ops()[1].value, 7);
    /// # Ok::<(), glomers_check::recorded::Error>(())
    /// ```
    pub fn take_answers(&mut self, text: &str) -> usize {
        let mut asked: BTreeMap<Process, &Value> = BTreeMap::new();
        let mut answers = Vec::new();
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        for op in self.history.ops() {
            let Some(line) = lines.next().and_then(|line| Line::of(line, op)) else { return 0 };
            if op.kind == Kind::Invoke {
                asked.insert(op.process, &op.value);
            } else if op.is_client()
                && op.kind == Kind::Ok
                && asked.remove(&op.process) == Some(&op.value)
                && let Some(value) = line.value()
            {
                let value = Value::from(jepsen::result(&op.f, op.kind, value));
                if value != op.value {
                    answers.push((op.index, value));
                }
            }
        }
        let taken = answers.len();
        let ops = self.history.ops_mut();
        for (index, value) in answers {
            ops[index].value = value;
        }
        taken
    }
}

/// The line of an event.
struct Line<'a> {
    value: &'a str,
}

impl<'a> Line<'a> {
    /// The line, if it is that of `op`.
    fn of(line: &'a str, op: &Op) -> Option<Self> {
        let mut cells = line.splitn(4, '\t').map(str::trim);
        let process = match op.process {
            Process::Client(number) => number.to_string(),
            Process::Nemesis(_) => "nemesis".to_owned(),
        };
        let kind = match op.kind {
            Kind::Invoke => "invoke",
            Kind::Ok => "ok",
            Kind::Fail => "fail",
            Kind::Info => "info",
        };
        for expected in [process.as_str(), kind, op.f.as_str()] {
            let cell = cells.next()?;
            if cell.strip_prefix(':').unwrap_or(cell) != expected {
                return None;
            }
        }
        Some(Self { value: cells.next()? })
    }

    /// What the event is about. An error may follow it.
    fn value(&self) -> Option<serde_json::Value> {
        Some(Reader::new(self.value).next_value().ok()??.to_json())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::Valid;
    use crate::checker::Checker;

    const POLLS: &str = r#"
{:process 0 :type :invoke :f :send :value [[:send "k" 1]]}
{:process 0 :type :ok :f :send :value [[:send "k" [0 1]]]}
{:process :nemesis :type :info :f :stop :value nil}
{:process 1 :type :invoke :f :poll :value [[:poll]] :poll-ms 1000}
{:process 1 :type :ok :f :poll :value [[:poll]] :poll-ms 1000}"#;

    const PRINTED: &str = "0\t:invoke\t:send\t[[:send \"k\" 1]]\n\
        0\t:ok\t:send\t[[:send \"k\" [0 1]]]\n\
        :nemesis\t:info\t:stop\tnil\n\
        1\t:invoke\t:poll\t[[:poll]]\n\
        1\t:ok\t:poll\t[[:poll {\"k\" [[0 1]]}]]\n";

    fn judge(recorded: &Recorded) -> Valid {
        Checker::Kafka.check(&recorded.history).valid
    }

    #[test]
    fn answers_that_are_missing_are_taken_from_what_was_printed() {
        let mut recorded = Recorded::read(POLLS.as_bytes()).unwrap();
        assert_eq!(judge(&recorded), Valid::Unknown);
        assert_eq!(recorded.take_answers(PRINTED), 1);
        assert_eq!(recorded.history.ops()[4].value, json!([["poll", {"k": [[0, 1]]}]]));
        assert_eq!(judge(&recorded), Valid::Yes);
        assert_eq!(recorded.take_answers(PRINTED), 0);
    }

    #[test]
    fn another_history_is_not_believed() {
        for text in [
            PRINTED.replace("1\t:ok", "2\t:ok"),
            PRINTED.replace(":nemesis", "0"),
            PRINTED.replace(":ok\t:poll", ":info\t:poll"),
            PRINTED.lines().take(4).collect::<Vec<_>>().join("\n"),
            String::new(),
        ] {
            let mut recorded = Recorded::read(POLLS.as_bytes()).unwrap();
            assert_eq!(recorded.take_answers(&text), 0, "{text}");
            assert_eq!(recorded.history.ops()[4].value, json!([["poll"]]));
        }
    }
}
