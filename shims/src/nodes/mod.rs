//! One thin node a workload: each wires a data structure to Maelstrom's messages.

mod broadcast;
mod counter;
mod echo;
mod element;
mod g_set;
mod kafka;
mod lin_kv;
pub mod programs;
mod set;
mod shim;
mod txn_list_append;
mod txn_rw_register;
mod unique_ids;

pub use broadcast::{Broadcast, BroadcastWords};
pub use counter::{
    BothWays, CounterArgs, CounterKind, CounterNode, GCounterNode, GrowOnly, PnCounterNode,
};
pub use echo::Echo;
pub use element::Element;
pub use g_set::{GSetNode, GSetWords};
pub use kafka::{Kafka, KafkaArgs};
pub use lin_kv::{LinKv, LinKvArgs};
pub use set::{SetNode, SetWords, SharedSet};
pub use shim::{Launch, SHIMS, Shim};

pub use crate::runtime::Running;
pub use txn_list_append::TxnListAppend;
pub use txn_rw_register::{Registers, TxnRwRegister};
pub use unique_ids::UniqueIds;
