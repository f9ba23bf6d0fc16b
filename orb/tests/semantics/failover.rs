//! References with several addresses, of which some do not answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use quorb::{Completion, ExceptionKind, Limits, Orb, Preference, Proxy};
use tokio::net::TcpListener;

use crate::rig::blackhole::Blackhole;
use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, soon, until};

const BOTH: [Preference; 2] = [Preference::NativeOnly, Preference::IiopOnly];

/// A client's proxy on a probe whose reference names these addresses.
async fn client_of(
    addresses: &[SocketAddr],
    preference: Preference,
    limits: impl FnOnce(&mut Limits),
) -> (Orb, ProbeProxy) {
    let mut maker = Orb::builder().listen("127.0.0.1:0");
    for address in addresses {
        maker = maker.advertise(address.to_string());
    }
    let maker = maker.start().await.unwrap();
    let reference = maker.serve("probe", ProbeServant::new().0).unwrap().object().to_string();
    maker.shutdown(Duration::ZERO).await;
    let client = Orb::builder().prefer(preference).limits(limits).start().await.unwrap();
    let probe = client.bind(&reference).unwrap();
    (client, probe)
}

async fn server() -> (Orb, SocketAddr) {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    server.serve("probe", ProbeServant::new().0).unwrap();
    let address = server.addresses()[0].to_string().parse().unwrap();
    (server, address)
}

/// An address where nobody listens.
fn refused() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn an_address_that_does_not_answer_gets_company() {
    for preference in BOTH {
        let hole = Blackhole::open();
        let (server, address) = server().await;
        let stagger = Duration::from_millis(60);
        let (client, probe) =
            client_of(&[hole.address, address], preference, |limits| limits.connect_stagger = stagger).await;
        let before = Instant::now();
        assert_eq!(soon("the second answers", probe.add(1)).await.unwrap(), 1);
        assert!(before.elapsed() >= stagger, "the first had its time");
        assert_eq!(probe.add(1).await.unwrap(), 2, "each was executed once");
        assert_eq!(client.open_connections(), 1, "the loser is closed");
        // The hole rests: a new connection does not wait for it.
        let patient = client.bind::<ProbeProxy>(&probe.object().to_string()).unwrap();
        assert_eq!(patient.value().await.unwrap(), 2);
        client.shutdown(Duration::ZERO).await;
        server.shutdown(Duration::ZERO).await;
    }
}

/// The connection that loses the race is closed before a word is said on it.
#[tokio::test]
async fn nothing_is_sent_to_those_who_lose() {
    let silent = Blackhole::open();
    let (server, address) = server().await;
    let (client, probe) = client_of(&[silent.address, address], Preference::NativeOnly, |limits| {
        limits.connect_stagger = Duration::from_millis(30);
    })
    .await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let probe = probe.clone();
            tokio::spawn(async move { probe.add(1).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(probe.value().await.unwrap(), 50);
    until("one connection is left", || server.open_connections() == 1 && client.open_connections() == 1)
        .await;
    client.shutdown(Duration::ZERO).await;
}

/// A dead endpoint is skipped for a while, then tried again, and never given up.
#[tokio::test]
async fn a_dead_endpoint_rests_and_comes_back() {
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let first_address = first.local_addr().unwrap();
    drop(first);
    let (second, second_address) = server().await;
    let (client, probe) = client_of(&[first_address, second_address], Preference::NativeOnly, |limits| {
        limits.endpoint_rest_first = Duration::from_millis(100);
        limits.endpoint_rest_max = Duration::from_millis(100);
        limits.idle_time_max = Duration::from_millis(20);
    })
    .await;
    assert_eq!(probe.add(5).await.unwrap(), 5, "at the second");
    let first = Orb::builder().listen(first_address.to_string()).start().await.unwrap();
    first.serve("probe", ProbeServant::new().0).unwrap();
    // Each look is over a new connection, since idle ones close at once.
    until("the idle connection closes", || client.open_connections() == 0).await;
    soon("the first is tried again", async {
        while probe.value().await.unwrap() != 0 {
            until("the idle connection closes", || client.open_connections() == 0).await;
        }
    })
    .await;
    // When the second is gone and the first as well, both are still asked: nobody is given up.
    second.shutdown(Duration::ZERO).await;
    first.shutdown(Duration::ZERO).await;
    let line = probe.value().await.unwrap_err().to_string();
    for address in [first_address, second_address] {
        assert!(line.contains(&format!("native {address} (connection refused")), "{line}");
    }
    let again = Orb::builder().listen(second_address.to_string()).start().await.unwrap();
    again.serve("probe", ProbeServant::new().0).unwrap();
    assert_eq!(probe.value().await.unwrap(), 0, "at once, however long it was to rest");
    client.shutdown(Duration::ZERO).await;
    again.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn every_address_that_was_tried_is_named() {
    let hole = Blackhole::open();
    let closed = refused();
    let (client, probe) = client_of(&[hole.address, closed], Preference::NativeFirst, |limits| {
        limits.connect_stagger = Duration::from_millis(20);
    })
    .await;
    let fault = probe.with_deadline(Duration::from_millis(200)).add(1).await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Timeout), Completion::No));
    let line = fault.to_string();
    for part in [
        "[executed: no] while connecting in `add`",
        &format!("native {} (no connection yet)", hole.address),
        &format!("native {closed} (connection refused)"),
    ] {
        assert!(line.contains(part), "`{part}` in {line}");
    }
    client.shutdown(Duration::ZERO).await;
}

/// A server that accepts and says nothing, like a process that is stopped: the next calls ask another one first.
#[tokio::test]
async fn a_server_without_a_sign_of_life_is_passed_over() {
    for preference in BOTH {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (server, address) = server().await;
        let addresses = [silent.local_addr().unwrap(), address];
        let (client, probe) = client_of(&addresses, preference, |_| {}).await;
        let fault = probe.with_deadline(Duration::from_millis(100)).value().await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
        assert_eq!(soon("the second answers", probe.add(3)).await.unwrap(), 3);
        assert_eq!(probe.value().await.unwrap(), 3);
        client.shutdown(Duration::ZERO).await;
        server.shutdown(Duration::ZERO).await;
    }
}

/// A server that is busy is not silent: it goes on being asked.
#[tokio::test]
async fn a_server_that_is_slow_is_not_passed_over() {
    let (servant, control) = ProbeServant::new();
    let first = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    first.serve("probe", servant).unwrap();
    let (second, second_address) = server().await;
    let first_address = first.addresses()[0].to_string().parse().unwrap();
    let (client, probe) = client_of(&[first_address, second_address], Preference::NativeOnly, |_| {}).await;
    let held = tokio::spawn({
        let probe = probe.with_deadline(Duration::from_secs(1));
        async move { probe.hold_query().await }
    });
    control.started().await;
    while !held.is_finished() {
        probe.value().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(held.await.unwrap().unwrap_err().kind(), Some(ExceptionKind::Timeout));
    assert_eq!(second.open_connections(), 0);
    probe.value().await.unwrap();
    assert_eq!(second.open_connections(), 0, "it was heard of all the time");
    for orb in [client, first, second] {
        orb.shutdown(Duration::ZERO).await;
    }
}

/// A corbaloc address list is a reference with several addresses.
#[tokio::test]
async fn an_address_list_fails_over() {
    let (server, address) = server().await;
    let client = Orb::client().await.unwrap();
    let text = format!("corbaloc:iiop:1.2@{},iiop:1.2@{address}/probe", refused());
    let probe: ProbeProxy = client.bind(&text).unwrap();
    assert_eq!(probe.add(2).await.unwrap(), 2);
    client.shutdown(Duration::ZERO).await;
    server.shutdown(Duration::ZERO).await;
}

/// A host name with several addresses is one endpoint with several tries.
#[tokio::test]
async fn a_host_name_is_reached_by_any_of_its_addresses() {
    let (server, address) = server().await;
    let client = Orb::client().await.unwrap();
    let probe: ProbeProxy =
        client.bind(&format!("corbaloc:iiop:1.2@localhost:{}/probe", address.port())).unwrap();
    assert_eq!(probe.add(2).await.unwrap(), 2);
    server.shutdown(Duration::ZERO).await;
    let line = probe.value().await.unwrap_err().to_string();
    assert!(line.contains("127.0.0.1") && line.contains("connection refused"), "{line}");
    client.shutdown(Duration::ZERO).await;
}
