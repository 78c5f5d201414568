use std::io;
use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event};
use tokio::time::{Instant, sleep, timeout};

use super::args::{Access, Login};

/// How long one attempt to connect may take.
const ATTEMPT: Duration = Duration::from_secs(2);

/// Between a server's signs of life. A connection that shows none for two of these is taken for lost.
const PING: Duration = Duration::from_secs(2);

/// How many messages wait for the node before the newest are lost.
const SUBSCRIPTION: usize = 16 * 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NatsError {
    /// The arguments are wrong.
    #[error("{0}")]
    Arguments(String),
    /// A file or a thread.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server will not have us, or cannot be reached.
    #[error("NATS at {servers}: {text}")]
    Connect {
        /// Which servers, without secrets.
        servers: String,
        /// What happened.
        text: String,
    },
    /// The server is there, and what was asked of it went wrong.
    #[error("{0}")]
    Server(String),
}

/// Connects. A server that cannot be reached is tried again for `patience`; one that refuses us is not.
pub(super) async fn connect<E>(
    access: &Access,
    name: &str,
    patience: Duration,
    on_event: E,
) -> Result<Client, NatsError>
where
    E: Fn(Event) + Clone + Send + Sync + 'static,
{
    let until = Instant::now() + patience;
    loop {
        let on_event = on_event.clone();
        let options = options(access, name).await?.event_callback(move |event| {
            on_event(event);
            std::future::ready(())
        });
        let found = timeout(ATTEMPT * 2, options.connect(access.urls.clone())).await;
        let (kind, text) = match found {
            Ok(Ok(client)) => return Ok(client),
            Ok(Err(error)) if is_of_tls(&error) => (ConnectErrorKind::Tls, explained(&error)),
            Ok(Err(error)) => (error.kind(), explained(&error)),
            Err(_) => (ConnectErrorKind::TimedOut, "no answer in time".to_owned()),
        };
        let may_pass = matches!(
            kind,
            ConnectErrorKind::Io | ConnectErrorKind::TimedOut | ConnectErrorKind::Dns
        );
        if !may_pass || Instant::now() >= until {
            return Err(NatsError::Connect { servers: access.urls.join(","), text });
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn explained(error: &ConnectError) -> String {
    if error.kind() == ConnectErrorKind::AuthorizationViolation {
        let text = "the server refuses user, password, token or credentials, or their absence";
        return text.to_owned();
    }
    let what = if is_of_tls(error) { "TLS does not come about: " } else { "" };
    let mut text = format!("{what}{error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

/// Whether what the other side says makes no sense, or does not satisfy us: that will not pass.
fn is_of_tls(error: &ConnectError) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let io = inner.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData) {
            return true;
        }
        cause = inner.source();
    }
    false
}

async fn options(access: &Access, name: &str) -> Result<ConnectOptions, NatsError> {
    let mut options = ConnectOptions::new()
        .name(name)
        .connection_timeout(ATTEMPT)
        .ping_interval(PING)
        .request_timeout(Some(ATTEMPT))
        .subscription_capacity(SUBSCRIPTION)
        .client_capacity(SUBSCRIPTION)
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(50 << attempts.min(5)).min(Duration::from_secs(1))
        });
    options = match access.login.clone() {
        Login::Nobody => options,
        Login::User { name, password } => options.user_and_password(name, password),
        Login::Token(token) => options.token(token),
        Login::Credentials(path) => {
            let named = |error| io::Error::other(format!("{}: {error}", path.display()));
            options.credentials_file(&path).await.map_err(named)?
        }
    };
    if let Some(ca) = &access.ca {
        readable(ca)?;
        options = options.add_root_certificates(ca.clone()).require_tls(true);
    }
    if let Some((cert, key)) = &access.identity {
        readable(cert)?;
        readable(key)?;
        options = options.add_client_certificate(cert.clone(), key.clone()).require_tls(true);
    }
    Ok(options)
}

/// So that a file that is not there is named.
fn readable(path: &std::path::Path) -> io::Result<()> {
    let named = |error| io::Error::other(format!("{}: {error}", path.display()));
    std::fs::File::open(path).map(drop).map_err(named)
}
