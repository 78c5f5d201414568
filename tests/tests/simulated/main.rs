//! Clusters in virtual time.

mod as_maelstrom;
mod canaries;
mod challenges;
mod determinism;
mod disk_canaries;
mod disks;
mod explore;
mod faults;
mod kafka_figures;
mod kafka_weather;
mod planted;
mod report;
mod restart;
mod store;
mod transactions;
mod weather;
mod wrong;
mod wrong_kafka;
mod wrong_nodes;
mod wrong_txn;
