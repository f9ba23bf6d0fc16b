//! Limits end in the exception that names them and the side that set them, and harm nothing else on the connection.

use quorb::{Completion, ExceptionKind, Fault};

use crate::rig::{Way, World, soon};

const LIMIT: usize = 1 << 20;

fn is_refused(fault: &Fault, completed: Completion, side: &str) {
    assert_eq!(fault.kind(), Some(ExceptionKind::ImpLimit), "{fault}");
    assert_eq!(fault.completed(), completed, "{fault}");
    let line = fault.to_string();
    assert!(line.contains("body_bytes_max = 1048576"), "{line}");
    assert!(line.contains(side), "`{side}` in {line}");
}

pub(crate) async fn on_the_client_for_requests(way: Way) {
    let world = World::with(way, |_| {}, |limits| limits.body_bytes_max = LIMIT).await;
    is_refused(
        &world.probe.store(&vec![0; LIMIT + 1]).await.unwrap_err(),
        Completion::No,
        "limit of the client",
    );
    goes_on(world).await;
}

pub(crate) async fn on_the_client_for_replies(way: Way) {
    let world = World::with(way, |_| {}, |limits| limits.body_bytes_max = LIMIT).await;
    let fault = soon("the call ends", world.probe.blob(LIMIT as u32 + 1)).await.unwrap_err();
    is_refused(&fault, Completion::Yes, "limit of the client, on the reply");
    goes_on(world).await;
}

pub(crate) async fn on_the_server_for_requests(way: Way) {
    let world = World::serving(way, |limits| limits.body_bytes_max = LIMIT).await;
    let fault = soon("the call ends", world.probe.store(&vec![0; 3 * LIMIT])).await.unwrap_err();
    is_refused(&fault, Completion::No, "limit of the server");
    goes_on(world).await;
}

pub(crate) async fn on_the_server_for_replies(way: Way) {
    let world = World::serving(way, |limits| limits.body_bytes_max = LIMIT).await;
    let fault = soon("the call ends", world.probe.blob(LIMIT as u32 + 1)).await.unwrap_err();
    is_refused(&fault, Completion::Yes, "limit of the server, on the reply");
    goes_on(world).await;
}

/// The connection is still the same, and still in order.
pub(crate) async fn goes_on(world: World) {
    assert_eq!(world.probe.store(&vec![0; LIMIT / 2]).await.unwrap() as usize, LIMIT / 2);
    assert_eq!(world.probe.blob(LIMIT as u32 / 2).await.unwrap().len(), LIMIT / 2);
    assert_eq!(world.client.open_connections(), 1);
    assert!(world.server.open_connections() <= 1);
    world.end().await;
}
