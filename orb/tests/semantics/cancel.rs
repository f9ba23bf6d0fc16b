//! Dropping the future of a call cancels it.

use std::time::Duration;

use quorb::proto::native::{Event, Side};
use quorb::{Completion, Orb, Preference, Proxy};
use quorb_giop::message::{Message, ReplyStatus};
use tokio::net::TcpListener;

use crate::behaviour::cancel::spawn;
use crate::rig::native::Talker;
use crate::rig::peer::Peer;
use crate::rig::world::client_of;
use crate::rig::{ProbeProxy, Way, World, giop, soon, until};

async fn the_death_of_a_connection_cancels_queries(way: Way) {
    let world = World::new(way).await;
    let call = spawn(&world, |probe| async move {
        let fault = probe.hold_query().await.unwrap_err();
        assert_eq!(fault.completed(), Completion::Maybe, "{fault}");
    });
    world.control.started().await;
    world.client.shutdown(Duration::ZERO).await;
    world.control.dropped().await;
    call.await.unwrap();
    until("the connection is gone", || world.server.open_connections() == 0).await;
    world.end().await;
}

every_connection! {
    the_death_of_a_connection_cancels_queries;
}

/// A native server without a broker.
async fn native_server() -> (Orb, ProbeProxy, Talker) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (orb, probe) = client_of(&listener, Preference::NativeOnly, |_| {}).await;
    let connecting = tokio::spawn({
        let probe = probe.clone();
        async move { drop(probe.with_deadline(Duration::from_millis(1)).value().await) }
    });
    let talker = Talker::over(Peer::accept(&listener).await, Side::Server, 9, 1);
    connecting.await.unwrap();
    (orb, probe, talker)
}

#[tokio::test]
async fn native_cancels_are_a_message() {
    let (_orb, probe, mut server) = native_server().await;
    let call = tokio::spawn(async move { drop(probe.hold_query().await) });
    let mut called = None;
    loop {
        match server.event().await {
            Event::Request { id, head, .. } if head.operation.as_str() == "hold_query" => {
                called = Some(id);
                call.abort();
            }
            Event::Cancelled { id } if Some(id) == called => return,
            // Those of the call that made the connection.
            Event::Request { .. } | Event::Cancelled { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn giop_cancels_are_a_message_and_free_their_place() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (orb, probe) =
        client_of(&listener, Preference::IiopOnly, |limits| limits.calls_in_flight_max = 4).await;
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        // A server need not answer what is cancelled. This one never does.
        for _ in 0..20 {
            let (called, operation) = giop::hear_request(&mut peer).await;
            assert_eq!(operation, "hold_query");
            match giop::hear(&mut peer).await {
                Message::CancelRequest(head) => assert_eq!(head.request_id, called),
                other => panic!("{other:?} instead of a cancel"),
            }
        }
        let (called, _) = giop::hear_request(&mut peer).await;
        // A late answer to a cancelled call finds nobody, and harms nobody.
        peer.say(&giop::reply(2, ReplyStatus::NO_EXCEPTION, |_| {})).await;
        peer.say(&giop::reply(called, ReplyStatus::NO_EXCEPTION, |body| body.write_u32(7))).await;
        peer
    });
    for _ in 0..20 {
        let short = probe.with_deadline(Duration::from_millis(10));
        assert!(soon("the call ends", short.hold_query()).await.is_err());
    }
    assert_eq!(soon("the last call is answered", probe.value()).await.unwrap(), 7);
    assert_eq!(orb.open_calls().made, 0);
    server.await.unwrap();
}
