//! The end of a broker: listeners first, then calls, then connections.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::Connection;
use super::pool::Pool;

/// What a shutdown came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DrainReport {
    /// Calls that were still under way when the limit was over; their callers learn COMM_FAILURE with completion Maybe.
    pub calls_abandoned: usize,
    /// Connections that were closed.
    pub connections_closed: usize,
}

/// What lives in a broker and must end with it.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    stopping: watch::Sender<bool>,
    listeners: Mutex<Vec<JoinHandle<()>>>,
    connections: DashMap<u64, Arc<Connection>>,
    next_connection: AtomicU64,
    /// Accepted and connected, including those that have not said a word yet.
    entered: Arc<AtomicUsize>,
    /// Calls of others that are under way here.
    calls: AtomicUsize,
    call_ended: Notify,
    connection_ended: Notify,
}

/// A connection counts as long as this lives.
#[derive(Debug)]
pub(crate) struct Entry(Arc<AtomicUsize>);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Default for Lifecycle {
    fn default() -> Lifecycle {
        Lifecycle {
            stopping: watch::Sender::new(false),
            listeners: Mutex::default(),
            connections: DashMap::new(),
            next_connection: AtomicU64::new(1),
            entered: Arc::default(),
            calls: AtomicUsize::new(0),
            call_ended: Notify::new(),
            connection_ended: Notify::new(),
        }
    }
}

impl Lifecycle {
    pub(super) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until the broker stops. Cancellation safe.
    pub(super) async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives as long as the broker, so waiting cannot fail.
        let _ = stopping.wait_for(|stopping| *stopping).await;
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

    /// A number for a connection that is about to be registered.
    pub(super) fn number(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn register(&self, number: u64, connection: Arc<Connection>) {
        self.connections.insert(number, connection);
    }

    pub(super) fn deregister(&self, number: u64) {
        self.connections.remove(&number);
        self.connection_ended.notify_waiters();
    }

    pub(super) fn call_begins(&self) {
        self.calls.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn call_ends(&self) {
        if self.calls.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.call_ended.notify_waiters();
        }
    }

    pub(super) async fn drain(&self, pool: &Pool, limit: Duration) -> DrainReport {
        self.stopping.send_replace(true);
        let listeners = std::mem::take(&mut *self.listeners.lock().unwrap_or_else(PoisonError::into_inner));
        for listener in &listeners {
            listener.abort();
        }
        for listener in listeners {
            // Its address is free only when it has let go of its socket. It never runs long, and ends cancelled.
            let _ = listener.await;
        }
        for connection in self.all() {
            connection.begin_drain();
        }
        // Waiting may end early; what is still under way then is counted.
        let _ = tokio::time::timeout(limit, self.calls_ended()).await;
        let mut report =
            DrainReport { calls_abandoned: self.calls.load(Ordering::Acquire), ..Default::default() };
        for connection in self.all() {
            connection.close();
        }
        report.connections_closed = self.connections();
        let _ = tokio::time::timeout(FAREWELL_MAX, self.connections_ended()).await;
        for connection in self.all() {
            connection.cut();
        }
        pool.clear();
        report
    }

    fn all(&self) -> Vec<Arc<Connection>> {
        self.connections.iter().map(|entry| entry.value().clone()).collect()
    }

    async fn calls_ended(&self) {
        loop {
            let ended = self.call_ended.notified();
            if self.calls.load(Ordering::Acquire) == 0 {
                return;
            }
            ended.await;
        }
    }

    async fn connections_ended(&self) {
        loop {
            let ended = self.connection_ended.notified();
            if self.connections.is_empty() {
                return;
            }
            ended.await;
        }
    }
}

/// The time that peers get to take the last octets before their connections are cut.
const FAREWELL_MAX: Duration = Duration::from_millis(100);

/// Waits until the process is told to end: SIGTERM, or SIGINT (Ctrl-C). Cancellation safe.
///
/// The first wait installs the handlers, which stay for the life of the process.
pub async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    let Ok(mut interrupt) = signal(SignalKind::interrupt()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
