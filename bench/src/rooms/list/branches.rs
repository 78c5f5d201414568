//! Two branches of one text, edited at random, that come together.

use diamond_types::list::encoding::EncodeOptions;
use glomers_crdt::Lattice;
use yrs::updates::decoder::Decode;
use yrs::{Doc, ReadTxn, Text, Transact, Update};

use super::editors::{Diamond, Editor, Ours};
use crate::measure::{Effort, each, repeat};
use crate::rooms::crdt::scatter;
use crate::table::{Case, Table, Unit};

const CHARACTERS: usize = 100_000;
const EDITS: usize = 8_000;

/// What merging, and saying what the other lacks, may take of a peer's share.
const BAR: f64 = 0.8;

/// A place to edit at, and whether to remove what is there: one time of four.
fn edits(branch: usize) -> impl Iterator<Item = (u64, bool)> {
    let random = move |nth: usize| scatter((branch * EDITS + nth) * 2);
    (0..EDITS).map(move |nth| (random(nth), random(nth) >> 60 < 4))
}

fn below(random: u64, end: usize) -> anyhow::Result<usize> {
    Ok(usize::try_from(random % end as u64)?)
}

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    let text: String = (b'a'..=b'z').cycle().take(CHARACTERS).map(char::from).collect();
    let (mut base, mut other) = (Ours::new()?, Diamond::new()?);
    base.0.insert_all(0, 0, text.chars())?;
    let agent = other.0.get_or_create_agent_id("base");
    other.0.insert(agent, 0, &text);
    let doc = Doc::with_client_id(1);
    doc.get_or_insert_text("text").push(&mut doc.transact_mut(), &text);
    let begun = doc.transact().encode_state_as_update_v1(&yrs::StateVector::default());
    let (mut ours, mut diamonds, mut docs) = (Vec::new(), Vec::new(), Vec::new());
    for branch in 0..2 {
        let (mut list, mut diamond) = (base.0.clone(), other.0.clone());
        let agent = diamond.get_or_create_agent_id(["ann", "bob"][branch]);
        let doc = Doc::with_client_id(2 + branch as u64);
        let text = doc.get_or_insert_text("text");
        doc.transact_mut().apply_update(Update::decode_v1(&begun)?)?;
        for (random, removes) in edits(branch) {
            let mut txn = doc.transact_mut();
            if removes {
                let at = below(random, list.len())?;
                list.remove(at)?;
                diamond.delete_without_content(agent, at..at + 1);
                text.remove_range(&mut txn, u32::try_from(at)?, 1);
            } else {
                let at = below(random, list.len() + 1)?;
                list.insert(1 + branch as u64, at, 'x')?;
                diamond.insert(agent, at, "x");
                text.insert(&mut txn, u32::try_from(at)?, "x");
            }
        }
        ours.push(list);
        diamonds.push(diamond);
        docs.push(doc);
    }
    let begun = other.0.oplog.local_version();
    let lacked = || diamonds[1].oplog.encode_from(EncodeOptions::default(), &begun);
    let case = |what: &str, peer: &str| {
        let name = format!("two branches of 8,000 random edits: {what}, vs {peer}");
        Case::new(name, Unit::CPU_MS).bar(BAR).effort(Effort::Rounds(11))
    };
    let merge = || {
        each([ours[0].clone()], |mut list| {
            list.merge(&ours[1]);
            list
        })
    };
    let sent = lacked();
    table.compare(case("merge", "diamond-types"), merge, || {
        each([diamonds[0].clone()], |mut diamond| {
            diamond.merge_data_and_ff(&sent)?;
            Ok::<_, anyhow::Error>(diamond)
        })
    })?;
    let version = docs[0].transact().state_vector();
    let update = docs[1].transact().encode_state_as_update_v1(&version);
    let whole = docs[0].transact().encode_state_as_update_v1(&yrs::StateVector::default());
    table.compare(case("merge", "yrs"), merge, || {
        let copy = Doc::with_client_id(9);
        copy.get_or_insert_text("text");
        copy.transact_mut().apply_update(Update::decode_v1(&whole)?)?;
        each([copy], |doc| {
            doc.transact_mut().apply_update(Update::decode_v1(&update)?)?;
            Ok::<_, anyhow::Error>(doc)
        })
    })?;
    let difference = || repeat(1, || ours[1].difference(&ours[0]));
    table
        .compare(case("what the other lacks", "diamond-types"), difference, || repeat(1, lacked))?;
    table.compare(case("what the other lacks", "yrs"), difference, || {
        repeat(1, || docs[1].transact().encode_state_as_update_v1(&version))
    })
}
