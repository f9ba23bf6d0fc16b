//! Connections are cut at every octet of a request and of a reply.

use quorb::{Completion, Preference};

use crate::ledger::{Kind, PROTOCOLS, Scene, Told};
use crate::proxy::{Cut, Direction, How};

const HOWS: [How; 3] = [How::Close, How::Half, How::Reset];

/// What is told when a connection on which the server has spoken before is cut within a request or a reply.
pub(crate) fn expected(protocol: Preference, kind: Kind) -> Told {
    match kind {
        // IIOP cannot ask the same life of the server again.
        Kind::Update if protocol == Preference::IiopOnly => Told::Failed(Completion::Maybe),
        // Whoever calls oneway learns nothing.
        _ => Told::Well,
    }
}

/// Connections that stand are cut within a request and its reply.
async fn cut_in_the_middle(protocol: Preference, kind: Kind) {
    let scene = Scene::new(protocol).await;
    let (request, reply) = sizes(&scene, kind).await;
    let mut cuts = 0;
    for (direction, octets) in [(Direction::Up, request), (Direction::Down, reply)] {
        for how in HOWS {
            for after in 0..octets {
                // The server has spoken on the connection that is cut.
                assert_eq!(scene.call(Kind::Query).await.1, Told::Well);
                scene.proxy.cut_last(Cut { direction, after, how });
                let (id, told) = scene.call(kind).await;
                assert_eq!(told, expected(protocol, kind), "{kind:?} {id}, {direction:?} {after} {how:?}");
                if kind == Kind::Oneway {
                    scene.client_disconnects().await;
                }
                cuts += 1;
            }
        }
    }
    assert!(cuts >= 100, "only {cuts} cuts");
    scene.end().await;
}

/// New connections are cut within whatever is said on them first, and the first request and reply behind that.
async fn cut_from_the_beginning(protocol: Preference, kind: Kind) {
    let scene = Scene::new(protocol).await;
    scene.call(kind).await;
    scene.comes_to_rest().await;
    let (up, down) = scene.proxy.passed();
    let (mut well, mut in_doubt) = (0, 0);
    for (direction, octets) in [(Direction::Up, up), (Direction::Down, down)] {
        for after in 0..octets {
            if scene.client.open_connections() > 0 {
                scene.proxy.cut_last(Cut { direction: Direction::Up, after: 0, how: How::Close });
                scene.client_disconnects().await;
            }
            scene.proxy.cut_next(Cut { direction, after, how: HOWS[after % 3] });
            match scene.call(kind).await.1 {
                Told::Well => well += 1,
                Told::Failed(Completion::Maybe) => in_doubt += 1,
                other => panic!("{direction:?} {after}: {other:?}"),
            }
            if kind == Kind::Oneway {
                scene.client_disconnects().await;
            }
            scene.proxy.mend();
        }
    }
    // An update is in doubt until the server has said who it is.
    assert_eq!(in_doubt > 0, kind == Kind::Update, "{in_doubt} of {}", well + in_doubt);
    assert_eq!(well > 0, kind != Kind::Update || protocol == Preference::NativeOnly, "{well}");
    scene.end().await;
}

/// Octets of a request and of its reply, on a connection that stands.
async fn sizes(scene: &Scene, kind: Kind) -> (usize, usize) {
    scene.call(Kind::Update).await;
    scene.comes_to_rest().await;
    let before = scene.proxy.passed();
    scene.call(kind).await;
    scene.comes_to_rest().await;
    let after = scene.proxy.passed();
    (after.0 - before.0, after.1 - before.1)
}

#[tokio::test]
async fn queries() {
    for protocol in PROTOCOLS {
        cut_in_the_middle(protocol, Kind::Query).await;
        cut_from_the_beginning(protocol, Kind::Query).await;
    }
}

#[tokio::test]
async fn idempotent_operations() {
    for protocol in PROTOCOLS {
        cut_in_the_middle(protocol, Kind::Idempotent).await;
        cut_from_the_beginning(protocol, Kind::Idempotent).await;
    }
}

#[tokio::test]
async fn updates() {
    for protocol in PROTOCOLS {
        cut_in_the_middle(protocol, Kind::Update).await;
        cut_from_the_beginning(protocol, Kind::Update).await;
    }
}

#[tokio::test]
async fn oneway_calls() {
    for protocol in PROTOCOLS {
        cut_in_the_middle(protocol, Kind::Oneway).await;
        cut_from_the_beginning(protocol, Kind::Oneway).await;
    }
}
