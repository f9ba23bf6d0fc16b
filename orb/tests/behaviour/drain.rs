//! A broker that shuts down lets calls under way end.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use quorb::runtime::DrainReport;
use quorb::{Completion, Fault, Orb};

use crate::rig::{ProbeProxy, Way, World, soon, until};

pub(crate) const LONG: Duration = Duration::from_secs(15);

/// Begins a shutdown: on return the broker drains.
pub(crate) async fn begin(orb: &Orb, limit: Duration) -> Pin<Box<dyn Future<Output = DrainReport> + Send>> {
    let orb = orb.clone();
    let mut shutdown = Box::pin(async move { orb.shutdown(limit).await });
    tokio::select! {
        biased;
        report = &mut shutdown => Box::pin(ready(report)),
        () = ready(()) => shutdown,
    }
}

pub(crate) fn call<T: Send + 'static, F: Future<Output = Result<T, Fault>> + Send + 'static>(
    world: &World,
    call: impl FnOnce(ProbeProxy) -> F,
) -> tokio::task::JoinHandle<Result<T, Fault>> {
    tokio::spawn(call(world.probe.clone()))
}

pub(crate) async fn calls_under_way_finish(way: Way) {
    let world = World::new(way).await;
    let held = call(&world, |probe| async move { probe.hold_update().await });
    world.control.started().await;
    let shutdown = begin(&world.server, LONG).await;
    let late = soon("a later call is refused", world.probe.add(1)).await.unwrap_err();
    assert_eq!(late.completed(), Completion::No, "{late}");
    world.control.go(1);
    assert_eq!(soon("the call under way ends", held).await.unwrap().unwrap(), 1);
    let report = soon("the shutdown ends with it", shutdown).await;
    assert_eq!(report.calls_abandoned, 0);
    until("no connection is left", || world.server.open_connections() == 0).await;
}
