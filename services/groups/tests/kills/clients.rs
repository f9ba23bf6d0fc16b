//! The clients: each a broker of its own, that knows a reference and nothing else.

use crate::member::CounterProxy;
use quorb::Orb;
use quorb_groups::object::check::{Call, History, Outcome};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Clients at work. Dropped, they call no more: the next members may have the same addresses.
pub(crate) struct Clients {
    tasks: JoinSet<Result<Vec<Call>, String>>,
    shared: Arc<Shared>,
}

struct Shared {
    origin: Instant,
    calls: AtomicUsize,
    failed: AtomicBool,
    stop: AtomicBool,
    progress: Notify,
}

impl Clients {
    pub(crate) async fn start(reference: &str, count: usize) -> Result<Clients, Box<dyn Error>> {
        let shared = Arc::new(Shared {
            origin: Instant::now(),
            calls: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            progress: Notify::new(),
        });
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let orb = Orb::client().await?;
            let counter: CounterProxy = orb.bind(reference)?;
            tasks.spawn(client(number, orb, counter, shared.clone()));
        }
        Ok(Clients { tasks, shared })
    }

    /// Waits for so many more calls.
    pub(crate) async fn until(&self, more: usize) -> Result<(), Box<dyn Error>> {
        let goal = self.shared.calls.load(Ordering::Relaxed) + more;
        loop {
            let progress = self.shared.progress.notified();
            if self.shared.failed.load(Ordering::Relaxed) || self.shared.calls.load(Ordering::Relaxed) >= goal
            {
                // What has failed is told in the end.
                return Ok(());
            }
            progress.await;
        }
    }

    /// What all clients have seen, and the longest call.
    pub(crate) async fn stop(mut self) -> Result<(History, Duration), Box<dyn Error>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut history = History::default();
        while let Some(calls) = self.tasks.join_next().await {
            history.calls.extend(calls??);
        }
        let longest = history.calls.iter().filter_map(|call| Some(call.ended? - call.begun)).max();
        Ok((history, Duration::from_nanos(longest.unwrap_or(0))))
    }
}

/// Calls until it is stopped: two updates, then a query.
async fn client(
    number: usize,
    orb: Orb,
    counter: CounterProxy,
    shared: Arc<Shared>,
) -> Result<Vec<Call>, String> {
    let now = || shared.origin.elapsed().as_nanos() as u64;
    let mut calls = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let begun = now();
        let outcome = match (calls.len() + number) % 3 {
            0 => counter.read().await.map(Outcome::Read),
            _ => counter.add().await.map(Outcome::Added),
        };
        let outcome = outcome.map_err(|fault| {
            shared.failed.store(true, Ordering::Relaxed);
            shared.progress.notify_waiters();
            format!("client {number}, call {}: {fault}", calls.len())
        })?;
        calls.push(Call { begun, ended: Some(now()), outcome });
        shared.calls.fetch_add(1, Ordering::Relaxed);
        shared.progress.notify_waiters();
    }
    orb.shutdown(Duration::from_secs(1)).await;
    Ok(calls)
}

/// Ends the clients, and checks that what they have seen is one counter, and that every member has all of it. Gives the number of
/// calls, and the longest.
pub(crate) async fn conclude(
    clients: Clients,
    addresses: &[String],
) -> Result<(usize, Duration), Box<dyn Error>> {
    let (mut history, longest) = clients.stop().await?;
    let acknowledged =
        history.calls.iter().filter(|call| matches!(call.outcome, Outcome::Added(_))).count() as u64;
    for address in addresses {
        history.last = read_at(address).await?;
        if history.last != acknowledged {
            return Err(format!("{} at {address}, and {acknowledged} were acknowledged", history.last).into());
        }
    }
    history.check()?;
    Ok((history.calls.len(), longest))
}

/// Calls an update and a query at one member alone, and says what they end in: what a client on the same host would see.
pub(crate) async fn ask(address: &str) -> Result<(), Box<dyn Error>> {
    let orb = Orb::client().await?;
    let counter: CounterProxy = orb.bind(address)?;
    // No other member is in reach: whoever refuses is this one.
    let told = |fault: quorb::Fault| {
        fault.system().map_or_else(|| fault.to_string(), |e| format!("{:?}-{:?}", e.minor(), e.completed()))
    };
    let added = counter.add().await.map_or_else(told, |value| value.to_string());
    let read = counter.read().await.map_or_else(told, |value| value.to_string());
    println!("{added} {read}");
    orb.shutdown(Duration::ZERO).await;
    Ok(())
}

/// What an update and a query end in that refuse because this side must not act: nothing was executed.
pub(crate) fn refused() -> String {
    format!("{:?}-{:?}", quorb::Minor::NOT_PRIMARY, quorb::Completion::No)
}

/// Waits until a member serves the object.
pub(crate) async fn until_served(address: &str) {
    while read_at(address).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// The value that one member holds.
pub(crate) async fn read_at(address: &str) -> Result<u64, Box<dyn Error>> {
    let orb = Orb::client().await?;
    let counter: CounterProxy = orb.bind(address)?;
    let value = counter.read().await?;
    orb.shutdown(Duration::from_secs(1)).await;
    Ok(value)
}
