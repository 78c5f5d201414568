use crate::Dot;

/// Elements that follow each other, by id and as they are read. They need not be of one run: one may
/// have been inserted after the one before, but as the left child of what comes next.
#[derive(Clone, Debug)]
pub(super) struct Span<R> {
    pub(super) start: Dot<R>,
    /// At least one.
    pub(super) len: usize,
    pub(super) is_live: bool,
}

impl<R> Span<R> {
    pub(super) fn live(&self) -> usize {
        if self.is_live { self.len } else { 0 }
    }
}

impl<R: Eq + Clone> Span<R> {
    pub(super) fn id(&self, offset: usize) -> Dot<R> {
        self.start.ahead(offset)
    }

    /// Which of the elements has this id.
    pub(super) fn offset_of(&self, id: &Dot<R>) -> Option<usize> {
        self.start.offset_to(id).filter(|offset| *offset < self.len)
    }

    pub(super) fn is_followed_by(&self, next: &Self) -> bool {
        self.is_live == next.is_live && self.start.offset_to(&next.start) == Some(self.len)
    }

    /// Keeps the first elements, and returns the rest.
    pub(super) fn split_off(&mut self, offset: usize) -> Self {
        let rest = Self { start: self.id(offset), len: self.len - offset, is_live: self.is_live };
        self.len = offset;
        rest
    }
}

impl<R: Eq + Clone> Dot<R> {
    /// The id that comes so many after this one. There is one: ids in use do not overflow.
    pub(super) fn ahead(&self, offset: usize) -> Self {
        Self { replica: self.replica.clone(), counter: self.counter.saturating_add(offset as u64) }
    }
}

impl<R: Eq> Dot<R> {
    /// How many ids after this one `id` comes, if it is the same replica's and not before.
    pub(super) fn offset_to(&self, id: &Self) -> Option<usize> {
        let offset = id.counter.checked_sub(self.counter)?;
        usize::try_from(offset).ok().filter(|_| self.replica == id.replica)
    }
}
