//! One line of a fault says everything: stage, addresses, cause, executed or not, hint.

use std::time::Duration;

use quorb::{Completion, ExceptionKind, Orb, Proxy};
use tokio::net::TcpListener;

use crate::rig::peer::Peer;
use crate::rig::{ProbeProxy, Way, World, giop, soon};

#[tokio::test]
async fn nobody_listens() {
    let world = World::new(Way::TcpNative).await;
    let reference = world.own.object().to_string();
    let address = world.server.addresses()[0].to_string();
    world.end().await;
    let client = Orb::client().await.unwrap();
    let line = client.bind::<ProbeProxy>(&reference).unwrap().add(1).await.unwrap_err().to_string();
    for part in [
        "TRANSIENT: no endpoint of the reference could be reached",
        "[executed: no]",
        "while connecting in `add`",
        &format!("tried native {address} (connection refused, 5 times)"),
        "(hint: check that the server runs",
    ] {
        assert!(line.contains(part), "`{part}` in {line}");
    }
    assert!(!line.contains('\n'), "{line}");
    assert!(!line.contains("iiop"), "an address that is refused is refused to both protocols: {line}");
}

#[tokio::test]
async fn a_deadline_passes() {
    let world = World::new(Way::TcpNative).await;
    let address = world.server.addresses()[0].to_string();
    let short = world.probe.with_deadline(Duration::from_millis(50));
    let line = short.hold_query().await.unwrap_err().to_string();
    for part in [
        "TIMEOUT: the deadline passed",
        "[executed: maybe]",
        "while waiting for the reply in `hold_query`: no reply within 50ms",
        &format!("tried native {address} (no reply yet)"),
        "(hint: raise the deadline",
    ] {
        assert!(line.contains(part), "`{part}` in {line}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_server_refuses() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        let world = World::new(way).await;
        let address = world.server.addresses()[0].to_string();
        world.server.adapter().deactivate(world.own.object());
        let line = world.probe.add(1).await.unwrap_err().to_string();
        for part in [
            "OBJECT_NOT_EXIST: no object with this key is active here",
            "[executed: no]",
            "at the server while admitting the call in `add`: key `probe`",
            &address,
            "(hint: get a fresh reference)",
        ] {
            assert!(line.contains(part), "`{part}` in {line}");
        }
        world.end().await;
    }
}

/// Once an attempt may have been executed, no later attempt that could not even start takes that back: the caller learns of
/// the attempt that is in doubt.
#[tokio::test]
async fn what_may_have_run_stays_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = Orb::client().await.unwrap();
    let probe: ProbeProxy = client.bind(&format!("corbaloc::{address}/probe")).unwrap();
    let server = async {
        let mut peer = Peer::accept(&listener).await;
        giop::hear_request(&mut peer).await;
        drop((peer, listener));
    };
    let (result, ()) = soon("the call ends", async { tokio::join!(probe.value(), server) }).await;
    let fault = result.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::CommFailure), "{fault}");
    assert_eq!(fault.completed(), Completion::Maybe, "{fault}");
    let line = fault.to_string();
    assert!(line.contains("the peer closed the connection"), "{line}");
    assert!(line.contains("connection refused"), "{line}");
}

#[tokio::test]
async fn a_broker_that_has_shut_down_says_so_at_once() {
    let world = World::new(Way::TcpNative).await;
    world.client.shutdown(Duration::from_secs(1)).await;
    let fault = world.probe.add(1).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{fault}");
    assert!(fault.to_string().contains("the broker has been shut down"), "{fault}");
    world.end().await;
}
