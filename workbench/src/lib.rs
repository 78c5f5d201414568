//! A workbench for the nodes of distributed systems: simulated network, services, loads, faults
//! and checkers.

pub mod check;
pub mod cli;
pub mod client;
pub mod edn;
pub mod explore;
pub mod fingerprint;
pub mod history;
pub mod journal;
pub mod judged;
pub mod nemesis;
pub mod network;
pub mod node_logs;
pub mod recorded;
pub mod report;
pub mod results;
pub mod run;
pub mod serve;
pub mod service;
pub mod store;
pub mod workload;
