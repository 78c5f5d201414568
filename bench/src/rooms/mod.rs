//! What is measured, a room a crate.

mod check;
mod crdt;
mod gossip;
mod list;
mod log;
mod programs;
mod shims;
mod store;

use std::path::Path;

use clap::ValueEnum;

use crate::table::Table;

/// A room of the bench: the cases of one of the crates.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Room {
    /// The echo node against a bare loop and the maelstrom-node crate
    Shims,
    /// CRDTs against the crdts crate and std
    Crdt,
    /// A list of characters against the libraries that people use for text, on traces of editing
    List,
    /// The hub against flooding over a grid, both in virtual time; decoding against the riblt crate
    Gossip,
    /// The offset log against the commitlog crate, a bare Vec, itself on one thread, and the journal below it
    Log,
    /// Judging histories against what it took before, EDN against JSON, and many clients at a register
    Check,
    /// The journal against the fjall, redb and rusqlite crates, and a bare loop that writes and syncs
    Store,
}

impl Room {
    /// Measures the cases that have `only` in their names. Who judges histories is compared to the `baseline`;
    /// lists are edited by the `traces` of a folder.
    pub(crate) fn measure(
        self,
        only: String,
        baseline: Option<&Path>,
        traces: Option<&Path>,
    ) -> anyhow::Result<Table> {
        let mut table = Table::new(only);
        match self {
            Self::Shims => shims::measure(&mut table),
            Self::Crdt => crdt::measure(&mut table),
            Self::List => list::measure(&mut table, traces),
            Self::Gossip => gossip::measure(&mut table),
            Self::Log => log::measure(&mut table),
            Self::Check => check::measure(&mut table, baseline),
            Self::Store => store::measure(&mut table),
        }?;
        Ok(table)
    }
}
