//! Where elements go: the order in which the tree is read.
//!
//! An element is read after its left children and before its right children, and siblings in the
//! order of their ids; the elements of a run are each the right child of the one before.

use alloc::vec::Vec;

use super::order::{Order, Place};
use super::run::Origin;
use super::tree::Tree;
use crate::Dot;

impl<T, R: Ord + Clone> Tree<T, R> {
    /// Places a run, from an element on, and all that waited for it.
    pub(super) fn place(&mut self, head: Dot<R>, offset: usize) {
        let mut ready = alloc::vec![(head, offset)];
        while let Some((head, offset)) = ready.pop() {
            let Some(run) = self.runs.get(&head) else { continue };
            let len = run.values.len();
            let place = self.find_place(&head.ahead(offset), &run.origin_of(&head, offset));
            let spans = self.spans(&head, offset..len);
            self.order.insert(&place, spans);
            if let Some(run) = self.runs.get_mut(&head) {
                run.is_placed = true;
            }
            let (first, last) = (head.ahead(offset), head.ahead(len - 1));
            for side in [Origin::Left, Origin::Right] {
                let of_run = self.children.range(side(first.clone())..=side(last.clone()));
                let waiting = of_run.flat_map(|(_, children)| children);
                ready.extend(waiting.filter(|id| !self.is_placed(id)).map(|id| (id.clone(), 0)));
            }
        }
    }

    /// Where the tree is read between an element's siblings.
    fn find_place(&self, id: &Dot<R>, origin: &Origin<R>) -> Place<R> {
        let siblings = self.placed(origin);
        let before = siblings.clone().rfind(|sibling| *sibling < id).cloned();
        let continued = match origin {
            Origin::Right(parent) => self.continued(parent).filter(|next| next < id),
            _ => None,
        };
        if let Some(before) = before.max(continued) {
            return Place::After(self.last_below(before));
        }
        match origin {
            Origin::Root => Place::Start,
            Origin::Right(parent) => Place::After(parent.clone()),
            Origin::Left(parent) => {
                let after = siblings.clone().find(|sibling| *sibling > id);
                Place::Before(after.map_or_else(|| parent.clone(), |next| self.first_below(next)))
            }
        }
    }

    /// The children on this side that are in the order, but those that continue a run.
    fn placed(&self, origin: &Origin<R>) -> impl DoubleEndedIterator<Item = &Dot<R>> + Clone {
        let children = self.children.get(origin).map_or(&[][..], Vec::as_slice);
        children.iter().filter(|id| self.runs.get(id).is_some_and(|run| run.is_placed))
    }

    /// The next element of the same run.
    fn continued(&self, id: &Dot<R>) -> Option<Dot<R>> {
        let (_, run, offset) = self.find(id)?;
        (offset + 1 < run.values.len()).then(|| id.ahead(1))
    }

    /// The element that is read last of those below one, itself included.
    fn last_below(&self, mut id: Dot<R>) -> Dot<R> {
        loop {
            let Some((head, run, _)) = self.find(&id) else { return id };
            let last = head.ahead(run.values.len() - 1);
            let sides = Origin::Right(id)..=Origin::Right(last.clone());
            let mut lasts = self.children.range(sides).filter_map(|(origin, _)| {
                let child = self.placed(origin).next_back()?;
                let parent = origin.parent()?;
                (*parent == last || *child > parent.ahead(1)).then_some(child)
            });
            match lasts.next() {
                Some(child) => id = child.clone(),
                None => return last,
            }
        }
    }

    /// The element that is read first of those below one, itself included.
    fn first_below(&self, id: &Dot<R>) -> Dot<R> {
        let mut id = id.clone();
        while let Some(child) = self.placed(&Origin::Left(id.clone())).next() {
            id = child.clone();
        }
        id
    }

    /// Puts all elements into a new order, but those that wait. O(n log n), and less than placing each.
    pub(super) fn place_all(&mut self) {
        enum Task<R> {
            /// The element with all that is below it.
            Read(Dot<R>),
            /// The element alone.
            Put(Dot<R>),
        }
        self.order = Order::default();
        self.runs.values_mut().for_each(|run| run.is_placed = false);
        let roots = self.children.get(&Origin::Root).map_or(&[][..], Vec::as_slice);
        let mut tasks: Vec<Task<R>> = roots.iter().rev().cloned().map(Task::Read).collect();
        while let Some(task) = tasks.pop() {
            let id = match task {
                Task::Put(id) => {
                    self.put(&id, 1);
                    continue;
                }
                Task::Read(id) => id,
            };
            let Some((head, run, offset)) = self.find(&id) else { continue };
            let last = head.ahead(run.values.len() - 1);
            let first_of = |side: fn(Dot<R>) -> Origin<R>| {
                let of_run = self.children.range(side(id.clone())..=side(last.clone())).next();
                of_run.and_then(|(origin, _)| origin.parent().cloned())
            };
            let branch = [first_of(Origin::Left), first_of(Origin::Right)];
            let Some(branch) = branch.into_iter().flatten().min() else {
                let len = run.values.len() - offset;
                self.put(&id, len);
                continue;
            };
            let side = |origin: &Origin<R>| self.children.get(origin).cloned().unwrap_or_default();
            let left = side(&Origin::Left(branch.clone()));
            let mut right = side(&Origin::Right(branch.clone()));
            if branch < last {
                right.push(branch.ahead(1));
                right.sort_unstable();
            }
            self.put(&id, id.offset_to(&branch).unwrap_or_default());
            tasks.extend(right.into_iter().rev().map(Task::Read));
            tasks.push(Task::Put(branch));
            tasks.extend(left.into_iter().rev().map(Task::Read));
        }
    }

    /// Appends elements of a run to the order.
    fn put(&mut self, id: &Dot<R>, len: usize) {
        let Some((head, _, offset)) = self.find(id).filter(|_| len > 0) else { return };
        let head = head.clone();
        for span in self.spans(&head, offset..offset + len) {
            self.order.push(span);
        }
        if let Some(run) = self.runs.get_mut(&head) {
            run.is_placed = true;
        }
    }
}
