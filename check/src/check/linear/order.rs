//! The search for an order of the calls on one register: choices, and ways back from them.

use super::configuration::Configuration;
use super::limits::{Limit, Limits};
use super::model::Id;
use super::moves::Move;
use super::search::{Search, Violation};
use super::timeline::Timeline;
use super::walks::Moves;

/// What came of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is an order.
    Linearizable,
    /// There is none.
    Violation(Violation),
    /// A limit was reached: which, and where the search had come to.
    GaveUp(Limit, Option<Violation>),
}

/// Looks for an order that begins with a value; takes what it uses off the limits. The choices are made
/// as they seem best in style 0, and in each other style otherwise now and then.
pub(super) fn search(line: &Timeline, initial: Id, style: u64, limits: &mut Limits) -> Verdict {
    let mut choices = Choices { search: Search::new(line, style), frames: Vec::new() };
    let verdict = choices.run(initial, limits);
    limits.spend(choices.search.steps);
    verdict
}

/// A choice that was made.
struct Frame {
    at: usize,
    op: u32,
    configuration: Configuration,
    /// What else there is to try, the best one last.
    moves: Vec<Move>,
    /// Walks of so many cas come next, if any.
    length: Option<usize>,
}

/// The search, and the choices that led to where it stands.
struct Choices<'a> {
    search: Search<'a>,
    frames: Vec<Frame>,
}

impl Choices<'_> {
    fn run(&mut self, initial: Id, limits: &Limits) -> Verdict {
        let mut configuration = Configuration::new(initial, self.search.line);
        loop {
            let Some(op) = self.search.advance(&mut configuration) else {
                return Verdict::Linearizable;
            };
            self.search.furthest = self.search.furthest.max(Some(self.search.at));
            if self.search.is_new(&configuration) {
                let (moves, length) = (Vec::new(), Some(0));
                self.frames.push(Frame { at: self.search.at, op, configuration, moves, length });
            }
            configuration = loop {
                if self.search.steps >= limits.steps {
                    return Verdict::GaveUp(Limit::Steps, self.search.violation(false));
                }
                if self.search.remembered >= limits.memory {
                    return Verdict::GaveUp(Limit::Memory, self.search.violation(false));
                }
                let Some(frame) = self.frames.pop() else {
                    return self
                        .search
                        .violation(true)
                        .map_or(Verdict::Linearizable, Verdict::Violation);
                };
                self.search.go_back(frame.at);
                if let Some(next) = self.next(frame) {
                    break next;
                }
            };
        }
    }

    /// The configuration after the next move of a frame, which is kept for those that are left.
    fn next(&mut self, mut frame: Frame) -> Option<Configuration> {
        while frame.moves.is_empty() {
            let length = frame.length?;
            let moves = Moves::of(&self.search, &frame.configuration, frame.op, length);
            let (steps, alive, mut found) = (moves.steps, moves.alive, moves.found);
            self.search.rank(&frame.configuration, &mut found);
            self.search.steps += 16 + 4 * steps;
            frame.moves = found;
            frame.length = alive.then_some(length + 1);
        }
        let made = frame.moves.pop()?;
        let next = self.search.make(&frame.configuration, &made);
        if !frame.moves.is_empty() || frame.length.is_some() {
            self.frames.push(frame);
        }
        Some(next)
    }
}
