//! What runs a node: the loop, and the handle through which a node sends, asks and waits.

mod clock;
mod env;
mod hosted;
mod lines;
mod net;
mod node;
mod serve;

pub use clock::Clock;
pub use env::Env;
pub use net::{Net, RpcError};
pub use node::{Node, Reply};
pub use serve::{PATIENCE, Running, serve};
