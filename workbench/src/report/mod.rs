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
mod names;
mod page;
mod plot;
mod space_time;
mod story;
mod subject;
mod traffic;
mod view;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use self::names::{MESSAGES, REPORT};
pub(crate) use self::plot::escape;
pub use self::view::Report;

use self::calls::Call;
use self::faults::Fault;
use self::messages::{Messages, Survey};
use self::plot::moment;
use self::story::Story;
use self::subject::Subject;
use self::view::{Case, Told, View};
use crate::journal::Journal;
use crate::paths::at;

/// Of so many values it is told what became of them.
const STORIES: usize = 24;

/// So many findings mark stretches of messages to be drawn.
const MARKING: usize = 4;

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
            let path = folder.join(name);
            at(&path, fs::write(&path, picture))?;
        }
        let pages = view.draw_stretches(folder, &stretches)?;
        let logs = logs::tails(&folder.join("node-logs"))?;
        let path = folder.join(REPORT);
        at(&path, fs::write(&path, page::page(&view, &pictures, &pages, &logs)))?;
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
        let pictures = folder.join(FOLDER);
        at(&pictures, fs::create_dir_all(&pictures))?;
        let mut pages = Vec::new();
        for (number, stretch) in stretches.iter().enumerate() {
            let letters = &self.messages.letters;
            let letters: Vec<_> = letters.iter().filter(|it| stretch.contains(&it.id)).collect();
            let (Some(first), Some(last)) = (letters.first(), letters.last()) else { continue };
            let title =
                format!("Messages {} to {} of {}", first.id, last.id, self.total.unwrap_or(0));
            let picture = space_time::draw(&title, &letters, self.report.nodes, &self.faults);
            let name = format!("{FOLDER}/{:02}.svg", number + 1);
            let path = folder.join(&name);
            at(&path, fs::write(&path, picture))?;
            pages.push((name, format!("{} – {}", moment(first.sent), moment(last.sent))));
        }
        Ok(pages)
    }
}

#[cfg(test)]
mod tests;
