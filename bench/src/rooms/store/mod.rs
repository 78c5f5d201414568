//! The journal with records of 100 bytes, each durable before it is acknowledged, against the `fjall`,
//! `redb` and `rusqlite` crates, and a bare loop that writes and syncs.

mod append;
mod counted;
mod peers;
mod records;
mod recover;

use crate::table::Table;

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    append::measure(table)?;
    recover::measure(table)
}
