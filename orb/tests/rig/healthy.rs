//! A connection that does nothing wrong, and must not suffer from those that do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use quorb::Orb;
use tokio::task::JoinHandle;

use super::{World, soon, until};

/// A well-behaved client with a connection of its own, which calls all the time.
pub struct Healthy {
    orb: Orb,
    calls: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Healthy {
    /// Starts to call.
    pub async fn start(world: &World) -> Healthy {
        let orb = Orb::builder().memory(&world.network).start().await.expect("the client starts");
        let probe = orb
            .bind::<super::ProbeProxy>(&quorb::Proxy::object(&world.own).to_string())
            .expect("the reference is good");
        let calls = Arc::new(AtomicU32::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn({
            let (calls, stop) = (calls.clone(), stop.clone());
            async move {
                let octets = vec![1, 2, 3];
                while !stop.load(Ordering::SeqCst) {
                    assert_eq!(probe.echo(&octets).await.expect("a healthy call"), octets);
                    calls.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            }
        });
        let healthy = Healthy { orb, calls, stop, task };
        healthy.goes_on().await;
        healthy
    }

    /// Calls that begin from now on still succeed.
    pub async fn goes_on(&self) {
        let before = self.calls.load(Ordering::SeqCst);
        until("the healthy client goes on", || {
            assert!(!self.task.is_finished(), "the healthy client failed");
            self.calls.load(Ordering::SeqCst) >= before + 3
        })
        .await;
    }

    /// Checks that every call succeeded, to the last.
    pub async fn end(self) {
        self.goes_on().await;
        self.stop.store(true, Ordering::SeqCst);
        soon("the healthy client ends", self.task).await.expect("no healthy call failed");
        assert_eq!(self.orb.open_connections(), 1, "it needed one connection only");
        self.orb.shutdown(super::TOLERANCE).await;
    }
}
