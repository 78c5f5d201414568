use serde_json::{Map, Value};

use super::{Reply, Service, take_kind};
use crate::rng::Rng;

/// `lin-tso`: the timestamps 0, 1, 2 … each given out once.
#[derive(Clone, Debug, Default)]
pub struct TimestampOracle {
    next: u64,
}

impl Service for TimestampOracle {
    fn handle(&mut self, _: &str, mut request: Map<String, Value>, _: &mut Rng) -> Reply {
        match take_kind(&mut request) {
            Ok(kind) if kind == "ts" => {
                self.next += 1;
                Reply::Timestamp(self.next - 1)
            }
            Ok(other) => Reply::not_supported(&other),
            Err(refusal) => refusal,
        }
    }
}
