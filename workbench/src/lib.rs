//! A workbench for the nodes of distributed systems: simulated network, services, loads, faults
//! and checkers.

pub mod cli;
pub mod client;
pub mod explore;
pub mod journal;
pub mod judged;
pub mod nemesis;
pub mod network;
pub mod node_logs;
pub mod report;
pub mod rng;
pub mod run;
pub mod serve;
pub mod service;
pub mod store;
mod units;
pub mod workload;
