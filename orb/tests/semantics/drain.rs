//! A broker shuts down within its limit whatever its clients do, and loses nothing that it could have finished.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use quorb::proto::native::Event;
use quorb::{Completion, ExceptionKind};
use quorb_giop::cdr::GiopVersion;
use quorb_giop::message::Message;

use crate::behaviour::drain::{LONG, begin, call};
use crate::rig::peer::Peer;
use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, TOLERANCE, Way, World, giop, native, soon, until};

/// A call has ended within the limit only when its caller has the reply, however large that is and however late its caller
/// reads.
#[tokio::test]
async fn a_large_reply_is_taken_to_its_end() {
    const SIZE: u32 = 24 << 20;
    // Far longer than a shutdown with nothing to wait for takes.
    let waits = Duration::from_millis(400);
    let world = World::new(Way::TcpIiop).await;
    let mut client = Peer::connect(world.port()).await;
    client.say(&giop::request(GiopVersion::V1_2, 2, "probe", "blob", |out| out.write_u32(SIZE))).await;
    until("the reply is made", || world.control.blobs.load(Ordering::SeqCst) == 1).await;
    let mut shutdown = begin(&world.server, LONG).await;
    assert!(tokio::time::timeout(waits, &mut shutdown).await.is_err(), "the reply is not taken");
    match giop::hear(&mut client).await {
        Message::Reply { body, .. } => assert_eq!(body.octets().len(), SIZE as usize + 4),
        other => panic!("{other:?}"),
    }
    assert_eq!(soon("the shutdown ends with it", shutdown).await.calls_abandoned, 0);

    let world = World::new(Way::TcpNative).await;
    let mut client = native::Talker::connect(world.port(), 5, 1).await;
    let arguments = native::body(|out| out.write_u32(SIZE));
    let id = client.call(&native::head("probe", "blob"), arguments).await.unwrap();
    until("the reply is made", || world.control.blobs.load(Ordering::SeqCst) == 1).await;
    let mut shutdown = begin(&world.server, LONG).await;
    assert!(tokio::time::timeout(waits, &mut shutdown).await.is_err(), "the reply is not taken");
    loop {
        match client.event().await {
            Event::Reply { id: answered, body, .. } => {
                assert_eq!((answered, body.len()), (id, SIZE as usize + 4));
                break;
            }
            Event::Drain { not_executed, .. } => assert!(not_executed.is_empty()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(soon("the shutdown ends with it", shutdown).await.calls_abandoned, 0);
}

/// A call under way may need other servers to finish.
#[tokio::test]
async fn calls_under_way_may_call() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        let (world, there) = (World::new(way).await, World::new(way).await);
        let other = world.server.serve("other", ProbeServant::new().0).unwrap();
        // The connection between the servers stands already.
        world.probe.time_left_of(&there.own).await.unwrap();
        let held = call(&world, |probe| async move { probe.hold_update().await });
        world.control.started().await;
        // It waits for its turn at the object, and will call `there` only after the shutdown has begun.
        let back = there.own.clone();
        let own = world.own.clone();
        let on_the_way = {
            let other: ProbeProxy = world.client.bind(&quorb::Proxy::object(&other).to_string()).unwrap();
            tokio::spawn(async move { other.update_through(&own, &back).await })
        };
        until("it waits", || world.server.open_calls().served == 3).await;
        let shutdown = begin(&world.server, LONG).await;
        world.control.go(1);
        assert_eq!(soon("it ends", on_the_way).await.unwrap().unwrap(), 1);
        held.await.unwrap().unwrap();
        assert_eq!(soon("the shutdown ends", shutdown).await.calls_abandoned, 0);
        there.end().await;
    }
}

/// Whatever clients do, the shutdown ends within its limit.
#[tokio::test]
async fn clients_cannot_hold_a_shutdown_up() {
    let world = World::new(Way::TcpNative).await;
    let port = world.port();
    let silent = Peer::connect(port).await;
    let mut half = Peer::connect(port).await;
    let request = giop::request(GiopVersion::V1_2, 2, "probe", "value", |_| {});
    half.say(&request[..20]).await;
    let mut idle = Peer::connect(port).await;
    idle.say(&native::greeting()).await;
    let mut deaf = Peer::connect(port).await;
    let blob = |id| giop::request(GiopVersion::V1_2, id, "probe", "blob", |body| body.write_u32(32 << 20));
    deaf.say(&[blob(2), blob(4)].concat()).await;
    let held = call(&world, |probe| async move { probe.hold_update().await });
    world.control.started().await;
    let limit = Duration::from_millis(400);
    let timed = tokio::spawn(async move {
        tokio::time::sleep(limit).await;
        Instant::now()
    });
    let report = soon("the shutdown ends", world.server.shutdown(limit)).await;
    let ended = Instant::now();
    assert!(ended <= timed.await.unwrap() + 2 * TOLERANCE, "within its limit and 200 ms");
    assert_eq!(report.calls_abandoned, 1);
    let fault = soon("the abandoned call ends", held).await.unwrap().unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::CommFailure), "{fault}");
    assert_eq!(fault.completed(), Completion::Maybe, "{fault}");
    until("no connection is left", || world.server.open_connections() == 0).await;
    drop((silent, half, idle, deaf));
}

#[tokio::test]
async fn an_idle_broker_ends_at_once() {
    for way in Way::REMOTE {
        let world = World::new(way).await;
        world.probe.add(1).await.unwrap();
        let began = Instant::now();
        let report = world.server.shutdown(LONG).await;
        assert!(began.elapsed() < LONG / 3, "{:?} with nothing to wait for", began.elapsed());
        assert_eq!((report.calls_abandoned, report.connections_closed), (0, 1));
    }
}
