//! References with several addresses, and servers that send calls away.

use std::sync::Arc;
use std::time::Duration;

use quorb::{ExceptionKind, Orb, Preference, Proxy};
use quorb_giop::cdr::{Cdr, Encoder};
use quorb_giop::message::{CompletionStatus, ReplyStatus, SystemExceptionBody};
use quorb_giop::names::RepositoryId;
use tokio::net::TcpListener;

use crate::rig::peer::Peer;
use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, giop, soon};

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
