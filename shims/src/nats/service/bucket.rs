use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::context::{CreateStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, LastRawMessageErrorKind, StorageType, Stream,
};
use async_nats::jetstream::{Context, ErrorCode};

use super::entry::Entry;
use super::registers::{Appended, Log};

/// A key-value bucket: a stream with the settings by which NATS's own tools know one, but for reads that any replica
/// may answer, which nobody is to be given.
#[derive(Clone)]
pub(super) struct Bucket {
    client: Client,
    context: Context,
    pub(super) stream: Stream<()>,
    prefix: String,
}

impl Bucket {
    /// Opens a bucket, and makes it where there is none.
    pub(super) async fn open(
        client: &Client,
        context: &Context,
        name: &str,
        replicas: usize,
    ) -> Result<Self, String> {
        let config = Config {
            name: format!("KV_{name}"),
            subjects: vec![format!("$KV.{name}.>")],
            max_messages_per_subject: 1,
            max_bytes: -1,
            max_messages: -1,
            max_message_size: -1,
            max_consumers: -1,
            discard: DiscardPolicy::New,
            storage: StorageType::File,
            num_replicas: replicas,
            allow_rollup: true,
            deny_delete: true,
            ..Config::default()
        };
        let stream = config.name.clone();
        match context.create_stream(config).await {
            Ok(_) => {}
            Err(error) if is_there(&error.kind()) => {
                tracing::warn!(
                    stream,
                    "the bucket has settings that are not ours, and is used as it is"
                );
            }
            Err(error) => return Err(error.to_string()),
        }
        let stream =
            context.get_stream_no_info(&stream).await.map_err(|error| error.to_string())?;
        Ok(Self {
            client: client.clone(),
            context: context.clone(),
            stream,
            prefix: format!("$KV.{name}."),
        })
    }

    /// A message's key.
    pub(super) fn key<'a>(&self, subject: &'a str) -> Option<&'a str> {
        subject.strip_prefix(&self.prefix)
    }

    /// A subject of our own, for answers.
    pub(super) fn inbox(&self) -> String {
        self.client.new_inbox()
    }

    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }
}

fn is_there(error: &CreateStreamErrorKind) -> bool {
    matches!(error, CreateStreamErrorKind::JetStream(error)
        if error.error_code() == ErrorCode::STREAM_NAME_EXIST)
}

/// What is said while nobody can be asked.
const DISCONNECTED: &str = "there is no connection to NATS";

impl Log for Bucket {
    async fn last(&self, key: &str) -> Result<Entry, String> {
        if !self.is_connected() {
            return Err(DISCONNECTED.to_owned());
        }
        let subject = format!("{}{key}", self.prefix);
        match self.stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) => Entry::parse(message.sequence, &message.payload),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                Ok(Entry::none())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    async fn append(&self, key: &str, expected: u64, payload: Vec<u8>) -> Appended {
        // It would be kept, and sent when it is old: to no harm, but to no use either.
        if !self.is_connected() {
            return Appended::Unsent(DISCONNECTED.to_owned());
        }
        let message = PublishMessage::build()
            .expected_last_subject_sequence(expected)
            .payload(payload.into());
        let sent = self.context.send_publish(format!("{}{key}", self.prefix), message).await;
        let acknowledged = match sent {
            Ok(sent) => sent.await,
            Err(error) => Err(error),
        };
        match acknowledged {
            Ok(ack) => Appended::As(ack.sequence),
            Err(error) => match error.kind() {
                PublishErrorKind::WrongLastSequence => Appended::Refused,
                PublishErrorKind::StreamNotFound => {
                    Appended::Unsent("nobody keeps the bucket at the moment".to_owned())
                }
                _ => Appended::Unknown(error.to_string()),
            },
        }
    }
}
