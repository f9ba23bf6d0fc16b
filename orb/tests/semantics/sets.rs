//! Endpoint sets that change while references to them are held.

use std::time::Duration;

use quorb::proto::head::{EndpointSet, ReplyHead, ReplyStatus};
use quorb::{Orb, Preference, Proxy};
use quorb_giop::cdr::{Cdr, Encoder, Endian};
use quorb_giop::ior::Ior;
use tokio::net::TcpListener;

use crate::rig::native::{Talker, body};
use crate::rig::peer::Peer;
use crate::rig::servant::ProbeServant;
use crate::rig::world::client_of;
use crate::rig::{ProbeProxy, Way, World, soon, until};

/// A client holds a reference to the first server only; the first says that there is a second, and ends.
#[tokio::test]
async fn a_client_goes_where_the_newest_set_says() {
    let world = World::new(Way::TcpNative).await;
    let second = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    second.serve("probe", ProbeServant::new().0).unwrap();
    let port = world.port();
    let both = Orb::builder()
        .listen("127.0.0.1:0")
        .advertise(format!("127.0.0.1:{port}"))
        .advertise(second.addresses()[0].to_string())
        .start()
        .await
        .unwrap();
    let both = both.serve("probe", ProbeServant::new().0).unwrap();
    let other = world.server.serve("other", ProbeServant::new().0).unwrap();
    let other: ProbeProxy = world.client.bind(&other.object().to_string()).unwrap();
    let clone = world.probe.clone();
    world.probe.value().await.unwrap();
    let adapter = world.server.adapter();
    assert!(adapter.publish_endpoints(world.own.object(), 2, both.object().ior()).unwrap());
    assert_eq!(world.probe.add(1).await.unwrap(), 1, "the reply brings the set along");
    let followed = world.probe.object().followed_ior();
    assert_eq!(followed.profiles, both.object().ior().profiles);
    assert!(adapter.publish_endpoints(world.own.object(), 1, world.own.object().ior()).unwrap(), "older");
    world.probe.value().await.unwrap();
    assert_eq!(world.probe.object().followed_ior().profiles, both.object().ior().profiles);
    other.value().await.unwrap();
    assert_eq!(other.object().followed_ior().profiles, other.object().ior().profiles, "it is of one object");
    world.server.shutdown(Duration::ZERO).await;
    assert_eq!(clone.add(5).await.unwrap(), 5, "every clone of the reference knows the second server");
    assert!(other.value().await.is_err());
    world.client.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn what_cannot_be_published_is_refused() {
    let world = World::new(Way::TcpNative).await;
    let adapter = world.server.adapter();
    let mut large = world.own.object().ior().clone();
    let profile = large.profiles[0].clone();
    large.profiles.extend(std::iter::repeat_n(profile, 200));
    let refused = adapter.publish_endpoints(world.own.object(), 1, &large).unwrap_err();
    assert!(refused.to_string().contains("more than 16384"), "{refused}");
    adapter.deactivate(world.own.object());
    assert!(!adapter.publish_endpoints(world.own.object(), 1, &Ior::nil()).unwrap());
    world.end().await;
}

/// Servers that send endpoint sets they should not send: the reference stays as it is.
#[tokio::test]
async fn lies_about_endpoints_change_nothing() {
    let decoy = World::new(Way::TcpNative).await;
    let other = decoy.server.serve("another object", ProbeServant::new().0).unwrap();
    let set = |version, ior: &Ior| EndpointSet {
        version,
        ior: Encoder::encapsulate(Endian::Little, |out| ior.encode(out)).unwrap().into(),
    };
    let lies = [
        ("another object", set(9, other.object().ior())),
        ("no endpoint", set(9, &Ior::nil())),
        ("not newer", set(0, decoy.own.object().ior())),
        ("no reference", EndpointSet { version: 9, ior: vec![1; 300].into() }),
        ("nothing", EndpointSet { version: u64::MAX, ior: vec![].into() }),
    ];
    for (name, lie) in lies {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, probe) = client_of(&listener, Preference::NativeOnly, |_| {}).await;
        let before = probe.object().followed_ior();
        let server = async {
            let peer = Peer::accept(&listener).await;
            let mut server = Talker::over(peer, quorb::proto::native::Side::Server, 1, 1);
            for n in [1, 2] {
                let quorb::proto::native::Event::Request { id, head, .. } = server.event().await else {
                    panic!("a request")
                };
                assert_eq!(head.endpoint_set_version, 0, "{name}: it holds no set");
                let mut head = ReplyHead::new(ReplyStatus::OK, head.format);
                head.new_endpoint_set = Some(lie.clone());
                server.core.reply(id, &head, body(|out| n.encode(out).unwrap())).unwrap();
                server.flush().await;
            }
            server
        };
        let calls = async {
            for n in [1i32, 2] {
                assert_eq!(soon("a reply", probe.value()).await.unwrap(), n, "{name}");
            }
        };
        let (server, ()) = tokio::join!(server, calls);
        assert_eq!(probe.object().followed_ior(), before, "{name}");
        client.shutdown(Duration::ZERO).await;
        drop(server);
    }
    until("the decoy was not called", || decoy.server.open_connections() == 0).await;
    decoy.end().await;
}
