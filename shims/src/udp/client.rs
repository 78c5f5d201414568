use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::sessions::{Draw, Sessions};
use super::{Channel, Key, MAX_DATAGRAM, MAX_PIECES};

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request is no JSON object.
    #[error("a request is a JSON object with a \"type\"")]
    NoObject,
    /// The request is longer than a datagram.
    #[error("the request has {0} bytes, and a datagram has place for {1}")]
    TooLong(usize, usize),
    /// Nobody answered in time: it may have happened or not.
    #[error("no answer from {0} in time: the request may have been carried out or not")]
    Timeout(SocketAddr),
    /// The system does not send or receive.
    #[error("the network: {0}")]
    Io(#[from] io::Error),
    /// The system has no entropy to give.
    #[error(transparent)]
    Entropy(#[from] getrandom::Error),
}

/// Asks the node at an address, once, and waits for its answer's body. `"msg_id"` is added where it lacks.
///
/// # Errors
///
/// See [`RequestError`]; an error that the node answers is an answer.
pub async fn request(
    to: SocketAddr,
    cluster: &str,
    key: Option<Key>,
    mut body: Value,
    patience: Duration,
) -> Result<Value, RequestError> {
    let fields = body.as_object_mut().ok_or(RequestError::NoObject)?;
    let msg_id = fields.entry("msg_id").or_insert_with(|| 1.into()).clone();
    let any: SocketAddr = match (to.is_ipv4(), to.ip().is_loopback()) {
        (true, true) => (Ipv4Addr::LOCALHOST, 0).into(),
        (true, false) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        (false, true) => (Ipv6Addr::LOCALHOST, 0).into(),
        (false, false) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    // Which address of this host's the other will see.
    socket.connect(to).await?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let generation = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX / 2);
    getrandom::u64()?;
    let draw = Draw(Box::new(|| getrandom::u64().unwrap_or_default()));
    let mut sessions = Sessions::new(socket.local_addr()?, cluster, key, generation, draw);
    let bytes = Channel::Body.around(body.to_string().as_bytes());
    let (length, room) = (bytes.len() - 1, MAX_DATAGRAM - sessions.overhead() - 1);
    if length > room {
        return Err(RequestError::TooLong(length, room));
    }
    let began = Instant::now();
    sessions.send(Duration::ZERO, to, &bytes);
    let mut buffer = vec![0; MAX_PIECES + 1];
    let deadline = began + patience;
    loop {
        while let Some((_, datagram)) = sessions.poll_transmit() {
            socket.send(&datagram).await?;
        }
        let wake = sessions.next_wake().map_or(deadline, |at| deadline.min(began + at));
        match timeout_at(wake, socket.recv(&mut buffer)).await {
            Ok(received) => {
                // A refusal by the system means that nobody is there yet, or not any more.
                let Ok(length) = received else { continue };
                let bytes = sessions.receive(began.elapsed(), to, &buffer[..length]);
                if let Some(bytes) = bytes
                    && let Some((Channel::Body, body)) = Channel::of(&bytes)
                    && let Ok(answer) = serde_json::from_slice::<Value>(body)
                    && answer.get("in_reply_to") == Some(&msg_id)
                {
                    return Ok(answer);
                }
            }
            Err(_) if Instant::now() >= deadline => return Err(RequestError::Timeout(to)),
            Err(_) => sessions.wake(began.elapsed()),
        }
    }
}
