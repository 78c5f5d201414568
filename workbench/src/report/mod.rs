//! A run in pictures: figures as SVG files, and one page, `report.html`, that ties all together.
//!
//! The page is a single file that asks nothing of any network. What nodes have said stands in it as
//! text, and only its own script may run.

mod calls;
mod charts;
mod data;
mod faults;
mod findings;
mod involvement;
mod logs;
mod messages;
mod page;
mod plot;
mod space_time;
mod story;
mod subject;
mod traffic;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use self::plot::escape;

use glomers_check::check::{Finding, Observations, Valid};
use glomers_check::history::History;

use self::calls::Call;
use self::faults::Fault;
use self::messages::{Messages, Survey};
use self::story::Story;
use self::subject::Subject;
use crate::journal::Journal;

/// The page's name in a run's folder.
pub const REPORT: &str = "report.html";

/// The journal's name there.
pub const MESSAGES: &str = "messages.jsonl";

/// Of so many values it is told what became of them.
const STORIES: usize = 24;

/// So many findings mark stretches of messages to be drawn.
const MARKING: usize = 4;

/// What a report is about.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The workload's name.
    pub workload: &'a str,
    /// The run in a line.
    pub heading: &'a str,
    /// The command that replays it, or does the like of it.
    pub command: &'a str,
    /// Whether that command gives the very same run.
    pub replays: bool,
    /// The figures that matter, by name.
    pub figures: &'a [(String, String)],
    /// The nodes.
    pub nodes: &'a [String],
    /// What the clients did.
    pub history: &'a History,
    /// When nodes first held values, where they report it.
    pub observations: Option<&'a Observations>,
    /// The verdict.
    pub valid: Valid,
    /// What is wrong.
    pub findings: &'a [Finding],
}

/// A finding, and what became of the value that it is about.
struct Case<'a> {
    finding: &'a Finding,
    told: Option<Told>,
}

/// The life of a value, and the messages that carried it.
struct Told {
    subject: Subject,
    story: Story,
    carriers: Vec<messages::Letter>,
}

/// All that the pages and pictures show.
struct View<'a> {
    report: Report<'a>,
    calls: Vec<Call<'a>>,
    faults: Vec<Fault>,
    cases: Vec<Case<'a>>,
    /// From when until when, in seconds.
    span: (f64, f64),
    /// How many messages there were; nothing where no journal was kept.
    total: Option<u64>,
    messages: Messages,
}

impl Report<'_> {
    /// Writes pictures and page into a run's folder, where the journal and the nodes' logs lie if
    /// they were kept; returns the page's path.
    ///
    /// # Errors
    ///
    /// What the file system reports; `InvalidData` if the journal is none.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join(MESSAGES);
        let journal = path.is_file().then(|| Journal::open(&path)).transpose()?;
        let calls = Call::all(self.history);
        let faults = Fault::all(self.history);
        let subjects = self.subjects();
        let survey = match &journal {
            Some(journal) => {
                let subjects: Vec<_> = subjects.iter().map(|(_, subject)| subject).collect();
                Survey::new(journal, &subjects, &self.moments(&faults))?
            }
            None => Survey::default(),
        };
        let stretches = if journal.is_some() { survey.stretches() } else { Vec::new() };
        let messages = match &journal {
            Some(journal) => Messages::collect(journal, &survey, &stretches)?,
            None => Messages::default(),
        };
        let Survey { total, traffic, carriers, .. } = survey;
        let mut told =
            subjects.into_iter().zip(carriers.into_iter().map(Some).chain(std::iter::repeat(None)));
        let mut next = told.next();
        let mut cases = Vec::new();
        for (number, finding) in self.findings.iter().enumerate() {
            let mut case = Case { finding, told: None };
            if next.as_ref().is_some_and(|((of, _), _)| *of == number)
                && let Some(((_, subject), carriers)) = next.take()
            {
                let mut carriers = carriers.unwrap_or_default();
                let observations = self.observations;
                let story =
                    Story::new(&subject, self.nodes, &calls, &faults, &mut carriers, observations);
                case.told = Some(Told { subject, story, carriers });
                next = told.next();
            }
            cases.push(case);
        }
        let last = self.history.ops().iter().map(|op| op.time).max().unwrap_or(0);
        let span = (0.0, plot::seconds(last).max(0.001));
        let view = View {
            report: *self,
            calls,
            faults,
            cases,
            span,
            total: journal.is_some().then_some(total),
            messages,
        };
        let traffic = journal.is_some().then_some(&traffic);
        let pictures = [
            ("latency.svg", charts::latency(&view.calls, span, &view.faults)),
            ("latency-quantiles.svg", charts::quantiles(&view.calls, span, &view.faults)),
            ("rate.svg", charts::rate(&view.calls, traffic, span, &view.faults)),
        ];
        for (name, picture) in &pictures {
            fs::write(folder.join(name), picture)?;
        }
        let pages = view.draw_stretches(folder, &stretches)?;
        let logs = logs::tails(&folder.join("node-logs"))?;
        let path = folder.join(REPORT);
        fs::write(&path, page::page(&view, &pictures, &pages, &logs))?;
        Ok(path)
    }

    /// What findings are about, by the findings' numbers.
    fn subjects(&self) -> Vec<(usize, Subject)> {
        let subject = |(number, finding)| Some((number, Subject::of(finding, self.history)?));
        self.findings.iter().enumerate().filter_map(subject).take(STORIES).collect()
    }

    /// Times to look at closely: the load's beginning, and what findings and faults begin with.
    fn moments(&self, faults: &[Fault]) -> Vec<i64> {
        let ops = self.findings.iter().take(MARKING).flat_map(|finding| finding.ops.iter().take(2));
        let times = ops.filter_map(|&op| Some(self.history.ops().get(op)?.time));
        let times = times.chain(faults.iter().take(MARKING).flat_map(|it| [it.from, it.until]));
        std::iter::once(0).chain(times.filter_map(|time| i64::try_from(time).ok())).collect()
    }
}

impl View<'_> {
    /// Draws stretches of messages, a file each; tells the files with what they show.
    fn draw_stretches(
        &self,
        folder: &Path,
        stretches: &[std::ops::Range<u64>],
    ) -> io::Result<Vec<(String, String)>> {
        const FOLDER: &str = "space-time";
        if stretches.is_empty() {
            return Ok(Vec::new());
        }
        fs::create_dir_all(folder.join(FOLDER))?;
        let mut pages = Vec::new();
        for (number, stretch) in stretches.iter().enumerate() {
            let letters = &self.messages.letters;
            let letters: Vec<_> = letters.iter().filter(|it| stretch.contains(&it.id)).collect();
            let (Some(first), Some(last)) = (letters.first(), letters.last()) else { continue };
            let title =
                format!("Messages {} to {} of {}", first.id, last.id, self.total.unwrap_or(0));
            let picture = space_time::draw(&title, &letters, self.report.nodes, &self.faults);
            let name = format!("{FOLDER}/{:02}.svg", number + 1);
            fs::write(folder.join(&name), picture)?;
            pages.push((name, format!("{} – {}", moment(first.sent), moment(last.sent))));
        }
        Ok(pages)
    }
}

/// A time for people.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn moment(nanos: i64) -> String {
    format!("{:.3} s", nanos as f64 / 1e9)
}

#[cfg(test)]
mod tests;
