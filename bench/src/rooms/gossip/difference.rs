//! How long it takes to tell from coded symbols how two sets differ, against the `riblt` crate.

use anyhow::ensure;
use glomers_gossip::riblt::{Batch, Decoder, Encoder, Key};
use riblt::{RatelessIBLT, Symbol, UnmanagedRatelessIBLT};

use crate::measure::each;
use crate::rooms::crdt::scatter;
use crate::table::{Case, Table, Unit};

/// Elements of each set.
const ELEMENTS: usize = 100_000;

/// Elements of each that the other has not.
const OWN: usize = 5_000;

/// Coded symbols that are given to both sides. Some 13,600 suffice for as many differences.
const CODED: usize = 14_000;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    let case = Case::new("sets: decode 10,000 differences of u64, vs riblt", Unit::CPU_MS);
    let local = || (0..ELEMENTS).map(scatter);
    let remote = || (OWN..ELEMENTS + OWN).map(scatter);

    let key = Key::new(1, 2);
    let coded = Encoder::new(key, remote()).coded_symbols(0..CODED).to_vec();
    let (batch, mut encoder) = (Batch { first: 0, coded }, Encoder::new(key, local()));
    encoder.coded_symbols(0..CODED);
    let ours = || {
        let mut found = Ok(0);
        let time = each(vec![Decoder::new(encoder.clone()); 5], |mut decoder| {
            found = decoder.receive_batch(&batch).map(|done| {
                if done { decoder.remote_only().len() + decoder.local_only().len() } else { 0 }
            });
            decoder
        })?;
        ensure!(found == Ok(2 * OWN), "found {found:?} differences");
        Ok(time)
    };

    let mut here = RatelessIBLT::new(local().map(Element).collect::<Vec<_>>());
    let mut there = RatelessIBLT::new(remote().map(Element).collect::<Vec<_>>());
    here.extend_coded_symbols(CODED - 1);
    there.extend_coded_symbols(CODED - 1);
    let theirs = || {
        let mut coded = UnmanagedRatelessIBLT::new();
        for index in 0..CODED {
            coded.add_coded_symbol(&there.get_coded_symbol(index));
        }
        let mut found = 0;
        let time = each([coded], |coded| {
            let mut difference = here.collapse(&coded);
            found = difference.peel_all_symbols().len();
            difference
        })?;
        ensure!(found == 2 * OWN, "riblt found {found} differences");
        Ok(time)
    };
    table.compare(case.bar(0.2), ours, theirs)
}

/// As the crate's own example has it.
#[derive(Clone, Debug)]
struct Element(u64);

impl Symbol for Element {
    const BYTE_ARRAY_LENGTH: usize = 8;

    fn encode_to_bytes(&self) -> Vec<u8> {
        self.0.to_le_bytes().to_vec()
    }

    fn decode_from_bytes(bytes: &Vec<u8>) -> Self {
        Self(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}
