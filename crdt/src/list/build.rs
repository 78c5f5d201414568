//! A whole list at once: the order is read off the tree, from its root on, and cut into leaves. O(r log r).

#[cfg(feature = "serde")]
use alloc::string::String;
#[cfg(feature = "serde")]
use alloc::vec;
use alloc::vec::Vec;

use super::id::{Id, Link};
use super::leaf::{Leaf, MOST, SPANS, Span, VALUES};
use super::part::Part;
use super::pieces::{Piece, Pieces};
use super::run::{Content, Stretch};
use super::tree::Tree;
use super::values::Values;

/// How full leaves are made: some room is left for edits.
const FULL: (usize, usize) = (SPANS * 3 / 4, VALUES * 3 / 4);

/// Where values come from.
pub(super) enum Source<T> {
    /// Part by part; and how many come before those of each that were not taken.
    ById(Values<T>, Vec<usize>),
    /// In the order in which they are read, then those of the elements that wait, by their ids.
    #[cfg(feature = "serde")]
    Line(vec::IntoIter<T>),
    /// The same, all being characters; and how many bytes of them were taken.
    #[cfg(feature = "serde")]
    Text(String, usize),
}

impl<T: Clone + 'static> Source<T> {
    /// How many there are.
    #[cfg(feature = "serde")]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::ById(values, _) => values.len(),
            Self::Line(line) => line.len(),
            Self::Text(text, _) if text.is_ascii() => text.len(),
            Self::Text(text, _) => text.chars().count(),
        }
    }

    /// The next so many values of a part, where they lie part by part.
    fn take(&mut self, part: usize, count: usize, out: &mut Values<T>) {
        match self {
            Self::ById(values, taken) => {
                let taken = &mut taken[part];
                out.extend(values.all().slice(*taken..*taken + count));
                *taken += count;
            }
            #[cfg(feature = "serde")]
            Self::Line(_) | Self::Text(..) => {}
        }
    }

    /// The next so many values, where they lie in a line.
    #[cfg(feature = "serde")]
    fn take_line(&mut self, count: usize, out: &mut Values<T>) {
        match self {
            Self::ById(..) => {}
            Self::Line(line) => line.take(count).for_each(|value| out.push(value)),
            Self::Text(text, taken) => {
                let rest = &text[*taken..];
                // A byte each, as a rule.
                let is_ascii = rest.get(..count).is_some_and(str::is_ascii);
                let end = if is_ascii {
                    count
                } else {
                    rest.char_indices().nth(count).map_or(rest.len(), |(end, _)| end)
                };
                out.extend_text(&rest[..end]);
                *taken += end;
            }
        }
    }
}

/// What was inserted beside an element of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kid {
    parent: usize,
    offset: u64,
    is_right: bool,
    part: usize,
}

enum Task {
    /// A part's elements from this one on, with all that is below them; `kid` is the first of those beside
    /// them.
    Read { part: usize, from: u64, kid: usize },
    /// One element alone.
    Put { part: usize, offset: u64, has_right: bool },
}

/// Of parts that are nowhere yet.
const NOWHERE: u32 = u32::MAX;

/// The order that comes to be, and in which leaves the parts' elements got.
struct Builder<'a, T, R> {
    tree: Tree<T, R>,
    parts: &'a [Part],
    source: Source<T>,
    /// The leaf at hand; how many of its elements are live; and what is known of their values.
    spans: Vec<Span>,
    live: usize,
    values: Values<T>,
    /// The leaf of each part's first element, and that of the last that was met.
    homes: Vec<[u32; 2]>,
    /// Where parts go on in another leaf: the part, from which of its elements on, the leaf.
    moves: Vec<(usize, u64, u32)>,
}

impl<T: Clone + 'static, R> Builder<'_, T, R> {
    /// Appends elements of a part.
    fn emit(&mut self, part: usize, from: u64, to: u64, has_left: bool, has_right: bool) {
        let Part { id, link, is_live, .. } = self.parts[part];
        let mut at = from;
        while at < to {
            if self.spans.len() >= FULL.0 || (is_live && self.live >= FULL.1) {
                self.close();
                continue;
            }
            let room = if is_live { (FULL.1 - self.live) as u64 } else { MOST };
            let len = room.min(to - at);
            let mut span = Span::new(id.ahead(at), len, is_live, at > 0 || link.continues(id));
            if has_left && at == from {
                span.set_left();
            }
            if has_right || at + len < to {
                span.set_right();
            }
            if is_live {
                let count = usize::try_from(len).unwrap_or(usize::MAX);
                self.source.take(part, count, &mut self.values);
                self.live += count;
            }
            if !self.spans.last_mut().is_some_and(|last| last.absorb(&span)) {
                self.spans.push(span);
            }
            let leaf = self.tree.order.next_leaf();
            let [first, last] = &mut self.homes[part];
            if *first == NOWHERE {
                *first = leaf;
            } else if *last != leaf {
                self.moves.push((part, at, leaf));
            }
            *last = leaf;
            at += len;
        }
    }

    fn close(&mut self) {
        if self.spans.is_empty() {
            return;
        }
        #[cfg(feature = "serde")]
        self.source.take_line(self.live, &mut self.values);
        let values = core::mem::replace(&mut self.values, Values::new());
        let leaf = Leaf { spans: self.spans.as_slice().into(), values, group: 0 };
        self.tree.order.push_leaf(leaf);
        self.spans.clear();
        self.live = 0;
    }

    /// Tells the tree in which leaves the elements are.
    fn settle(&mut self) {
        self.close();
        // Of each part they came in the order of their ids.
        self.moves.sort_by_key(|(part, ..)| *part);
        let mut moves = self.moves.iter().peekable();
        for (nth, (part, [first, _])) in self.parts.iter().zip(&self.homes).enumerate() {
            if *first == NOWHERE {
                continue;
            }
            let pieces = &mut self.tree.pieces[part.id.replica as usize];
            let (mut from, mut leaf) = (0, *first);
            while from < part.len {
                let next = moves.peek().filter(|(part, ..)| *part == nth).copied();
                let end = next.map_or(part.len, |(_, at, _)| *at).min(from + MOST);
                let id = part.id.ahead(from);
                let link = if from == 0 { part.link } else { Link::after_the_one_before(id) };
                // It is at most MOST.
                let len = u32::try_from(end - from).unwrap_or(0);
                pieces.add(Piece { start: id.counter, len, leaf, link });
                from = end;
                if let Some((_, _, home)) = next.filter(|(_, at, _)| *at == end) {
                    leaf = *home;
                    moves.next();
                }
            }
        }
    }
}

/// The part that an element is in.
fn part_of(parts: &[Part], hints: [usize; 2], id: Id) -> Option<usize> {
    let holds = |nth: usize| {
        let part = &parts[nth];
        part.id.replica == id.replica
            && id.counter.checked_sub(part.id.counter).is_some_and(|offset| offset < part.len)
    };
    if let Some(hint) = hints.into_iter().find(|hint| holds(*hint)) {
        return Some(hint);
    }
    let nth = parts.partition_point(|part| part.id <= id).checked_sub(1)?;
    holds(nth).then_some(nth)
}

/// The list of these parts, which ascend, of replicas whose names do; and whether there are elements that wait,
/// but for none that is unknown.
pub(super) fn build<T: Clone + 'static, R>(
    names: Vec<R>,
    parts: &[Part],
    source: Source<T>,
) -> (Tree<T, R>, bool) {
    let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let tree = Tree {
        names,
        sorted: (0..count).collect(),
        pieces: (0..count).map(Pieces::new).collect(),
        ..Tree::default()
    };
    let mut builder = Builder {
        tree,
        parts,
        source,
        spans: Vec::with_capacity(FULL.0),
        live: 0,
        values: Values::new(),
        homes: alloc::vec![[NOWHERE; 2]; parts.len()],
        moves: Vec::new(),
    };
    let mut kids = Vec::with_capacity(parts.len());
    let (mut roots, mut orphans) = (Vec::new(), Vec::new());
    for (nth, Part { link, .. }) in parts.iter().enumerate() {
        let Some(parent) = link.parent() else {
            roots.push(nth);
            continue;
        };
        // After the one before, or where that was.
        let last = kids.last().map_or(0, |kid: &Kid| kid.parent);
        match part_of(parts, [nth.saturating_sub(1), last], parent) {
            Some(at) => kids.push(Kid {
                parent: at,
                offset: parent.counter - parts[at].id.counter,
                is_right: matches!(link, Link::Right(_)),
                part: nth,
            }),
            None => orphans.push(nth),
        }
    }
    let (kids, firsts) = grouped(parts.len(), &kids);
    let is_read = read(&mut builder, &kids, &firsts, &roots);
    builder.settle();
    let Builder { mut tree, mut source, .. } = builder;
    let waits = is_read.iter().enumerate().filter(|(_, is_read)| !*is_read);
    let waits: Vec<usize> = waits.map(|(part, _)| part).collect();
    for part in &waits {
        let Part { id, len, link, is_live } = parts[*part];
        let content = if is_live {
            let mut of_part = Values::new();
            let count = usize::try_from(len).unwrap_or(usize::MAX);
            source.take(*part, count, &mut of_part);
            #[cfg(feature = "serde")]
            source.take_line(count, &mut of_part);
            Stretch::Live(of_part.all()).content()
        } else {
            Content::Removed(len)
        };
        tree.waiting.add(id, link, content);
    }
    let mut reached = alloc::vec![false; if waits.is_empty() { 0 } else { parts.len() }];
    let mut next = orphans;
    while let Some(part) = next.pop() {
        reached[part] = true;
        next.extend(kids[firsts[part]..firsts[part + 1]].iter().map(|kid| kid.part));
    }
    let has_cycle = waits.iter().any(|part| !reached[*part]);
    (tree, has_cycle)
}

/// The kids by their parents and as they are beside these; and where those of each part begin.
fn grouped(parts: usize, kids: &[Kid]) -> (Vec<Kid>, Vec<usize>) {
    let mut firsts = alloc::vec![0; parts + 1];
    for kid in kids {
        firsts[kid.parent + 1] += 1;
    }
    for at in 1..firsts.len() {
        firsts[at] += firsts[at - 1];
    }
    let (mut next, mut sorted) = (firsts.clone(), kids.to_vec());
    for kid in kids {
        sorted[next[kid.parent]] = *kid;
        next[kid.parent] += 1;
    }
    for part in 0..parts {
        let of_part = &mut sorted[firsts[part]..firsts[part + 1]];
        if of_part.len() > 1 {
            of_part.sort_unstable();
        }
    }
    (sorted, firsts)
}

/// Reads the tree; returns which parts were met.
fn read<T: Clone + 'static, R>(
    builder: &mut Builder<'_, T, R>,
    kids: &[Kid],
    firsts: &[usize],
    roots: &[usize],
) -> Vec<bool> {
    let mut is_read = alloc::vec![false; builder.parts.len()];
    let whole = |part: usize| Task::Read { part, from: 0, kid: firsts[part] };
    let mut tasks: Vec<Task> = roots.iter().rev().map(|part| whole(*part)).collect();
    while let Some(task) = tasks.pop() {
        let (part, from, kid) = match task {
            Task::Put { part, offset, has_right } => {
                builder.emit(part, offset, offset + 1, true, has_right);
                continue;
            }
            Task::Read { part, from, kid } => (part, from, kid),
        };
        is_read[part] = true;
        let Part { id, len, .. } = builder.parts[part];
        let of_part = &kids[kid..firsts[part + 1]];
        let Some(offset) = of_part.first().map(|kid| kid.offset) else {
            builder.emit(part, from, len, false, false);
            continue;
        };
        let lefts = of_part.iter().take_while(|kid| kid.offset == offset && !kid.is_right).count();
        let rights = of_part[lefts..].iter().take_while(|kid| kid.offset == offset).count();
        let (lefts, rights) = (&of_part[..lefts], &of_part[lefts..lefts + rights]);
        let continues = offset + 1 < len;
        let has_right = continues || !rights.is_empty();
        let next = kid + lefts.len() + rights.len();
        let rest = Task::Read { part, from: offset + 1, kid: next };
        let next = id.ahead(offset + 1);
        let smaller = rights.iter().take_while(|kid| builder.parts[kid.part].id < next).count();
        tasks.extend(rights[smaller..].iter().rev().map(|kid| whole(kid.part)));
        tasks.extend(continues.then_some(rest));
        tasks.extend(rights[..smaller].iter().rev().map(|kid| whole(kid.part)));
        if lefts.is_empty() {
            builder.emit(part, from, offset + 1, false, has_right);
        } else {
            builder.emit(part, from, offset, false, true);
            tasks.push(Task::Put { part, offset, has_right });
            tasks.extend(lefts.iter().rev().map(|kid| whole(kid.part)));
        }
    }
    is_read
}
