//! Calls that are sent now and collected later, whatever way they take.

use std::sync::atomic::Ordering;

use quorb::{Deferred, ExceptionKind, Fault, Proxy};

use crate::rig::{ProbeProxy, Way, World, soon, until};

/// Sends any call of the probe now.
fn defer<T: Send + 'static, F>(probe: &ProbeProxy, call: impl FnOnce(ProbeProxy) -> F) -> Deferred<T>
where
    F: Future<Output = Result<T, Fault>> + Send + 'static,
{
    probe.object().defer(call(probe.clone()))
}

fn hold_query(probe: &ProbeProxy) -> Deferred<i32> {
    defer(probe, |probe| async move { probe.hold_query().await })
}

fn hold_update(probe: &ProbeProxy) -> Deferred<i32> {
    defer(probe, |probe| async move { probe.hold_update().await })
}

pub(crate) async fn it_is_sent_before_it_is_awaited(way: Way) {
    let world = World::new(way).await;
    let mut pending = hold_update(&world.probe);
    world.control.started().await;
    assert!(pending.try_take().is_none(), "it has not ended");
    world.control.go(1);
    assert_eq!(soon("it ends", &mut pending).await.unwrap(), 1);
    assert!(pending.try_take().is_none(), "its end was collected");
    world.end().await;
}

pub(crate) async fn its_end_waits_to_be_taken(way: Way) {
    let world = World::new(way).await;
    let mut pending = hold_query(&world.probe);
    world.control.started().await;
    world.control.go(1);
    let mut taken = None;
    until("it has ended", || {
        taken = pending.try_take();
        taken.is_some()
    })
    .await;
    assert_eq!(taken.unwrap().unwrap(), 0);
    world.end().await;
}

pub(crate) async fn dropping_it_cancels_a_query_and_not_a_started_update(way: Way) {
    let world = World::new(way).await;
    let query = hold_query(&world.probe);
    world.control.started().await;
    drop(query);
    world.control.dropped().await;
    let update = hold_update(&world.probe);
    world.control.started().await;
    drop(update);
    world.control.go(1);
    world.control.ended().await;
    assert_eq!(world.probe.value().await.unwrap(), 1);
    world.end().await;
}

pub(crate) async fn detached_it_goes_on(way: Way) {
    let world = World::new(way).await;
    let query = hold_query(&world.probe);
    world.control.started().await;
    query.detach();
    world.control.go(1);
    world.control.ended().await;
    world.end().await;
}

pub(crate) async fn thousands_are_in_flight(way: Way) {
    const CALLS: usize = 3000;
    let world = World::new(way).await;
    let pending: Vec<_> = (0..CALLS).map(|_| hold_query(&world.probe)).collect();
    until("all are there", || world.control.dispatched.load(Ordering::SeqCst) == CALLS).await;
    world.control.go(CALLS);
    for call in pending {
        soon("each ends", call).await.unwrap();
    }
    world.end().await;
}

pub(crate) async fn its_deadline_is_that_of_the_call(way: Way) {
    let world = World::new(way).await;
    let pending = defer(&world.probe, |probe| async move { probe.hold_short().await });
    let fault = soon("the deadline comes", pending).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
    world.control.go(1);
    world.end().await;
}
