//! Dropping the future of a call cancels it.

use std::sync::atomic::Ordering;

use tokio::task::JoinHandle;

use crate::rig::{ProbeProxy, Way, World, until};

/// Makes a call in a task of its own, which can be aborted.
pub(crate) fn spawn<F: Future<Output = ()> + Send + 'static>(
    world: &World,
    call: impl FnOnce(ProbeProxy) -> F,
) -> JoinHandle<()> {
    tokio::spawn(call(world.probe.clone()))
}

pub(crate) async fn an_update_that_waits_never_runs(way: Way) {
    let world = World::new(way).await;
    let first = spawn(&world, |probe| async move { assert_eq!(probe.hold_update().await.unwrap(), 1) });
    world.control.started().await;
    let second = spawn(&world, |probe| async move { drop(probe.add(100).await) });
    until("the second is there", || world.control.dispatched.load(Ordering::SeqCst) == 2).await;
    second.abort();
    until("only the first is left", || world.server.open_calls().served == 1).await;
    world.control.go(1);
    first.await.unwrap();
    assert_eq!(world.probe.value().await.unwrap(), 1);
    world.end().await;
}

pub(crate) async fn an_update_that_has_started_runs_to_its_end(way: Way) {
    let world = World::new(way).await;
    let call = spawn(&world, |probe| async move { drop(probe.hold_update().await) });
    world.control.started().await;
    call.abort();
    let _ = call.await;
    world.control.go(1);
    world.control.ended().await;
    assert_eq!(world.probe.value().await.unwrap(), 1);
    world.end().await;
}

pub(crate) async fn a_query_is_dropped(way: Way) {
    let world = World::new(way).await;
    let call = spawn(&world, |probe| async move { drop(probe.hold_query().await) });
    world.control.started().await;
    call.abort();
    world.control.dropped().await;
    assert_eq!(world.probe.add(1).await.unwrap(), 1);
    world.end().await;
}

pub(crate) async fn a_cancellable_update_stops(way: Way) {
    let world = World::new(way).await;
    let call = spawn(&world, |probe| async move { drop(probe.hold_cancellable().await) });
    world.control.started().await;
    call.abort();
    world.control.dropped().await;
    assert_eq!(world.probe.value().await.unwrap(), 0);
    world.end().await;
}
