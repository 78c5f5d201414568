//! Changes of several things side by side.

use super::{Apply, Misfit};
use crate::parts::Either;

impl<A, B, P: Apply<A>, Q: Apply<B>> Apply<(A, B)> for Either<P, Q> {
    fn apply(self, view: &mut (A, B)) -> Result<(), Misfit> {
        match self {
            Self::Left(change) => change.apply(&mut view.0),
            Self::Right(change) => change.apply(&mut view.1),
        }
    }
}

impl<A, B, C, P, Q, R> Apply<(A, B, C)> for Either<P, Either<Q, R>>
where
    P: Apply<A>,
    Q: Apply<B>,
    R: Apply<C>,
{
    fn apply(self, view: &mut (A, B, C)) -> Result<(), Misfit> {
        match self {
            Self::Left(change) => change.apply(&mut view.0),
            Self::Right(Either::Left(change)) => change.apply(&mut view.1),
            Self::Right(Either::Right(change)) => change.apply(&mut view.2),
        }
    }
}

impl<A, B, C, D, P, Q, R, S> Apply<(A, B, C, D)> for Either<P, Either<Q, Either<R, S>>>
where
    P: Apply<A>,
    Q: Apply<B>,
    R: Apply<C>,
    S: Apply<D>,
{
    fn apply(self, view: &mut (A, B, C, D)) -> Result<(), Misfit> {
        match self {
            Self::Left(change) => change.apply(&mut view.0),
            Self::Right(Either::Left(change)) => change.apply(&mut view.1),
            Self::Right(Either::Right(Either::Left(change))) => change.apply(&mut view.2),
            Self::Right(Either::Right(Either::Right(change))) => change.apply(&mut view.3),
        }
    }
}
