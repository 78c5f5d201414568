use std::net::IpAddr;

use clap::Args;
use glomers_check::check::Valid;

use super::{StoreArgs, print};
use crate::run::RunError;
use crate::serve::Server;

/// Nothing but this machine can reach it, unless told otherwise.
#[derive(Args, Clone, Debug)]
pub(super) struct ServeArgs {
    /// The port to listen on; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,

    /// The address to listen on. Who can reach it can read the whole store
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind: IpAddr,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) fn run(args: &ServeArgs) -> Result<Valid, RunError> {
    let server = Server::bind((args.bind, args.port).into(), &args.store.store)?;
    print(&format!(
        "{} at http://{}/ until Ctrl-C\n",
        args.store.store.display(),
        server.address()?
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || server.run());
    runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(Valid::Yes)
}
