//! Threads that block get a connection of their own beside the ordinary one. It is cut at every octet, too, and it must not
//! make any difference.

use quorb::Preference;

use crate::at_every_octet::expected;
use crate::ledger::{Kind, PROTOCOLS, Scene, Told};
use crate::proxy::{Cut, Direction, How};

const HOWS: [How; 3] = [How::Close, How::Half, How::Reset];

/// Calls until there is a shortcut: the connection that was opened last.
async fn opens_shortcut(scene: &Scene) {
    let mut calls = 0;
    while scene.client.open_connections() < 2 {
        assert_eq!(scene.call_blocking(Kind::Query).await.1, Told::Well);
        calls += 1;
        assert!(calls < 100, "no shortcut after {calls} calls");
    }
}

/// Octets of a request and of its reply, over a shortcut that stands.
async fn sizes(scene: &Scene, kind: Kind) -> (usize, usize) {
    opens_shortcut(scene).await;
    scene.call_blocking(Kind::Update).await;
    scene.comes_to_rest().await;
    let before = scene.proxy.passed();
    scene.call_blocking(kind).await;
    scene.comes_to_rest().await;
    let after = scene.proxy.passed();
    (after.0 - before.0, after.1 - before.1)
}

async fn cut_in_the_middle(protocol: Preference, kind: Kind, threads: usize) {
    let scene = Scene::with(protocol, |limits| limits.connection_threads_max = threads).await;
    let (request, reply) = sizes(&scene, kind).await;
    assert!(request > 0 && reply > 0, "the call has taken the shortcut");
    for (direction, octets) in [(Direction::Up, request), (Direction::Down, reply)] {
        for after in 0..octets {
            opens_shortcut(&scene).await;
            let how = HOWS[after % HOWS.len()];
            scene.proxy.cut_last(Cut { direction, after, how });
            let (id, told) = scene.call_blocking(kind).await;
            assert_eq!(told, expected(protocol, kind), "{kind:?} {id}, {direction:?} {after} {how:?}");
        }
    }
    scene.end().await;
}

#[tokio::test]
async fn queries() {
    for protocol in PROTOCOLS {
        cut_in_the_middle(protocol, Kind::Query, 0).await;
    }
}

#[tokio::test]
async fn updates() {
    for protocol in PROTOCOLS {
        cut_in_the_middle(protocol, Kind::Update, 0).await;
    }
}

#[tokio::test]
async fn updates_of_a_server_with_threads() {
    for protocol in PROTOCOLS {
        cut_in_the_middle(protocol, Kind::Update, 8).await;
    }
}

/// A peer that takes no second connection: what was to be the shortcut is cut before it has answered anything.
#[tokio::test]
async fn one_that_never_answers_is_not_tried_again() {
    for protocol in PROTOCOLS {
        let scene = Scene::new(protocol).await;
        assert_eq!(scene.call_blocking(Kind::Update).await.1, Told::Well);
        scene.proxy.cut_next(Cut { direction: Direction::Up, after: 0, how: How::Close });
        for _ in 0..100 {
            assert_eq!(scene.call_blocking(Kind::Update).await.1, Told::Well, "{protocol:?}");
            assert_eq!(scene.call_blocking(Kind::Query).await.1, Told::Well, "{protocol:?}");
        }
        // The ordinary one, and the one that was cut.
        assert_eq!(scene.proxy.connections(), 2, "{protocol:?}");
        scene.end().await;
    }
}
