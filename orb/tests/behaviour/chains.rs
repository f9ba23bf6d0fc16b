//! Calls carry the chain that they belong to: what would wait for itself is refused, what may re-enter does.

use quorb::{Completion, ExceptionKind};

use crate::rig::servant::ProbeServant;
use crate::rig::{Way, World, soon};

pub(crate) async fn an_update_that_comes_back_is_refused(way: Way) {
    let world = World::new(way).await;
    let other = world.server.serve("other", ProbeServant::new().0).unwrap();
    let call = world.probe.update_through(&other, &world.probe);
    let fault = soon("the call is refused at once", call).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{fault}");
    assert_eq!(fault.completed(), Completion::No, "{fault}");
    assert!(fault.to_string().contains("chain "), "{fault}");
    // The object is free again.
    assert_eq!(world.probe.add(1).await.unwrap(), 2);
    world.end().await;
}

pub(crate) async fn a_concurrent_update_may_come_back(way: Way) {
    let world = World::new(way).await;
    let other = world.server.serve("other", ProbeServant::new().0).unwrap();
    let call = world.probe.bounce(&world.probe, &other, 64);
    assert_eq!(soon("64 calls deep", call).await.unwrap(), 65);
    world.end().await;
}
