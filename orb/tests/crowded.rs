//! Connections at their limits: more calls than may be served, calls that are given up, calls that nobody answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use quorb::{MemoryNetwork, Orb, Preference, Proxy, interface};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What one connection may have in flight.
const LIMIT: usize = 4;

/// Far longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(20);

#[interface]
trait Counter {
    fn count(&self) -> u32;
    #[oneway]
    #[update]
    fn note(&self);
    #[oneway]
    #[update]
    async fn note_later(&self);
    /// Ends when it is let go.
    #[query]
    async fn wait(&self) -> u32;
    /// Ends when it is cancelled.
    #[query]
    async fn wait_for_ever(&self);
}

#[derive(Default)]
struct Tally {
    count: AtomicU32,
    waiting: AtomicU32,
    arrived: Notify,
    go: Notify,
}

struct Desk(Arc<Tally>);

impl Counter for Desk {
    fn count(&self) -> u32 {
        self.0.count.load(Ordering::SeqCst)
    }

    fn note(&self) {
        self.0.count.fetch_add(1, Ordering::SeqCst);
    }

    async fn note_later(&self) {
        tokio::task::yield_now().await;
        self.0.count.fetch_add(1, Ordering::SeqCst);
    }

    async fn wait(&self) -> u32 {
        let number = self.0.waiting.fetch_add(1, Ordering::SeqCst);
        self.0.arrived.notify_one();
        self.0.go.notified().await;
        number
    }

    async fn wait_for_ever(&self) {
        self.0.waiting.fetch_add(1, Ordering::SeqCst);
        self.0.arrived.notify_one();
        std::future::pending().await
    }
}

/// Runs `exercise` over both protocols, against a server whose connections serve `LIMIT` calls at once.
async fn over_both(exercise: impl AsyncFn(CounterProxy, Arc<Tally>, Preference)) {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let network = MemoryNetwork::new();
        let server = Orb::builder().listen("memory:server").memory(&network);
        let server = server.limits(|limits| limits.calls_in_flight_max = LIMIT).start().await.unwrap();
        let client = Orb::builder().listen("memory:client").memory(&network).prefer(preference);
        let client = client.limits(|limits| limits.calls_in_flight_max = 3 * LIMIT).start().await.unwrap();
        let tally = Arc::new(Tally::default());
        let reference =
            server.serve("desk", CounterServant::new(Desk(tally.clone()))).unwrap().object().to_string();
        let proxy: CounterProxy = client.bind(&reference).unwrap();
        let exercised = tokio::time::timeout(PATIENCE, exercise(proxy, tally, preference)).await;
        assert!(exercised.is_ok(), "{preference:?}: it hangs");
    }
}

#[tokio::test]
async fn any_number_of_oneway_calls_goes_over_one_connection() {
    over_both(async |proxy, tally, _| {
        for _ in 0..10 * LIMIT {
            proxy.note().await.unwrap();
            proxy.note_later().await.unwrap();
        }
        proxy.count().await.unwrap();
        while tally.count.load(Ordering::SeqCst) < 20 * LIMIT as u32 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn more_calls_than_are_served_at_once_are_all_served() {
    over_both(async |proxy, tally, protocol| {
        let mut calls = JoinSet::new();
        for _ in 0..2 * LIMIT {
            let proxy = proxy.clone();
            calls.spawn(async move { proxy.wait().await.unwrap() });
        }
        for served in 1..=2 * LIMIT as u32 {
            while tally.waiting.load(Ordering::SeqCst) < served {
                tally.arrived.notified().await;
            }
            let served_at_once = tally.waiting.load(Ordering::SeqCst) + 1 - served;
            // The native protocol serves no fewer than 256.
            assert!(protocol == Preference::NativeOnly || served_at_once <= LIMIT as u32);
            tally.go.notify_one();
        }
        let mut numbers = calls.join_all().await;
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..2 * LIMIT as u32));
    })
    .await;
}

#[tokio::test]
async fn calls_that_were_given_up_leave_the_connection_as_it_was() {
    over_both(async |proxy, tally, _| {
        for call in 1..=5 * LIMIT as u32 {
            let waits = proxy.clone();
            let waits = tokio::spawn(async move { waits.wait_for_ever().await });
            while tally.waiting.load(Ordering::SeqCst) < call {
                tally.arrived.notified().await;
            }
            waits.abort();
            // A task that was aborted has dropped its future once it can be joined.
            waits.await.unwrap_err();
        }
        proxy.count().await.unwrap();
    })
    .await;
}
