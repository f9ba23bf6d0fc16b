//! Connections stall at every octet until the caller's deadline, and then go on.

use std::time::Duration;

use quorb::{Completion, Preference};

use crate::ledger::{Kind, PROTOCOLS, Scene, Told};
use crate::proxy::{Cut, Direction, How};

/// What callers wait for a stalled connection. Whether that is much or little decides nothing.
const LIMIT: Duration = Duration::from_millis(6);

async fn stalled(protocol: Preference, kind: Kind) {
    let scene = Scene::new(protocol).await;
    for direction in [Direction::Up, Direction::Down] {
        let mut after = 0;
        loop {
            // The connection goes on as if nothing had been.
            assert_eq!(scene.call(Kind::Query).await.1, Told::Well);
            scene.comes_to_rest().await;
            scene.proxy.cut_last(Cut { direction, after, how: How::Stall });
            let before = scene.proxy.passed();
            let (id, told) = scene.call_within(kind, LIMIT).await;
            scene.proxy.is_quiet().await;
            let passed = scene.proxy.passed();
            let passed = if direction == Direction::Up { passed.0 - before.0 } else { passed.1 - before.1 };
            if kind == Kind::Oneway {
                assert_eq!(told, Told::Well, "nobody waits");
            }
            scene.proxy.release();
            scene.comes_to_rest().await;
            if scene.proxy.mend() && passed < after && told == Told::Well {
                // The message was over before the octet where it was to stall.
                break;
            }
            assert_ne!(told, Told::Failed(Completion::Yes), "{id}");
            assert_eq!(scene.proxy.connections(), 1, "a deadline is no reason to give a connection up");
            after += 1;
            assert!(after < 1000, "{direction:?}: the message never ends");
        }
        let has_octets = kind != Kind::Oneway || direction == Direction::Up;
        assert!(after >= 20 || !has_octets, "{direction:?}: only {after} octets");
    }
    scene.end().await;
}

#[tokio::test]
async fn queries_of_the_native_protocol() {
    stalled(Preference::NativeOnly, Kind::Query).await;
}

#[tokio::test]
async fn updates_of_the_native_protocol() {
    stalled(Preference::NativeOnly, Kind::Update).await;
}

#[tokio::test]
async fn queries_of_iiop() {
    stalled(Preference::IiopOnly, Kind::Query).await;
}

#[tokio::test]
async fn updates_of_iiop() {
    stalled(Preference::IiopOnly, Kind::Update).await;
}

#[tokio::test]
async fn idempotent_operations() {
    for protocol in PROTOCOLS {
        stalled(protocol, Kind::Idempotent).await;
    }
}

#[tokio::test]
async fn oneway_calls() {
    for protocol in PROTOCOLS {
        stalled(protocol, Kind::Oneway).await;
    }
}
