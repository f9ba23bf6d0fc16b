//! A limit on the calls that are served at a time, and what is shed above it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{ServerCall, ServerInterceptor, ServerNext};
use crate::adapter::Reply;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::proto::head::{ChainId, Time};
pub use crate::proto::shed::ShedLimits;
use crate::proto::shed::{Arrival, Pass, ShedQueue, ShedReason, Ticket, Verdict};

/// Serves so many calls at a time; lets others wait for a short time, and sheds the rest at once: TRANSIENT, completion No,
/// minor code [`Minor::OVERLOADED`], which callers' brokers do not repeat by themselves.
///
/// The rule is in [`proto::shed`](crate::proto::shed). Each value is one limit: registered on a broker, it holds for all of
/// its objects together. Nested calls of a chain that is inside are let in, since it would wait for itself; so are the
/// operations that every object answers (`_is_a`), by which others find out whether the server lives.
///
/// What it limits is calls that wait for something: a method that does not wait runs on the task of its connection and is
/// over before another one can be counted. Where methods compute for long, declare them `#[blocking]`.
///
/// ```
/// use quorb::intercept::{ConcurrencyLimit, ShedLimits};
/// let limit = std::sync::Arc::new(ConcurrencyLimit::new(ShedLimits::running(64)));
/// let builder = quorb::Orb::builder().intercept_service(limit.clone());
/// assert_eq!(limit.counts().shed, 0);
/// ```
#[derive(Debug)]
pub struct ConcurrencyLimit {
    origin: Instant,
    /// The lock is held for a decision, never across a wait.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    queue: ShedQueue,
    waiting: HashMap<Ticket, oneshot::Sender<Option<Pass>>>,
    admitted: u64,
    shed: u64,
}

/// What a [`ConcurrencyLimit`] has done and has under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LimitCounts {
    /// Calls that are served now, nested ones of their chains not counted.
    pub running: usize,
    /// Calls that wait now.
    pub waiting: usize,
    /// Calls that have been let in since the beginning.
    pub admitted: u64,
    /// Calls that have been shed since the beginning.
    pub shed: u64,
}

impl ConcurrencyLimit {
    /// A limit, with nobody inside. To be made inside of a tokio runtime if its clock is to be that of a test.
    pub fn new(limits: ShedLimits) -> ConcurrencyLimit {
        let queue = ShedQueue::new(limits, Time::ZERO);
        let state = State { queue, waiting: HashMap::new(), admitted: 0, shed: 0 };
        ConcurrencyLimit { origin: Instant::now(), state: Mutex::new(state) }
    }

    /// What it has done so far.
    pub fn counts(&self) -> LimitCounts {
        let state = self.lock();
        LimitCounts {
            running: state.queue.running(),
            waiting: state.queue.waiting(),
            admitted: state.admitted,
            shed: state.shed,
        }
    }

    /// Waits to be let in. Cancellation safe: a dropped wait leaves the queue.
    async fn enter(&self, chain: ChainId) -> Result<Inside<'_>, ShedReason> {
        let (seat, until) = {
            let mut state = self.lock();
            match state.queue.arrive(chain, self.now()) {
                Arrival::Run(pass) => {
                    state.admitted += 1;
                    return Ok(Inside { limit: self, pass });
                }
                Arrival::Shed(reason) => {
                    state.shed += 1;
                    return Err(reason);
                }
                Arrival::Wait { ticket, until } => {
                    let (sender, receiver) = oneshot::channel();
                    state.waiting.insert(ticket, sender);
                    (Seat { limit: self, ticket, verdict: receiver }, until)
                }
            }
        };
        seat.wait(until).await.ok_or(ShedReason::WaitedTooLong)
    }

    fn leave(&self, pass: Pass) {
        let mut state = self.lock();
        for verdict in state.queue.finish(pass, self.now()) {
            let (ticket, pass) = match verdict {
                Verdict::Run(ticket, pass) => (ticket, Some(pass)),
                Verdict::Shed(ticket) => (ticket, None),
            };
            if let Some(waiter) = state.waiting.remove(&ticket) {
                // A waiter that is just leaving finds the verdict when it has the lock.
                let _ = waiter.send(pass);
            }
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.origin.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerInterceptor for ConcurrencyLimit {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        if call.declared().is_none() {
            return next.run(call).await;
        }
        match self.enter(call.context().chain()).await {
            Ok(_inside) => next.run(call).await,
            Err(reason) => call.refuse(overloaded(reason)),
        }
    }
}

fn overloaded(reason: ShedReason) -> SystemException {
    let words = match reason {
        ShedReason::QueueFull => "as many calls as are allowed are waiting already",
        ShedReason::WaitedTooLong => "it has waited for as long as it is allowed",
    };
    SystemException::new(ExceptionKind::Transient, Minor::OVERLOADED, Completion::No)
        .at(Stage::Admitting)
        .because(words)
}

/// A call that runs; dropping it lets the next one in.
struct Inside<'a> {
    limit: &'a ConcurrencyLimit,
    pass: Pass,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.limit.leave(self.pass);
    }
}

/// A place in the queue; dropping it leaves the queue.
struct Seat<'a> {
    limit: &'a ConcurrencyLimit,
    ticket: Ticket,
    verdict: oneshot::Receiver<Option<Pass>>,
}

impl<'a> Seat<'a> {
    /// Waits for the verdict; none if it is to be shed, or has none in time.
    async fn wait(mut self, until: Time) -> Option<Inside<'a>> {
        let limit = self.limit;
        let until = limit.origin + until.since(Time::ZERO);
        let verdict = tokio::time::timeout_at(until, &mut self.verdict).await;
        let pass = match verdict {
            Ok(verdict) => verdict.ok().flatten(),
            // It may have come in this moment.
            Err(_) => self.give_up(),
        };
        let mut state = limit.lock();
        match pass {
            Some(pass) => {
                state.admitted += 1;
                Some(Inside { limit, pass })
            }
            None => {
                state.shed += 1;
                None
            }
        }
    }

    /// Leaves the queue; the pass, if the verdict had fallen before.
    fn give_up(&mut self) -> Option<Pass> {
        let mut state = self.limit.lock();
        state.queue.leave(self.ticket, self.limit.now());
        state.waiting.remove(&self.ticket);
        self.verdict.try_recv().ok().flatten()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        // After a wait to the end the ticket is not known any more, and the verdict is taken.
        if let Some(pass) = self.give_up() {
            self.limit.leave(pass);
        }
    }
}
