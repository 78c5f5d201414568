use alloc::collections::BTreeMap;
use core::hash::Hash;

use super::Retiring;
use crate::changes::{EntryChange, MapChange, ValueChange};
use crate::parts::Either;
use crate::{Changes, GCounter, Lattice, PnCounter, VersionVector};

macro_rules! of_value {
    ($counter:ident, $value:ty) => {
        /// The view is the value.
        impl<R: Ord + Clone + Hash> Changes for Retiring<$counter<R>> {
            type View = $value;
            type Change = ValueChange<$value>;

            fn view(&self) -> $value {
                self.value()
            }

            fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
                let from = self.value();
                let changed = self.merge(other);
                ValueChange::show(from, self.value(), each);
                changed
            }
        }
    };
}

of_value!(GCounter, u128);
of_value!(PnCounter, i128);

/// The view is the name below which all are retired, and how many events of the others were seen.
impl<R: Ord + Clone + Hash> Changes for Retiring<VersionVector<R>> {
    type View = (Option<R>, BTreeMap<R, u64>);
    type Change = Either<ValueChange<Option<R>>, EntryChange<R, u64>>;

    fn view(&self) -> Self::View {
        (self.floor().cloned(), self.live.view())
    }

    fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
        let is_raised = other.floor() > self.floor();
        if is_raised {
            let (from, to) = (self.floor().cloned(), other.floor().cloned());
            each(Either::Left(ValueChange { from, to }));
            let gone = self.live.iter().map(|(replica, _)| replica);
            let gone = gone.take_while(|replica| other.is_retired(replica));
            gone.for_each(|key| each(Either::Right(MapChange::Removed { key: key.clone() })));
        }
        for (replica, to) in &other.live {
            if !self.is_retired(replica) && !other.is_retired(replica) {
                let from = self.live.get(replica);
                let from = Some(&from).filter(|from| **from > 0);
                let mut each = |change| each(Either::Right(change));
                EntryChange::show_entry(replica, from, Some(&to).max(from), &mut each);
            }
        }
        self.merge(other)
    }
}
