//! A log on a disk. See [`DiskLog`].

mod append;
mod config;
mod disk_log;
mod error;
mod group;
mod index;
mod open;
mod past;
mod record;
mod retain;
mod state;

pub use config::DiskConfig;
pub use disk_log::DiskLog;
pub use error::DiskError;
pub use group::DiskGroup;
