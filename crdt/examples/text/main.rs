//! Two windows on one text, a thread each, whose deltas get lost and come out of order; and how long a keystroke
//! takes: `cargo run --release -p glomers-crdt --example text [TRACE.json]`.
//!
//! The text is as long as the trace leaves it from the first keystroke on. One window makes the trace's edits from
//! the first on, the other from the last back. A keystroke finds where its window's cursor stands, edits there,
//! and makes the delta; what has come from the other window is merged in between, and timed by itself. Without a
//! trace (a file of <https://github.com/josephg/editing-traces>, decompressed) one is made up.
#![expect(clippy::print_stdout, reason = "it is there to be read")]

mod trace;

use std::error::Error;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use std::{env, thread};

use glomers_crdt::{Cursor, Lattice, List, ListError};

use crate::trace::{Edit, Random, Trace};

/// What a keystroke may take, but one of a thousand.
const BAR: Duration = Duration::from_micros(50);

/// Of a hundred deltas: how many are lost, and how many are overtaken by the next one.
const LOST: usize = 10;
const LATE: usize = 20;

/// Marks that each window keeps in the text.
const MARKS: usize = 16;

type Text = List<char, u8>;

struct Window {
    name: u8,
    text: Text,
    cursor: Cursor<u8>,
    marks: Vec<Cursor<u8>>,
    random: Random,
    /// A delta that others overtake.
    late: Option<Text>,
    sender: Sender<Text>,
    receiver: Receiver<Text>,
    keystrokes: Vec<Duration>,
    merges: Vec<Duration>,
}

impl Window {
    /// Makes edits, and merges what comes meanwhile.
    fn edit(mut self, edits: impl Iterator<Item = Edit>) -> Result<Self, ListError> {
        for Edit { at, removed, inserted } in edits {
            while let Ok(delta) = self.receiver.try_recv() {
                let begin = Instant::now();
                self.text.merge(&delta);
                self.merges.push(begin.elapsed());
            }
            let at = at.min(self.text.len());
            if self.text.position(&self.cursor) != Some(at) {
                self.cursor = self.text.cursor_before(at);
            }
            let end = self.text.len().min(at + removed);
            if at < end {
                self.keystroke(|text, _, index| text.remove_all(index..index + (end - at)))?;
            }
            if !inserted.is_empty() {
                self.keystroke(|text, name, index| text.insert_all(name, index, inserted.chars()))?;
            }
        }
        Ok(self)
    }

    fn keystroke(
        &mut self,
        edit: impl FnOnce(&mut Text, u8, usize) -> Result<Text, ListError>,
    ) -> Result<(), ListError> {
        let begin = Instant::now();
        let index = self.text.position(&self.cursor).unwrap_or(0);
        let delta = edit(&mut self.text, self.name, index)?;
        self.keystrokes.push(begin.elapsed());
        self.send(delta);
        Ok(())
    }

    fn send(&mut self, delta: Text) {
        match self.random.below(100) {
            chance if chance < LOST => {}
            chance if chance < LOST + LATE && self.late.is_none() => self.late = Some(delta),
            // Who has ended does not listen.
            _ => [Some(delta), self.late.take()].into_iter().flatten().for_each(|delta| {
                drop(self.sender.send(delta));
            }),
        }
    }

    /// Whether each mark is where what it holds on to is, or was.
    fn keeps_marks(&self) -> bool {
        let places: Option<Vec<usize>> =
            self.marks.iter().map(|mark| self.text.position(mark)).collect();
        places.is_some_and(|places| places.is_sorted())
    }
}

/// Which of the durations all but one of a thousand do not exceed.
fn most(durations: &mut [Duration]) -> Duration {
    durations.sort_unstable();
    let nth = durations.len() * 999 / 1000;
    durations.get(nth).copied().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn Error>> {
    let trace = match env::args().nth(1) {
        Some(path) => trace::of_file(path.as_ref())?,
        None => trace::made_up(100_000),
    };
    let Trace { edits, end } = trace;
    let mut text = Text::default();
    text.insert_all(0, 0, end.chars())?;
    let (to_bob, from_ann) = channel();
    let (to_ann, from_bob) = channel();
    let window = |name, sender, receiver| Window {
        name,
        text: text.clone(),
        cursor: Cursor::Start,
        marks: (0..MARKS).map(|nth| text.cursor_before(nth * text.len() / MARKS)).collect(),
        random: Random(u64::from(name)),
        late: None,
        sender,
        receiver,
        keystrokes: Vec::new(),
        merges: Vec::new(),
    };
    let (ann, bob) = (window(1, to_bob, from_bob), window(2, to_ann, from_ann));
    let (forward, backward) = (edits.iter().cloned(), edits.iter().rev().cloned());
    let [ann, bob] = thread::scope(|scope| {
        let ann = scope.spawn(|| ann.edit(forward));
        let bob = scope.spawn(|| bob.edit(backward));
        [ann.join(), bob.join()]
    })
    .map(|window| window.map_err(|_| "a window ended early"));
    let (mut ann, mut bob) = (ann??, bob??);
    for window in [&mut ann, &mut bob] {
        let most = [most(&mut window.keystrokes), most(&mut window.merges)];
        let (keystrokes, merges) = (window.keystrokes.len(), window.merges.len());
        println!(
            "window {}: {keystrokes} keystrokes, 99.9 % of them within {:?} (at most {BAR:?}: {}); \
             {merges} deltas merged, within {:?}",
            window.name,
            most[0],
            if most[0] <= BAR { "met" } else { "missed" },
            most[1],
        );
    }
    // What was lost is still lacking: each sends the other what it has not.
    let (to_ann, to_bob) = (bob.text.difference(&ann.text), ann.text.difference(&bob.text));
    ann.text.merge(&to_ann);
    bob.text.merge(&to_bob);
    let agree = ann.text == bob.text && ann.text.text() == bob.text.text();
    println!("both read the same {} characters: {agree}", ann.text.len());
    println!("marks are in their places: {}", ann.keeps_marks() && bob.keeps_marks());
    if agree { Ok(()) } else { Err("the windows differ".into()) }
}
