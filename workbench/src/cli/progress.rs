use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::tell;
use crate::run::{Phase, Tally, Watcher};

/// Shows how a run gets on: a bar on a terminal; elsewhere a line now and then, and in real time one a
/// phase.
pub(super) struct Progress {
    bar: ProgressBar,
    /// Whether to write a line for each phase: of a run in real time, to something that is no terminal.
    phases: bool,
    phase: Cell<Option<Phase>>,
    /// What the next line will say.
    doing: Arc<Mutex<String>>,
    /// As long as it is there, lines are written.
    _lines: Option<Sender<()>>,
    stop: Arc<AtomicBool>,
}

/// How often a line is written where there is no terminal.
const PAUSE: Duration = Duration::from_secs(10);

impl Progress {
    /// Of a run that ends once `stop` is raised.
    pub(super) fn new(is_virtual: bool, stop: Arc<AtomicBool>) -> Self {
        let terminal = io::stderr().is_terminal();
        let target =
            if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        if let Ok(style) = ProgressStyle::with_template("  {bar:30} {msg}") {
            bar.set_style(style);
        }
        let doing = Arc::<Mutex<String>>::default();
        let say = |line: String| tell(&line);
        let lines = (!terminal).then(|| write_lines(PAUSE, Arc::clone(&doing), say));
        let phase = Cell::new(None);
        Self { bar, phases: !terminal && !is_virtual, phase, doing, _lines: lines, stop }
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
        self.set(String::new());
    }

    /// The run is judged, and its pictures are drawn.
    pub(super) fn drawing(&self) {
        self.set("drawing".to_owned());
    }

    fn set(&self, text: String) {
        self.bar.set_message(text.clone());
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// Says what is `doing` time and again, until what is returned is dropped.
fn write_lines(
    pause: Duration,
    doing: Arc<Mutex<String>>,
    say: impl Fn(String) + Send + 'static,
) -> Sender<()> {
    let (going_on, ended) = channel::<()>();
    let began = Instant::now();
    let lines = move || {
        while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let doing = doing.lock().unwrap_or_else(PoisonError::into_inner);
            if !doing.is_empty() {
                say(line(began.elapsed(), &doing));
            }
        }
    };
    // Where there can be no thread there is no progress to be seen.
    let _ = thread::Builder::new().name("progress".into()).spawn(lines);
    going_on
}

fn line(elapsed: Duration, text: &str) -> String {
    format!("  {:>5.1} s  {text}", elapsed.as_secs_f64())
}

impl Watcher for Progress {
    fn progress(&self, phase: Phase, elapsed: Duration, total: Duration, tally: Tally) {
        let doing = match phase {
            Phase::Start => "starting nodes",
            Phase::Load => "load",
            Phase::Quiet => "10 s of quiet",
            Phase::Final => "last operations",
        };
        let Tally { ok, fail, info } = tally;
        let text = format!("{doing}: {ok} ok, {fail} failed, {info} unknown");
        if self.phase.replace(Some(phase)) != Some(phase) && self.phases {
            tell(&line(elapsed, &text));
        }
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.bar.set_length(millis(total).max(1));
        self.bar.set_position(millis(elapsed.min(total)));
        self.set(text);
    }

    fn judging(&self) {
        self.set("judging".to_owned());
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_as_long_as_something_is_done_and_somebody_listens() {
        let doing = Arc::<Mutex<String>>::default();
        let (said, lines) = channel();
        let going_on = write_lines(Duration::from_millis(1), Arc::clone(&doing), move |line| {
            // Nobody may be there any more.
            let _ = said.send(line);
        });
        assert!(lines.recv_timeout(Duration::from_millis(30)).is_err(), "nothing is done yet");
        "judging".clone_into(&mut doing.lock().unwrap());
        let seconds = Duration::from_secs(20);
        for _ in 0..2 {
            assert!(lines.recv_timeout(seconds).unwrap().ends_with(" s  judging"));
        }
        drop(going_on);
        while lines.recv_timeout(seconds).is_ok() {}
    }
}
