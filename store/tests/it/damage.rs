//! Damage is told with its place, and nothing is changed.
