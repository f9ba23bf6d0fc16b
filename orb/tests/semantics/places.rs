//! Where objects are: several servers, several addresses, addresses written by hand.

use std::time::Duration;

use quorb::{Address, Orb, Preference, Proxy};

use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, Way, World};

#[tokio::test]
async fn two_servers_have_an_object_with_the_same_id() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        let (one, two) = (World::new(way).await, World::new(way).await);
        assert_eq!(one.probe.add(1).await.unwrap(), 1);
        let second_from_first: ProbeProxy = one.client.bind(&two.own.object().to_string()).unwrap();
        assert_eq!(second_from_first.add(10).await.unwrap(), 10);
        // A server does not take the other's reference for its own.
        let second_from_server: ProbeProxy = one.server.bind(&two.own.object().to_string()).unwrap();
        assert_eq!(second_from_server.add(10).await.unwrap(), 20);
        assert_eq!(one.probe.value().await.unwrap(), 1);
        one.end().await;
        two.end().await;
    }
}

#[tokio::test]
async fn an_address_written_by_hand() {
    let world = World::new(Way::TcpIiop).await;
    let port = world.port();
    for version in ["", "iiop:", "iiop:1.0@", "iiop:1.1@", "iiop:1.2@"] {
        let scheme = if version.is_empty() { ":" } else { version };
        let probe: ProbeProxy =
            world.client.bind(&format!("corbaloc:{scheme}127.0.0.1:{port}/probe")).unwrap();
        probe.add(1).await.unwrap();
        assert_eq!(probe.echo(&vec![9; 100_000]).await.unwrap(), vec![9; 100_000]);
        let fault = probe.text("\u{1f7e2}").await.unwrap_err();
        assert_eq!(fault.kind(), Some(quorb::ExceptionKind::DataConversion), "no code sets: {fault}");
    }
    assert_eq!(world.probe.value().await.unwrap(), 5);
    world.end().await;
}

#[tokio::test]
async fn one_server_at_several_addresses() {
    let path = std::env::temp_dir().join(format!("quorb-places-{}.sock", std::process::id()));
    let server = Orb::builder()
        .listen("127.0.0.1:0")
        .listen(format!("unix:{}", path.display()))
        .start()
        .await
        .unwrap();
    let probe = server.serve("probe", ProbeServant::new().0).unwrap();
    let reference = probe.object().to_string();
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let client = Orb::builder().prefer(preference).start().await.unwrap();
        let probe: ProbeProxy = client.bind(&reference).unwrap();
        probe.add(1).await.unwrap();
        let way = format!("{:?}", probe.object());
        assert!(way.contains("unix:"), "callers on this machine have the socket: {way}");
        client.shutdown(Duration::ZERO).await;
    }
    // The port answers as well.
    let Address::Tcp { port, .. } = &server.addresses()[0] else { panic!("TCP comes first") };
    let client = Orb::client().await.unwrap();
    let by_port: ProbeProxy = client.bind(&format!("corbaloc::127.0.0.1:{port}/probe")).unwrap();
    assert_eq!(by_port.value().await.unwrap(), 2);
    server.shutdown(Duration::ZERO).await;
    assert!(!path.exists());
}

#[tokio::test]
async fn what_is_advertised_is_what_clients_use() {
    let server = Orb::builder().listen("0.0.0.0:0").advertise("localhost").start().await.unwrap();
    let probe = server.serve("probe", ProbeServant::new().0).unwrap();
    let Address::Tcp { port, .. } = &server.addresses()[0] else { panic!("TCP") };
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let client = Orb::builder().prefer(preference).start().await.unwrap();
        let remote: ProbeProxy = client.bind(&probe.object().to_string()).unwrap();
        remote.add(1).await.unwrap();
        let way = format!("{:?}", remote.object());
        assert!(way.contains(&format!("localhost:{port}")), "{way}");
        client.shutdown(Duration::ZERO).await;
    }
    server.shutdown(Duration::ZERO).await;
}
