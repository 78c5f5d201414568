use std::ffi::OsString;
use std::process::ExitCode;

use super::{
    Broadcast, Echo, GCounterNode, GSetNode, Kafka, LinKv, PnCounterNode, TxnListAppend,
    TxnRwRegister, UniqueIds,
};
use crate::cli;
use crate::runtime::{Env, Node, Running, serve};
use crate::transport::MemoryTransport;

/// A node, to be picked by its name.
#[derive(Clone, Copy)]
pub struct Shim {
    /// The workload it is for.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Runs it on STDIN and STDOUT, as its own program would, or says what is wrong with the command
    /// line, in which the program's name comes first.
    pub main: fn(Vec<OsString>) -> Result<ExitCode, clap::Error>,
    /// Makes it ready to run inside another program: reads the arguments, returns its launcher.
    pub prepare: fn(&[String]) -> Result<Launch, clap::Error>,
}

/// Starts one life of a node on a transport. The future must run inside a
/// [`LocalSet`](tokio::task::LocalSet) and ends with the transport's input.
///
/// What outlives the node is in [`Env::storage`]: whoever starts nodes again gives them the same. How much
/// that is, the node's arguments say.
///
/// It ends with an error if the node's journal is broken: then what is kept there is what the next life finds.
pub type Launch = Box<dyn Fn(Env, MemoryTransport) -> Running>;

/// All nodes, in the order of the challenges.
// A constant would be compiled again in every crate that names it, with all ten nodes.
pub static SHIMS: [Shim; 10] = [
    Shim::of::<Echo>(),
    Shim::of::<UniqueIds>(),
    Shim::of::<Broadcast>(),
    Shim::of::<GSetNode>(),
    Shim::of::<GCounterNode>(),
    Shim::of::<PnCounterNode>(),
    Shim::of::<Kafka>(),
    Shim::of::<LinKv>(),
    Shim::of::<TxnRwRegister>(),
    Shim::of::<TxnListAppend>(),
];

impl Shim {
    const fn of<N: Node>() -> Self {
        Self {
            name: N::NAME,
            about: N::ABOUT,
            main: cli::run::<N, Vec<OsString>>,
            prepare: prepare::<N>,
        }
    }

    /// The node for a workload.
    ///
    /// ```
    /// use glomers_shims::nodes::Shim;
    ///
    /// assert!(Shim::named("broadcast").is_some());
    /// assert!(Shim::named("dance").is_none());
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        SHIMS.iter().copied().find(|shim| shim.name == name)
    }
}

fn prepare<N: Node>(args: &[String]) -> Result<Launch, clap::Error> {
    let (args, durability) = cli::parse_with_durability::<N>(args)?;
    Ok(Box::new(move |mut env, transport| {
        env.durability = durability;
        Box::pin(serve::<N>(args.clone(), env, transport))
    }))
}
