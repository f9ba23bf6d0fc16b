//! References with several addresses, and servers that point elsewhere.

use std::sync::Arc;
use std::time::Duration;

use quorb::adapter::{ReplyBody, Tie};
use quorb::{Dispatch, ExceptionKind, Invocation, ObjectRef, Orb, Preference, Proxy, Reply, Servant};
use quorb_giop::cdr::{Cdr, Encoder};
use quorb_giop::message::{CompletionStatus, ReplyStatus, SystemExceptionBody};
use quorb_giop::names::RepositoryId;
use tokio::net::TcpListener;

use crate::rig::peer::Peer;
use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, Way, World, giop, soon};

/// A server, and another one that has the same object; the reference to the first lists the second, too.
async fn two_servers(preference: Preference) -> (Orb, Arc<crate::rig::Control>, Orb, ProbeProxy) {
    let second = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    second.serve("probe", ProbeServant::new().0).unwrap();
    // A port that is free now; the test fails loudly should somebody else take it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let first = Orb::builder()
        .listen(format!("127.0.0.1:{port}"))
        .advertise(format!("127.0.0.1:{port}"))
        .advertise(second.addresses()[0].to_string())
        .start()
        .await
        .unwrap();
    let (servant, control) = ProbeServant::new();
    let reference = first.serve("probe", servant).unwrap().object().to_string();
    let client = Orb::builder().prefer(preference).start().await.unwrap();
    let probe = client.bind(&reference).unwrap();
    (first, control, second, probe)
}

#[tokio::test]
async fn calls_go_elsewhere_while_a_server_drains() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let (first, control, second, probe) = two_servers(preference).await;
        let held = tokio::spawn({
            let probe = probe.clone();
            async move { probe.hold_update().await }
        });
        control.started().await;
        let draining = tokio::spawn(async move { first.shutdown(Duration::from_secs(15)).await });
        // Each call succeeds, before the shutdown begins at the first server, after it at the second.
        let mut count = 0;
        while second.open_connections() == 0 {
            soon("a call succeeds", probe.value()).await.unwrap();
            count += 1;
            assert!(count < 10_000, "no call went elsewhere");
            tokio::task::yield_now().await;
        }
        assert_eq!(soon("an update, too", probe.add(3)).await.unwrap(), 3);
        control.go(1);
        assert_eq!(held.await.unwrap().unwrap(), 1);
        assert_eq!(draining.await.unwrap().calls_abandoned, 0);
    }
}

#[tokio::test]
async fn calls_go_elsewhere_when_a_server_is_gone() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let (first, _, second, probe) = two_servers(preference).await;
        assert_eq!(probe.add(1).await.unwrap(), 1);
        first.shutdown(Duration::ZERO).await;
        assert_eq!(probe.add(5).await.unwrap(), 5);
        second.shutdown(Duration::ZERO).await;
    }
}

/// A server that refuses every call for the moment: the call goes to the next one, not to the same one again.
#[tokio::test]
async fn calls_go_elsewhere_when_a_server_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let second = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    second.serve("probe", ProbeServant::new().0).unwrap();
    let maker = Orb::builder()
        .listen("127.0.0.1:0")
        .advertise(listener.local_addr().unwrap().to_string())
        .advertise(second.addresses()[0].to_string())
        .start()
        .await
        .unwrap();
    let reference = maker.serve("probe", ProbeServant::new().0).unwrap().object().to_string();
    let client = Orb::builder().prefer(Preference::IiopOnly).start().await.unwrap();
    let probe: ProbeProxy = client.bind(&reference).unwrap();
    let server = async {
        let mut peer = Peer::accept(&listener).await;
        let (id, _) = giop::hear_request(&mut peer).await;
        let transient = SystemExceptionBody {
            exception_id: RepositoryId::from_static(ExceptionKind::Transient.repository_id()),
            minor_code: 0,
            completion: CompletionStatus::NO,
        };
        let refusal = |out: &mut Encoder| transient.encode(out).expect("an exception");
        peer.say(&giop::reply(id, ReplyStatus::SYSTEM_EXCEPTION, refusal)).await;
        assert!(giop::try_hear_request(&mut peer).await.is_none(), "it is not asked again");
    };
    let call = async {
        assert_eq!(soon("the second answers", probe.add(3)).await.unwrap(), 3);
        client.shutdown(Duration::ZERO).await;
    };
    tokio::join!(call, server);
}

/// A servant that sends its callers elsewhere.
struct Forwarder {
    to: std::sync::Mutex<ObjectRef>,
    permanent: bool,
}

impl Servant for Forwarder {
    fn interface(&self) -> &'static quorb::__private::Interface {
        &crate::rig::probe::INTERFACE
    }

    fn dispatch(self: Arc<Self>, _: Invocation) -> Dispatch {
        let to = Arc::new(self.to.lock().unwrap().ior().clone());
        Dispatch::Done(Reply::new(ReplyBody::Forward { to, permanent: self.permanent }))
    }
}

impl Tie for Forwarder {
    type Proxy = ProbeProxy;
}

async fn forwards_are_followed(way: Way) {
    for permanent in [false, true] {
        let world = World::new(way).await;
        let mut reference = world.own.object().clone();
        for hop in 0..8 {
            let forwarder = Forwarder { to: reference.into(), permanent };
            reference = world.server.serve(&format!("hop {hop}"), forwarder).unwrap().object().clone();
        }
        let probe: ProbeProxy = world.client.bind(&reference.to_string()).unwrap();
        assert_eq!(probe.add(4).await.unwrap(), 4);
        assert_eq!(probe.add(4).await.unwrap(), 8);
        world.end().await;
    }
}

async fn forwards_in_a_circle_end(way: Way) {
    let world = World::new(way).await;
    let to = std::sync::Mutex::new(ObjectRef::nil());
    let forwarder = Arc::new(Forwarder { to, permanent: false });
    let circle = world.server.adapter().activate_servant("circle", forwarder.clone()).unwrap();
    *forwarder.to.lock().unwrap() = circle.clone();
    let probe: ProbeProxy = world.client.bind(&circle.to_string()).unwrap();
    let fault = soon("the call ends", probe.add(1)).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::Transient), "{fault}");
    assert!(fault.to_string().contains("forwards_max = 8"), "{fault}");
    world.end().await;
}

/// What was forwarded to is gone: the original knows where the object is now.
async fn a_forward_that_has_served_its_time(way: Way) {
    let world = World::new(way).await;
    let early = world.server.serve("early", ProbeServant::new().0).unwrap();
    let to = std::sync::Mutex::new(early.object().clone());
    let forwarder = Arc::new(Forwarder { to, permanent: false });
    let original = world.server.adapter().activate_servant("original", forwarder.clone()).unwrap();
    let probe: ProbeProxy = world.client.bind(&original.to_string()).unwrap();
    assert_eq!(probe.add(1).await.unwrap(), 1);
    *forwarder.to.lock().unwrap() = world.own.object().clone();
    world.server.adapter().deactivate(early.object());
    assert_eq!(probe.add(1).await.unwrap(), 1, "at the other object");
    world.end().await;
}

every_connection! {
    forwards_are_followed;
    forwards_in_a_circle_end;
    a_forward_that_has_served_its_time;
}

/// A server that wants the object named in another way each time it is asked is given up.
#[tokio::test]
async fn a_server_that_is_never_content_with_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = Orb::client().await.unwrap();
    let probe: ProbeProxy = client.bind(&format!("corbaloc:iiop:1.2@{address}/probe")).unwrap();
    let server = tokio::spawn(async move {
        let mut peer = Peer::accept(&listener).await;
        for disposition in [1u16, 2].into_iter().cycle() {
            let Some(id) = giop::try_hear_request(&mut peer).await else { return };
            let needs_addressing = ReplyStatus::NEEDS_ADDRESSING_MODE;
            peer.say(&giop::reply(id, needs_addressing, |body| body.write_u16(disposition))).await;
        }
    });
    let fault = soon("the call ends", probe.add(1)).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::Transient), "{fault}");
    client.shutdown(Duration::ZERO).await;
    soon("the server ends", server).await.unwrap();
}
