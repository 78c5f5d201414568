use serde_json::{Map, Value};

use super::Reply;
use crate::rng::Rng;

/// A service: a state machine without a clock, whose randomness is an input.
pub trait Service {
    /// Answers one request, which is a message's body.
    fn handle(&mut self, client: &str, request: Map<String, Value>, rng: &mut Rng) -> Reply;
}
