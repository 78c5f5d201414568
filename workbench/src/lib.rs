//! A workbench for the nodes of distributed systems: a simulated network, services, loads, faults and
//! reports. What judges is a crate of its own, [`glomers_check`].
//!
//! Its rooms stand on floors, and know nothing of those beside and above them:
//!
//! | floor | rooms | what they do |
//! | --- | --- | --- |
//! | 11 | [`cli`] | the command |
//! | 10 | [`serve`] | show runs to a browser |
//! | 9 | [`report`], [`explore`] | tell what happened; look for what goes wrong |
//! | 8 | [`judged`] | a run with its verdict |
//! | 7 | [`store`], [`node_logs`] | keep it |
//! | 6 | [`run`] | nodes, a load and faults together |
//! | 5 | [`workload`] | what clients ask for |
//! | 4 | [`nemesis`] | what goes wrong meanwhile |
//! | 3 | [`client`], [`service`], [`journal`] | who is in the network beside the nodes, and who writes down what befalls messages |
//! | 2 | [`network`] | carries messages, and tells an observer what befalls them |
//! | 1 | [`rng`], `paths`, `interrupts`, `printable` | where random choices come from; where in the file system something went wrong; who wants it to end; text of others, for terminals |

pub mod cli;
pub mod client;
pub mod explore;
mod interrupts;
pub mod journal;
pub mod judged;
pub mod nemesis;
pub mod network;
pub mod node_logs;
mod paths;
mod printable;
pub mod report;
pub mod rng;
pub mod run;
pub mod serve;
pub mod service;
pub mod store;
mod units;
pub mod workload;
