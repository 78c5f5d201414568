//! The `main` of each node's program.
//!
//! Here a node is compiled once, with all that it rests on; a program that called
//! [`cli::main`] itself would do so again.

use std::process::ExitCode;

use super::{
    Broadcast, Echo, GCounterNode, GSetNode, Kafka, LinKv, PnCounterNode, TxnListAppend,
    TxnRwRegister, UniqueIds,
};
use crate::cli;

macro_rules! programs {
    ($($name:ident: $node:ident,)*) => { $(
        #[doc = concat!("The `main` of [`", stringify!($node), "`].")]
        pub fn $name() -> ExitCode {
            cli::main::<$node>()
        }
    )* };
}

programs! {
    broadcast: Broadcast,
    echo: Echo,
    g_counter: GCounterNode,
    g_set: GSetNode,
    kafka: Kafka,
    lin_kv: LinKv,
    pn_counter: PnCounterNode,
    txn_list_append: TxnListAppend,
    txn_rw_register: TxnRwRegister,
    unique_ids: UniqueIds,
}
