use std::time::Duration;

use async_nats::RequestErrorKind;
use serde_json::Value;
use tokio::time::timeout;

use super::args::ServerArgs;
use super::connect::{NatsError, connect};
use super::names::{checked, subject};

/// How long a server may take to have us.
const PATIENCE: Duration = Duration::ZERO;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request, the cluster's name or the node's is none.
    #[error("{0}")]
    Arguments(String),
    /// There is no connection.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// Nobody listens there.
    #[error("no node {node:?} of a cluster {cluster:?} is connected to these servers")]
    NoNode {
        /// The cluster that was asked.
        cluster: String,
        /// The node that was asked.
        node: String,
    },
    /// It may have been carried out, or may be yet.
    #[error("no answer within {0:?}: it may have happened or not")]
    Timeout(Duration),
}

/// Asks a node one thing, and returns the body of its answer, which may be an error's, as JSON.
///
/// # Errors
///
/// See [`RequestError`].
pub fn request(
    servers: &ServerArgs,
    cluster: &str,
    node: &str,
    body: &str,
    patience: Duration,
) -> Result<String, RequestError> {
    checked("cluster", cluster).map_err(RequestError::Arguments)?;
    checked("node", node).map_err(RequestError::Arguments)?;
    match serde_json::from_str(body) {
        Ok(Value::Object(body)) if body.get("type").is_some_and(Value::is_string) => {}
        Ok(_) => {
            let text = "a request is a JSON object with a \"type\", such as {\"type\":\"read\"}";
            return Err(RequestError::Arguments(text.to_owned()));
        }
        Err(error) => {
            return Err(RequestError::Arguments(format!("the request is no JSON: {error}")));
        }
    }
    let access = servers.access().map_err(NatsError::Arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(NatsError::Io)?;
    let answer = runtime.block_on(async {
        let client = connect(&access, "glomers request", PATIENCE, |_| {}).await?;
        let asked = client.request(subject(cluster, node), body.to_owned().into());
        match timeout(patience, asked).await {
            Ok(Ok(answer)) => Ok(String::from_utf8_lossy(&answer.payload).into_owned()),
            Ok(Err(error)) => Err(match error.kind() {
                RequestErrorKind::NoResponders => {
                    RequestError::NoNode { cluster: cluster.to_owned(), node: node.to_owned() }
                }
                RequestErrorKind::TimedOut => RequestError::Timeout(patience),
                _ => NatsError::Server(error.to_string()).into(),
            }),
            Err(_) => Err(RequestError::Timeout(patience)),
        }
    });
    runtime.shutdown_background();
    answer
}
