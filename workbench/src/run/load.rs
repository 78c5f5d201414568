use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use glomers_check::history::{History, Kind, Op, Process};
use rand::RngExt;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Phase, Settings, Tally, Watcher};
use crate::client::{Client, RpcError};
use crate::journal::Recorder;
use crate::network::Network;
use crate::rng::Rng;
use crate::units::nanos;
use crate::workload::{Draft, InvokeError, Session, Workload};

/// How long the last operations take at least to fail. They are tried again as fast as they fail, and
/// where a node fails at once nothing else would make virtual time pass.
const FINAL_PAUSE: Duration = Duration::from_millis(200);

/// The clients: workers that carry out one operation at a time, and who deals operations to them.
///
/// Worker i asks node i modulo their number. It is a process of the history until it gets a result
/// that nobody can know; then it goes on as another, whose number is greater by the number of
/// workers, with a new client.
pub(super) struct Load<'a> {
    workers: Vec<Worker>,
    free: Vec<usize>,
    done: UnboundedReceiver<Done>,
    report: UnboundedSender<Done>,
    tasks: JoinSet<()>,
    under_way: usize,
    network: &'a Network,
    recorder: Option<&'a RefCell<Recorder>>,
    history: &'a Rc<RefCell<History>>,
    watcher: &'a dyn Watcher,
    began: Instant,
    gap: Option<Duration>,
    time_limit: Duration,
    phase: Phase,
    tally: Tally,
    held_up: Duration,
}

struct Worker {
    process: u64,
    node: Rc<str>,
    /// Absent while an operation is under way.
    hands: Option<Hands>,
    /// The process is another by now: what the old one worked with is laid down when the new one
    /// begins.
    is_new: bool,
}

/// What a process works with.
struct Hands {
    client: Client,
    session: Box<dyn Session>,
}

/// An operation has ended.
struct Done {
    worker: usize,
    hands: Hands,
    draft: Draft,
    result: Result<Value, InvokeError>,
    at: Instant,
}

impl<'a> Load<'a> {
    pub(super) fn new(
        settings: &Settings,
        network: &'a Network,
        recorder: Option<&'a RefCell<Recorder>>,
        history: &'a Rc<RefCell<History>>,
        began: Instant,
        watcher: &'a dyn Watcher,
    ) -> Self {
        let nodes: Vec<Rc<str>> = settings.node_ids().into_iter().map(Rc::from).collect();
        let (report, done) = unbounded_channel();
        let worker = |number: usize| Worker {
            process: number as u64,
            node: Rc::clone(&nodes[number % nodes.len()]),
            hands: None,
            is_new: false,
        };
        Self {
            workers: (0..settings.workers()).map(worker).collect(),
            free: (0..settings.workers()).collect(),
            done,
            report,
            tasks: JoinSet::new(),
            under_way: 0,
            network,
            recorder,
            history,
            watcher,
            began,
            gap: (settings.rate > 0.0).then(|| Duration::from_secs_f64(2.0 / settings.rate)),
            time_limit: settings.time_limit,
            phase: Phase::Load,
            tally: Tally::default(),
            held_up: Duration::ZERO,
        }
    }

    pub(super) fn tell(&mut self, phase: Phase) {
        self.phase = phase;
        self.watcher.progress(phase, self.began.elapsed(), self.time_limit, self.tally);
    }

    /// For how long an operation was due that nobody could ask for yet.
    pub(super) fn held_up(&self) -> Duration {
        self.held_up
    }

    /// Deals operations until `end`, and waits for the last ones. Gaps between them are uniform
    /// between zero and twice the mean; while all workers are busy, the next one waits.
    pub(super) async fn run(&mut self, workload: &mut dyn Workload, rng: &mut Rng, end: Instant) {
        self.tell(Phase::Load);
        match self.gap {
            None => sleep_until(end).await,
            Some(gap) => {
                let mut next = Instant::now();
                while next < end {
                    self.collect_until(workload, next).await;
                    // Who is late because the clock is coarse catches up; who was held up does not.
                    let due = next;
                    while self.free.is_empty() {
                        self.collect(workload).await;
                        next = Instant::now();
                    }
                    self.held_up += next.min(end).saturating_duration_since(due);
                    if next >= end {
                        break;
                    }
                    let at = rng.random_range(0..self.free.len());
                    let worker = self.free.swap_remove(at);
                    match workload.next(rng, self.workers[worker].process) {
                        Some(draft) => self.invoke(workload, worker, draft),
                        None => self.free.push(worker),
                    }
                    next += gap.mul_f64(rng.random());
                }
                self.held_up += Instant::now().saturating_duration_since(next);
                // What began in time is let end, however late the clock is by now.
                self.collect_until(workload, end).await;
            }
        }
        self.finish(workload).await;
    }

    /// Lets every process carry out its last operations, as fast as it can.
    pub(super) async fn run_final(
        &mut self,
        workload: &mut dyn Workload,
        rng: &mut Rng,
        limit: Instant,
    ) {
        self.tell(Phase::Final);
        self.free.sort_unstable();
        loop {
            let mut idle = Vec::new();
            for worker in std::mem::take(&mut self.free) {
                let process = self.workers[worker].process;
                match workload.next_final(rng, process).filter(|_| Instant::now() < limit) {
                    Some(draft) => self.invoke(workload, worker, draft),
                    None => idle.push(worker),
                }
            }
            if self.under_way == 0 {
                break;
            }
            self.collect(workload).await;
            self.free.extend(idle);
        }
        self.finish(workload).await;
    }

    async fn finish(&mut self, workload: &mut dyn Workload) {
        while self.under_way > 0 {
            self.collect(workload).await;
        }
    }

    fn invoke(&mut self, workload: &mut dyn Workload, worker: usize, draft: Draft) {
        let Worker { process, node, hands, is_new } = &mut self.workers[worker];
        let old = hands.take().filter(|_| !std::mem::take(is_new));
        let mut hands = old.unwrap_or_else(|| Hands {
            client: Client::open(self.network),
            session: workload.session(),
        });
        let op = Op {
            index: 0,
            time: nanos(self.began.elapsed()),
            process: Process::Client(*process),
            kind: Kind::Invoke,
            f: draft.f.into(),
            value: (&draft.value).into(),
            node: Some((&**node).into()),
            error: None,
            extra: draft.extra.clone().into(),
        };
        workload.observe(&op);
        let index = self.history.borrow_mut().push(op);
        if let Some(recorder) = self.recorder {
            recorder.borrow_mut().operation(self.network.elapsed(), index, hands.client.id());
        }
        let (node, report) = (Rc::clone(node), self.report.clone());
        let is_final = self.phase == Phase::Final;
        self.under_way += 1;
        self.tasks.spawn_local(async move {
            let result = hands.session.invoke(&mut hands.client, &node, &draft).await;
            if is_final && matches!(result, Err(InvokeError::Rpc(_))) {
                sleep(FINAL_PAUSE).await;
            }
            let at = Instant::now();
            // Nobody collects any more only when the run is over.
            let _ = report.send(Done { worker, hands, draft, result, at });
        });
    }

    async fn collect_until(&mut self, workload: &mut dyn Workload, time: Instant) {
        loop {
            tokio::select! {
                biased;
                Some(done) = self.done.recv() => self.complete(workload, done),
                () = sleep_until(time) => return,
            }
        }
    }

    async fn collect(&mut self, workload: &mut dyn Workload) {
        if let Some(done) = self.done.recv().await {
            self.complete(workload, done);
        }
    }

    fn complete(&mut self, workload: &mut dyn Workload, done: Done) {
        self.under_way -= 1;
        while self.tasks.try_join_next().is_some() {}
        let workers = self.workers.len() as u64;
        let Done { worker: number, hands, draft, result, at } = done;
        let drops_client = result.is_err() && workload.drops_clients_that_fail();
        let worker = &mut self.workers[number];
        let (kind, value, error) = match result {
            Ok(value) => (Kind::Ok, value, None),
            Err(InvokeError::Crash) => (Kind::Info, draft.value, Some(json!("crashed"))),
            Err(InvokeError::Rpc(error)) => {
                // A reply that makes no sense says nothing, even about a read.
                let nothing = error.is_definite()
                    || (hands.session.is_idempotent(draft.f)
                        && !matches!(error, RpcError::Malformed(_)));
                let kind = if nothing { Kind::Fail } else { Kind::Info };
                (kind, draft.value, Some(error.to_json()))
            }
        };
        let op = Op {
            index: 0,
            time: nanos(at.duration_since(self.began)),
            process: Process::Client(worker.process),
            kind,
            f: draft.f.into(),
            value: value.into(),
            node: Some((&*worker.node).into()),
            error: error.map(Into::into),
            extra: draft.extra.into(),
        };
        match kind {
            Kind::Ok => self.tally.ok += 1,
            Kind::Fail => self.tally.fail += 1,
            Kind::Info | Kind::Invoke => self.tally.info += 1,
        }
        worker.hands = Some(hands);
        worker.is_new = drops_client;
        if kind == Kind::Info {
            worker.process += workers;
            worker.is_new |= !workload.reuses_clients();
        }
        self.free.push(number);
        workload.observe(&op);
        self.history.borrow_mut().push(op);
        self.tell(self.phase);
    }
}
