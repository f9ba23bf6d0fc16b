//! A servant that panics harms its own call, and its object no more than it must.

use std::sync::atomic::Ordering;

use quorb::{Completion, ExceptionKind, Proxy};

use crate::rig::{Way, World, until};

async fn a_panic_in_an_update(way: Way) {
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

async fn a_panic_in_a_query(way: Way) {
    let world = World::new(way).await;
    let fault = world.probe.panic_query().await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Unknown), Completion::Maybe));
    assert_eq!(world.probe.add(1).await.unwrap(), 1);
    world.end().await;
}

/// Updates that waited when the panic came are refused like those that come after it.
async fn updates_that_wait_behind_a_panic(way: Way) {
    let world = World::new(way).await;
    let spawn = |operation: &'static str| {
        let probe = world.probe.clone();
        tokio::spawn(async move {
            match operation {
                "hold" => probe.hold_update().await,
                "panic" => probe.panic_update().await,
                _ => probe.add(5).await,
            }
        })
    };
    let are_there = async |count| {
        until("it is there", || world.control.dispatched.load(Ordering::SeqCst) == count).await;
    };
    let holding = spawn("hold");
    are_there(1).await;
    let panicking = spawn("panic");
    are_there(2).await;
    let waiting = spawn("add");
    are_there(3).await;
    world.control.go(1);
    assert_eq!(holding.await.unwrap().unwrap(), 1);
    assert_eq!(panicking.await.unwrap().unwrap_err().kind(), Some(ExceptionKind::Unknown));
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), Some(ExceptionKind::ObjAdapter));
    assert_eq!(world.probe.value().await.unwrap(), 1001);
    world.end().await;
}

every_way! {
    a_panic_in_an_update;
    a_panic_in_a_query;
    updates_that_wait_behind_a_panic;
}
