//! Bad input, and what is to be expected of a node that gets it.

pub(crate) mod forms;
pub(crate) mod generator;
pub(crate) mod live_node;
