use std::time::Duration;

use clap::Args;
use glomers_check::check::Valid;
use glomers_shims::nats::{RequestError, ServerArgs, request};
use serde_json::Value;

use super::output::print;

/// A node on NATS, and what it is asked.
#[derive(Args, Clone, Debug)]
pub(super) struct RequestArgs {
    #[command(flatten)]
    servers: ServerArgs,

    /// How long to wait for the answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 5000)]
    timeout: u64,

    /// The cluster's name
    cluster: String,

    /// The node's
    node: String,

    /// The body of the request, such as '{"type":"read"}'
    body: String,
}

/// Prints the answer. An error is one too, but no good one.
pub(super) fn run(args: &RequestArgs) -> Result<Valid, RequestError> {
    let RequestArgs { servers, cluster, node, body, .. } = args;
    let answer = request(servers, cluster, node, body, Duration::from_millis(args.timeout))?;
    print(&format!("{answer}\n"));
    let answer: Option<Value> = serde_json::from_str(&answer).ok();
    let is_error = answer.is_none_or(|answer| answer.get("type").is_none_or(|it| it == "error"));
    Ok(if is_error { Valid::No } else { Valid::Yes })
}
