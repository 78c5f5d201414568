//! A client of the simulated network: one request at a time, with a time-out.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::network::{Inbox, Network};

/// How long a client waits for a reply, unless a workload says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
