use super::{Causal, Store};

/// A state is gone through as its store is.
impl<S: Store<R> + IntoIterator, R> IntoIterator for Causal<S, R> {
    type Item = S::Item;
    type IntoIter = S::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.store.into_iter()
    }
}

/// A state is gone through as its store is.
#[expect(clippy::into_iter_without_iter, reason = "its store has it")]
impl<'a, S: Store<R>, R> IntoIterator for &'a Causal<S, R>
where
    &'a S: IntoIterator,
{
    type Item = <&'a S as IntoIterator>::Item;
    type IntoIter = <&'a S as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.store.into_iter()
    }
}
