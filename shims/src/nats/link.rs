use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, PublishErrorKind, Subscriber};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::connect::NatsError;
use super::counts::Counters;
use super::service::Services;
use super::traffic::{Input, Output};
use super::wire::{Outbound, Publication, Wire, error};
use crate::protocol::ErrorCode;

/// How long the loop waits for room in the client's buffer.
const ROOM: Duration = Duration::from_millis(200);

/// How many messages go to the node together at most.
const TOGETHER: usize = 256;

/// How many requests to services may be under way.
const MAX_ASKED: usize = 16 * 1024;

/// A node's connection while the node is at work: takes its lines, and gives it what comes.
pub(super) struct Link {
    client: Client,
    wire: Rc<Wire>,
    services: Rc<Services>,
    input: mpsc::Sender<Input>,
    counters: Arc<Counters>,
    asked: Arc<Semaphore>,
    /// What services have answered and the node has not been given yet.
    answers: RefCell<Vec<u8>>,
    answered: Notify,
}

impl Link {
    pub(super) fn new(
        client: Client,
        wire: Rc<Wire>,
        services: Rc<Services>,
        input: mpsc::Sender<Input>,
        counters: Arc<Counters>,
    ) -> Rc<Self> {
        let asked = Arc::new(Semaphore::new(MAX_ASKED));
        let (answers, answered) = (RefCell::default(), Notify::new());
        Rc::new(Self { client, wire, services, input, counters, asked, answers, answered })
    }

    /// Gives the node all that comes to it, its name first.
    pub(super) async fn read(self: Rc<Self>, subscriber: Subscriber) {
        if self.input.send(Input::Lines(self.wire.init())).await.is_err() {
            return;
        }
        let mut messages = subscriber.ready_chunks(TOGETHER);
        while let Some(messages) = messages.next().await {
            let mut lines = Vec::new();
            for message in messages {
                if let Some(refusal) = self.wire.inbound(&message, &mut lines) {
                    self.publish(refusal).await;
                }
            }
            if !lines.is_empty() && self.input.send(Input::Lines(lines)).await.is_err() {
                return;
            }
        }
        let text = "the subscription has ended".to_owned();
        // A node that has gone needs no telling.
        let _ = self.input.send(Input::Failed(text)).await;
    }

    /// Gives the node what services answer, all that has come by then together.
    pub(super) async fn tell_answers(self: Rc<Self>) {
        loop {
            self.answered.notified().await;
            let answers = self.answers.take();
            if self.input.send(Input::Lines(answers)).await.is_err() {
                return;
            }
        }
    }

    /// Takes the node's lines until there are no more.
    pub(super) async fn write(
        self: &Rc<Self>,
        mut output: mpsc::UnboundedReceiver<Output>,
        held: &AtomicUsize,
    ) -> Option<std::sync::mpsc::Sender<Result<(), NatsError>>> {
        while let Some(output) = output.recv().await {
            match output {
                Output::Lines(lines) => {
                    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                        self.line(line).await;
                    }
                    held.fetch_sub(lines.len(), Ordering::Relaxed);
                }
                Output::Finish(done) => return Some(done),
            }
        }
        None
    }

    async fn line(self: &Rc<Self>, line: &[u8]) {
        match self.wire.outbound(line) {
            Outbound::Publish(publication) => self.publish(publication).await,
            Outbound::Ask { service, body } => {
                let this = Rc::clone(self);
                let Ok(permit) = Arc::clone(&self.asked).try_acquire_owned() else {
                    self.counters.unsent(service);
                    return;
                };
                spawn_local(async move {
                    if let Some(answer) = this.services.ask(service, &body).await {
                        let line = this.wire.answer(service, &answer);
                        this.answers.borrow_mut().extend(line);
                        this.answered.notify_one();
                    }
                    drop(permit);
                });
            }
            Outbound::Ready => tracing::info!("ready"),
            Outbound::Failed(text) => {
                let _ = self.input.send(Input::Failed(text)).await;
            }
            Outbound::Nothing => {}
        }
    }

    /// Publishes, or counts that it could not. What would be kept for a later connection is dropped instead: by
    /// then it would be old, and what matters is sent again by whoever sent it.
    async fn publish(&self, publication: Publication) {
        let Publication { subject, headers, payload, is_reply } = publication;
        if self.client.connection_state() != State::Connected {
            return self.counters.unsent(&subject);
        }
        let length = payload.len();
        let (client, to) = (&self.client, subject.clone());
        let mut sending = Box::pin(async move {
            match headers {
                Some(headers) => client.publish_with_headers(to, headers, payload.into()).await,
                None => client.publish(to, payload.into()).await,
            }
        });
        let sent = match sending.as_mut().now_or_never() {
            Some(sent) => Ok(sent),
            None => timeout(ROOM, sending).await,
        };
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(broken)) if broken.kind() == PublishErrorKind::MaxPayloadExceeded => {
                self.counters.too_large(&format!("{length} bytes to {subject}"));
                if is_reply {
                    let limit = self.client.server_info().max_payload;
                    let text =
                        format!("the answer has {length} bytes, and the NATS server takes {limit}");
                    let body = error(ErrorCode::Crash, &text);
                    let _ = timeout(ROOM, self.client.publish(subject, body.into())).await;
                }
            }
            Ok(Err(_)) | Err(_) => self.counters.unsent(&subject),
        }
    }
}
