//! The messages that a report shows: all of a short run; of a long one those that matter, stretches
//! without a gap, and a regular sample of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;

use serde::Deserialize;

use super::subject::Subject;
pub(super) use super::traffic::Traffic;
use crate::journal::{Entry, Journal, What};
use crate::network::is_client;

/// About so many messages are in a report.
const KEPT: u64 = 20_000;

/// Of so many messages it is told that they carry a value, at most.
const CARRIERS: usize = 2_000;

/// A stretch has so many messages, and there are so many stretches at most.
pub(super) const STRETCH: u64 = 120;
const STRETCHES: u64 = 12;

/// So many bytes of bodies are in a report, about; and so many of one, at least and at most.
const BODIES: usize = 4_000_000;
const BODY: (usize, usize) = (200, 2_000);

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Delivered,
    Lost,
    Dropped,
    Unheard,
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) id: u64,
    pub(super) src: String,
    pub(super) dest: String,
    pub(super) kind: String,
    /// The operation that its client was about.
    pub(super) op: Option<usize>,
    /// In nanoseconds since the load began.
    pub(super) sent: i64,
    /// Which line of the journal it was: of two things at one time, which came first.
    pub(super) order: u64,
    /// What became of it, when, and by which line; twice if it came twice. Nothing if it was under
    /// way at the end.
    pub(super) fates: Vec<(Fate, i64, u64)>,
    /// What it says, cut off.
    pub(super) body: String,
}

impl Letter {
    pub(super) fn is_of_client(&self) -> bool {
        is_client(&self.src) || is_client(&self.dest)
    }

    /// When it was delivered first.
    pub(super) fn delivered(&self) -> Option<i64> {
        self.fates.iter().find(|(fate, ..)| *fate == Fate::Delivered).map(|&(_, time, _)| time)
    }
}

/// What a first look at a journal finds.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// How many messages there were.
    pub(super) total: u64,
    pub(super) traffic: Traffic,
    /// For each subject, the messages that carry it.
    pub(super) carriers: Vec<Vec<Letter>>,
    /// The messages sent first at or after the moments that were asked for.
    moments: Vec<u64>,
}

impl Survey {
    /// Reads a journal once, for those subjects and moments.
    pub(super) fn new(
        journal: &Journal,
        subjects: &[&Subject],
        moments: &[i64],
    ) -> io::Result<Self> {
        let mut survey = Self::default();
        let mut moments = moments.to_vec();
        moments.sort_unstable();
        let mut moments = moments.into_iter().peekable();
        let mut collector = Collector::default();
        let mut carried: Vec<Vec<usize>> = vec![Vec::new(); subjects.len()];
        let mut order = 0;
        journal.read(|entry| {
            order += 1;
            survey.traffic.note(&entry);
            let mut wanted = false;
            if let What::Sent { id, body, .. } = &entry.what {
                survey.total += 1;
                while moments.next_if(|moment| *moment <= entry.time).is_some() {
                    survey.moments.push(*id);
                }
                for (subject, carried) in subjects.iter().zip(&mut carried) {
                    if carried.len() < CARRIERS && subject.is_in_body(body) {
                        carried.push(collector.letters.len());
                        wanted = true;
                    }
                }
            }
            collector.note(&entry, order, |_| wanted);
        })?;
        let letters = collector.finish();
        let of_subject =
            |places: Vec<usize>| places.iter().map(|&at| letters[at].clone()).collect();
        survey.carriers = carried.into_iter().map(of_subject).collect();
        Ok(survey)
    }

    /// Stretches of messages in a row, by their numbers: all that there are, if they fill no more
    /// pages than are useful; or else those around the moments, and some in between.
    pub(super) fn stretches(&self) -> Vec<Range<u64>> {
        if self.total <= STRETCH * STRETCHES {
            let pages = self.total.div_ceil(STRETCH);
            let page = |n| n * self.total / pages..(n + 1) * self.total / pages;
            return (0..pages).map(page).collect();
        }
        let around = self.moments.iter().map(|id| id.saturating_sub(STRETCH / 4));
        let spread = (0..STRETCHES).map(|n| n * (self.total - STRETCH) / (STRETCHES - 1));
        let mut chosen: Vec<u64> = Vec::new();
        for begin in around.chain(spread) {
            let begin = begin.min(self.total - STRETCH);
            let is_free = chosen.iter().all(|other| other.abs_diff(begin) >= STRETCH);
            if is_free && chosen.len() < usize::try_from(STRETCHES).unwrap_or(usize::MAX) {
                chosen.push(begin);
            }
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|begin| begin..begin + STRETCH).collect()
    }
}

/// The messages of a report.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) letters: Vec<Letter>,
    /// One in so many of those that nothing else speaks for is there.
    pub(super) stride: u64,
}

impl Messages {
    /// Reads a journal a second time.
    pub(super) fn collect(
        journal: &Journal,
        survey: &Survey,
        stretches: &[Range<u64>],
    ) -> io::Result<Self> {
        let wanted: BTreeSet<u64> = survey.carriers.iter().flatten().map(|it| it.id).collect();
        let chosen =
            wanted.len() as u64 + stretches.iter().map(|it| it.end - it.start).sum::<u64>();
        let stride = match survey.total {
            total if total <= KEPT => 1,
            total => total.div_ceil(KEPT.saturating_sub(chosen).max(KEPT / 4)).max(1),
        };
        let kept = survey.total.clamp(1, KEPT);
        let body = BODIES / usize::try_from(kept).unwrap_or(usize::MAX);
        let mut collector = Collector { body: body.clamp(BODY.0, BODY.1), ..Collector::default() };
        let mut order = 0;
        journal.read(|entry| {
            order += 1;
            collector.note(&entry, order, |id| {
                id % stride == 0
                    || wanted.contains(&id)
                    || stretches.iter().any(|stretch| stretch.contains(&id))
            });
        })?;
        Ok(Self { letters: collector.finish(), stride })
    }
}

/// Puts messages together with what became of them.
struct Collector {
    letters: Vec<Letter>,
    /// Where those messages stand that may yet arrive.
    places: BTreeMap<u64, usize>,
    /// What the clients are about.
    ops: BTreeMap<String, usize>,
    /// As much of a body is kept.
    body: usize,
}

impl Default for Collector {
    fn default() -> Self {
        Self { letters: Vec::new(), places: BTreeMap::new(), ops: BTreeMap::new(), body: BODY.0 }
    }
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type", default)]
    kind: serde_json::Value,
}

impl Collector {
    fn note(&mut self, entry: &Entry<'_>, order: u64, wants: impl Fn(u64) -> bool) {
        match &entry.what {
            What::Sent { id, src, dest, body } if wants(*id) => {
                let kind = serde_json::from_str::<Typed>(body).map(|it| it.kind);
                let client = if is_client(src) { src } else { dest };
                self.places.insert(*id, self.letters.len());
                self.letters.push(Letter {
                    id: *id,
                    src: src.to_string(),
                    dest: dest.to_string(),
                    kind: match kind {
                        Ok(serde_json::Value::String(kind)) => super::plot::shortened(&kind, 60),
                        _ => "–".to_owned(),
                    },
                    op: self.ops.get(&**client).copied(),
                    sent: entry.time,
                    order,
                    fates: Vec::new(),
                    body: cut(body, self.body),
                });
            }
            What::Sent { .. } => {}
            What::Received(id) => self.fate(*id, Fate::Delivered, entry.time, order),
            What::Lost(id) => self.fate(*id, Fate::Lost, entry.time, order),
            What::Dropped(id) => self.fate(*id, Fate::Dropped, entry.time, order),
            What::Unheard(id) => self.fate(*id, Fate::Unheard, entry.time, order),
            What::Operation { op, client } => {
                self.ops.insert(client.to_string(), *op);
            }
        }
    }

    fn fate(&mut self, id: u64, fate: Fate, time: i64, order: u64) {
        if let Some(&at) = self.places.get(&id) {
            self.letters[at].fates.push((fate, time, order));
        }
    }

    fn finish(self) -> Vec<Letter> {
        self.letters
    }
}

/// The beginning of a text, up to so many bytes.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}…", &text[..end])
}
