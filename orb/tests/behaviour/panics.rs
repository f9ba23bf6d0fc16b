//! A servant that panics harms its own call, and its object no more than it must.

use quorb::{Completion, ExceptionKind, Proxy};

use crate::rig::{Way, World, until};

pub(crate) async fn a_panic_in_an_update(way: Way) {
    let world = World::new(way).await;
    let fault = world.probe.panic_update().await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Unknown), Completion::Maybe));
    assert!(!fault.to_string().contains("as the test wants"), "the message stays at the server: {fault}");
    let fault = world.probe.add(1).await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::ObjAdapter), Completion::No));
    assert_eq!(world.probe.value().await.unwrap(), 1000, "queries go on, over what there is");
    assert!(world.server.adapter().reactivate(world.own.object()));
    assert_eq!(world.probe.add(1).await.unwrap(), 1001);
    world.end().await;
}

pub(crate) async fn a_panic_in_a_query(way: Way) {
    let world = World::new(way).await;
    let fault = world.probe.panic_query().await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Unknown), Completion::Maybe));
    assert_eq!(world.probe.add(1).await.unwrap(), 1);
    world.end().await;
}

/// Updates that waited when the panic came are refused like those that come after it.
pub(crate) async fn updates_that_wait_behind_a_panic(way: Way) {
    let world = World::new(way).await;
    let arrived = |count: usize| {
        let server = world.server.clone();
        async move { until("it is there", || server.open_calls().served == count).await }
    };
    let spawn = |wait_for: usize| {
        let probe = world.probe.clone();
        tokio::spawn(async move {
            match wait_for {
                1 => probe.hold_update().await,
                2 => probe.panic_update().await,
                _ => probe.add(5).await,
            }
        })
    };
    let holding = spawn(1);
    arrived(1).await;
    let panicking = spawn(2);
    arrived(2).await;
    let waiting = spawn(3);
    arrived(3).await;
    world.control.go(1);
    assert_eq!(holding.await.unwrap().unwrap(), 1);
    assert_eq!(panicking.await.unwrap().unwrap_err().kind(), Some(ExceptionKind::Unknown));
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), Some(ExceptionKind::ObjAdapter));
    assert_eq!(world.probe.value().await.unwrap(), 1001);
    world.end().await;
}
