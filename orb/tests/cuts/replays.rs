//! Old octets come again: on the same connection and on new ones, while the server remembers them and afterwards.

use std::time::Duration;

use quorb::{Address, Orb, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ledger::{Kind, LedgerProxy, PROTOCOLS, Scene, Told};

/// Calls of all kinds, and what of them must not be executed again.
async fn calls(scene: &Scene) -> Vec<u64> {
    let mut once = Vec::new();
    for kind in Kind::ALL.into_iter().cycle().take(12) {
        let (id, told) = scene.call(kind).await;
        assert_eq!(told, Told::Well);
        if !kind.is_repeatable() {
            once.push(id);
        }
    }
    scene.comes_to_rest().await;
    once
}

fn each_ran_once(scene: &Scene, ids: &[u64]) {
    for id in ids {
        assert_eq!(scene.book.times(*id), 1, "{id}");
    }
}

/// Says everything again that was said on a connection, over a new one, and hears the server to the end.
async fn say_again(scene: &Scene, octets: &[u8]) -> Vec<u8> {
    let Address::Tcp { host, port } = &scene.server.addresses()[0] else { panic!("TCP") };
    let mut stream = TcpStream::connect((host.as_str(), *port)).await.unwrap();
    stream.write_all(octets).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut heard = Vec::new();
    let to_the_end = stream.read_to_end(&mut heard);
    // A server may also reset the connection over what it hears.
    let _ = tokio::time::timeout(Duration::from_secs(20), to_the_end).await.expect("the server ends");
    heard
}

#[tokio::test]
async fn on_new_connections() {
    for protocol in PROTOCOLS {
        let scene = Scene::new(protocol).await;
        let once = calls(&scene).await;
        let old = scene.proxy.heard();
        for _ in 0..3 {
            assert!(!say_again(&scene, &old).await.is_empty(), "the server answers");
            each_ran_once(&scene, &once);
        }
        // Then they are acknowledged, and what the server remembered of them is gone.
        for _ in 0..3 {
            scene.call(Kind::Update).await;
        }
        say_again(&scene, &old).await;
        each_ran_once(&scene, &once);
        scene.end().await;
    }
}

#[tokio::test]
async fn after_the_client_is_forgotten() {
    for protocol in PROTOCOLS {
        let scene = Scene::with(protocol, |limits| limits.reply_cache_idle_max = Duration::ZERO).await;
        let once = calls(&scene).await;
        let old = scene.proxy.heard();
        let other = Orb::builder().prefer(protocol).start().await.unwrap();
        let other: LedgerProxy = other.bind(&scene.object.object().to_string()).unwrap();
        other.add(u64::MAX).await.unwrap();
        say_again(&scene, &old).await;
        each_ran_once(&scene, &once);
        scene.end().await;
    }
}

/// The whole of a request once more on its own connection, however the server takes that.
#[tokio::test]
async fn on_the_same_connection() {
    for protocol in PROTOCOLS {
        for kind in [Kind::Update, Kind::Oneway] {
            let scene = Scene::new(protocol).await;
            scene.call(Kind::Update).await;
            scene.comes_to_rest().await;
            let before = scene.proxy.passed().0;
            let (id, _) = scene.call(kind).await;
            scene.comes_to_rest().await;
            let request = scene.proxy.heard()[before..].to_vec();
            scene.proxy.inject(&request).await;
            // Another call behind it, on this connection or a new one, has been heard after it.
            scene.call(Kind::Query).await;
            scene.comes_to_rest().await;
            each_ran_once(&scene, &[id]);
            scene.end().await;
        }
    }
}
