use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::push::OrderedConfig;
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, timeout_at};

use super::bucket::Bucket;
use super::entry::Entry;
use super::question::{Json, Question, Reply};
use crate::protocol::{Error, ErrorCode};

/// Between two attempts to follow.
const PAUSE: Duration = Duration::from_millis(100);

/// A copy of a bucket, fed in the log's order.
pub(super) struct Follower {
    bucket: Bucket,
    copy: RefCell<Copy>,
    /// No read may see less.
    floor: Cell<u64>,
    changed: Notify,
}

/// What of the log has come.
///
/// A bucket keeps the newest message of a key only, so that of those between two that come some may be missing:
/// they were overwritten by messages that are still to come, and until these have come the copy shows a state
/// that the log never had. The server tells with each message how many of those there are after it.
#[derive(Default)]
struct Copy {
    values: BTreeMap<String, Result<Option<Json>, String>>,
    /// Up to which number.
    applied: u64,
    /// How many are still to come before this is a prefix of the log.
    owed: u64,
}

impl Copy {
    fn take(&mut self, number: u64, pending: u64, key: &str, value: Result<Option<Json>, String>) {
        if number <= self.applied {
            return;
        }
        let is_next = number == self.applied + 1;
        self.owed = if is_next { pending.min(self.owed.saturating_sub(1)) } else { pending };
        self.applied = number;
        match value {
            Ok(None) => drop(self.values.remove(key)),
            value => drop(self.values.insert(key.to_owned(), value)),
        }
    }
}

impl Follower {
    pub(super) fn start(bucket: Bucket) -> Rc<Self> {
        let follower = Rc::new(Self {
            bucket,
            copy: RefCell::default(),
            floor: Cell::default(),
            changed: Notify::new(),
        });
        spawn_local(Rc::clone(&follower).follow());
        follower
    }

    /// Lets no read be answered before the copy has this.
    pub(super) fn wait_for(&self, revision: u64) {
        self.floor.set(self.floor.get().max(revision));
    }

    /// What the copy shows.
    pub(super) async fn read(&self, key: &str, deadline: Instant) -> Result<Reply, Error> {
        let floor = self.floor.get();
        let shown = timeout_at(deadline, async {
            loop {
                let changed = self.changed.notified();
                {
                    let copy = self.copy.borrow();
                    if copy.applied >= floor && copy.owed == 0 {
                        return copy.values.get(key).cloned().unwrap_or(Ok(None));
                    }
                }
                changed.await;
            }
        });
        match shown.await {
            Ok(Ok(mut value)) => Question::Read.apply(&mut value),
            Ok(Err(text)) => Err(Error::new(ErrorCode::Crash, text)),
            Err(_) => {
                let text = "the copy of seq-kv has not caught up";
                Err(Error::new(ErrorCode::Timeout, text))
            }
        }
    }

    async fn follow(self: Rc<Self>) {
        loop {
            let applied = self.copy.borrow().applied;
            let deliver_policy = match applied {
                0 => DeliverPolicy::All,
                applied => DeliverPolicy::ByStartSequence { start_sequence: applied + 1 },
            };
            let deliver_subject = self.bucket.inbox();
            let config =
                OrderedConfig { deliver_subject, deliver_policy, ..OrderedConfig::default() };
            match self.bucket.stream.create_consumer(config).await {
                Ok(consumer) => match consumer.messages().await {
                    Ok(mut messages) => {
                        while let Some(Ok(message)) = messages.next().await {
                            self.take(&message);
                        }
                        tracing::debug!("the copy of seq-kv is fed anew");
                    }
                    Err(error) => tracing::debug!(%error, "seq-kv cannot be followed"),
                },
                Err(error) => tracing::debug!(%error, "seq-kv cannot be followed"),
            }
            sleep(PAUSE).await;
        }
    }

    fn take(&self, message: &Message) {
        let Ok(info) = message.info() else { return };
        let Some(key) = self.bucket.key(&message.subject) else { return };
        let entry = Entry::parse(info.stream_sequence, &message.payload);
        let value = entry.map(|entry| entry.value);
        self.copy.borrow_mut().take(info.stream_sequence, info.pending, key, value);
        self.changed.notify_waiters();
    }
}
