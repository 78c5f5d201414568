//! How pages look.

pub(super) const STYLE: &str = include_str!("runs.css");
