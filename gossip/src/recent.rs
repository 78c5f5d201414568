use core::time::Duration;

use glomers_crdt::Lattice;

/// What came up lately: within a span, and at most twice as long ago.
///
/// A replica that has just been cut off from its hub, and one that takes it in, mostly differ by
/// this, and a comparison of their states takes some messages there and back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Recent<S> {
    span: Duration,
    old: S,
    new: S,
    /// When the new becomes old.
    until: Duration,
}

impl<S: Lattice> Recent<S> {
    pub(crate) fn new(now: Duration, span: Duration) -> Self {
        Self { span, old: S::default(), new: S::default(), until: now + span }
    }

    pub(crate) fn note(&mut self, now: Duration, novel: &S) {
        if now >= self.until {
            let new = std::mem::take(&mut self.new);
            self.old = if now < self.until + self.span { new } else { S::default() };
            self.until = now + self.span;
        }
        self.new.merge(novel);
    }

    pub(crate) fn all(&self, now: Duration) -> S {
        if now >= self.until + self.span {
            return S::default();
        }
        let mut all = self.new.clone();
        if now < self.until {
            all.merge(&self.old);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glomers_crdt::GSet;

    #[test]
    fn it_forgets_after_twice_the_span() {
        let second = Duration::from_secs(1);
        let mut recent = Recent::new(Duration::ZERO, second);
        for n in 0..10_u32 {
            recent.note(second * n / 2, &GSet::from_iter([n]));
        }
        let at = |halves: u32| recent.all(second * halves / 2).into_iter().collect();
        let kept: [Vec<u32>; 3] = [at(9), at(10), at(12)];
        assert_eq!(kept, [vec![6, 7, 8, 9], vec![8, 9], vec![]]);
        recent.note(second * 100, &GSet::from_iter([10]));
        assert!(recent.all(second * 100).iter().eq(&[10]));
    }
}
