//! A short list is written as rows: a run each. A longer one as one row of columns; its counter is 0, as no run's
//! is.

mod columns;
mod rows;
mod scalar;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::loose::Loose;
use super::run::{Run, Stretch};
use super::tree::Tree;
use super::{List, State};
use columns::columns;
use rows::Beside;

/// Elements, removed ones included, that are written as rows at most.
const FEW: u64 = 32;

const CYCLE: &str = "an element is its own ancestor";

impl<T: Serialize + 'static, R: Serialize + Ord> Serialize for List<T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut values = Vec::new();
        match &self.state {
            State::Tree(tree) => {
                let parts = tree.parts();
                if parts.iter().map(|part| u128::from(part.len)).sum::<u128>() > u128::from(FEW) {
                    tree.each_value(&mut |some| values.push(some));
                    return serializer.collect_seq([columns(&tree.names, &parts, values)]);
                }
            }
            State::Loose(loose) if loose.len() > FEW => {
                values.push(loose.values.all());
                return serializer.collect_seq([columns(&loose.names, &loose.parts, values)]);
            }
            State::One(run) if run.content.len() > FEW => {
                let (names, part) = run.part();
                if let Stretch::Live(some) = run.content.stretch() {
                    values.push(some);
                }
                return serializer.collect_seq([columns(&names, &[part], values)]);
            }
            _ => {}
        }
        serializer.collect_seq(rows::rows(&self.atoms()))
    }
}

impl<'de, T, R> Deserialize<'de> for List<T, R>
where
    T: Ord + Clone + Deserialize<'de> + 'static,
    R: Ord + Clone + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Lists(PhantomData))
    }
}

/// Reads a list.
struct Lists<T, R>(PhantomData<(T, R)>);

impl<'de, T, R> Visitor<'de> for Lists<T, R>
where
    T: Ord + Clone + Deserialize<'de> + 'static,
    R: Ord + Clone + Deserialize<'de>,
{
    type Value = List<T, R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list's runs, or their columns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut runs: Vec<Run<T, R>> = Vec::new();
        while let Some(entry) = seq.next_element_seed(Entries(PhantomData))? {
            match entry {
                Entry::Row(row) => rows::read(&mut runs, row).map_err(A::Error::custom)?,
                Entry::Columns(tree) if runs.is_empty() => {
                    if seq.next_element_seed(Entries::<T, R>(PhantomData))?.is_some() {
                        return Err(A::Error::custom("columns, and something besides"));
                    }
                    return Ok(List { state: State::Tree(tree) });
                }
                Entry::Columns(_) => return Err(A::Error::custom("columns among rows")),
            }
        }
        if runs.len() < 2 {
            return Ok(List::of(&runs));
        }
        let (tree, has_cycle) = Loose::of(&runs).build();
        if has_cycle {
            return Err(A::Error::custom(CYCLE));
        }
        Ok(List { state: State::Tree(Box::new(tree)) })
    }
}

/// One of what a list is written as.
enum Entry<T, R> {
    Row((R, u64, Beside<R>, Vec<T>, Vec<u64>)),
    Columns(Box<Tree<T, R>>),
}

/// Reads an entry.
struct Entries<T, R>(PhantomData<(T, R)>);

impl<'de, T, R> DeserializeSeed<'de> for Entries<T, R>
where
    T: Clone + Deserialize<'de> + 'static,
    R: Ord + Clone + Deserialize<'de>,
{
    type Value = Entry<T, R>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_tuple(5, self)
    }
}

impl<'de, T, R> Visitor<'de> for Entries<T, R>
where
    T: Clone + Deserialize<'de> + 'static,
    R: Ord + Clone + Deserialize<'de>,
{
    type Value = Entry<T, R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a run, or a list's columns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut read = 0;
        let mut missing = || {
            read += 1;
            A::Error::invalid_length(read - 1, &"five")
        };
        let replica: R = seq.next_element()?.ok_or_else(&mut missing)?;
        let counter: u64 = seq.next_element()?.ok_or_else(&mut missing)?;
        if counter > 0 {
            let beside = seq.next_element()?.ok_or_else(&mut missing)?;
            let values = seq.next_element()?.ok_or_else(&mut missing)?;
            let removed = seq.next_element()?.ok_or_else(&mut missing)?;
            return Ok(Entry::Row((replica, counter, beside, values, removed)));
        }
        let mut names = alloc::vec![replica];
        names.extend(seq.next_element::<Vec<R>>()?.ok_or_else(&mut missing)?);
        let numbers: Vec<u64> = seq.next_element()?.ok_or_else(&mut missing)?;
        let (kind, numbers) = numbers.split_first().ok_or_else(|| A::Error::custom("no kind"))?;
        let kind = scalar::Kind::numbered(*kind).ok_or_else(|| A::Error::custom("no such kind"))?;
        let values = seq.next_element_seed(scalar::Reader::new(kind))?.ok_or_else(&mut missing)?;
        let (tree, has_cycle) = columns::read(&names, numbers, values).map_err(A::Error::custom)?;
        if has_cycle {
            return Err(A::Error::custom(CYCLE));
        }
        Ok(Entry::Columns(Box::new(tree)))
    }
}
