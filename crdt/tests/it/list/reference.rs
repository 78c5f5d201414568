//! The tree of the paper, read and written as the paper says (algorithm 1), without any shortcut.

use std::collections::BTreeMap;

use glomers_crdt::{Cursor, Dot, List};

use crate::suite::*;

type Id = Dot<u8>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Left,
    Right,
}

#[derive(Clone, Debug)]
struct Node {
    parent: Option<Id>,
    side: Side,
    value: Option<u16>,
}

/// All nodes known; those whose ancestors are not all known are never reached from the root.
#[derive(Clone, Debug, Default)]
struct Reference {
    nodes: BTreeMap<Id, Node>,
}

impl Reference {
    fn children(&self, parent: Option<Id>, side: Side) -> impl Iterator<Item = Id> {
        let nodes = self.nodes.iter();
        nodes.filter(move |(_, node)| (node.parent, node.side) == (parent, side)).map(|(id, _)| *id)
    }

    /// All nodes in order, removed ones included.
    fn traverse(&self) -> Vec<Id> {
        fn below(tree: &Reference, id: Option<Id>, out: &mut Vec<Id>) {
            tree.children(id, Side::Left).for_each(|child| below(tree, Some(child), out));
            out.extend(id);
            tree.children(id, Side::Right).for_each(|child| below(tree, Some(child), out));
        }
        let mut out = Vec::new();
        below(self, None, &mut out);
        out
    }

    fn live(&self) -> Vec<(Id, u16)> {
        self.traverse().into_iter().filter_map(|id| Some((id, self.nodes[&id].value?))).collect()
    }

    fn insert(&mut self, replica: u8, index: usize, value: u16) {
        let counter = 1 + self.nodes.keys().filter(|id| id.replica == replica).count() as u64;
        let live = self.live();
        let left = index.checked_sub(1).map(|before| live[before].0);
        let (parent, side) = if self.children(left, Side::Right).next().is_none() {
            (left, Side::Right)
        } else {
            let all = self.traverse();
            let next = left.map_or(0, |left| all.iter().position(|id| *id == left).unwrap() + 1);
            (Some(all[next]), Side::Left)
        };
        self.nodes.insert(Dot { replica, counter }, Node { parent, side, value: Some(value) });
    }

    fn remove(&mut self, index: usize) {
        let (id, _) = self.live()[index];
        self.nodes.get_mut(&id).unwrap().value = None;
    }

    fn merge(&mut self, other: &Self) {
        for (id, theirs) in &other.nodes {
            let ours = self.nodes.entry(*id).or_insert_with(|| theirs.clone());
            if theirs.value.is_none() {
                ours.value = None;
            }
        }
    }

    /// What one has that the other has not.
    fn since(&self, before: &Self) -> Self {
        let news = |(id, node): &(&Id, &Node)| {
            before.nodes.get(id).is_none_or(|old| old.value != node.value)
        };
        let nodes = self.nodes.iter().filter(news).map(|(id, node)| (*id, node.clone()));
        Self { nodes: nodes.collect() }
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Insert { at: At, count: u16 },
    Remove { at: prop::sample::Index, count: usize },
}

#[derive(Clone, Debug)]
enum At {
    Start,
    Anywhere(prop::sample::Index),
    End,
}

fn edit() -> impl Strategy<Value = Edit> {
    let anywhere = any::<prop::sample::Index>();
    let at = prop_oneof![
        1 => Just(At::Start),
        3 => anywhere.clone().prop_map(At::Anywhere),
        1 => Just(At::End),
    ];
    prop_oneof![
        5 => (at, 1..4_u16).prop_map(|(at, count)| Edit::Insert { at, count }),
        2 => (anywhere, 1..4_usize).prop_map(|(at, count)| Edit::Remove { at, count }),
    ]
}

fn same(list: &List<u16, u8>, reference: &Reference) -> Result<(), TestCaseError> {
    let live = reference.live();
    prop_assert!(list.iter().copied().eq(live.iter().map(|(_, value)| *value)), "{list:?}");
    prop_assert_eq!(list.len(), live.len());
    for (index, (id, value)) in live.iter().enumerate() {
        prop_assert_eq!((list.id(index), list.get(index)), (Some(*id), Some(value)));
        prop_assert_eq!(list.index_of(id), Some(index));
    }
    prop_assert_eq!(list.get(live.len()), None);
    let all = reference.traverse();
    prop_assert_eq!(list.waiting(), reference.nodes.len() - all.len());
    let mut index = 0;
    for id in all {
        let is_live = reference.nodes[&id].value.is_some();
        prop_assert_eq!(list.index_of(&id).is_some(), is_live);
        prop_assert_eq!(list.position(&Cursor::Before(id)), Some(index));
        index += usize::from(is_live);
        prop_assert_eq!(list.position(&Cursor::After(id)), Some(index));
    }
    Ok(())
}

/// Applies an edit to both; returns the deltas of both.
fn apply(
    (list, reference): &mut (List<u16, u8>, Reference),
    replica: u8,
    edit: &Edit,
    value: &mut u16,
) -> (List<u16, u8>, Reference) {
    let before = reference.clone();
    let delta = match edit {
        Edit::Insert { at, count } => {
            let index = match at {
                At::Start => 0,
                At::Anywhere(at) => at.index(list.len() + 1),
                At::End => list.len(),
            };
            let values: Vec<u16> = (*value..*value + count).collect();
            *value += count;
            for (nth, value) in values.iter().enumerate() {
                reference.insert(replica, index + nth, *value);
            }
            list.insert_all(replica, index, values).unwrap()
        }
        Edit::Remove { at, count } => {
            let start = at.index(list.len() + 1);
            let end = list.len().min(start + count);
            (start..end).for_each(|_| reference.remove(start));
            list.remove_all(start..end).unwrap()
        }
    };
    (delta, reference.since(&before))
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn it_is_the_papers_tree(steps in script(edit(), 40), bulk: bool) {
        let mut replicas: [(List<u16, u8>, Reference); 3] = Default::default();
        let (mut deltas, mut value) = (Vec::new(), 0);
        for step in &steps {
            match step {
                Step::Mutate(at, edit) => {
                    let replica = &mut replicas[usize::from(*at)];
                    deltas.push(apply(replica, *at, edit, &mut value));
                }
                Step::Deliver { delta, to } if !deltas.is_empty() => {
                    let (list, reference) = &mut replicas[usize::from(*to)];
                    // Replicas know all of their own.
                    let (delta, nodes) = &deltas[delta % deltas.len()];
                    list.merge(delta);
                    reference.merge(nodes);
                }
                Step::Deliver { .. } => {}
                Step::Merge { from, to } => {
                    let (list, reference) = replicas[usize::from(*from)].clone();
                    let (ours, nodes) = &mut replicas[usize::from(*to)];
                    if bulk {
                        ours.merge(&list);
                    } else {
                        // Part by part, so that each is placed on its own.
                        for part in list.difference(ours).parts() {
                            ours.merge(&List::from_parts([part]));
                        }
                    }
                    nodes.merge(&reference);
                }
            }
            for (list, reference) in &replicas {
                same(list, reference)?;
            }
        }
    }
}
