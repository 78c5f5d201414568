use std::time::Duration;

use clap::Args;
use glomers_check::check::Valid;
use serde_json::Value;

use super::output::print;

/// A node on a network, and what it is asked.
#[derive(Args, Clone, Debug)]
pub(super) struct RequestArgs {
    #[cfg(feature = "nats")]
    #[command(flatten)]
    servers: glomers_shims::nats::ServerArgs,

    #[cfg(feature = "udp")]
    #[command(flatten)]
    udp: UdpArgs,

    /// How long to wait for the answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 5000)]
    timeout: u64,

    /// On NATS the cluster's name, the node's, and the body of the request, such as '{"type":"read"}'; on UDP the
    /// body alone
    #[arg(required = true, num_args = 1..=3, value_names = ["CLUSTER", "NODE", "BODY"])]
    words: Vec<String>,
}

/// A node on UDP.
#[cfg(feature = "udp")]
#[derive(Args, Clone, Debug)]
struct UdpArgs {
    /// The address of a node on UDP
    #[cfg_attr(feature = "nats", arg(conflicts_with = "urls"))]
    #[arg(long, value_name = "ADDRESS")]
    udp: Option<std::net::SocketAddr>,

    /// The cluster's name, on UDP
    #[arg(long, value_name = "NAME", requires = "udp", default_value = "glomers")]
    cluster: String,

    /// A file with the key that all nodes on UDP share: 64 hexadecimal digits
    #[arg(long, value_name = "FILE", requires = "udp", env = "GLOMERS_KEY_FILE")]
    key_file: Option<std::path::PathBuf>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct NoAnswer(Box<dyn std::error::Error + Send + Sync>);

/// Prints the answer. An error is one too, but no good one.
pub(super) fn run(args: &RequestArgs) -> Result<Valid, NoAnswer> {
    let answer = ask(args).map_err(NoAnswer)?;
    print(&format!("{answer}\n"));
    let answer: Option<Value> = serde_json::from_str(&answer).ok();
    let is_error = answer.is_none_or(|answer| answer.get("type").is_none_or(|it| it == "error"));
    Ok(if is_error { Valid::No } else { Valid::Yes })
}

fn ask(args: &RequestArgs) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let patience = Duration::from_millis(args.timeout);
    #[cfg(feature = "udp")]
    if let Some(address) = args.udp.udp {
        let [body] = &args.words[..] else {
            return Err(
                "on UDP the request's body stands alone, such as '{\"type\":\"read\"}'".into()
            );
        };
        let key = args.udp.key_file.as_deref().map(glomers_shims::udp::Key::read).transpose()?;
        let body = serde_json::from_str(body).map_err(|error| format!("the body: {error}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asked = glomers_shims::udp::request(address, &args.udp.cluster, key, body, patience);
        return Ok(runtime.block_on(asked)?.to_string());
    }
    #[cfg(feature = "nats")]
    {
        let [cluster, node, body] = &args.words[..] else {
            return Err("on NATS the cluster's and the node's name come before the body".into());
        };
        Ok(glomers_shims::nats::request(&args.servers, cluster, node, body, patience)?)
    }
    #[cfg(not(feature = "nats"))]
    {
        let _ = patience;
        Err("which node? --udp ADDRESS names it".into())
    }
}
