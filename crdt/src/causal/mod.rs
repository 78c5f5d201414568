//! Types with removal: sets, registers, flags, counters and maps whose updates carry their cause.

mod context;
mod dot_set;
mod edit;
mod flags;
mod join;
mod mv_register;
mod observation;
mod or_counter;
mod or_map;
mod or_set;
mod parts;
mod runs;
mod rw_set;
mod stability;
mod state;
mod store;
#[cfg(feature = "serde")]
mod wire;

pub use context::{CausalContext, InvalidRun};
pub use edit::{CausalError, Edit};
pub use flags::{DwFlag, EwFlag};
pub use mv_register::MvRegister;
pub use observation::Observation;
pub use or_counter::OrCounter;
pub use or_map::OrMap;
pub use or_set::OrSet;
pub use parts::Part;
pub use rw_set::RwSet;
pub use stability::Report;
pub use state::Causal;
pub use store::{
    AddWins, Counter, DisableWins, EnableWins, Joined, Map, RemoveWins, Store, Values,
};
