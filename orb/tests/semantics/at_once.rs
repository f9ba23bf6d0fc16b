//! Calls that go at once or not at all, in the order of their first steps, and are attempted once.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use quorb::{Address, Completion, ExceptionKind, Orb, Proxy, SystemException};

use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, Way, World, soon};

fn at_once(probe: &ProbeProxy) -> ProbeProxy {
    let mut options = probe.object().options();
    options.at_once = true;
    probe.with_options(options)
}

async fn they_need_a_connection_that_stands_and_keep_their_order(way: Way) {
    let world = World::new(way).await;
    let quick = at_once(&world.probe);
    let refused = SystemException::from(quick.add(1).await.unwrap_err());
    assert_eq!(
        (refused.kind(), refused.completed()),
        (ExceptionKind::Transient, Completion::No),
        "{refused}"
    );
    assert_eq!(world.client.open_connections(), 0, "nobody was connected to");
    assert_eq!(world.probe.add(1).await.unwrap(), 1);
    let mut calls: Vec<_> = (0..50).map(|_| Box::pin(quick.add(1))).collect();
    for call in &mut calls {
        let begun = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await;
        assert!(begun.is_pending(), "it waits for its reply: {begun:?}");
    }
    for (place, call) in calls.into_iter().enumerate() {
        assert_eq!(soon("a reply", call).await.unwrap(), place as i32 + 2);
    }
    world.end().await;
}

async fn they_are_not_repeated(way: Way) {
    let world = World::new(way).await;
    assert_eq!(world.probe.add(1).await.unwrap(), 1);
    let quick = at_once(&world.probe);
    let listen = match &world.server.addresses()[0] {
        Address::Tcp { host, port } => format!("{host}:{port}"),
        other => other.to_string(),
    };
    world.server.shutdown(Duration::from_secs(1)).await;
    let server = Orb::builder().listen(&listen).memory(&world.network).start().await.unwrap();
    let _own: ProbeProxy = server.serve("probe", ProbeServant::new().0).unwrap();
    let failed = SystemException::from(soon("an end", quick.add(1)).await.unwrap_err());
    assert!([ExceptionKind::Transient, ExceptionKind::CommFailure].contains(&failed.kind()), "{failed}");
    // An ordinary call finds the way, and nothing has happened there before.
    assert_eq!(soon("a call", world.probe.add(5)).await.unwrap(), 5);
    assert_eq!(soon("the next one", quick.add(1)).await.unwrap(), 6);
    server.shutdown(Duration::from_secs(1)).await;
    world.client.shutdown(Duration::from_secs(1)).await;
}

every_connection! {
    they_need_a_connection_that_stands_and_keep_their_order;
    they_are_not_repeated;
}
