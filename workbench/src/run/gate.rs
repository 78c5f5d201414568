use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, Waker};

/// Stops a future, as SIGSTOP stops a process: while the gate is shut nothing in the future runs. Its
/// timers go off meanwhile, and what it waits for happens; it finds out when the gate is opened.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_shut: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Gate {
    pub(super) fn shut(&self) {
        self.is_shut.set(true);
    }

    pub(super) fn open(&self) {
        self.is_shut.set(false);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// The future, behind the gate.
    pub(super) async fn guard<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|context| {
            if self.is_shut.get() {
                // Whatever wakes it now, it looks for everything once it is open.
                self.waker.replace(Some(context.waker().clone()));
                return Poll::Pending;
            }
            future.as_mut().poll(context)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use tokio::task::{LocalSet, spawn_local};
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::network::testing::{in_virtual_time, pass};

    #[test]
    fn nothing_runs_while_it_is_shut() {
        in_virtual_time(async {
            let (gate, ticks) = (Rc::new(Gate::default()), Rc::new(RefCell::new(Vec::new())));
            let start = Instant::now();
            let record = {
                let ticks = Rc::clone(&ticks);
                async move {
                    // Of a task of its own, as a node has them.
                    let ticking = spawn_local(async move {
                        for _ in 0..5 {
                            sleep(Duration::from_millis(100)).await;
                            ticks.borrow_mut().push(start.elapsed().as_millis());
                        }
                    });
                    ticking.await.unwrap();
                }
            };
            let guarded = Rc::clone(&gate);
            let running = spawn_local(async move {
                let inside = LocalSet::new();
                guarded.guard(inside.run_until(record)).await;
            });
            pass(250).await;
            gate.shut();
            pass(1000).await;
            gate.open();
            running.await.unwrap();
            // The timer that went off meanwhile is late, and what follows from it as well.
            assert_eq!(*ticks.borrow(), [100, 200, 1250, 1350, 1450]);
        });
    }
}
