//! Exploration: many runs with random loads and mixtures of faults, one for each seed, in search of
//! one that fails; and then the smallest case that fails in the same way.
//!
//! A [`Case`] is all that varies from run to run, drawn from a [`Space`] by its seed. A [`Search`]
//! runs the cases of many seeds on all processors. A run is single-threaded, and what it runs, a
//! [`Subject`], is made anew for each. [`Shrink`] looks for what of a failing case is not needed.
//! All of it is a function of seeds and flags, as the runs themselves are.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::sync::atomic::AtomicBool;
//!
//! use glomers_check::check::Valid;
//! use glomers::explore::{Search, Space, Subject};
//! use glomers::workload::Kind;
//!
//! let subject = Subject::built_in(Kind::UniqueIds, &[])?;
//! let search = Search { seeds: 0..3, jobs: NonZeroUsize::MIN, keep_going: false };
//! let space = Space { rates: vec![20.0], ..Space::fair() };
//! let found = search.run(&subject, &space, &AtomicBool::new(false), |_, _| {})?;
//! assert_eq!((found.coverage.runs, found.coverage.verdict()), (3, Valid::Yes));
//! # Ok::<(), glomers::run::RunError>(())
//! ```

mod case;
mod coverage;
mod mixture;
mod promises;
mod search;
mod shrink;
mod smaller;
mod space;
mod strengths;
mod subject;
mod trial;

pub use case::Case;
pub use coverage::Coverage;
pub use mixture::Mixture;
pub use promises::promised_models;
pub use search::{Found, Search};
pub use shrink::{Shrink, Shrunk};
pub use space::Space;
pub use subject::Subject;
pub use trial::Trial;
