use std::net::IpAddr;

use clap::Args;
use glomers_check::check::Valid;

use super::output::{print, tell};
use super::store::StoreArgs;
use super::values::port;
use crate::interrupts::Interrupts;
use crate::run::RunError;
use crate::serve::Server;

/// Nothing but this machine can reach it, unless told otherwise.
#[derive(Args, Clone, Debug)]
pub(super) struct ServeArgs {
    /// The port to listen on; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080, value_parser = port)]
    port: u16,

    /// The address to listen on. Who can reach it can read the whole store
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind: IpAddr,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) fn run(args: &ServeArgs) -> Result<Valid, RunError> {
    if !args.store.store.is_dir() {
        tell(&format!("note: there is no {} yet", args.store.store.display()));
    }
    let server = Server::bind((args.bind, args.port).into(), &args.store.store)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        // Who has read the address may end it at once.
        let mut interrupts = Interrupts::listen();
        print(&format!(
            "{} at http://{}/ until Ctrl-C\n",
            args.store.store.display(),
            server.address()?
        ));
        std::thread::spawn(move || server.run());
        interrupts.next().await;
        Ok(Valid::Yes)
    })
}
