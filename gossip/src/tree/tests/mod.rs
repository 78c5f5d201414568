use super::*;

mod convergence;
mod network;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
