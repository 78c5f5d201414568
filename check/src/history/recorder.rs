use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{History, Kind, Op};
use crate::value::Value;

/// Records what threads or tasks ask of a system, and what they are told.
///
/// Each has a [`Client`] of its own. An operation begins on record before it is asked for, and ends
/// after the answer has come: so an order on record is one that everyone could have seen. The recorder
/// looks at no clock; who wants times in the history [gives](Self::with_clock) it one.
///
/// ```
/// use std::sync::Mutex;
/// use std::thread;
///
/// use glomers_check::{Checker, Recorder, Valid};
/// use serde_json::json;
///
/// let (recorder, register) = (Recorder::default(), Mutex::new(0));
/// thread::scope(|scope| {
///     for n in 1..=4 {
///         let (mut client, register) = (recorder.client(), &register);
///         scope.spawn(move || {
///             let write = client.invoke("write", json!(["x", n]));
///             *register.lock().unwrap() = n;
///             write.ok(json!(["x", n]));
///             let read = client.invoke("read", json!(["x", null]));
///             let seen = *register.lock().unwrap();
///             read.ok(json!(["x", seen]));
///         });
///     }
/// });
/// assert_eq!(Checker::LinKv.check(&recorder.history()).valid, Valid::Yes);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    clock: Option<Clock>,
}

struct Clock(Box<dyn Fn() -> Duration + Send + Sync>);

#[derive(Debug, Default)]
struct State {
    history: History,
    next: u64,
}

impl Recorder {
    /// One whose events have times: `clock` tells that since the beginning.
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let began = Instant::now();
    /// let recorder = glomers_check::Recorder::with_clock(move || began.elapsed());
    /// recorder.client().invoke("read", ()).ok(7);
    /// assert!(recorder.history().ops()[1].time > 0);
    /// ```
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let clock = Some(Clock(Box::new(clock)));
        Self(Arc::new(Shared { state: Mutex::default(), clock }))
    }

    /// One more client.
    ///
    /// ```
    /// let recorder = glomers_check::Recorder::default();
    /// assert_ne!(recorder.client().process(), recorder.client().process());
    /// ```
    pub fn client(&self) -> Client {
        let process = self.state().fresh();
        Client { recorder: self.clone(), process }
    }

    /// All that is on record so far.
    ///
    /// ```
    /// assert!(glomers_check::Recorder::default().history().ops().is_empty());
    /// ```
    pub fn history(&self) -> History {
        self.state().history.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Who panicked has left a whole history behind.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, op: Op) {
        let mut state = self.state();
        // Under the lock, so that times are in order.
        let time = self.0.clock.as_ref().map_or(Duration::ZERO, |clock| (clock.0)());
        state.history.push(op.at(time));
    }
}

impl State {
    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Who does one thing after the other; from [`Recorder::client`].
#[derive(Debug)]
pub struct Client {
    recorder: Recorder,
    process: u64,
}

impl Client {
    /// The number of its process: another one after an operation whose outcome is unknown, since the
    /// old one may be at it still.
    ///
    /// ```
    /// let mut client = glomers_check::Recorder::default().client();
    /// let process = client.process();
    /// client.invoke("read", ()).unknown("no answer came");
    /// assert_ne!(client.process(), process);
    /// ```
    pub fn process(&self) -> u64 {
        self.process
    }

    /// Notes that it is about to ask for something. What it asks, and in which form, is a matter for
    /// the checker.
    ///
    /// ```
    /// let recorder = glomers_check::Recorder::default();
    /// recorder.client().invoke("add", 7).ok(7);
    /// assert_eq!(recorder.history().pairs().len(), 1);
    /// ```
    pub fn invoke<'a>(&'a mut self, f: &'a str, value: impl Into<Value>) -> Pending<'a> {
        let value = value.into();
        self.recorder.record(Op::new(self.process, Kind::Invoke, f, value.clone()));
        Pending { client: self, f, value: Some(value) }
    }
}

/// An operation that is under way. Dropped without an end, its outcome is unknown.
#[derive(Debug)]
#[must_use = "an operation without an end has an unknown outcome"]
pub struct Pending<'a> {
    client: &'a mut Client,
    f: &'a str,
    value: Option<Value>,
}

impl Pending<'_> {
    /// It happened, with this result: of a read what was read, of a write what was written.
    ///
    /// ```
    /// let recorder = glomers_check::Recorder::default();
    /// recorder.client().invoke("read", ()).ok(3);
    /// assert_eq!(recorder.history().ops()[1].value, 3);
    /// ```
    pub fn ok(mut self, value: impl Into<Value>) {
        let op = Op::new(self.client.process, Kind::Ok, self.f, value);
        self.value = None;
        self.client.recorder.record(op);
    }

    /// It did not happen, and will not. Only who knows that may say so: an answer that did not come is
    /// [`unknown`](Self::unknown).
    ///
    /// ```
    /// use glomers_check::history::Kind;
    ///
    /// let recorder = glomers_check::Recorder::default();
    /// recorder.client().invoke("add", 3).fail("refused");
    /// assert_eq!(recorder.history().ops()[1].kind, Kind::Fail);
    /// ```
    pub fn fail(self, error: impl Into<Value>) {
        self.end(Kind::Fail, Some(error.into()));
    }

    /// It may have happened, or may yet: an answer did not come.
    ///
    /// ```
    /// use glomers_check::history::Kind;
    ///
    /// let recorder = glomers_check::Recorder::default();
    /// recorder.client().invoke("add", 3).unknown("timed out");
    /// assert_eq!(recorder.history().ops()[1].kind, Kind::Info);
    /// ```
    pub fn unknown(self, error: impl Into<Value>) {
        self.end(Kind::Info, Some(error.into()));
    }

    fn end(mut self, kind: Kind, error: Option<Value>) {
        self.note(kind, error);
    }

    fn note(&mut self, kind: Kind, error: Option<Value>) {
        let Some(value) = self.value.take() else { return };
        let client = &mut *self.client;
        let mut op = Op::new(client.process, kind, self.f, value);
        op.error = error;
        client.recorder.record(op);
        if kind == Kind::Info {
            client.process = client.recorder.state().fresh();
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.note(Kind::Info, None);
    }
}
