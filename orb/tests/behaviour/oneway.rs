//! What a oneway call promises, and what it does not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use quorb::{Completion, ExceptionKind, Fault, Proxy};

use crate::rig::{PATIENCE, Way, World, soon};

/// A server that drains takes no oneway calls any more; its clients see that, or their call is lost unexecuted.
pub(crate) async fn a_draining_server(way: Way) {
    let world = World::new(way).await;
    let probe = world.probe.clone();
    let held = tokio::spawn(async move { probe.hold_query().await });
    world.control.started().await;
    let server = world.server.clone();
    let shutdown = tokio::spawn(async move { server.shutdown(PATIENCE).await });
    // An own call of the server says when it drains.
    until_it_drains(&world).await;
    if let Err(fault) =
        soon("it is refused, or lost", world.probe.with_deadline(Duration::from_millis(200)).note(1)).await
    {
        assert_eq!(fault.completed(), Completion::No, "{fault}");
    }
    world.control.go(1);
    soon("the call under way ends", held).await.unwrap().unwrap();
    soon("the shutdown ends", shutdown).await.unwrap();
    assert_eq!(world.control.notes.load(Ordering::SeqCst), 0);
}

/// Waits until the server takes no further calls.
pub(crate) async fn until_it_drains(world: &World) {
    soon("it drains", async {
        while world.own.value().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// An object that sheds, or is not there: the caller of a oneway is not told, and nothing is executed.
pub(crate) async fn what_the_server_refuses_is_lost(way: Way) {
    let world = World::new(way).await;
    world.probe.panic_update().await.unwrap_err();
    world.probe.note(1).await.unwrap();
    assert_eq!(world.probe.value().await.unwrap(), 1000, "poisoned: the note was not taken");
    assert_eq!(world.control.notes.load(Ordering::SeqCst), 0);
    world.server.adapter().deactivate(world.own.object());
    let gone: Result<(), Fault> = world.probe.note(1).await;
    if way.is_collocated() {
        assert_eq!(gone.unwrap_err().kind(), Some(ExceptionKind::ObjectNotExist));
    } else {
        gone.unwrap();
    }
    world.end().await;
}
