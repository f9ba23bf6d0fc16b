//! Many calls at a time, and large bodies beside small calls.

use std::sync::atomic::Ordering;

use quorb::proto::native::{FRAME_HEADER_BYTES, FrameHeader, FrameKind};
use tokio::net::TcpListener;

use crate::rig::peer::Peer;
use crate::rig::world::client_of;
use crate::rig::{Way, World, native, soon, until};

/// More calls than may be in flight: the others wait for their turn, without error.
async fn five_thousand_calls_at_a_time(way: Way) {
    let world = World::new(way).await;
    let calls: Vec<_> = (0..5000)
        .map(|_| {
            let probe = world.probe.clone();
            tokio::spawn(async move { probe.hold_query().await.unwrap() })
        })
        .collect();
    // As many as the limits allow, which is far more than what a peer takes that has not yet said its own.
    until("4096 are in flight", || world.control.dispatched.load(Ordering::SeqCst) >= 4096).await;
    assert_eq!(world.client.open_connections(), 1);
    world.control.go(5000);
    for call in calls {
        soon("every call ends", call).await.unwrap();
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_calls_at_a_time_native() {
    five_thousand_calls_at_a_time(Way::TcpNative).await;
}

#[tokio::test]
async fn five_thousand_calls_at_a_time_iiop() {
    five_thousand_calls_at_a_time(Way::TcpIiop).await;
}

/// Until a server has said how much it takes, it is sent little. Whoever waits because of that is not forgotten when it says
/// that it takes more, even though no call ends.
#[tokio::test]
async fn a_server_that_introduces_itself_late() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_client, probe) = client_of(&listener, quorb::Preference::NativeOnly, |limits| {
        limits.ping_idle = std::time::Duration::from_secs(600);
    })
    .await;
    let calls: Vec<_> = (0..300)
        .map(|_| {
            let probe = probe.clone();
            tokio::spawn(async move { drop(probe.value().await) })
        })
        .collect();
    let mut server = Peer::accept(&listener).await;
    server.hear(native::greeting_bytes()).await;
    let mut requests = 0;
    while requests < 300 {
        if requests == 256 {
            server.say(&native::greeting()).await;
        }
        let octets = server.hear(FRAME_HEADER_BYTES).await;
        let header = FrameHeader::decode(octets[..].try_into().expect("a header"));
        server.hear(header.head_len as usize + header.body_len as usize).await;
        requests += u32::from(header.kind == FrameKind::REQUEST);
    }
    calls.iter().for_each(tokio::task::JoinHandle::abort);
}
