//! The end of a broker: listeners first, then calls, then connections.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::crowd::LastCaller;
use super::pool::Pool;
use super::{Connection, Orb};

/// What a shutdown came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DrainReport {
    /// Calls of others that were still under way when the limit was over; their callers learn COMM_FAILURE with completion
    /// Maybe.
    pub calls_abandoned: usize,
    /// Connections that were open when it began, all of which are closed now.
    pub connections_closed: usize,
}

/// What lives in a broker and must end with it.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    phase: watch::Sender<Phase>,
    /// Whether the phase is [`Phase::Draining`] or later.
    is_draining: AtomicBool,
    listeners: Mutex<Vec<JoinHandle<()>>>,
    connections: DashMap<u64, Arc<Connection>>,
    next_connection: AtomicU64,
    pub(super) last_caller: LastCaller,
    /// Accepted and connected, including those that have not said a word yet.
    entered: Arc<AtomicUsize>,
    /// Calls of others that are under way here.
    calls: AtomicUsize,
    /// Something has ended that a shutdown may wait for.
    ended: Notify,
}

/// How far a broker is. It only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Connections wait to be accepted: the objects are not there yet.
    Holding,
    Serving,
    /// Calls under way, and what they call in turn, go on; others are refused.
    Draining,
    /// Nothing goes on.
    Stopped,
}

/// A connection counts as long as this lives.
#[derive(Debug)]
pub(crate) struct Entry(Arc<AtomicUsize>);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A call of somebody else is under way here as long as this lives: a shutdown waits for it.
#[derive(Debug)]
pub(crate) struct CallUnderWay(Orb);

impl CallUnderWay {
    pub(crate) fn begin(orb: &Orb) -> CallUnderWay {
        orb.call_begins();
        CallUnderWay(orb.clone())
    }
}

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        self.0.call_ends();
    }
}

impl Orb {
    /// A call of somebody else is under way here until [`call_ends`](Orb::call_ends): what [`CallUnderWay`] does by itself.
    pub(crate) fn call_begins(&self) {
        self.shared.lifecycle.calls.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn call_ends(&self) {
        let lifecycle = &self.shared.lifecycle;
        if lifecycle.calls.fetch_sub(1, Ordering::SeqCst) == 1 {
            lifecycle.look_again();
        }
    }

    /// Whether no new calls are taken. To be asked after [`call_begins`](Orb::call_begins): then either the answer is yes, or
    /// the shutdown that follows sees the call.
    pub(crate) fn is_draining(&self) -> bool {
        self.shared.lifecycle.is_draining()
    }
}

impl Default for Lifecycle {
    fn default() -> Lifecycle {
        Lifecycle {
            phase: watch::Sender::new(Phase::Serving),
            is_draining: AtomicBool::new(false),
            listeners: Mutex::default(),
            connections: DashMap::new(),
            next_connection: AtomicU64::new(1),
            last_caller: LastCaller::default(),
            entered: Arc::default(),
            calls: AtomicUsize::new(0),
            ended: Notify::new(),
        }
    }
}

impl Lifecycle {
    /// The life of a broker that accepts nothing before [`open`](Self::open).
    pub(super) fn holding() -> Lifecycle {
        Lifecycle { phase: watch::Sender::new(Phase::Holding), ..Lifecycle::default() }
    }

    pub(super) fn open(&self) {
        self.advance(Phase::Serving);
    }

    /// Waits until connections may be accepted. Cancellation safe.
    pub(super) async fn opened(&self) {
        let mut phase = self.phase.subscribe();
        // The sender lives as long as the broker, so waiting cannot fail.
        let _ = phase.wait_for(|phase| *phase >= Phase::Serving).await;
    }

    /// Whether no new calls are taken; see [`Orb::is_draining`].
    pub(super) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::SeqCst)
    }

    /// Whether no connection may live.
    pub(super) fn is_stopped(&self) -> bool {
        *self.phase.borrow() == Phase::Stopped
    }

    /// Waits until the broker takes no new calls. Cancellation safe.
    pub(super) async fn draining(&self) {
        // The sender lives as long as this does, so that there is no error.
        let _ = self.phase.subscribe().wait_for(|phase| *phase >= Phase::Draining).await;
    }

    fn advance(&self, to: Phase) {
        self.is_draining.fetch_or(to >= Phase::Draining, Ordering::SeqCst);
        self.phase.send_if_modified(|phase| {
            let later = to > *phase;
            *phase = to.max(*phase);
            later
        });
    }

    pub(super) fn add_listener(&self, task: JoinHandle<()>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    /// Counts a connection.
    pub(super) fn enter(&self) -> Entry {
        self.entered.fetch_add(1, Ordering::AcqRel);
        Entry(self.entered.clone())
    }

    pub(super) fn connections(&self) -> usize {
        self.entered.load(Ordering::Acquire)
    }

    /// Calls of others that are under way here.
    pub(super) fn calls_served(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Calls of this broker that wait for their replies. Costs a look at every connection.
    pub(super) fn calls_made(&self) -> usize {
        self.connections.iter().map(|entry| entry.value().calls_made()).sum()
    }

    /// A number for a connection that is about to be registered.
    pub(super) fn number(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn register(&self, number: u64, connection: Arc<Connection>) {
        self.connections.insert(number, connection);
    }

    pub(super) fn deregister(&self, number: u64) {
        self.connections.remove(&number);
        self.ended.notify_waiters();
    }

    /// Something ended on a connection: a shutdown that waits looks again.
    pub(super) fn look_again(&self) {
        if self.is_draining() {
            self.ended.notify_waiters();
        }
    }

    /// Wakes the drivers of connections whose buffers take more than `share`: they will find that out. Costs a look at every
    /// connection.
    pub(super) fn wake_those_above(&self, share: u64) {
        for connection in &self.connections {
            if connection.holding.buffers() > share {
                connection.bell.ring();
            }
        }
    }

    pub(super) async fn drain(&self, pool: &Pool, limit: Duration) -> DrainReport {
        self.advance(Phase::Draining);
        let connections_closed = self.connections();
        let listeners = std::mem::take(&mut *self.listeners.lock().unwrap_or_else(PoisonError::into_inner));
        listeners.iter().for_each(JoinHandle::abort);
        for connection in self.all() {
            connection.begin_drain();
        }
        for listener in listeners {
            // It was told to end; when it has, its address is free.
            let _ = listener.await;
        }
        // Waiting may end early; what is still under way then is counted.
        let _ = tokio::time::timeout(limit, self.settled()).await;
        let report = DrainReport { calls_abandoned: self.calls_served(), connections_closed };
        self.advance(Phase::Stopped);
        for connection in self.all() {
            connection.close("the broker goes out of service");
        }
        let _ = tokio::time::timeout(FAREWELL_MAX, self.connections_ended()).await;
        for connection in self.all() {
            connection.cut("the broker has been shut down");
        }
        pool.clear();
        report
    }

    fn all(&self) -> Vec<Arc<Connection>> {
        self.connections.iter().map(|entry| entry.value().clone()).collect()
    }

    /// Waits until no call is under way in either direction and every reply has been taken.
    async fn settled(&self) {
        loop {
            let ended = self.ended.notified();
            if self.calls_served() == 0 && self.all().iter().all(|connection| connection.has_settled()) {
                return;
            }
            ended.await;
        }
    }

    async fn connections_ended(&self) {
        loop {
            let ended = self.ended.notified();
            if self.connections.is_empty() {
                return;
            }
            ended.await;
        }
    }
}

/// The time that peers get to take the last octets before their connections are cut.
const FAREWELL_MAX: Duration = Duration::from_millis(120);

/// Waits until the process is told to end: SIGTERM, or SIGINT (Ctrl-C). Cancellation safe.
///
/// The call installs the handlers, not the wait: a program calls this before it says that it is ready, and is not killed by
/// a signal that comes right then. They stay for the life of the process. Where they cannot be installed, the future never
/// ends.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn shutdown_signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = signal(SignalKind::terminate()).and_then(|terminate| {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok((terminate, interrupt))
    });
    async move {
        let Ok((mut terminate, mut interrupt)) = signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
