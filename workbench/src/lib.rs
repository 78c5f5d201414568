//! A workbench for the nodes of distributed systems: simulated network, services, loads, faults
//! and checkers.

pub mod check;
pub mod history;
