//! Calls that are sent now and collected later, whatever way they take.

use std::time::Duration;

use quorb::{Completion, Proxy};

use crate::rig::{ProbeProxy, Way, World, soon, until};

#[tokio::test]
async fn a_server_that_ends_meanwhile() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        let world = World::new(way).await;
        let pending: Vec<_> = (0..50)
            .map(|_| {
                let probe = world.probe.clone();
                world.probe.object().defer(async move { probe.hold_update().await })
            })
            .collect();
        world.control.started().await;
        world.server.shutdown(Duration::ZERO).await;
        for call in pending {
            let fault = soon("each ends", call).await.unwrap_err();
            let maybe = fault.completed() == Completion::Maybe;
            assert!(maybe || fault.completed() == Completion::No, "{fault}");
        }
    }
}

/// On a thread without tokio, and on one that must not be blocked.
#[test]
fn collected_by_a_thread() {
    let (started, reference) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new(Way::TcpNative).await;
            started.send(world.own.object().to_string()).unwrap();
            world.control.started().await;
            world.control.go(1);
            world.control.ended().await;
            until("its client has gone", || world.server.open_connections() == 0).await;
        });
    });
    let client = quorb::Orb::builder().start_blocking().unwrap();
    let probe: ProbeProxy = client.bind(&reference.recv().unwrap()).unwrap();
    let object = probe.object().clone();
    assert_eq!(object.defer(async move { probe.hold_query().await }).wait().unwrap(), 0);
    client.shutdown(Duration::from_secs(1));
    server.join().unwrap();
}
