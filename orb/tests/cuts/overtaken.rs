//! A connection breaks, the call is made again over another one, and only then the first one's octets arrive.

use std::time::Duration;

use quorb::{Completion, Preference};

use crate::ledger::{Kind, PROTOCOLS, Scene, Told};
use crate::proxy::{Cut, Direction, How};

async fn overtaken(protocol: Preference, kind: Kind) {
    let scene = Scene::new(protocol).await;
    scene.call(Kind::Update).await;
    scene.comes_to_rest().await;
    let (before, _) = scene.proxy.passed();
    scene.call(kind).await;
    scene.comes_to_rest().await;
    let request = scene.proxy.passed().0 - before;
    for after in 0..request {
        assert_eq!(scene.call(Kind::Query).await.1, Told::Well);
        scene.proxy.cut_last(Cut { direction: Direction::Up, after, how: How::Hold(request - after) });
        let (id, told) = scene.call(kind).await;
        let expected = match kind {
            Kind::Update if protocol == Preference::IiopOnly => Told::Failed(Completion::Maybe),
            _ => Told::Well,
        };
        assert_eq!(told, expected, "{kind:?} {id} after {after}");
        if kind == Kind::Oneway {
            // The caller did not wait until the connection broke.
            scene.client_disconnects().await;
        }
        let acknowledged = after % 2 == 0;
        if acknowledged {
            // What was answered on the other connection is acknowledged, and forgotten, before the old octets come.
            scene.call(Kind::Update).await;
        }
        scene.proxy.release();
        held_octets_arrive(&scene).await;
        let times = scene.book.times(id);
        let expected = match (kind, told) {
            (Kind::Query | Kind::Idempotent, _) => 2,
            // The caller has given it up, and has said so.
            (Kind::Update, Told::Failed(_)) if acknowledged => 0,
            _ => 1,
        };
        assert_eq!(times, expected, "{kind:?} {id} after {after}");
    }
    assert!(request > 50, "{request}");
    scene.end().await;
}

/// The connection that was overtaken says what it had to say, and ends.
async fn held_octets_arrive(scene: &Scene) {
    let ends = async {
        while scene.server.open_connections() > 1
            || scene.server.open_connections() > scene.client.open_connections()
        {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ends).await.expect("the connection ends");
}

#[tokio::test]
async fn queries() {
    for protocol in PROTOCOLS {
        overtaken(protocol, Kind::Query).await;
    }
}

#[tokio::test]
async fn idempotent_operations() {
    for protocol in PROTOCOLS {
        overtaken(protocol, Kind::Idempotent).await;
    }
}

#[tokio::test]
async fn updates() {
    for protocol in PROTOCOLS {
        overtaken(protocol, Kind::Update).await;
    }
}

#[tokio::test]
async fn oneway_calls() {
    for protocol in PROTOCOLS {
        overtaken(protocol, Kind::Oneway).await;
    }
}
