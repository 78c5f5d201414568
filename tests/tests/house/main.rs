//! Rules that the workspace has given itself.

mod examples;
mod no_std;
mod packages;
mod sources;
mod traits;
mod workspace;
