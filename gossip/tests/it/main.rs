//! What the protocols promise, checked from without: one program, which is linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

mod bounds;
mod changes;
mod convergence;
mod failover;
mod liveness;
mod model;
mod promise;
mod restored;
mod traits;
#[cfg(feature = "serde")]
mod wire;

/// How many seeds to try: a quarter of the `usual` number, unless the environment variable
/// `GLOMERS_SEEDS` asks for that (`usual`), or for another.
fn seeds(usual: u32) -> u32 {
    match std::env::var("GLOMERS_SEEDS").as_deref() {
        Err(_) => usual.div_ceil(4),
        Ok("usual") => usual,
        Ok(seeds) => seeds.parse().expect("a number of seeds"),
    }
}
